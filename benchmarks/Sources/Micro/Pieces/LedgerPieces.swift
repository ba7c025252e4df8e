// The ledger with a store that does nothing: what a booking costs besides its commit. Batches of 64, from commands as
// the workers make them to replies as bytes.
@testable import ControlPlane

enum LedgerPieces {
  static var all: [Piece] { [booking("ledger_booking", 1, 201), booking("ledger_refusal", 11, 409)] }

  private static let batch = 64

  private static func booking(_ name: String, _ quantity: Int, _ status: UInt64) -> Piece {
    let replies = LastStatus()
    guard let ledger = try? Ledger(NoStore(), dependencies(replies)) else {
      fail("The ledger cannot be made.")
    }
    let commands = (0..<batch).map { number in
      LedgerCommand.createBooking(
        CreateBooking(
          event: Samples.state.event, user: Samples.principal.identity, quantity: quantity,
          idempotencyKey: nil),
        .request(ReplyTicket(high: 1, low: UInt64(number))))
    }
    return Piece(name, "one of \(batch) bookings decided, answered \(status)", checksum: status) { count in
      for _ in 0..<(count + batch - 1) / batch { ledger.perform(commands) }
      return UInt64(count) * UInt64(replies.status)
    }
  }

  private static func dependencies(_ replies: LastStatus) -> Ledger.Dependencies {
    Ledger.Dependencies(
      notices: DeafNotices(), replies: replies, texts: Samples.encoder,
      encoder: OutcomeReplies(observer: IgnoringObserver()), events: CommittedEvents(),
      observer: IgnoringObserver(), clock: SystemClock(), metrics: ControlMetrics())
  }
}

/// Remembers how the last request was answered. One thread.
private final class LastStatus: ReplySink, @unchecked Sendable {
  private(set) var status = 0
  func deliver(_ replies: [(ticket: ReplyTicket, reply: Reply)]) { status = replies.last?.reply.status ?? 0 }
}

/// Has one event without end, and forgets everything else.
private final class NoStore: BookingStore {
  private var bookings: Int64 = 0
  private let cipher = BookingIDCipher(key: 1)

  func allEvents() throws(StoreFailure) -> [Event] {
    [
      Event(
        id: Samples.state.event, name: "Concert", seatCapacity: .max / 2, createdAt: Samples.moment,
        updatedAt: Samples.moment)
    ]
  }
  func insertBooking(
    event: EventID, user: UserID, subject: Subject, quantity: Int, at: Instant, seq: UInt64,
    heldUntil: Instant?, type: Int?
  ) throws(StoreFailure) -> Booking {
    bookings = bookings % 1_000_000_000 + 1
    guard let name = cipher.publicID(of: BookingID(bookings)) else { fail("A booking has no number.") }
    return Booking(
      id: BookingID(bookings), publicID: name, event: event, user: user, subject: subject, quantity: quantity,
      status: .confirmed, createdAt: at, createdSeq: seq)
  }
  func userID(of identity: Identity) throws(StoreFailure) -> UserID? { UserID(4) }

  let records: any RecordStore = NoRecords()

  func begin() throws(StoreFailure) {}
  func copy(to path: String) throws(StoreFailure) -> OnlineCopy {
    throw StoreFailure(code: 0, message: "there is nothing to copy")
  }
  func commit() throws(StoreFailure) {}
  func rollback() {}
  func insert(_ event: Event) throws(StoreFailure) -> EventID { event.id }
  func save(_ event: Event) throws(StoreFailure) {}
  func saveCounts(of event: EventID, _ counts: Event.Counts) throws(StoreFailure) {}
  func delete(_ event: EventID) throws(StoreFailure) {}
  func hasBookings(_ event: EventID) throws(StoreFailure) -> Bool { false }
  func saveEnd(
    of booking: BookingID, _ status: BookingStatus, at: Instant, seq: UInt64
  ) throws(StoreFailure) {}
  func saveConfirmation(of booking: BookingID, at: Instant) throws(StoreFailure) {}
  func saveExtension(of booking: Booking, at: Instant) throws(StoreFailure) {}
  func booking(_ id: PublicBookingID) throws(StoreFailure) -> BookingOutcome? { nil }
  func booking(_ id: BookingID) throws(StoreFailure) -> BookingOutcome? { nil }
  func allHolds() throws(StoreFailure) -> [(event: EventID, hold: Hold)] { [] }
  func holds(of event: EventID) throws(StoreFailure) -> [Hold] { [] }
  func bookings(
    madeIn event: EventID, after: UInt64, through: UInt64
  ) throws(StoreFailure) -> [BookingOutcome] { [] }
  func seats(of user: UserID, in event: EventID) throws(StoreFailure) -> Int { 0 }
  func seats(of user: UserID, in event: EventID, type: Int) throws(StoreFailure) -> Int { 0 }
  func allWaiting() throws(StoreFailure) -> [WaitingEntry] { [] }
  func insertWaiting(
    event: EventID, user: UserID, quantity: Int, type: Int?, at: Instant
  ) throws(StoreFailure) -> Int64 { 1 }
  func deleteWaiting(_ entry: WaitingEntry, _ change: WaitingChange, at: Instant) throws(StoreFailure) {}
  func deleteWaiting(of event: EventID, at: Instant) throws(StoreFailure) {}
  func append(_ notice: ControlPlane.Notice, booking: BookingID?) throws(StoreFailure) {}
  func booking(forKey key: String, of user: UserID, since: ServiceTime) throws(StoreFailure)
    -> BookingOutcome?
  {
    nil
  }
  func remember(key: String, of user: UserID, booking: BookingID, at: ServiceTime) throws(StoreFailure) {}
  func serviceTime() throws(StoreFailure) -> ServiceTime { ServiceTime(milliseconds: 0) }
  func save(_ served: ServiceTime) throws(StoreFailure) {}
  func insert(_ identity: Identity, at: Instant) throws(StoreFailure) -> UserID { UserID(4) }
  func logout(of identity: Identity) throws(StoreFailure) -> Instant? { nil }
  func logOut(_ identity: Identity, before: Instant) throws(StoreFailure) {}
  func account(_ email: EmailKey) throws(StoreFailure) -> Account? { nil }
  func insert(_ user: NewUser, at: Instant) throws(StoreFailure) -> User { Samples.user }
  func save(_ user: User, passwordHash: String) throws(StoreFailure) {}
  func setPasswordHash(
    _ hash: String, of user: UserID, replacing old: String?
  ) throws(StoreFailure) -> Bool { false }
  func person(_ identity: Identity) throws(StoreFailure) -> Person? { nil }
  func setRole(_ role: Role, of person: UserID) throws(StoreFailure) {}
  func setDisabled(_ moment: Instant?, of person: UserID) throws(StoreFailure) {}
  func forgetFeed(before: Instant) throws(StoreFailure) -> Bool { false }
  func tidy(expired: ServiceTime) throws(StoreFailure) {}
  var isTidyingDue: Bool { false }
  var isUntidy: Bool { false }
  func verify() throws(StoreFailure) {}
  func makeRoom() throws(StoreFailure) {}
  func probe() throws(StoreFailure) {}
}

private final class NoRecords: RecordStore {
  func serviceTokens(at moment: Instant) throws(StoreFailure) -> [ServiceToken] { [] }
  func insert(_ token: ServiceToken) throws(StoreFailure) -> ServiceToken { token }
  func deleteServiceToken(_ id: Int64) throws(StoreFailure) -> ServiceToken? { nil }
  func insert(_ seal: RecordSeal) throws(StoreFailure) -> Bool { true }
  func append(_ entry: AuditEntry, at: Instant) throws(StoreFailure) {}
  func forgetAudit(before: Instant) throws(StoreFailure) -> Bool { false }
  func erase(_ person: Person, at: Instant) throws(StoreFailure) {}
}
