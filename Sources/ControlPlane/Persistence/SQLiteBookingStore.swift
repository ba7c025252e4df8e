// The writer: the one connection that changes the database, and the only one that checkpoints. The ledger's thread
// only. It decides nothing: the ledger has the rules, and the schema's CHECKs refuse what a fault in them would let pass.

final class SQLiteBookingStore: StartStore {
  let connection: Connection
  private let cipher: BookingIDCipher
  private let keySalt: UInt64
  private let statements: WriterStatements
  private let files: DatabaseFiles
  /// A commit went into removed files: whatever comes back in their place, it is not what the ledger has in memory.
  private var lost: StoreFailure?
  private let accounts: AccountStatements
  private let feed: FeedStatements
  let records: any RecordStore
  private let people: PeopleStatements
  private let standing: StandingBookings
  private let waiting: WaitingStatements

  /// Pages in the WAL after which a checkpoint does not wait for a quiet moment (4 KiB each, just under
  /// `journal_size_limit`). Every booking of that moment waits for it, and a longer log has the same pages more often, so
  /// the checkpoints of a rush are few.
  static let checkpointPages = 16_000
  /// Expired keys that are forgotten in one step.
  static let sweepStep = 1000

  /// - Parameter keySalt: makes the hashes of idempotency keys this database's own.
  init(_ connection: Connection, cipher: BookingIDCipher, keySalt: UInt64) throws(StoreFailure) {
    self.connection = connection
    self.cipher = cipher
    self.keySalt = keySalt
    statements = try WriterStatements(connection)
    files = try DatabaseFiles(of: connection.path)
    accounts = try AccountStatements(connection)
    feed = try FeedStatements(connection)
    records = try SQLiteRecordStore(connection)
    people = try PeopleStatements(connection)
    standing = try StandingBookings(connection)
    waiting = try WaitingStatements(connection)
  }

  func begin() throws(StoreFailure) { try statements.begin.runBound() }

  /// The files are looked at before, so that nothing is written in vain, and after, so that nothing is acknowledged that
  /// went into a removed file.
  func commit() throws(StoreFailure) {
    try verify()
    try feed.flush()
    try standing.flush()
    try accounts.saveCounter()
    try statements.commit.runBound()
    accounts.committed()
    do throws(StoreFailure) {
      try files.verify()
    } catch {
      let failure = StoreFailure(code: StoreFailure.lost, message: error.message)
      lost = failure
      throw failure
    }
  }

  func rollback() {
    feed.discard()
    standing.discard()
    // SQLite rolls some failures back by itself.
    guard connection.isInTransaction else { return }
    try? statements.rollback.run()
  }

  // MARK: Events

  /// The schema refuses an event whose numbers contradict each other, so one that does was written by nobody of us.
  func allEvents() throws(StoreFailure) -> [Event] {
    let events = try Statement(connection, "SELECT \(EventRow.columns) FROM event").all([], EventRow.decode)
    for event in events where !EventRow.isSound(event) {
      throw StoreFailure(
        code: StoreFailure.corrupt, message: "the row of event \(event.id.rawValue) contradicts itself")
    }
    return events
  }

  func insert(_ event: Event) throws(StoreFailure) -> EventID {
    try statements.insertEvent.run(EventRow.values(event))
    let id = EventID(connection.lastInsertedRow)
    try feed.append(event, id: id)
    return id
  }

  func save(_ event: Event) throws(StoreFailure) {
    try statements.saveEvent.run(EventRow.values(event) + [.int(event.id.rawValue)])
  }

  func saveCounts(of event: EventID, _ counts: Event.Counts) throws(StoreFailure) {
    let statement = counts.types.isEmpty ? statements.saveCounts : statements.saveTypeCounts
    if !counts.types.isEmpty { statement.bind(TicketTypeText.counts(counts.types), at: 7) }
    statement.bind(counts.sold, at: 1)
    statement.bind(counts.held, at: 2)
    statement.bind(Int64(counts.seq), at: 3)
    statement.bind(counts.updatedAt.milliseconds, at: 4)
    statement.bind(standing.take(event), at: 5)
    statement.bind(event.rawValue, at: 6)
    try statement.runBound()
  }

  func delete(_ event: EventID) throws(StoreFailure) {
    try statements.deleteEvent.run([.int(event.rawValue)])
  }

  func hasBookings(_ event: EventID) throws(StoreFailure) -> Bool {
    try statements.hasBookings.first([.int(event.rawValue)]) { $0.int(0) != 0 } ?? false
  }

  // MARK: Bookings

  func insertBooking(
    event: EventID, user: UserID, subject: Subject, quantity: Int, at: Instant, seq: UInt64,
    heldUntil: Instant?, type: Int?
  ) throws(StoreFailure) -> Booking {
    let status = heldUntil == nil ? BookingStatus.confirmed : .held
    let isPlain = heldUntil == nil && type == nil
    let statement = isPlain ? statements.insertBooking : statements.insertHoldOrType
    statement.bind(event.rawValue, at: 1)
    statement.bind(user.rawValue, at: 2)
    statement.bind(quantity, at: 3)
    statement.bind(at.milliseconds, at: 4)
    statement.bind(Int64(seq), at: 5)
    if !isPlain {
      statement.bind(status.rawValue, at: 6)
      if let heldUntil { statement.bind(heldUntil.milliseconds, at: 7) } else { statement.bindNull(at: 7) }
      if let type { statement.bind(type, at: 8) } else { statement.bindNull(at: 8) }
    }
    try statement.runBound()
    let id = BookingID(connection.lastInsertedRow)
    guard let publicID = cipher.publicID(of: id) else {
      throw StoreFailure(code: StoreFailure.full, message: "all 2^40 booking numbers are used")
    }
    return Booking(
      id: id, publicID: publicID, event: event, user: user, subject: subject, quantity: quantity,
      type: type, status: status, createdAt: at, createdSeq: seq, expiresAt: heldUntil)
  }

  func saveEnd(
    of booking: BookingID, _ status: BookingStatus, at: Instant, seq: UInt64
  ) throws(StoreFailure) {
    try statements.endBooking.run([
      .int(status.rawValue), .instant(at), .int(Int64(seq)), .int(booking.rawValue),
    ])
  }

  func saveConfirmation(of booking: BookingID, at: Instant) throws(StoreFailure) {
    try statements.confirmBooking.run([.instant(at), .int(booking.rawValue)])
    try feed.append(.confirmed, booking.rawValue, at.milliseconds)
  }

  func saveExtension(of booking: Booking, at: Instant) throws(StoreFailure) {
    try statements.extendHold.run([
      .instant(booking.expiresAt), .int(booking.extended), .int(booking.id.rawValue),
    ])
    try feed.append(.extended, booking.id.rawValue, at.milliseconds)
  }

  func booking(_ id: BookingID) throws(StoreFailure) -> BookingOutcome? {
    try statements.booking.first([.int(id.rawValue)]) { BookingRow.decode($0, cipher) } ?? nil
  }

  func allHolds() throws(StoreFailure) -> [(event: EventID, hold: Hold)] {
    try Statement(connection, "SELECT event_id, held_until, id FROM booking WHERE state = 2")
      .all([]) { (EventID($0.int64(0)), Hold(expiresAt: $0.instant(1), booking: BookingID($0.int64(2)))) }
  }

  func holds(of event: EventID) throws(StoreFailure) -> [Hold] {
    try statements.holdsOfEvent.all([.int(event.rawValue)]) {
      Hold(expiresAt: $0.instant(0), booking: BookingID($0.int64(1)))
    }
  }

  func bookings(
    madeIn event: EventID, after seq: UInt64, through last: UInt64
  ) throws(StoreFailure) -> [BookingOutcome] {
    let values: [Statement.Value] = [
      .int(event.rawValue), .int(Int64(clamping: seq)), .int(Int64(clamping: last)),
    ]
    return try statements.bookingsMade.all(values) { BookingRow.decode($0, cipher) }.compactMap { $0 }
  }

  func booking(_ id: PublicBookingID) throws(StoreFailure) -> BookingOutcome? {
    guard let id = cipher.id(of: id) else { return nil }
    return try statements.booking.first([.int(id.rawValue)]) { BookingRow.decode($0, cipher) } ?? nil
  }

  func seats(of user: UserID, in event: EventID) throws(StoreFailure) -> Int {
    try statements.seatsOfUser.first([.int(user.rawValue), .int(event.rawValue)]) { $0.int(0) } ?? 0
  }

  func seats(of user: UserID, in event: EventID, type: Int) throws(StoreFailure) -> Int {
    let values: [Statement.Value] = [.int(user.rawValue), .int(event.rawValue), .int(type)]
    return try statements.seatsOfUserAndType.first(values) { $0.int(0) } ?? 0
  }

  // MARK: Waiting lists

  func allWaiting() throws(StoreFailure) -> [WaitingEntry] { try waiting.all() }

  func insertWaiting(
    event: EventID, user: UserID, quantity: Int, type: Int?, at: Instant
  ) throws(StoreFailure) -> Int64 {
    try waiting.insert(event, user, quantity, type, at: at, after: feed.end())
  }

  func deleteWaiting(_ entry: WaitingEntry, _ change: WaitingChange, at: Instant) throws(StoreFailure) {
    try waiting.delete(entry, change, at: at, after: feed.end())
  }

  func deleteWaiting(of event: EventID, at: Instant) throws(StoreFailure) {
    try waiting.deleteAll(of: event, at: at, after: feed.end())
  }

  // MARK: Notices

  func append(_ notice: Notice, booking: BookingID?) throws(StoreFailure) {
    let kind =
      switch notice.change {
      case .bookingCreated: NoticeRow.created
      case .bookingCancelled: NoticeRow.cancelled
      case .capacityChanged, .eventUpdated: NoticeRow.changed
      }
    let statement = statements.appendNotice
    statement.bind(notice.event.rawValue, at: 1)
    statement.bind(Int64(notice.seq), at: 2)
    statement.bind(kind, at: 3)
    if let booking { statement.bind(booking.rawValue, at: 4) } else { statement.bindNull(at: 4) }
    statement.bind(notice.availableSeats, at: 5)
    statement.bind(notice.seatCapacity, at: 6)
    statement.bind(notice.at.milliseconds, at: 7)
    if notice.types.isEmpty {
      statement.bindNull(at: 8)
    } else {
      statement.bind(TicketTypeText.text(notice.types), at: 8)
    }
    try statement.runBound()
    standing.note(notice)
    try feed.append(notice: Int64(notice.seq), of: notice.event.rawValue)
    if case .eventUpdated(let details) = notice.change {
      try statements.appendDetails.run(NoticeRow.values(details, of: notice))
    }
  }

  // MARK: Idempotency keys

  func booking(forKey key: String, of user: UserID, since: ServiceTime) throws(StoreFailure)
    -> BookingOutcome?
  {
    let statement = statements.bookingForKey
    statement.bind(hash(of: key, user), at: 1)
    statement.bind(user.rawValue, at: 2)
    statement.bind(key, at: 3)
    statement.bind(since.milliseconds, at: 4)
    return try statement.firstBound { BookingRow.decode($0, cipher) } ?? nil
  }

  func remember(key: String, of user: UserID, booking: BookingID, at: ServiceTime) throws(StoreFailure) {
    let statement = statements.rememberKey
    statement.bind(hash(of: key, user), at: 1)
    statement.bind(user.rawValue, at: 2)
    statement.bind(key, at: 3)
    statement.bind(booking.rawValue, at: 4)
    statement.bind(at.milliseconds, at: 5)
    try statement.runBound()
  }

  /// After a crash, that of the youngest key. Version 0.1.0 wrote the wall clock into `idempotency_key.at`; service time
  /// then goes on from there, so that the keys keep their distances.
  func serviceTime() throws(StoreFailure) -> ServiceTime {
    let saved = try Statement(connection, "SELECT value FROM meta WHERE name = 'service_time'")
      .first { Int64($0.text(0)) ?? 0 }
    let youngest = try Statement(connection, "SELECT at FROM idempotency_key ORDER BY id DESC LIMIT 1")
      .first { $0.number(0) }
    return ServiceTime(milliseconds: min(max(saved ?? 0, youngest ?? 0), Row.greatest))
  }

  func save(_ served: ServiceTime) throws(StoreFailure) {
    try Statement(connection, "INSERT OR REPLACE INTO meta VALUES ('service_time', ?)")
      .run([.text(String(served.milliseconds))])
  }

  /// FNV-1a over salt, user and key. Keys that share a hash are told apart by their text.
  private func hash(of key: String, _ user: UserID) -> Int64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ keySalt
    var key = key
    key.withUTF8 { bytes in
      for index in bytes.indices { hash = (hash ^ UInt64(unsafe bytes[index])) &* 0x100_0000_01B3 }
    }
    for shift in stride(from: 0, to: 64, by: 8) {
      hash = (hash ^ UInt64(UInt8(truncatingIfNeeded: user.rawValue >> shift))) &* 0x100_0000_01B3
    }
    return Int64(bitPattern: hash)
  }

  // MARK: Accounts

  func adopt(issuer: String) throws(StoreFailure) { try accounts.adopt(issuer: issuer) }

  var hasAccountsToAdopt: Bool { get throws(StoreFailure) { try accounts.hasRowsToAdopt } }

  func userID(of identity: Identity) throws(StoreFailure) -> UserID? { try accounts.userID(of: identity) }

  func insert(_ identity: Identity, at moment: Instant) throws(StoreFailure) -> UserID {
    try accounts.insert(identity, at: moment)
  }

  func logOut(_ identity: Identity, before moment: Instant) throws(StoreFailure) {
    try accounts.logOut(identity, before: moment)
  }

  func logout(of identity: Identity) throws(StoreFailure) -> Instant? { try accounts.logout(of: identity) }

  func logouts() throws(StoreFailure) -> [Identity: Instant] { try accounts.logouts() }

  func account(_ email: EmailKey) throws(StoreFailure) -> Account? { try accounts.account(email) }

  func insert(_ user: NewUser, at: Instant) throws(StoreFailure) -> User { try accounts.insert(user, at: at) }

  func save(_ user: User, passwordHash: String) throws(StoreFailure) {
    try accounts.save(user, passwordHash: passwordHash)
  }

  func setPasswordHash(
    _ hash: String, of user: UserID, replacing old: String?
  ) throws(StoreFailure) -> Bool {
    try people.setPasswordHash(hash, of: user, replacing: old)
  }

  func person(_ identity: Identity) throws(StoreFailure) -> Person? { try people.person(identity) }

  func setRole(_ role: Role, of person: UserID) throws(StoreFailure) {
    try people.setRole(role, of: person)
  }

  func setDisabled(_ moment: Instant?, of person: UserID) throws(StoreFailure) {
    try people.setDisabled(moment, of: person)
  }

  func disabled() throws(StoreFailure) -> Set<Identity> { try people.disabled() }

  // MARK: Housekeeping

  private var mayHaveExpiredKeys = true

  var isTidyingDue: Bool { connection.pagesToCheckpoint >= Self.checkpointPages }

  var isUntidy: Bool { connection.pagesToCheckpoint > 0 || mayHaveExpiredKeys }

  /// A disk too full to forget may still have room to checkpoint.
  func tidy(expired: ServiceTime) throws(StoreFailure) {
    if connection.pagesToCheckpoint > 0 { _ = try connection.checkpoint() }
    try statements.forgetKeys.run([.int(Self.sweepStep), .int(expired.milliseconds)])
    mayHaveExpiredKeys = connection.changedRows == Self.sweepStep
  }

  func forgetFeed(before moment: Instant) throws(StoreFailure) -> Bool { try feed.forget(before: moment) }

  func verify() throws(StoreFailure) {
    if let lost { throw lost }
    try files.verify()
  }

  func copy(to path: String) throws(StoreFailure) -> OnlineCopy {
    try OnlineCopy(of: connection, into: Connection(path, .copy))
  }

  /// A checkpoint lets the WAL begin anew: the way out when the WAL is what cannot grow.
  func makeRoom() throws(StoreFailure) { _ = try connection.checkpoint() }

  func probe() throws(StoreFailure) {
    try verify()
    guard try connection.checkpoint() else {
      throw StoreFailure(code: StoreFailure.busy, message: "a reader is in the way of a checkpoint")
    }
    try connection.execute(
      """
      BEGIN IMMEDIATE;
      CREATE TABLE probe (bytes BLOB); INSERT INTO probe VALUES (zeroblob(65536)); DROP TABLE probe;
      COMMIT;
      """)
  }
}

/// Prepared once, used for every batch.
private struct WriterStatements {
  let begin, commit, rollback: Statement
  let insertEvent, saveEvent, saveCounts, saveTypeCounts, deleteEvent, hasBookings: Statement
  let insertBooking, insertHoldOrType, endBooking, confirmBooking, extendHold: Statement
  let booking, holdsOfEvent, bookingsMade, seatsOfUser, seatsOfUserAndType, appendNotice,
    appendDetails: Statement
  let bookingForKey, rememberKey, forgetKeys: Statement

  init(_ connection: Connection) throws(StoreFailure) {
    begin = try Statement(connection, "BEGIN IMMEDIATE")
    commit = try Statement(connection, "COMMIT")
    rollback = try Statement(connection, "ROLLBACK")

    let columns = EventRow.columns.split(separator: ",").dropFirst().joined(separator: ",")
    let places = Array(repeating: "?", count: 22).joined(separator: ",")
    insertEvent = try Statement(connection, "INSERT INTO event (\(columns)) VALUES (\(places))")
    saveEvent = try Statement(connection, "UPDATE event SET (\(columns)) = (\(places)) WHERE id = ?")
    saveCounts = try Statement(
      connection,
      "UPDATE event SET (sold, held, seq, updated_at, standing) = (?, ?, ?, ?, standing + ?) WHERE id = ?")
    saveTypeCounts = try Statement(
      connection,
      """
      UPDATE event SET (sold, held, seq, updated_at, standing, type_counts) = (?1, ?2, ?3, ?4, standing + ?5, ?7)
      WHERE id = ?6
      """)
    deleteEvent = try Statement(connection, "DELETE FROM event WHERE id = ?")
    hasBookings = try Statement(
      connection,
      "SELECT EXISTS (SELECT 1 FROM notice WHERE event_id = ? AND kind = \(NoticeRow.created))")

    insertBooking = try Statement(
      connection,
      "INSERT INTO booking (event_id, user_id, quantity, created_at, created_seq) VALUES (?, ?, ?, ?, ?)")
    insertHoldOrType = try Statement(
      connection,
      """
      INSERT INTO booking (event_id, user_id, quantity, created_at, created_seq, state, held_until, type_id)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """)
    endBooking = try Statement(
      connection, "UPDATE booking SET state = ?, cancelled_at = ?, cancelled_seq = ? WHERE id = ?")
    confirmBooking = try Statement(
      connection, "UPDATE booking SET state = 1, confirmed_at = ? WHERE id = ?")
    extendHold = try Statement(connection, "UPDATE booking SET held_until = ?, extended = ? WHERE id = ?")
    holdsOfEvent = try Statement(
      connection, "SELECT held_until, id FROM booking WHERE event_id = ? AND state = 2")
    bookingsMade = try Statement(
      connection,
      """
      SELECT \(BookingRow.columns) FROM notice made CROSS JOIN \(BookingRow.join)
      WHERE made.event_id = ? AND made.seq > ? AND made.seq <= ? AND made.kind = \(NoticeRow.created)
        AND b.id = made.booking_id
      ORDER BY made.seq
      """)
    booking = try Statement(
      connection, "SELECT \(BookingRow.columns) FROM \(BookingRow.join) WHERE b.id = ?")
    seatsOfUser = try Statement(
      connection,
      """
      SELECT coalesce(sum(quantity), 0) FROM booking
      WHERE user_id = ? AND event_id = ? AND cancelled_seq IS NULL
      """)
    seatsOfUserAndType = try Statement(
      connection,
      """
      SELECT coalesce(sum(quantity), 0) FROM booking
      WHERE user_id = ? AND event_id = ? AND type_id = ? AND cancelled_seq IS NULL
      """)
    appendNotice = try Statement(connection, "INSERT INTO notice VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
    appendDetails = try Statement(connection, "INSERT INTO notice_detail VALUES (?, ?, ?, ?, ?, ?, ?, ?)")

    bookingForKey = try Statement(
      connection,
      """
      SELECT \(BookingRow.columnsAsMade)
      FROM idempotency_key k JOIN booking b ON b.id = k.booking_id JOIN account a ON a.id = b.user_id
        JOIN notice n ON n.event_id = b.event_id AND n.seq = b.created_seq
      WHERE k.hash = ? AND k.user_id = ? AND k.key = ? AND k.at > ?
      """)
    rememberKey = try Statement(
      connection,
      "INSERT INTO idempotency_key (hash, user_id, key, booking_id, at) VALUES (?, ?, ?, ?, ?)")
    // Keys are in order of their age: the oldest are looked at, and no more.
    forgetKeys = try Statement(
      connection,
      """
      DELETE FROM idempotency_key WHERE id IN (
        SELECT id FROM (SELECT id, at FROM idempotency_key ORDER BY id LIMIT ?) WHERE at <= ?)
      """)
  }
}
