// A worker's own view of the database: a read-only connection that never checkpoints. Each function is one
// statement, hence one consistent snapshot of the last commit.

final class SQLiteReadStore: ReadStore {
  private let connection: Connection
  private let cipher: BookingIDCipher
  private let eventPage, publishedPage, eventPageByStatus, eventStakes: Statement
  private let bookingByID, bookingPage, bookingPageOfUser, bookingPageOfEvent: Statement
  private let bookingPageOfUserAndEvent: Statement
  private let userID, accountBySubject, accountByEmail: Statement
  private let peoplePage, peoplePageOfEmail: Statement
  private let noticePage, waitingPlace: Statement
  private let feed: FeedReads
  private let auditPage: Statement

  /// - Parameter vfs: how SQLite reaches files; nil: as it does by default.
  init(_ path: String, cipher: BookingIDCipher, vfs: String? = nil) throws(StoreFailure) {
    let connection = try Connection(path, .reader, vfs: vfs)
    self.connection = connection
    self.cipher = cipher
    feed = try FeedReads(connection, cipher: cipher)
    auditPage = try Statement(
      connection, "SELECT \(AuditRow.columns) FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?")
    let event = "SELECT \(EventRow.columns) FROM event"
    eventPage = try Statement(connection, "\(event) WHERE id > ? ORDER BY id LIMIT ?")
    eventPageByStatus = try Statement(
      connection, "\(event) WHERE id > ? AND shown = ? ORDER BY id LIMIT ?")
    publishedPage = try Statement(
      connection, "\(event) WHERE id > ? AND shown <> 'draft' ORDER BY id LIMIT ?")
    eventStakes = try Statement(
      connection,
      """
      SELECT e.sold, e.held, e.standing - holds.count, holds.count,
        (SELECT count(*) FROM waiting w WHERE w.event_id = e.id)
      FROM event e, (SELECT count(*) count FROM booking WHERE event_id = ?1 AND state = 2) holds WHERE e.id = ?1
      """)

    let booking = "SELECT \(BookingRow.columns) FROM \(BookingRow.join)"
    bookingByID = try Statement(connection, "\(booking) WHERE b.id = ?")
    bookingPage = try Statement(connection, "\(booking) WHERE b.id < ? ORDER BY b.id DESC LIMIT ?")
    bookingPageOfUser = try Statement(
      connection, "\(booking) WHERE b.user_id = ? AND b.id < ? ORDER BY b.id DESC LIMIT ?")
    bookingPageOfUserAndEvent = try Statement(
      connection,
      "\(booking) WHERE b.user_id = ? AND b.event_id = ? AND b.id < ? ORDER BY b.id DESC LIMIT ?")
    // An event's bookings in order are its notices of bookings: no index beside the notice table is needed.
    bookingPageOfEvent = try Statement(
      connection,
      """
      SELECT \(BookingRow.columns) FROM notice made CROSS JOIN \(BookingRow.join)
      WHERE made.event_id = ?1 AND made.kind = \(NoticeRow.created) AND b.id = made.booking_id
        AND made.seq < coalesce((SELECT created_seq FROM booking WHERE id = ?2 AND event_id = ?1), ?3)
      ORDER BY made.seq DESC LIMIT ?4
      """)

    let account = "SELECT \(AccountRow.columns) FROM account"
    userID = try Statement(connection, "SELECT id FROM account WHERE issuer = ? AND subject = ?")
    accountBySubject = try Statement(
      connection, "\(account) WHERE issuer = ? AND subject = ? AND password_hash IS NOT NULL")
    accountByEmail = try Statement(connection, "\(account) WHERE \(AccountRow.hasEmail)")
    let person = "SELECT \(PersonRow.columns) FROM account"
    peoplePage = try Statement(connection, "\(person) WHERE id > ? ORDER BY id LIMIT ?")
    peoplePageOfEmail = try Statement(
      connection, "\(person) WHERE email_key IN (?, ?) AND id > ? ORDER BY id LIMIT ?")
    waitingPlace = try Statement(
      connection,
      """
      SELECT w.id, w.quantity, w.type_id, w.joined_at,
        (SELECT count(*) FROM waiting b WHERE b.event_id = w.event_id AND b.id <= w.id)
      FROM waiting w WHERE w.event_id = ? AND w.user_id = ?
      """)
    noticePage = try Statement(
      connection,
      """
      SELECT \(NoticeRow.columns) FROM \(NoticeRow.join)
      WHERE n.event_id = ? AND n.seq > ? AND n.seq <= ? ORDER BY n.seq LIMIT ?
      """)
  }

  func events(after: EventID?, _ filter: EventFilter, limit: Int) throws(DomainError) -> [Event] {
    try reading { () throws(StoreFailure) in
      let start = Statement.Value.int(after?.rawValue ?? 0)
      guard case .status(let status) = filter else {
        let page = filter == .all ? eventPage : publishedPage
        return try page.all([start, .int(limit)], EventRow.decode)
      }
      return try eventPageByStatus.all([start, .text(status.rawValue), .int(limit)], EventRow.decode)
    }
  }

  func booking(_ id: PublicBookingID) throws(DomainError) -> BookingOutcome? {
    guard let id = cipher.id(of: id) else { return nil }
    return try reading { () throws(StoreFailure) in
      try bookingByID.first([.int(id.rawValue)]) { BookingRow.decode($0, cipher) } ?? nil
    }
  }

  func bookings(of user: UserID?, event: EventID?, before: PublicBookingID?, limit: Int) throws(DomainError)
    -> [BookingOutcome]
  {
    var end = Int64.max
    if let before {
      guard let id = cipher.id(of: before) else { return [] }
      end = id.rawValue
    }
    return try reading { () throws(StoreFailure) in
      try bookingRows(user, event, end: end, limit: limit).compactMap { $0 }
    }
  }

  private func bookingRows(_ user: UserID?, _ event: EventID?, end: Int64, limit: Int) throws(StoreFailure)
    -> [BookingOutcome?]
  {
    let decode = { (row: Row) in BookingRow.decode(row, self.cipher) }
    switch (user, event) {
    case (nil, nil):
      return try bookingPage.all([.int(end), .int(limit)], decode)
    case (let user?, nil):
      return try bookingPageOfUser.all([.int(user.rawValue), .int(end), .int(limit)], decode)
    case (let user?, let event?):
      return try bookingPageOfUserAndEvent.all(
        [.int(user.rawValue), .int(event.rawValue), .int(end), .int(limit)], decode)
    case (nil, let event?):
      // A booking that is not of this event is no place in its list: nothing comes before it.
      let otherwise = end == .max ? Int64.max : 0
      return try bookingPageOfEvent.all(
        [.int(event.rawValue), .int(end), .int(otherwise), .int(limit)], decode)
    }
  }

  func stakes(of event: EventID) throws(DomainError) -> EventStakes? {
    try reading { () throws(StoreFailure) in
      try eventStakes.first([.int(event.rawValue)]) { row in
        EventStakes(
          sold: row.int(0), held: row.int(1), bookings: row.int(2), holds: row.int(3), waiting: row.int(4))
      }
    }
  }

  func waitingPlace(of user: UserID, _ identity: Identity, in event: EventID) throws(DomainError)
    -> WaitingPlace?
  {
    try reading { () throws(StoreFailure) in
      try waitingPlace.first([.int(event.rawValue), .int(user.rawValue)]) { row in
        let entry = WaitingEntry(
          id: row.int64(0), event: event, user: identity, quantity: row.int(1),
          type: row.optionalInt64(2).map { Int($0) }, joinedAt: row.instant(3))
        return WaitingPlace(entry: entry, position: row.int(4))
      }
    }
  }

  func userID(of identity: Identity) throws(DomainError) -> UserID? {
    try reading { () throws(StoreFailure) in
      try userID.first(Self.values(identity)) { UserID($0.int64(0)) }
    }
  }

  func user(_ identity: Identity) throws(DomainError) -> User? {
    try reading { () throws(StoreFailure) in
      try accountBySubject.first(Self.values(identity)) { AccountRow.decode($0).user }
    }
  }

  private static func values(_ identity: Identity) -> [Statement.Value] {
    [.text(identity.issuer), .text(identity.subject.description)]
  }

  func account(_ identity: Identity) throws(DomainError) -> Account? {
    try reading { () throws(StoreFailure) in
      try accountBySubject.first(Self.values(identity), AccountRow.decode)
    }
  }

  func people(after: UserID?, email: EmailKey?, limit: Int) throws(DomainError) -> [Person] {
    try reading { () throws(StoreFailure) in
      let page: [Statement.Value] = [.int(after?.rawValue ?? 0), .int(limit)]
      guard let email else { return try peoplePage.all(page, PersonRow.decode) }
      return try peoplePageOfEmail.all(AccountRow.values(email) + page, PersonRow.decode)
    }
  }

  func account(_ email: EmailKey) throws(DomainError) -> Account? {
    try reading { () throws(StoreFailure) in
      try accountByEmail.first(AccountRow.values(email), AccountRow.decode)
    }
  }

  func notices(of event: EventID, after: UInt64, through: UInt64, limit: Int) throws(DomainError) -> [Notice]
  {
    let (first, last) = (Int64(clamping: after), Int64(clamping: through))
    return try reading { () throws(StoreFailure) in
      try noticePage.all([.int(event.rawValue), .int(first), .int(last), .int(limit)]) {
        NoticeRow.decode($0, cipher)
      }.compactMap { $0 }
    }
  }

  func audit(before: Int64?, limit: Int) throws(DomainError) -> [AuditRecord] {
    try reading { () throws(StoreFailure) in
      try auditPage.all([.int(before ?? .max), .int(limit)], AuditRow.decode)
    }
  }

  func feedStart() throws(DomainError) -> Int64 {
    try reading { () throws(StoreFailure) in try feed.start() }
  }

  func feed(after: Int64, limit: Int) throws(DomainError) -> FeedAnswer {
    try reading { () throws(StoreFailure) in try feed.items(after: after, limit: limit) }
  }

  private func reading<Result>(_ body: () throws(StoreFailure) -> Result) throws(DomainError) -> Result {
    do throws(StoreFailure) { return try body() } catch { throw .storageUnavailable }
  }
}
