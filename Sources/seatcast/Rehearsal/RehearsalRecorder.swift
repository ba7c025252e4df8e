// What a rehearsal sees while it runs: attempts, viewers' logs, latencies and progress, gathered from all tasks behind one
// lock. Its size is bounded by the plan.
import Glibc
import SeatcastClient
import Synchronization

final class RehearsalRecorder: Sendable {
  struct Progress: Sendable, Equatable {
    var finished = 0
    var bookings = 0
    var refused: [String: Int] = [:]
    var retries = 0
    /// Of the retries, those after a 429.
    var limited = 0
    var unknown = 0
    var cancelled = 0
  }

  private struct State {
    var attempts: [BookingAttempt] = []
    var progress = Progress()
    var booking = LatencyHistogram()
    /// When bookings were answered, in microseconds of `HistoryRecorder.now`.
    var bookedAt: [Int64] = []
    var viewers: [Viewer]
    var event = 0
    var screen = LatencyHistogram()
    var lost = 0
    var resumed = 0
    var conflated = 0
    /// Whether the rush is on: notices before and after it are no part of the latency.
    var isMeasuring = false
  }

  private struct Viewer {
    /// In the history; nil: it is not connected.
    var connection: Int?
    /// The last change that it was told; nil: it was never greeted.
    var seq: UInt64?
  }

  /// What the checker judges.
  let history: HistoryRecorder
  private let state: Mutex<State>

  /// - Parameter history: the file for it; nil: none is written.
  init(viewers: Int, history: String? = nil) throws(AdminError) {
    self.history = try HistoryRecorder(path: history, by: "seatcast rehearse")
    state = Mutex(State(viewers: (0..<viewers).map { _ in Viewer() }))
  }

  /// The event as it is before anything happens.
  /// - Parameter isExclusive: whether nobody but the rehearsal books there.
  func begin(with event: EventDetails, isExclusive: Bool = true) {
    state.withLock { $0.event = event.id }
    let state = JSONText.object([
      ("seq", String(event.seq)), ("availableSeats", String(event.availableSeats)),
      ("seatCapacity", String(event.seatCapacity)), ("status", JSONText.string(event.status)),
    ])
    history.record(
      HistoryText.event(event.id, epoch: nil, isExclusive: isExclusive, state: Array(state.utf8)))
  }

  var progress: Progress { state.withLock { $0.progress } }

  func begin() { state.withLock { $0.isMeasuring = true } }

  // MARK: Users

  /// - Parameter latency: of the request that was answered, in microseconds.
  func record(_ attempt: BookingAttempt, latency: Int64) {
    state.withLock { state in
      state.attempts.append(attempt)
      state.progress.finished += 1
      switch attempt.outcome {
      case .acknowledged:
        state.progress.bookings += 1
        state.booking.record(microseconds: latency)
        state.bookedAt.append(attempt.answeredAt)
      case .refused(let kind): state.progress.refused[kind, default: 0] += 1
      case .unknown: state.progress.unknown += 1
      }
    }
  }

  /// - Parameter isLimited: a rate limit was the reason.
  func recordRetry(isLimited: Bool) {
    state.withLock { state in
      state.progress.retries += 1
      if isLimited { state.progress.limited += 1 }
    }
  }

  func recordCancellation() { state.withLock { $0.progress.cancelled += 1 } }

  // MARK: Viewers

  /// - Parameter viewer: whose connection is opened by the first thing that it is told.
  private func connection(of viewer: Int) -> Int {
    if let open = state.withLock({ $0.viewers[viewer].connection }) { return open }
    let connection = history.open(client: "viewer \(viewer + 1)")
    state.withLock { $0.viewers[viewer].connection = connection }
    return connection
  }

  /// A message as it came, where a file is written. What one viewer is told comes in its order.
  func record(text: [UInt8], of viewer: Int) {
    history.hear(connection(of: viewer), at: HistoryRecorder.now, text)
  }

  func record(_ event: FeedEvent, of viewer: Int) {
    if !history.hasFile { tellHistory(event, of: viewer) }
    state.withLock { state in
      switch event {
      case .live(let seq, _, let recovered, _, _, _):
        if recovered == true { state.resumed += 1 }
        state.viewers[viewer].seq = seq
      case .notice(let notice, let at):
        state.viewers[viewer].seq = max(notice.seq, state.viewers[viewer].seq ?? 0)
        if notice.standsForMany { state.conflated += 1 }
        if state.isMeasuring { state.screen.record(microseconds: (at - notice.committedAt) * 1_000) }
      case .offer: break
      case .lost: state.lost += 1
      }
    }
    guard case .lost = event, let open = state.withLock({ $0.viewers[viewer].connection }) else { return }
    state.withLock { $0.viewers[viewer].connection = nil }
    history.close(open)
  }

  private func tellHistory(_ event: FeedEvent, of viewer: Int) {
    guard let frame = ServerFrame(event, of: state.withLock { $0.event }) else { return }
    history.record(.frame(connection: connection(of: viewer), at: HistoryRecorder.now, frame))
  }

  /// How many viewers have been greeted.
  var greeted: Int { state.withLock { $0.viewers.count { $0.seq != nil } } }

  /// How many of those who were greeted have been told of `seq` or a later change.
  func reached(_ seq: UInt64) -> Int {
    state.withLock { state in state.viewers.count { $0.seq.map { $0 >= seq } ?? false } }
  }

  // MARK: Result

  struct Result: Sendable {
    var progress = Progress()
    var attempts: [BookingAttempt] = []
    /// Viewers that were greeted at least once.
    var viewers = 0
    var booking = LatencyHistogram()
    var screen = LatencyHistogram()
    var bookedAt: [Int64] = []
    var lost = 0
    var resumed = 0
    var conflated = 0
  }

  var result: Result {
    state.withLock { state in
      Result(
        progress: state.progress, attempts: state.attempts,
        viewers: state.viewers.count { $0.seq != nil }, booking: state.booking, screen: state.screen,
        bookedAt: state.bookedAt, lost: state.lost, resumed: state.resumed, conflated: state.conflated)
    }
  }
}

extension ServerFrame {
  /// Of what a client's live feed tells; nil: it is no message.
  /// - Parameter id: of the feed's event.
  init?(_ event: FeedEvent, of id: Int) {
    switch event {
    case .live(let seq, let epoch, let recovered, let count, let state, _):
      var telling = Telling(seq: seq)
      telling.take(count)
      telling.status = state?.status
      self = .greeting(TellingOf(event: id, telling: telling, epoch: epoch), isResumed: recovered)
    case .notice(let notice, _):
      var telling = Telling(seq: notice.seq)
      telling.take(notice.count)
      telling.status = notice.state?.status
      telling.stamp = notice.committedAt
      if notice.standsForMany {
        telling.fromSeq = notice.fromSeq
      } else {
        telling.change = Telling.Change(notice.kind)
        (telling.bookingID, telling.userID, telling.quantity) = (
          notice.bookingID, notice.userID, notice.quantity
        )
      }
      self = .notice(TellingOf(event: notice.eventID, telling: telling))
    case .offer, .lost: return nil
    }
  }
}

extension Telling {
  fileprivate mutating func take(_ count: SeatCount?) {
    guard let count else { return }
    (availableSeats, seatCapacity) = (count.availableSeats, count.seatCapacity)
    types = count.types.map { TypeSeats(id: $0.id, available: $0.available) }
  }
}

extension Telling.Change {
  fileprivate init?(_ kind: Notice.Kind) {
    switch kind {
    case .bookingCreated: self = .created
    case .bookingCancelled: self = .cancelled
    case .seatUpdate: self = .resized
    case .eventUpdated: self = .updated
    case .caughtUp: return nil
    }
  }
}
