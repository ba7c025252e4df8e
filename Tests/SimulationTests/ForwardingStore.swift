// A store that passes everything on, for doubles that change one thing of it. The ledger's thread.

@testable import ControlPlane

class ForwardingStore: BookingStore {
  let store: SQLiteBookingStore

  init(_ store: SQLiteBookingStore) { self.store = store }

  var records: any RecordStore { store.records }
  var isTidyingDue: Bool { store.isTidyingDue }
  var isUntidy: Bool { store.isUntidy }

  func allEvents() throws(StoreFailure) -> [Event] { try store.allEvents() }
  func begin() throws(StoreFailure) { try store.begin() }
  func commit() throws(StoreFailure) { try store.commit() }
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
  func saveEnd(of booking: BookingID, _ status: BookingStatus, at: Instant, seq: UInt64) throws(StoreFailure)
  { try store.saveEnd(of: booking, status, at: at, seq: seq) }
  func saveConfirmation(of booking: BookingID, at: Instant) throws(StoreFailure) {
    try store.saveConfirmation(of: booking, at: at)
  }
  func saveExtension(of booking: Booking, at: Instant) throws(StoreFailure) {
    try store.saveExtension(of: booking, at: at)
  }
  func booking(_ id: PublicBookingID) throws(StoreFailure) -> BookingOutcome? { try store.booking(id) }
  func booking(_ id: BookingID) throws(StoreFailure) -> BookingOutcome? { try store.booking(id) }
  func allHolds() throws(StoreFailure) -> [(event: EventID, hold: Hold)] { try store.allHolds() }
  func holds(of event: EventID) throws(StoreFailure) -> [Hold] { try store.holds(of: event) }
  func bookings(madeIn event: EventID, after: UInt64, through: UInt64) throws(StoreFailure)
    -> [BookingOutcome]
  { try store.bookings(madeIn: event, after: after, through: through) }
  func seats(of user: UserID, in event: EventID) throws(StoreFailure) -> Int {
    try store.seats(of: user, in: event)
  }
  func seats(of user: UserID, in event: EventID, type: Int) throws(StoreFailure) -> Int {
    try store.seats(of: user, in: event, type: type)
  }
  func allWaiting() throws(StoreFailure) -> [WaitingEntry] { try store.allWaiting() }
  func insertWaiting(event: EventID, user: UserID, quantity: Int, type: Int?, at: Instant)
    throws(StoreFailure) -> Int64
  { try store.insertWaiting(event: event, user: user, quantity: quantity, type: type, at: at) }
  func deleteWaiting(_ entry: WaitingEntry, _ change: WaitingChange, at: Instant) throws(StoreFailure) {
    try store.deleteWaiting(entry, change, at: at)
  }
  func deleteWaiting(of event: EventID, at: Instant) throws(StoreFailure) {
    try store.deleteWaiting(of: event, at: at)
  }
  func append(_ notice: Notice, booking: BookingID?) throws(StoreFailure) {
    try store.append(notice, booking: booking)
  }
  func booking(forKey key: String, of user: UserID, since: ServiceTime) throws(StoreFailure)
    -> BookingOutcome?
  { try store.booking(forKey: key, of: user, since: since) }
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
  func insert(_ user: NewUser, at: Instant) throws(StoreFailure) -> User { try store.insert(user, at: at) }
  func save(_ user: User, passwordHash: String) throws(StoreFailure) {
    try store.save(user, passwordHash: passwordHash)
  }
  func setPasswordHash(_ hash: String, of user: UserID, replacing old: String?) throws(StoreFailure) -> Bool {
    try store.setPasswordHash(hash, of: user, replacing: old)
  }
  func person(_ identity: Identity) throws(StoreFailure) -> Person? { try store.person(identity) }
  func setRole(_ role: Role, of person: UserID) throws(StoreFailure) { try store.setRole(role, of: person) }
  func setDisabled(_ moment: Instant?, of person: UserID) throws(StoreFailure) {
    try store.setDisabled(moment, of: person)
  }
  func tidy(expired: ServiceTime) throws(StoreFailure) { try store.tidy(expired: expired) }
  func forgetFeed(before: Instant) throws(StoreFailure) -> Bool { try store.forgetFeed(before: before) }
  func verify() throws(StoreFailure) { try store.verify() }
  func copy(to path: String) throws(StoreFailure) -> OnlineCopy { try store.copy(to: path) }
  func makeRoom() throws(StoreFailure) { try store.makeRoom() }
  func probe() throws(StoreFailure) { try store.probe() }
}
