#if Cluster
  // A worker's own view of a PostgreSQL database: a read-only session. Each function is one statement, hence one consistent
  // snapshot, but for the feed's end (`FeedRows`). Texts are compared for equality alone, so no collation has a say.

  import Glibc

  final class PostgresReadStore: ReadStore {
    private let connection: PostgresConnection
    private let cipher: BookingIDCipher

    /// - Parameter connection: belongs to this from here on; it may be connected later.
    init(_ connection: PostgresConnection, cipher: BookingIDCipher) {
      (self.connection, self.cipher) = (connection, cipher)
    }

    // MARK: Events

    func events(after: EventID?, _ filter: EventFilter, limit: Int) throws(DomainError) -> [Event] {
      let page: [Statement.Value] = [.int(after?.rawValue ?? 0), .int(limit)]
      return try reading { () throws(StoreFailure) in
        switch filter {
        case .all: try connection.run(ReadStatements.events, page).all(EventRow.decode)
        case .published: try connection.run(ReadStatements.published, page).all(EventRow.decode)
        case .status(let status):
          try connection.run(ReadStatements.eventsByStatus, page + [.text(status.rawValue)])
            .all(EventRow.decode)
        }
      }
    }

    func stakes(of event: EventID) throws(DomainError) -> EventStakes? {
      try reading { () throws(StoreFailure) in
        try connection.run(ReadStatements.stakes, [.int(event.rawValue)]).first { row in
          EventStakes(
            sold: row.int(0), held: row.int(1), bookings: row.int(2), holds: row.int(3), waiting: row.int(4))
        }
      }
    }

    func notices(
      of event: EventID, after: UInt64, through: UInt64, limit: Int
    ) throws(DomainError) -> [Notice] {
      let (first, last) = (Int64(clamping: after), Int64(clamping: through))
      return try reading { () throws(StoreFailure) in
        try connection.run(
          ReadStatements.notices, [.int(event.rawValue), .int(first), .int(last), .int(limit)]
        ).all { NoticeRow.decode($0, cipher) }.compactMap { $0 }
      }
    }

    // MARK: Bookings

    func booking(_ id: PublicBookingID) throws(DomainError) -> BookingOutcome? {
      guard let id = cipher.id(of: id) else { return nil }
      return try reading { () throws(StoreFailure) in
        try connection.run(ReadStatements.booking, [.int(id.rawValue)])
          .first { BookingRow.decode($0, cipher) } ?? nil
      }
    }

    func bookings(
      of user: UserID?, event: EventID?, before: PublicBookingID?, limit: Int
    ) throws(DomainError) -> [BookingOutcome] {
      var end = Int64.max
      if let before {
        guard let id = cipher.id(of: before) else { return [] }
        end = id.rawValue
      }
      let page: [Statement.Value] = [.int(end), .int(limit)]
      return try reading { () throws(StoreFailure) in
        let rows: PostgresResult
        switch (user, event) {
        case (nil, nil): rows = try connection.run(ReadStatements.bookings, page)
        case (let user?, nil):
          rows = try connection.run(ReadStatements.bookingsOfUser, page + [.int(user.rawValue)])
        case (let user?, let event?):
          rows = try connection.run(
            ReadStatements.bookingsOfUserAndEvent, page + [.int(user.rawValue), .int(event.rawValue)])
        case (nil, let event?):
          // A booking that is not of this event is no place in its list: nothing comes before it.
          let otherwise = end == .max ? Int64.max : 0
          rows = try connection.run(
            ReadStatements.bookingsOfEvent, page + [.int(event.rawValue), .int(otherwise)])
        }
        return rows.all { BookingRow.decode($0, cipher) }.compactMap { $0 }
      }
    }

    func waitingPlace(
      of user: UserID, _ identity: Identity, in event: EventID
    ) throws(DomainError) -> WaitingPlace? {
      try reading { () throws(StoreFailure) in
        try connection.run(ReadStatements.waitingPlace, [.int(event.rawValue), .int(user.rawValue)])
          .first { row in
            let entry = WaitingEntry(
              id: row.int64(0), event: event, user: identity, quantity: row.int(1),
              type: row.optionalInt64(2).map { Int($0) }, joinedAt: row.instant(3))
            return WaitingPlace(entry: entry, position: row.int(4))
          }
      }
    }

    // MARK: People

    func userID(of identity: Identity) throws(DomainError) -> UserID? {
      try reading { () throws(StoreFailure) in
        try connection.run(ReadStatements.userID, Self.values(identity)).first { UserID($0.int64(0)) }
      }
    }

    func user(_ identity: Identity) throws(DomainError) -> User? { try account(identity)?.user }

    func account(_ identity: Identity) throws(DomainError) -> Account? {
      try reading { () throws(StoreFailure) in
        try connection.run(ReadStatements.accountBySubject, Self.values(identity)).first(AccountRow.decode)
      }
    }

    func account(_ email: EmailKey) throws(DomainError) -> Account? {
      try reading { () throws(StoreFailure) in
        try connection.run(ReadStatements.accountByEmail, AccountRow.values(email)).first(AccountRow.decode)
      }
    }

    func people(after: UserID?, email: EmailKey?, limit: Int) throws(DomainError) -> [Person] {
      let page: [Statement.Value] = [.int(after?.rawValue ?? 0), .int(limit)]
      return try reading { () throws(StoreFailure) in
        guard let email else { return try connection.run(ReadStatements.people, page).all(PersonRow.decode) }
        return try connection.run(ReadStatements.peopleOfEmail, page + AccountRow.values(email))
          .all(PersonRow.decode)
      }
    }

    private static func values(_ identity: Identity) -> [Statement.Value] {
      [.text(identity.issuer), .text(identity.subject.description)]
    }

    // MARK: The audit log and the feed

    func audit(before: Int64?, limit: Int) throws(DomainError) -> [AuditRecord] {
      try reading { () throws(StoreFailure) in
        try connection.run(ReadStatements.audit, [.int(before ?? .max), .int(limit)]).all(AuditRow.decode)
      }
    }

    func feedStart() throws(DomainError) -> Int64 {
      try reading { () throws(StoreFailure) in try feedEnds().start }
    }

    func feed(after: Int64, limit: Int) throws(DomainError) -> FeedAnswer {
      try reading { () throws(StoreFailure) in
        let rows = try connection.run(ReadStatements.feed, [.int(after), .int(limit)]).all {
          (position: $0.int64(0), item: FeedRow.decode($0, cipher))
        }
        return try FeedRows.answer(rows, after: after) { () throws(StoreFailure) in try feedEnds() }
      }
    }

    private func feedEnds() throws(StoreFailure) -> (start: Int64, end: Int64) {
      try connection.run(ReadStatements.feedEnds).first { ($0.int64(0), $0.int64(1)) } ?? (0, 0)
    }

    /// A session that the server has ended meanwhile is found by using it: what reads may be tried again, unless it has been
    /// waited for already.
    private func reading<Result>(_ body: () throws(StoreFailure) -> Result) throws(DomainError) -> Result {
      let begun = Self.seconds
      do throws(StoreFailure) { return try body() } catch {
        guard error.code == StoreFailure.unreachable, Self.seconds <= begun + 1 else {
          throw .storageUnavailable
        }
      }
      do throws(StoreFailure) { return try body() } catch { throw .storageUnavailable }
    }

    private static var seconds: Int {
      var time = timespec()
      unsafe clock_gettime(CLOCK_MONOTONIC, &time)
      return time.tv_sec
    }
  }

  /// What is read, in PostgreSQL's words; the columns are those of Rows.swift.
  private enum ReadStatements {
    static let events = PostgresStatement(
      "SELECT \(EventRow.columns) FROM event WHERE id > $1 ORDER BY id LIMIT $2")
    static let published = PostgresStatement(
      "SELECT \(EventRow.columns) FROM event WHERE id > $1 AND shown <> 'draft' ORDER BY id LIMIT $2")
    static let eventsByStatus = PostgresStatement(
      "SELECT \(EventRow.columns) FROM event WHERE id > $1 AND shown = $3 ORDER BY id LIMIT $2")
    static let stakes = PostgresStatement(
      """
      SELECT e.sold, e.held, e.standing - holds.count, holds.count,
        (SELECT count(*) FROM waiting w WHERE w.event_id = e.id)
      FROM event e, (SELECT count(*) AS count FROM booking WHERE event_id = $1 AND state = 2) holds
      WHERE e.id = $1
      """)
    static let notices = PostgresStatement(
      """
      SELECT \(NoticeRow.columns) FROM \(NoticeRow.join)
      WHERE n.event_id = $1 AND n.seq > $2 AND n.seq <= $3 ORDER BY n.seq LIMIT $4
      """)

    private static let selectBookings = "SELECT \(BookingRow.columns) FROM \(BookingRow.join)"
    static let booking = PostgresStatement("\(selectBookings) WHERE b.id = $1")
    static let bookings = PostgresStatement(
      "\(selectBookings) WHERE b.id < $1 ORDER BY b.id DESC LIMIT $2")
    static let bookingsOfUser = PostgresStatement(
      "\(selectBookings) WHERE b.user_id = $3 AND b.id < $1 ORDER BY b.id DESC LIMIT $2")
    static let bookingsOfUserAndEvent = PostgresStatement(
      """
      \(selectBookings) WHERE b.user_id = $3 AND b.event_id = $4 AND b.id < $1 ORDER BY b.id DESC LIMIT $2
      """)
    /// An event's bookings in order are its notices of bookings: no index beside the notice table is needed.
    static let bookingsOfEvent = PostgresStatement(
      """
      SELECT \(BookingRow.columns) FROM notice made CROSS JOIN \(BookingRow.join)
      WHERE made.event_id = $3 AND made.kind = \(NoticeRow.created) AND b.id = made.booking_id
        AND made.seq < coalesce((SELECT created_seq FROM booking WHERE id = $1 AND event_id = $3), $4)
      ORDER BY made.seq DESC LIMIT $2
      """)
    static let waitingPlace = PostgresStatement(
      """
      SELECT w.id, w.quantity, w.type_id, w.joined_at,
        (SELECT count(*) FROM waiting b WHERE b.event_id = w.event_id AND b.id <= w.id)
      FROM waiting w WHERE w.event_id = $1 AND w.user_id = $2
      """)

    static let userID = PostgresStatement("SELECT id FROM account WHERE issuer = $1 AND subject = $2")
    static let accountBySubject = PostgresStatement(
      """
      SELECT \(AccountRow.columns) FROM account
      WHERE issuer = $1 AND subject = $2 AND password_hash IS NOT NULL
      """)
    /// One that has still its former key, else the one of the key.
    static let accountByEmail = PostgresStatement(
      """
      SELECT \(AccountRow.columns) FROM account WHERE email_key IN ($1, $2)
      ORDER BY email_key = $1 DESC LIMIT 1
      """)
    static let people = PostgresStatement(
      "SELECT \(PersonRow.columns) FROM account WHERE id > $1 ORDER BY id LIMIT $2")
    static let peopleOfEmail = PostgresStatement(
      "SELECT \(PersonRow.columns) FROM account WHERE email_key IN ($3, $4) AND id > $1 ORDER BY id LIMIT $2")

    static let audit = PostgresStatement(
      "SELECT \(AuditRow.columns) FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2")

    /// A row of the feed stands for at least one entry, so no more rows than entries are looked at.
    static let feed = PostgresStatement(
      """
      SELECT \(FeedRow.columns)
      FROM (SELECT * FROM feed WHERE position > $1 ORDER BY position LIMIT $2) f
        LEFT JOIN notice n ON f.kind = 0 AND n.event_id = f.subject
          AND n.seq > f.number - least(f.count, f.position - $1) AND n.seq <= f.number
        \(FeedRow.joinOfNotice)
      ORDER BY f.position, n.seq LIMIT $2
      """)
    static let feedEnds = PostgresStatement(
      """
      SELECT coalesce((SELECT position - count FROM feed ORDER BY position LIMIT 1), 0),
        coalesce((SELECT max(position) FROM feed), 0)
      """)
  }
#endif
