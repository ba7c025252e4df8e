// What programs get of a live feed: changes in order, each once, or the newest state. Pure.

/// Makes a feed's notices continuous: none twice, and what was left out is declared by `fromSeq`.
struct NoticeFilter: Sendable {
  /// The last change that was passed on; nil before the first connection.
  private var last: (seq: UInt64, epoch: String)?

  mutating func pass(_ event: FeedEvent, of id: Int) -> Notice? {
    switch event {
    case .live(let seq, let epoch, _, let count, let state, let at):
      defer { if last == nil || count != nil { last = (seq, epoch) } }
      guard let last, let count, seq != last.seq || epoch != last.epoch else { return nil }
      // Of another epoch nothing is known of the changes before.
      let from = epoch == last.epoch && last.seq < seq ? last.seq + 1 : min(1, seq)
      return Notice(
        kind: .caughtUp, eventID: id, seq: seq, fromSeq: from, count: count, state: state, bookingID: nil,
        userID: nil, quantity: nil, committedAt: at)
    case .notice(var notice, _):
      guard let (seq, epoch) = last, notice.seq > seq else { return nil }
      notice.fromSeq = seq + 1
      last = (notice.seq, epoch)
      return notice
    case .offer, .lost: return nil
    }
  }
}

/// The state of an event, and whether it is known to be the newest.
public struct Snapshot: Sendable, Hashable {
  public let eventID: Int
  /// The change after which the event is so.
  public let seq: UInt64
  public let count: SeatCount
  /// Nil until the server has told it.
  public let state: EventState?
  /// False while the connection is lost: then the counts are those of `seq` and may be out of date.
  public let isLive: Bool
}

struct SnapshotBuilder: Sendable {
  private var newest: (seq: UInt64, count: SeatCount)?
  private var state: EventState?
  private var isLive = false

  /// The state after `event`; nil before any counts are known.
  mutating func apply(_ event: FeedEvent, of id: Int) -> Snapshot? {
    switch event {
    case .live(let seq, _, _, let count, let state, _):
      isLive = true
      if let count { newest = (seq, count) }
      self.state = state ?? self.state
    case .notice(let notice, _):
      if let newest, notice.seq <= newest.seq { return nil }
      newest = (notice.seq, notice.count)
      state = notice.state ?? state
    case .offer: return nil
    case .lost: isLive = false
    }
    return newest.map { Snapshot(eventID: id, seq: $0.seq, count: $0.count, state: state, isLive: isLive) }
  }
}

extension Notice {
  /// What stands for several consecutive notices: the newest counts, and the range of all.
  static func conflating(_ notices: [Notice]) -> Notice {
    guard let first = notices.first, let last = notices.last else {
      preconditionFailure("Nothing can be conflated to a notice.")
    }
    return Notice(
      kind: .caughtUp, eventID: last.eventID, seq: last.seq, fromSeq: first.fromSeq, count: last.count,
      state: notices.last { $0.state != nil }?.state, bookingID: nil, userID: nil, quantity: nil,
      committedAt: last.committedAt)
  }
}
