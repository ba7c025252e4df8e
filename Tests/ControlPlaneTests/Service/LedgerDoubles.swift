// A ledger on a real database in a folder of its own, with everything around it in the test's hand.

import TestSupport
import Testing

@testable import ControlPlane

/// Takes what leaves the plane, in order.
final class Stage: NoticeSink, ReplySink {
  enum Happening: Equatable {
    case announced([EventUpdate])
    case granted(EventID, Watcher, EventSummary?)
    case released(EventID, Watcher)
    case withdrawn(EventID)
    case loggedOut(UInt64)
    case told(UInt64, String)
    case history([EncodedNotice], EventID, ReplyTicket)
    case replied([UInt64])
  }

  private struct State {
    var watched: [Audience: Set<EventID>] = [:]
    var happenings: [Happening] = []
    var replies: [UInt64: Reply] = [:]
  }
  private let state = Monitor(State())

  /// Somebody watches this event.
  func watch(_ event: EventID, by audience: Audience = .authenticated) {
    state.withLock { _ = $0.watched[audience, default: []].insert(event) }
  }

  var happenings: [Happening] { state.withLock { $0.happenings } }
  /// By the ticket's low word.
  var replies: [UInt64: Reply] { state.withLock { $0.replies } }

  var announced: [EncodedNotice] {
    happenings.flatMap { happening -> [EncodedNotice] in
      if case .announced(let updates) = happening { updates.flatMap(\.notices) } else { [] }
    }
  }

  func isWatched(_ event: EventID, by audience: Audience) -> Bool {
    state.withLock { $0.watched[audience]?.contains(event) ?? false }
  }

  func announce(_ batch: [EventUpdate], committedAt: UInt64) {
    state.withLock { $0.happenings.append(.announced(batch)) }
  }

  func grant(_ event: EventID, to watcher: Watcher, at summary: EventSummary?) {
    state.withLock { $0.happenings.append(.granted(event, watcher, summary)) }
  }

  func released(_ event: EventID, by watcher: Watcher) {
    state.withLock { $0.happenings.append(.released(event, watcher)) }
  }

  func tell(client: UInt64, _ text: [UInt8]) {
    state.withLock { $0.happenings.append(.told(client, String(decoding: text, as: UTF8.self))) }
  }

  func end(key: UInt32, at moment: Instant) {}
  func withdraw(client: UInt64) { state.withLock { $0.happenings.append(.loggedOut(client)) } }

  func withdraw(_ event: EventID) {
    state.withLock { state in
      for audience in Audience.allCases { state.watched[audience]?.remove(event) }
      state.happenings.append(.withdrawn(event))
    }
  }

  func history(
    _ notices: [EncodedNotice], of event: EventID, for audience: Audience, ticket: ReplyTicket
  ) {
    state.withLock { $0.happenings.append(.history(notices, event, ticket)) }
  }

  func deliver(_ replies: [(ticket: ReplyTicket, reply: Reply)]) {
    state.withLock { state in
      state.happenings.append(.replied(replies.map(\.ticket.low)))
      for (ticket, reply) in replies {
        #expect(state.replies[ticket.low] == nil, "ticket \(ticket.low) was answered twice")
        state.replies[ticket.low] = reply
      }
    }
  }
}

/// Texts that a test can read at a glance.
struct PlainTexts: NoticeTexts {
  func text(of notice: Notice) -> [UInt8] {
    let kind =
      switch notice.change {
      case .bookingCreated(let facts): "+\(facts.quantity) by \(facts.user)"
      case .bookingCancelled(let facts): "-\(facts.quantity) by \(facts.user)"
      case .capacityChanged: "capacity \(notice.seatCapacity)"
      case .eventUpdated(let details): "\(details.name) \(details.status.rawValue)"
      }
    return Array("\(notice.seq): \(kind), \(notice.availableSeats) free".utf8)
  }

  /// What anonymous viewers read begins with a question mark.
  func encode(_ notices: [Notice], for audience: Audience) -> [EncodedNotice] {
    let prefix = audience == .anonymous ? Array("?".utf8) : []
    return notices.map { EncodedNotice(seq: $0.seq, text: prefix + text(of: $0)) }
  }

  func text(of notice: PrivateNotice, at: Instant) -> [UInt8] {
    let text =
      switch notice {
      case .offer(let booking): "\(booking.quantity) for \(booking.subject)"
      case .position(let place): "\(place.entry.user.subject) is \(place.position)."
      }
    return Array(text.utf8)
  }

  func members(of details: EventDetails) -> [UInt8] {
    Array(" (\(details.name) \(details.status.rawValue))".utf8)
  }

  func summary(of state: EventState, details: [UInt8], at: Instant) -> EventSummary {
    let counts = "\(state.seq): \(state.availableSeats) of \(state.seatCapacity) at \(at.milliseconds)"
    let text = counts + String(decoding: details, as: UTF8.self)
    return EventSummary(seq: state.seq, snapshot: Array(text.utf8), before: [], after: [])
  }
}

extension EncodedNotice {
  var words: String { String(decoding: text, as: UTF8.self) }
}

/// Two clocks that go on together when the test says so, and the wall clock alone when it is set.
final class ScriptedClock: Clock {
  private let state: Monitor<(now: Int64, uptime: Int64)>
  init(milliseconds: Int64, uptime: Int64 = 5_000) { state = Monitor((milliseconds, uptime)) }
  var now: Instant { Instant(milliseconds: state.withLock { $0.now }) }
  var uptime: Int64 { state.withLock { $0.uptime } }
  /// Time passes.
  func advance(by milliseconds: Int64) {
    state.withLock { $0 = ($0.now + milliseconds, $0.uptime + milliseconds) }
  }
  /// Somebody sets the wall clock.
  func step(by milliseconds: Int64) { state.withLock { $0.now += milliseconds } }
}

extension Timekeeper.Reading {
  static func at(_ stamp: Instant) -> Self {
    Self(now: stamp, stamp: stamp, served: ServiceTime(milliseconds: stamp.milliseconds), step: nil)
  }
}

/// Random numbers that can be repeated.
final class SeededIdentifiers: IdentifierSource {
  private let random: Monitor<SeededRandom>
  init(seed: UInt64) { random = Monitor(SeededRandom(seed: seed)) }
  func randomBytes(_ count: Int) -> [UInt8] { random.withLock { $0.bytes(count) } }
}

extension Ledger {
  var events: [EventID: Event] { table.all }
}

/// A ledger, its store, and short words for its commands. One thread.
final class LedgerFixture {
  let folder: TemporaryFolder
  let clock: ScriptedClock
  let stage = Stage()
  let incidents = IncidentList()
  let metrics = ControlMetrics()
  let events = CommittedEvents()
  let database: Database
  let store: ScriptedStore
  /// Whoever waits for the feed is told of commits here.
  let waiters: FeedWaiters
  let ledger: Ledger

  init(_ folder: TemporaryFolder? = nil, clock: ScriptedClock? = nil, backupPace: Int64 = 0) throws {
    self.clock = clock ?? ScriptedClock(milliseconds: 1_700_000_000_000)
    self.folder = try folder ?? TemporaryFolder()
    let (database, writer) = try Database.open(
      DataFolder(self.folder.path), SeededIdentifiers(seed: 1))
    self.database = database
    store = ScriptedStore(writer)
    waiters = FeedWaiters(replies: stage, clock: self.clock)
    ledger = try Ledger(
      store,
      Ledger.Dependencies(
        notices: stage, replies: stage, texts: PlainTexts(), encoder: OutcomeReplies(observer: incidents),
        events: events,
        observer: incidents, clock: self.clock, metrics: metrics, feed: waiters, backupPace: backupPace))
  }

  /// What is in the feed up to here may be forgotten, as if the record had begun behind it.
  func coverFeed(through position: Int64 = .max) throws {
    try store.connection.execute(
      "UPDATE meta SET value = '\(position)' WHERE name = '\(RecordFacts.feedStartName)'")
  }

  /// The server runs, and nobody asks for anything.
  func serve(for milliseconds: Int64) {
    var left = milliseconds
    while left > 0 {
      let step = min(left, Timekeeper.greatestPause)
      clock.advance(by: step)
      ledger.idle()
      left -= step
    }
  }

  /// One command in a batch of its own.
  func ask<Outcome: Sendable>(_ command: (Answering<Outcome>) -> LedgerCommand) throws -> Outcome {
    let question = Question<Outcome>()
    ledger.perform([command(question.answering)])
    return try question.result()
  }

  func makeEvent(capacity: Int, _ change: (inout EventDraft) -> Void = { _ in }) throws -> Event {
    var draft = EventDraft(name: "Event", seatCapacity: capacity)
    change(&draft)
    return try ask { .createEvent(draft, $0) }
  }

  @discardableResult
  func book(_ event: Event, user: UInt64 = 1, _ quantity: Int = 1, key: String? = nil) throws
    -> BookingOutcome
  {
    try ask { .createBooking(.init(event.id, user, quantity, key), $0) }
  }

  /// A booking that is only held.
  @discardableResult
  func hold(_ event: Event, user: UInt64 = 1, _ quantity: Int = 1, key: String? = nil) throws
    -> BookingOutcome
  {
    var command = CreateBooking(event.id, user, quantity, key)
    command.hold = true
    return try ask { .createBooking(command, $0) }
  }

  @discardableResult
  func change(
    _ booking: PublicBookingID, _ kind: ChangeHold.Kind, by user: UInt64 = 1, _ role: Role = .user
  ) throws -> BookingOutcome {
    let actor = BookingActor(user: .local(user), role: role)
    return try ask { .changeHold(ChangeHold(booking: booking, by: actor, kind: kind), $0) }
  }

  @discardableResult
  func join(_ event: Event, user: UInt64, _ quantity: Int = 1, type: Int? = nil) throws -> Int {
    let wish = JoinWaitlist(event: event.id, user: .local(user), quantity: quantity, type: type)
    return try ask { .joinWaitlist(wish, $0) }.position
  }

  func leave(_ event: Event, user: UInt64) throws {
    _ = try ask { .leaveWaitlist(event.id, .local(user), $0) }
  }

  @discardableResult
  func cancel(_ booking: PublicBookingID, by user: UInt64 = 1, _ role: Role = .user) throws -> BookingOutcome
  {
    try ask {
      .cancelBooking(CancelBooking(booking: booking, by: .init(user: .local(user), role: role)), $0)
    }
  }

  @discardableResult
  func delete(_ event: Event) throws -> EventID { try ask { .deleteEvent(event.id, ifMatch: nil, $0) } }

  @discardableResult
  func patch(_ event: Event, _ patch: EventPatch, ifMatch: [EventTag]? = nil) throws -> Event {
    try ask { .patchEvent(PatchEvent(event: event.id, patch: patch, ifMatch: ifMatch), $0) }
  }

  /// As `PlainTexts` tells the event now.
  func summary(of id: EventID) -> EventSummary? {
    ledger.events[id].map {
      PlainTexts().summary(of: $0.state, details: PlainTexts().members(of: $0.details), at: $0.updatedAt)
    }
  }

  func reader() throws -> any ReadStore { try database.openReader() }

  /// All notices of an event that the disk has.
  func log(_ event: Event) throws -> [Notice] {
    try reader().notices(of: event.id, after: 0, through: .max, limit: .max)
  }
}

extension CreateBooking {
  init(_ event: EventID, _ user: UInt64, _ quantity: Int, _ key: String? = nil) {
    self.init(event: event, user: .local(user), quantity: quantity, idempotencyKey: key)
  }
}

/// Keeps the outcome of a command.
final class Question<Outcome: Sendable>: Sendable {
  private let outcome = Monitor<Result<Outcome, DomainError>?>(nil)

  var answering: Answering<Outcome> {
    .call { result in
      self.outcome.withLock {
        #expect($0 == nil, "a command was answered twice")
        $0 = result
      }
    }
  }

  func result() throws -> Outcome {
    try #require(outcome.withLock { $0 }, "a command was not answered").get()
  }
}

/// The real store, except that it fails when it is told to.
final class ScriptedStore: BookingStore {
  private let store: SQLiteBookingStore
  var failsToBegin = false
  var failsCommits = false
  var failsNotices = false
  var failsProbes = false
  var failsVerification = false
  var failsToSync = false
  static let failure = StoreFailure(code: 13, message: "the disk is full, says the script")

  init(_ store: SQLiteBookingStore) { self.store = store }

  var connection: Connection { store.connection }
  var records: any RecordStore { store.records }

  func commit() throws(StoreFailure) {
    if failsCommits { throw Self.failure }
    if failsToSync { throw StoreFailure(code: 10, message: "not synced, says the script", isUnsynced: true) }
    try store.commit()
  }

  func append(_ notice: Notice, booking: BookingID?) throws(StoreFailure) {
    if failsNotices { throw Self.failure }
    try store.append(notice, booking: booking)
  }

  func probe() throws(StoreFailure) {
    if failsProbes { throw Self.failure }
    try store.probe()
  }

  func verify() throws(StoreFailure) {
    if failsVerification { throw StoreFailure(code: StoreFailure.moved, message: "moved, says the script") }
    try store.verify()
  }

  func makeRoom() throws(StoreFailure) { try store.makeRoom() }
  func copy(to path: String) throws(StoreFailure) -> OnlineCopy { try store.copy(to: path) }
  func allEvents() throws(StoreFailure) -> [Event] { try store.allEvents() }
  func begin() throws(StoreFailure) {
    if failsToBegin { throw Self.failure }
    try store.begin()
  }
  func rollback() { store.rollback() }
  func insert(_ event: Event) throws(StoreFailure) -> EventID { try store.insert(event) }
  func save(_ event: Event) throws(StoreFailure) { try store.save(event) }
  func saveCounts(of event: EventID, _ counts: Event.Counts) throws(StoreFailure) {
    try store.saveCounts(of: event, counts)
  }
  func delete(_ event: EventID) throws(StoreFailure) { try store.delete(event) }
  func hasBookings(_ event: EventID) throws(StoreFailure) -> Bool { try store.hasBookings(event) }
  func insertBooking(
    event: EventID, user: UserID, subject: Subject, quantity: Int, at: Instant, seq: UInt64,
    heldUntil: Instant?, type: Int?
  ) throws(StoreFailure) -> Booking {
    try store.insertBooking(
      event: event, user: user, subject: subject, quantity: quantity, at: at, seq: seq, heldUntil: heldUntil,
      type: type)
  }
  func saveEnd(
    of booking: BookingID, _ status: BookingStatus, at: Instant, seq: UInt64
  ) throws(StoreFailure) {
    try store.saveEnd(of: booking, status, at: at, seq: seq)
  }
  func saveConfirmation(of booking: BookingID, at: Instant) throws(StoreFailure) {
    try store.saveConfirmation(of: booking, at: at)
  }
  func saveExtension(of booking: Booking, at: Instant) throws(StoreFailure) {
    try store.saveExtension(of: booking, at: at)
  }
  func forgetFeed(before moment: Instant) throws(StoreFailure) -> Bool {
    try store.forgetFeed(before: moment)
  }
  func booking(_ id: PublicBookingID) throws(StoreFailure) -> BookingOutcome? { try store.booking(id) }
  func booking(_ id: BookingID) throws(StoreFailure) -> BookingOutcome? { try store.booking(id) }
  func allHolds() throws(StoreFailure) -> [(event: EventID, hold: Hold)] { try store.allHolds() }
  func holds(of event: EventID) throws(StoreFailure) -> [Hold] { try store.holds(of: event) }
  func bookings(
    madeIn event: EventID, after seq: UInt64, through last: UInt64
  ) throws(StoreFailure) -> [BookingOutcome] {
    try store.bookings(madeIn: event, after: seq, through: last)
  }
  func seats(of user: UserID, in event: EventID) throws(StoreFailure) -> Int {
    try store.seats(of: user, in: event)
  }
  func seats(of user: UserID, in event: EventID, type: Int) throws(StoreFailure) -> Int {
    try store.seats(of: user, in: event, type: type)
  }
  func allWaiting() throws(StoreFailure) -> [WaitingEntry] { try store.allWaiting() }
  func insertWaiting(
    event: EventID, user: UserID, quantity: Int, type: Int?, at: Instant
  ) throws(StoreFailure) -> Int64 {
    try store.insertWaiting(event: event, user: user, quantity: quantity, type: type, at: at)
  }
  func deleteWaiting(_ entry: WaitingEntry, _ change: WaitingChange, at: Instant) throws(StoreFailure) {
    try store.deleteWaiting(entry, change, at: at)
  }
  func deleteWaiting(of event: EventID, at: Instant) throws(StoreFailure) {
    try store.deleteWaiting(of: event, at: at)
  }
  func booking(forKey key: String, of user: UserID, since: ServiceTime) throws(StoreFailure)
    -> BookingOutcome?
  {
    try store.booking(forKey: key, of: user, since: since)
  }
  func remember(key: String, of user: UserID, booking: BookingID, at: ServiceTime) throws(StoreFailure) {
    try store.remember(key: key, of: user, booking: booking, at: at)
  }
  func serviceTime() throws(StoreFailure) -> ServiceTime { try store.serviceTime() }
  func save(_ served: ServiceTime) throws(StoreFailure) { try store.save(served) }
  func userID(of identity: Identity) throws(StoreFailure) -> UserID? { try store.userID(of: identity) }
  func insert(_ identity: Identity, at: Instant) throws(StoreFailure) -> UserID {
    try store.insert(identity, at: at)
  }
  func logout(of identity: Identity) throws(StoreFailure) -> Instant? { try store.logout(of: identity) }
  func logOut(_ identity: Identity, before: Instant) throws(StoreFailure) {
    try store.logOut(identity, before: before)
  }
  func account(_ email: EmailKey) throws(StoreFailure) -> Account? { try store.account(email) }
  func insert(_ user: NewUser, at: Instant) throws(StoreFailure) -> User {
    try store.insert(user, at: at)
  }
  func save(_ user: User, passwordHash: String) throws(StoreFailure) {
    try store.save(user, passwordHash: passwordHash)
  }
  func setPasswordHash(
    _ hash: String, of user: UserID, replacing old: String?
  ) throws(StoreFailure) -> Bool {
    try store.setPasswordHash(hash, of: user, replacing: old)
  }
  func person(_ identity: Identity) throws(StoreFailure) -> Person? { try store.person(identity) }
  func setRole(_ role: Role, of person: UserID) throws(StoreFailure) {
    try store.setRole(role, of: person)
  }
  func setDisabled(_ moment: Instant?, of person: UserID) throws(StoreFailure) {
    try store.setDisabled(moment, of: person)
  }
  func tidy(expired: ServiceTime) throws(StoreFailure) { try store.tidy(expired: expired) }
  var isTidyingDue: Bool { store.isTidyingDue }
  var isUntidy: Bool { store.isUntidy }
}
