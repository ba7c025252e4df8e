/// Where the ledger writes: one transaction at a time, on the ledger's thread alone. Reads see what the open
/// transaction has written.
/// - Throws: `StoreFailure`; after it the transaction can only be rolled back.
protocol BookingStore: AnyObject {
  var records: any RecordStore { get }
  /// nil: no other process writes.
  var shared: (any SharedStore)? { get }

  /// Every event there is; asked once, before anything is decided.
  func allEvents() throws(StoreFailure) -> [Event]

  func begin() throws(StoreFailure)
  /// When this throws, nothing of the transaction took effect that a later start could find, except after a failed sync:
  /// then a crash before the next commit may leave it either way.
  func commit() throws(StoreFailure)
  func rollback()

  /// - Parameter event: its `id` is not looked at.
  func insert(_ event: Event) throws(StoreFailure) -> EventID
  func save(_ event: Event) throws(StoreFailure)
  /// Writes what sales change, and nothing else.
  func saveCounts(of event: EventID, _ counts: Event.Counts) throws(StoreFailure)
  func delete(_ event: EventID) throws(StoreFailure)
  /// Whether there ever was one, cancelled or not.
  func hasBookings(_ event: EventID) throws(StoreFailure) -> Bool

  func insertBooking(
    event: EventID, user: UserID, subject: Subject, quantity: Int, at: Instant, seq: UInt64,
    heldUntil: Instant?, type: Int?
  ) throws(StoreFailure) -> Booking
  /// - Parameter status: `cancelled` or `expired`.
  func saveEnd(
    of booking: BookingID, _ status: BookingStatus, at: Instant, seq: UInt64
  ) throws(StoreFailure)
  func saveConfirmation(of booking: BookingID, at: Instant) throws(StoreFailure)
  /// Writes `expiresAt` and `extended`.
  func saveExtension(of booking: Booking, at: Instant) throws(StoreFailure)
  /// With the counts of the commit that last changed its seats.
  func booking(_ id: PublicBookingID) throws(StoreFailure) -> BookingOutcome?
  func booking(_ id: BookingID) throws(StoreFailure) -> BookingOutcome?
  /// Every booking that is held; asked once.
  func allHolds() throws(StoreFailure) -> [(event: EventID, hold: Hold)]
  func holds(of event: EventID) throws(StoreFailure) -> [Hold]
  /// Those that the event's notices with `after < seq <= through` announced as made, in order, as they are now.
  func bookings(
    madeIn event: EventID, after: UInt64, through: UInt64
  ) throws(StoreFailure) -> [BookingOutcome]
  /// Seats of this event that the user has now.
  func seats(of user: UserID, in event: EventID) throws(StoreFailure) -> Int

  /// The same of one ticket type.
  func seats(of user: UserID, in event: EventID, type: Int) throws(StoreFailure) -> Int

  /// Every entry of every waiting list; asked once.
  func allWaiting() throws(StoreFailure) -> [WaitingEntry]
  /// - Returns: the entry's number, higher than any before.
  func insertWaiting(
    event: EventID, user: UserID, quantity: Int, type: Int?, at: Instant
  ) throws(StoreFailure) -> Int64
  /// - Parameter change: why, for the record.
  func deleteWaiting(_ entry: WaitingEntry, _ change: WaitingChange, at: Instant) throws(StoreFailure)
  /// All of an event that is deleted.
  func deleteWaiting(of event: EventID, at: Instant) throws(StoreFailure)

  /// The feed gets the notice too, as it gets confirmations, extensions and new events by their own functions.
  func append(_ notice: Notice, booking: BookingID?) throws(StoreFailure)

  /// What this key made, as it was made then, unless the key was remembered at `since` or earlier.
  func booking(forKey key: String, of user: UserID, since: ServiceTime) throws(StoreFailure)
    -> BookingOutcome?
  func remember(key: String, of user: UserID, booking: BookingID, at: ServiceTime) throws(StoreFailure)
  /// The service time that earlier runs are known to have reached. Asked once.
  func serviceTime() throws(StoreFailure) -> ServiceTime
  /// Outside of transactions.
  func save(_ served: ServiceTime) throws(StoreFailure)

  /// The identity's row; nil: it never booked and has no local account.
  func userID(of identity: Identity) throws(StoreFailure) -> UserID?
  /// Makes the row of an identity that has none.
  func insert(_ identity: Identity, at: Instant) throws(StoreFailure) -> UserID

  /// The moment before which issued tokens of this identity are refused; nil: it was never logged out.
  func logout(of identity: Identity) throws(StoreFailure) -> Instant?
  /// Keeps that the identity's tokens issued before this moment are refused.
  func logOut(_ identity: Identity, before: Instant) throws(StoreFailure)

  func account(_ email: EmailKey) throws(StoreFailure) -> Account?
  func insert(_ user: NewUser, at: Instant) throws(StoreFailure) -> User
  func save(_ user: User, passwordHash: String) throws(StoreFailure)
  /// False: there is no such account, or `old` is not its hash any more.
  func setPasswordHash(_ hash: String, of user: UserID, replacing old: String?) throws(StoreFailure) -> Bool

  func person(_ identity: Identity) throws(StoreFailure) -> Person?
  func setRole(_ role: Role, of person: UserID) throws(StoreFailure)
  /// - Parameter moment: since when; nil: not any more.
  func setDisabled(_ moment: Instant?, of person: UserID) throws(StoreFailure)

  /// Work of which there is more the longer it waits: a checkpoint, and forgetting some of the keys from
  /// before `expired`. Outside of transactions.
  func tidy(expired: ServiceTime) throws(StoreFailure)
  /// Forgets some entries of the feed from before a moment, the oldest first; the newest stays. Outside of transactions.
  /// - Returns: whether there may be more.
  func forgetFeed(before: Instant) throws(StoreFailure) -> Bool
  /// Whether `tidy` is due even while commands wait.
  var isTidyingDue: Bool { get }
  /// Whether `tidy` would do something.
  var isUntidy: Bool { get }
  /// Throws when what is committed from now on would be lost.
  func verify() throws(StoreFailure)
  /// Begins a copy of the database into a file that exists and is empty. Its steps come between transactions.
  func copy(to path: String) throws(StoreFailure) -> OnlineCopy
  /// Gives back what the store can spare. Outside of transactions.
  func makeRoom() throws(StoreFailure)
  /// Writes something and takes it away again, to learn whether the disk takes writes. When it succeeds, everything
  /// that was ever committed has been written and synced once more. Outside of transactions.
  func probe() throws(StoreFailure)
}

/// The same before a server begins to work: what it needs to know of accounts.
protocol StartStore: BookingStore {
  /// Whether accounts of an older version have no issuer yet.
  var hasAccountsToAdopt: Bool { get throws(StoreFailure) }
  /// Gives accounts without an issuer this one.
  func adopt(issuer: String) throws(StoreFailure)
  /// Each identity's tokens that were issued before the moment are refused.
  func logouts() throws(StoreFailure) -> [Identity: Instant]
  func disabled() throws(StoreFailure) -> Set<Identity>
}

extension BookingStore {
  var shared: (any SharedStore)? { nil }
}
