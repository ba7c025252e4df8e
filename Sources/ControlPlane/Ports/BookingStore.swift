/// Where the ledger writes: one transaction at a time, on the ledger's thread alone. Reads see what the open
/// transaction has written.
/// - Throws: `StoreFailure`; after it the transaction can only be rolled back.
protocol BookingStore: AnyObject {
  /// Every event there is; asked once, before anything is decided.
  func allEvents() throws(StoreFailure) -> [Event]

  func begin() throws(StoreFailure)
  /// When this throws, nothing of the transaction took effect.
  func commit() throws(StoreFailure)
  func rollback()

  /// - Parameter event: its `id` is not looked at.
  func insert(_ event: Event) throws(StoreFailure) -> EventID
  func save(_ event: Event) throws(StoreFailure)
  func delete(_ event: EventID) throws(StoreFailure)
  /// Whether there ever was one, cancelled or not.
  func hasBookings(_ event: EventID) throws(StoreFailure) -> Bool

  func insertBooking(event: EventID, user: UserID, quantity: Int, at: Instant, seq: UInt64)
    throws(StoreFailure) -> Booking
  func saveCancellation(of booking: BookingID, at: Instant, seq: UInt64) throws(StoreFailure)
  /// With the counts of the commit that last changed it.
  func booking(_ id: PublicBookingID) throws(StoreFailure) -> BookingOutcome?
  /// Seats of this event that the user has now.
  func seats(of user: UserID, in event: EventID) throws(StoreFailure) -> Int

  func append(_ notice: Notice, booking: BookingID?) throws(StoreFailure)

  /// What this key made, as it was made then, unless that is older than `since`.
  func booking(forKey key: String, of user: UserID, since: Instant) throws(StoreFailure) -> BookingOutcome?
  func remember(key: String, of user: UserID, booking: BookingID, at: Instant) throws(StoreFailure)

  func account(_ email: EmailKey) throws(StoreFailure) -> Account?
  func insert(_ user: NewUser, at: Instant) throws(StoreFailure) -> User
  func save(_ user: User, passwordHash: String) throws(StoreFailure)
  /// False: there is no such account.
  func setPasswordHash(_ hash: String, of user: UserID) throws(StoreFailure) -> Bool

  /// Work of which there is more the longer it waits: a checkpoint, and forgetting some of the keys from
  /// before `expired`. Outside of transactions.
  func tidy(expired: Instant) throws(StoreFailure)
  /// Whether `tidy` is due even while commands wait.
  var isTidyingDue: Bool { get }
  /// Whether `tidy` would do something.
  var isUntidy: Bool { get }
  /// Writes something and takes it away again, to learn whether the disk takes writes.
  func probe() throws(StoreFailure)
}
