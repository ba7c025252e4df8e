// One node's session of a database in memory. One thread.

@testable import ControlPlane

/// One node's session.
final class MemoryStore: BookingStore, SharedStore {
  let database: SharedMemory
  let number: Int
  /// What this node knows of events.
  private var known: [EventID: (revision: Int64, waiting: Int64)] = [:]
  /// The open transaction: as it sees the database, what it does, and what must hold for it.
  private var working: SharedMemory.State?
  private var writes: [(inout SharedMemory.State) -> Void] = []
  private var conditions: [(SharedMemory.State) -> Bool] = []
  private var changed: Set<EventID> = []
  private var movedLists: Set<EventID> = []
  private var news: [ClusterNews] = []
  var begins = 0
  private(set) var looks: [BatchNeeds] = []
  var reads = 0

  init(_ database: SharedMemory, _ number: Int) { (self.database, self.number) = (database, number) }

  var shared: (any SharedStore)? { self }
  var records: any RecordStore { self }

  private var state: SharedMemory.State { working ?? database.committed }

  private func write(_ change: @escaping (inout SharedMemory.State) -> Void) {
    precondition(working != nil, "what is written is written in a transaction")
    if var copy = working {
      working = nil
      change(&copy)
      working = copy
    }
    writes.append(change)
  }

  private func touch(_ event: EventID) {
    precondition(
      database.locks[event] == number || database.committed.events[event] == nil, "an event is locked first")
    changed.insert(event)
  }

  // MARK: SharedStore

  func look(_ more: BatchNeeds) throws(StoreFailure) {
    precondition(working != nil, "there is an open transaction")
    precondition(more.events.allSatisfy { database.locks[$0] == number }, "their events are locked")
    looks.append(more)
    if database.refusedLooks > 0 {
      database.refusedLooks -= 1
      throw SharedMemory.busy
    }
    if database.happens(database.contention) { throw SharedMemory.busy }
  }

  func begin(_ needs: BatchNeeds) throws(StoreFailure) -> BatchStart {
    precondition(working == nil, "one transaction at a time")
    begins += 1
    database.whileWaiting?(number)
    if database.happens(database.failedReads) { throw lost() }
    if database.happens(database.contention) { throw SharedMemory.busy }
    let committed = database.committed
    var events = needs.events
    for booking in needs.bookings {
      if let id = database.cipher.id(of: booking), let found = committed.bookings[id] {
        events.insert(found.event)
      }
    }
    for entry in committed.waiting.values where needs.erased.contains(entry.user) {
      events.insert(entry.event)
    }
    guard events.allSatisfy({ (database.locks[$0] ?? number) == number }) else { throw SharedMemory.busy }
    for event in events { database.locks[event] = number }
    (working, writes, conditions, changed, movedLists, news) = (committed, [], [], [], [], [])
    let others = events.filter { !(database.interest[$0] ?? []).subtracting([number]).isEmpty }
    let start = BatchStart(changes: news(of: events), watchedElsewhere: others)
    database.whileLocked?(number)
    return start
  }

  private func news(of events: Set<EventID>) -> [ForeignChange] {
    events.sorted { $0.rawValue < $1.rawValue }.compactMap { id in
      let row = database.committed.events[id]
      let (revision, waiting) = (row?.revision ?? 0, row?.waitingRevision ?? 0)
      defer { known[id] = (revision, waiting) }
      guard known[id]?.revision != revision else { return nil }
      let list = known[id]?.waiting == waiting ? nil : database.committed.list(of: id)
      return ForeignChange(id: id, revision: revision, event: row?.event, waiting: list)
    }
  }

  func changes(of events: [EventID]) throws(StoreFailure) -> [ForeignChange] {
    precondition(working == nil, "changes are asked for outside of transactions")
    reads += 1
    if database.happens(database.failedReads + database.failedLooks) { throw lost() }
    return news(of: Set(events))
  }

  func note(_ event: EventID, revision: Int64) -> Bool {
    guard let last = known[event], last.revision == revision - 1 else { return false }
    known[event]?.revision = revision
    return true
  }

  func revision(of event: EventID) -> Int64? { known[event]?.revision }

  func notices(
    of event: EventID, after: UInt64, through: UInt64, limit: Int
  ) throws(StoreFailure) -> [Notice] {
    if database.happens(database.failedReads) { throw lost() }
    return Array(
      (state.notices[event] ?? []).lazy.filter { after < $0.seq && $0.seq <= through }.prefix(limit))
  }

  func dueHolds(of event: EventID?, at now: Instant, limit: Int) throws(StoreFailure) -> [(
    event: EventID, hold: Hold
  )] {
    if database.happens(database.failedReads) { throw lost() }
    return Array(state.holds(of: event).filter { $0.hold.expiresAt <= now }.prefix(limit))
  }

  func tell(_ news: [ClusterNews]) throws(StoreFailure) { self.news += news }

  func leads() throws(StoreFailure) -> Bool {
    precondition(working == nil, "leadership is asked for outside of transactions")
    if database.happens(database.failedReads) { throw lost() }
    database.leader = database.leader ?? number
    return database.leader == number
  }

  // MARK: Transactions

  func begin() throws(StoreFailure) { _ = try begin(BatchNeeds()) }

  func commit() throws(StoreFailure) {
    guard working != nil else { throw SharedMemory.gone }
    if database.happens(database.failedCommits) { throw lost() }
    guard conditions.allSatisfy({ $0(database.committed) }) else { throw SharedMemory.busy }
    for change in writes { change(&database.committed) }
    for event in changed {
      let revision = (database.committed.events[event]?.revision ?? 0) + 1
      let waiting = movedLists.contains(event) ? revision : known[event]?.waiting ?? 0
      database.committed.events[event]?.revision = revision
      if movedLists.contains(event) { database.committed.events[event]?.waitingRevision = revision }
      known[event] = (revision, waiting)
    }
    database.commits.append(.init(node: number, events: changed, news: news))
    end()
    if database.happens(database.lostAnswers) { throw lost() }
  }

  func rollback() { end() }

  private func end() {
    working = nil
    for (event, holder) in database.locks where holder == number { database.locks[event] = nil }
  }

  /// The session is gone, and with it the lease and all that was known.
  private func lost() -> StoreFailure {
    forgetAll()
    return SharedMemory.gone
  }

  func forgetAll() {
    known = [:]
    if database.leader == number { database.leader = nil }
  }

  // MARK: Events

  func allEvents() throws(StoreFailure) -> [Event] {
    _ = news(of: Set(database.committed.events.keys))
    return database.committed.events.values.compactMap(\.event)
  }

  func insert(_ event: Event) throws(StoreFailure) -> EventID {
    var event = event
    event.id = EventID(database.draw())
    let row = event
    write { $0.events[row.id] = .init(event: row, revision: 0, waitingRevision: 0) }
    touch(row.id)
    return row.id
  }

  func save(_ event: Event) throws(StoreFailure) {
    touch(event.id)
    write { $0.events[event.id]?.event = event }
  }

  func saveCounts(of event: EventID, _ counts: Event.Counts) throws(StoreFailure) {
    touch(event)
    write { $0.events[event]?.event?.counts = counts }
  }

  func delete(_ event: EventID) throws(StoreFailure) {
    touch(event)
    write { $0.events[event]?.event = nil }
  }

  func hasBookings(_ event: EventID) throws(StoreFailure) -> Bool {
    state.bookings.values.contains { $0.event == event }
  }

  func append(_ notice: Notice, booking: BookingID?) throws(StoreFailure) {
    touch(notice.event)
    write {
      $0.notices[notice.event, default: []].append(notice)
      $0.feedPending += 1
    }
  }

  // MARK: Bookings

  func insertBooking(
    event: EventID, user: UserID, subject: Subject, quantity: Int, at: Instant, seq: UInt64,
    heldUntil: Instant?, type: Int?
  ) throws(StoreFailure) -> Booking {
    touch(event)
    let id = BookingID(database.draw())
    guard let publicID = database.cipher.publicID(of: id) else { throw SharedMemory.gone }
    let booking = Booking(
      id: id, publicID: publicID, event: event, user: user, subject: subject, quantity: quantity, type: type,
      status: heldUntil == nil ? .confirmed : .held, createdAt: at, createdSeq: seq, expiresAt: heldUntil)
    write { $0.bookings[id] = booking }
    return booking
  }

  private func change(_ booking: BookingID, _ change: @escaping (inout Booking) -> Void) {
    if let event = state.bookings[booking]?.event { touch(event) }
    write { if var row = $0.bookings[booking] { change(&row); $0.bookings[booking] = row } }
  }

  func saveEnd(of booking: BookingID, _ status: BookingStatus, at: Instant, seq: UInt64) throws(StoreFailure)
  { change(booking) { $0.end(status, at: at, seq: seq) } }

  func saveConfirmation(of booking: BookingID, at: Instant) throws(StoreFailure) {
    change(booking) { $0.status = .confirmed }
  }

  func saveExtension(of booking: Booking, at: Instant) throws(StoreFailure) {
    change(booking.id) { ($0.expiresAt, $0.extended) = (booking.expiresAt, booking.extended) }
  }

  func booking(_ id: PublicBookingID) throws(StoreFailure) -> BookingOutcome? {
    guard let id = database.cipher.id(of: id) else { return nil }
    return try booking(id)
  }

  func booking(_ id: BookingID) throws(StoreFailure) -> BookingOutcome? {
    state.bookings[id].map { outcome($0, seq: $0.cancelledSeq ?? $0.createdSeq) }
  }

  private func outcome(_ booking: Booking, seq: UInt64) -> BookingOutcome {
    let notice = state.notices[booking.event]?.first { $0.seq == seq }
    return BookingOutcome(
      booking: booking, availableSeats: notice?.availableSeats ?? -1, seq: seq, replayed: false)
  }

  func allHolds() throws(StoreFailure) -> [(event: EventID, hold: Hold)] { state.holds(of: nil) }
  func holds(of event: EventID) throws(StoreFailure) -> [Hold] { state.holds(of: event).map(\.hold) }

  func bookings(
    madeIn event: EventID, after: UInt64, through: UInt64
  ) throws(StoreFailure) -> [BookingOutcome] {
    state.bookings.values.filter { $0.event == event && after < $0.createdSeq && $0.createdSeq <= through }
      .sorted { $0.createdSeq < $1.createdSeq }
      .map { outcome($0, seq: $0.cancelledSeq ?? $0.createdSeq) }
  }

  func seats(of user: UserID, in event: EventID) throws(StoreFailure) -> Int {
    state.bookings.values.filter { $0.event == event && $0.user == user && $0.status.isActive }
      .map(\.quantity).reduce(0, +)
  }

  func seats(of user: UserID, in event: EventID, type: Int) throws(StoreFailure) -> Int {
    state.bookings.values
      .filter { $0.event == event && $0.user == user && $0.type == type && $0.status.isActive }
      .map(\.quantity).reduce(0, +)
  }

  func booking(forKey key: String, of user: UserID, since: ServiceTime) throws(StoreFailure)
    -> BookingOutcome?
  {
    guard let row = state.keys[.init(user: user, key: key)], row.at > since,
      var made = state.bookings[row.booking]
    else { return nil }
    made.status = made.expiresAt == nil ? .confirmed : .held
    (made.cancelledAt, made.cancelledSeq) = (nil, nil)
    return outcome(made, seq: made.createdSeq)
  }

  func remember(key: String, of user: UserID, booking: BookingID, at: ServiceTime) throws(StoreFailure) {
    let name = SharedMemory.KeyName(user: user, key: key)
    let before = state.keys[name]?.booking
    conditions.append { $0.keys[name]?.booking == before }
    write { $0.keys[name] = (booking, at) }
  }

  // MARK: Waiting lists

  func allWaiting() throws(StoreFailure) -> [WaitingEntry] { Array(state.waiting.values) }

  func insertWaiting(event: EventID, user: UserID, quantity: Int, type: Int?, at: Instant)
    throws(StoreFailure) -> Int64
  {
    touch(event)
    movedLists.insert(event)
    let id = database.draw()
    guard let identity = state.people[user]?.identity else { throw SharedMemory.gone }
    let entry = WaitingEntry(
      id: id, event: event, user: identity, quantity: quantity, type: type, joinedAt: at)
    write {
      $0.waiting[id] = entry
      $0.waits.append(.init(entry: entry, change: .joined))
    }
    return id
  }

  func deleteWaiting(_ entry: WaitingEntry, _ change: WaitingChange, at: Instant) throws(StoreFailure) {
    touch(entry.event)
    movedLists.insert(entry.event)
    write {
      $0.waiting[entry.id] = nil
      $0.waits.append(.init(entry: entry, change: change))
    }
  }

  func deleteWaiting(of event: EventID, at: Instant) throws(StoreFailure) {
    touch(event)
    movedLists.insert(event)
    write { state in state.waiting = state.waiting.filter { $0.value.event != event } }
  }

  // MARK: People

  func userID(of identity: Identity) throws(StoreFailure) -> UserID? {
    state.people.values.first { $0.identity == identity }?.id
  }

  func insert(_ identity: Identity, at: Instant) throws(StoreFailure) -> UserID {
    let id = UserID(database.draw())
    let person = Person(id: id, identity: identity, account: nil, createdAt: at, isDisabled: false)
    conditions.append { !$0.people.values.contains { $0.identity == identity } }
    write { $0.people[id] = person }
    return id
  }

  func person(_ identity: Identity) throws(StoreFailure) -> Person? {
    state.people.values.first { $0.identity == identity }
  }

  func setDisabled(_ moment: Instant?, of person: UserID) throws(StoreFailure) {
    write { $0.people[person]?.isDisabled = moment != nil }
  }

  func setRole(_ role: Role, of person: UserID) throws(StoreFailure) {
    write { $0.people[person]?.account?.role = role }
  }

  func logout(of identity: Identity) throws(StoreFailure) -> Instant? { state.logouts[identity] }
  func logOut(_ identity: Identity, before: Instant) throws(StoreFailure) {
    write { $0.logouts[identity] = before }
  }

  func account(_ email: EmailKey) throws(StoreFailure) -> Account? { nil }
  func insert(_ user: NewUser, at: Instant) throws(StoreFailure) -> User { throw SharedMemory.gone }
  func save(_ user: User, passwordHash: String) throws(StoreFailure) {}
  func setPasswordHash(_ hash: String, of user: UserID, replacing old: String?) throws(StoreFailure) -> Bool {
    true
  }

  // MARK: Care

  func serviceTime() throws(StoreFailure) -> ServiceTime { state.served }
  func save(_ served: ServiceTime) throws(StoreFailure) {
    database.committed.served = max(served, database.committed.served)
  }
  func tidy(expired: ServiceTime) throws(StoreFailure) {}
  func forgetFeed(before: Instant) throws(StoreFailure) -> Bool { false }
  var isTidyingDue: Bool { false }
  var isUntidy: Bool { false }
  func verify() throws(StoreFailure) {}
  func copy(to path: String) throws(StoreFailure) -> OnlineCopy { throw SharedMemory.gone }
  func makeRoom() throws(StoreFailure) {}
  func probe() throws(StoreFailure) {
    if database.happens(database.failedReads) { throw lost() }
  }
}

extension MemoryStore: RecordStore {
  func serviceTokens(at moment: Instant) throws(StoreFailure) -> [ServiceToken] {
    state.tokens.filter { $0.expiresAt > moment }
  }

  func insert(_ token: ServiceToken) throws(StoreFailure) -> ServiceToken {
    var token = token
    token.id = database.draw()
    let row = token
    write { $0.tokens.append(row) }
    return row
  }

  func deleteServiceToken(_ id: Int64) throws(StoreFailure) -> ServiceToken? {
    let found = state.tokens.first { $0.id == id }
    write { state in state.tokens.removeAll { $0.id == id } }
    return found
  }

  func insert(_ seal: RecordSeal) throws(StoreFailure) -> Bool { false }
  func append(_ entry: AuditEntry, at: Instant) throws(StoreFailure) { write { $0.audit.append(entry) } }
  func forgetAudit(before: Instant) throws(StoreFailure) -> Bool { false }

  func erase(_ person: Person, at: Instant) throws(StoreFailure) {
    let erased = Identity(issuer: Identity.erasedIssuer, subject: Subject(UInt64(person.id.rawValue)))
    write { $0.people[person.id]?.identity = erased }
  }
}
