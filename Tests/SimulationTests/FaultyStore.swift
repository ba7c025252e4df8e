// The doubles that faults are planted into: a store between the ledger and the database, and a sink between the ledger and the
// loops. One thread.
import Synchronization
import TestSupport

@testable import ControlPlane
@testable import seatcast

/// What the doubles of one process share.
final class FaultLink: @unchecked Sendable {
  let planted: Planted
  /// Whether the process is not the first one.
  let isRestart: Bool
  weak var ledger: Ledger?
  var sink: FaultySink?
  var random: SeededRandom

  init(_ planted: Planted, seed: UInt64, isRestart: Bool) {
    (self.planted, self.isRestart, random) = (planted, isRestart, SeededRandom(seed: seed &+ 0xfa17))
  }

  func has(_ fault: PlantedFault) -> Bool { planted.has(fault) }
}

final class FaultyStore: ForwardingStore {
  private let link: FaultLink
  /// The first ones make the events and the people.
  private var commits = 0
  /// What the batch whose commit failed had decided.
  private var kept: EventTable?

  init(_ store: SQLiteBookingStore, _ link: FaultLink) {
    self.link = link
    super.init(store)
    // The database would refuse some of the faults before anybody hears of them.
    if link.planted.isThere { execute("PRAGMA ignore_check_constraints = ON") }
    if link.has(.syncOff) { execute("PRAGMA synchronous = OFF") }
    if link.has(.syncNormal) { execute("PRAGMA synchronous = NORMAL") }
    if link.has(.forgottenKey), link.isRestart { execute("DELETE FROM idempotency_key") }
  }

  private func execute(_ sql: String) {
    do throws(StoreFailure) { try store.connection.execute(sql) } catch {
      preconditionFailure("The fault can be planted: \(error)")
    }
  }

  override func allEvents() throws(StoreFailure) -> [Event] {
    var events = try super.allEvents()
    guard link.isRestart else { return events }
    for place in events.indices {
      if link.has(.forgottenHolds) { events[place].counts.held = 0 }
      if link.has(.reusedSeq), events[place].counts.seq > 0 { events[place].counts.seq -= 1 }
    }
    return events
  }

  override func begin() throws(StoreFailure) {
    if let kept {
      link.ledger?.table = kept
      self.kept = nil
    }
    try super.begin()
  }

  override func commit() throws(StoreFailure) {
    commits += 1
    if link.planted.fault.needsFailingCommits, commits > 12, Int.random(in: 0..<8, using: &link.random) == 0 {
      if link.has(.lostUndo) { kept = link.ledger?.table }
      throw StoreFailure(code: StoreFailure.busy, message: "this commit was to fail")
    }
    try super.commit()
  }

  override func append(_ notice: Notice, booking: BookingID?) throws(StoreFailure) {
    if link.has(.reusedSeq) {
      for table in ["notice", "notice_detail"] {
        try Statement(store.connection, "DELETE FROM \(table) WHERE event_id = ? AND seq = ?")
          .run([.int(notice.event.rawValue), .int(Int64(notice.seq))])
      }
    }
    try super.append(notice, booking: booking)
    if link.has(.announceEarly), let ledger = link.ledger, let event = ledger.table[notice.event] {
      link.sink?.announceNow(notice, of: event, ledger.dependencies.texts)
    }
  }

  override func saveEnd(
    of booking: BookingID, _ status: BookingStatus, at: Instant, seq: UInt64
  ) throws(StoreFailure) {
    if link.has(.expiredTwice), status == .expired { return }
    try super.saveEnd(of: booking, status, at: at, seq: seq)
  }
}

final class FaultySink: NoticeSink {
  private let inner: NoticeAdapter
  private let isOffByOne: Bool
  /// What was announced before its commit, by event: not once more.
  private let announced = Mutex<[EventID: UInt64]>([:])

  init(_ inner: NoticeAdapter, _ link: FaultLink) {
    (self.inner, isOffByOne) = (inner, link.has(.offByOne))
  }

  func announceNow(_ notice: ControlPlane.Notice, of event: Event, _ texts: any NoticeTexts) {
    guard notice.seq > announced.withLock({ $0[event.id] ?? 0 }) else { return }
    let members = texts.members(of: event.details)
    for audience in Audience.allCases where inner.isWatched(event.id, by: audience) {
      let update = EventUpdate(
        event: event.id, for: audience, notices: texts.encode([notice], for: audience),
        summary: texts.summary(of: event.state, details: members, at: notice.at))
      inner.announce([update], committedAt: 0)
    }
    announced.withLock { $0[event.id] = max($0[event.id] ?? 0, notice.seq) }
  }

  func announce(_ batch: [EventUpdate], committedAt: UInt64) {
    let announced = announced.withLock { $0 }
    let updates = batch.compactMap { update -> EventUpdate? in
      let notices = update.notices.filter { $0.seq > announced[update.event] ?? 0 }
      guard !notices.isEmpty else { return nil }
      return EventUpdate(
        event: update.event, for: update.audience, notices: notices,
        summary: isOffByOne ? Self.wrong(update.summary) : update.summary)
    }
    if !updates.isEmpty { inner.announce(updates, committedAt: committedAt) }
  }

  /// Only what stands for missed notices is wrong.
  private static func wrong(_ summary: EventSummary) -> EventSummary {
    EventSummary(
      seq: summary.seq, snapshot: summary.snapshot, before: oneMore(summary.before),
      after: oneMore(summary.after))
  }

  private static func oneMore(_ text: [UInt8]) -> [UInt8] {
    let name = "\"availableSeats\":"
    let text = String(decoding: text, as: UTF8.self)
    guard let range = text.firstRange(of: name) else { return Array(text.utf8) }
    let digits = text[range.upperBound...].prefix { $0.isNumber }
    return Array((text[..<range.upperBound] + String((Int(digits) ?? 0) + 1) + text[digits.endIndex...]).utf8)
  }

  // MARK: As it is

  func isWatched(_ event: EventID, by audience: Audience) -> Bool { inner.isWatched(event, by: audience) }
  func grant(_ event: EventID, to watcher: Watcher, at summary: EventSummary?) {
    inner.grant(event, to: watcher, at: summary)
  }
  func released(_ event: EventID, by watcher: Watcher) { inner.released(event, by: watcher) }
  func withdraw(_ event: EventID) { inner.withdraw(event) }
  func withdraw(client: UInt64) { inner.withdraw(client: client) }
  func end(key: UInt32, at moment: Instant) { inner.end(key: key, at: moment) }
  func tell(client: UInt64, _ text: [UInt8]) { inner.tell(client: client, text) }
  func history(
    _ notices: [EncodedNotice], of event: EventID, for audience: Audience, ticket: ReplyTicket
  ) {
    inner.history(notices, of: event, for: audience, ticket: ticket)
  }
}

/// A wire that repeats or loses whole notices on their way to a client, or loses what the client asks for.
struct FaultyWire {
  private let planted: Planted
  private var random: SeededRandom

  /// Nil: the fault is none of the wire's.
  init?(_ planted: Planted?, seed: UInt64) {
    guard let planted,
      [.duplicateDelivery, .silentSkip, .unheededPace].contains(where: { planted.has($0) })
    else { return nil }
    (self.planted, random) = (planted, SeededRandom(seed: seed))
  }

  /// Whether the server never hears of a pace.
  var losesPaces: Bool { planted.fault == .unheededPace }

  /// How often a text arrives.
  mutating func copies(of text: String) -> Int {
    guard !losesPaces, text.contains("\"seq\":"), text.contains("\"timestamp\":"),
      !text.contains("\"epoch\":"),
      Int.random(in: 0..<12, using: &random) == 0
    else { return 1 }
    return planted.fault == .duplicateDelivery ? 2 : 0
  }
}
