#if Cluster
  // The record of a PostgreSQL database, read. One connection's thread. Positions are given by the leading node after the commits
  // (`PostgresFeedSequence`), those of the feed and of the waiting lists' changes in one transaction.

  final class PostgresRecordSource: RecordRows {
    let facts: RecordFacts
    var pseudonyms: RecordPseudonyms
    private let connection: PostgresConnection

    /// - Parameter connection: belongs to this from here on; it may be connected later.
    init(_ connection: PostgresConnection, facts: RecordFacts) {
      (self.connection, self.facts) = (connection, facts)
      pseudonyms = RecordPseudonyms(key: facts.userKey)
    }

    // MARK: Seals

    func last() throws(StoreFailure) -> RecordSeal? { try seal(RecordStatements.lastSeal, []) }

    func seal(_ number: Int64) throws(StoreFailure) -> RecordSeal? {
      try seal(RecordStatements.sealAt, [.int(number)])
    }

    func seal(after number: Int64) throws(StoreFailure) -> RecordSeal? {
      try seal(RecordStatements.nextSeal, [.int(number)])
    }

    private func seal(
      _ statement: PostgresStatement, _ values: [Statement.Value]
    ) throws(StoreFailure) -> RecordSeal? {
      try SealRow.all(connection.run(statement, values).all(SealRow.decode)).first
    }

    // MARK: What is not sealed

    func currentEnds() throws(StoreFailure) -> RecordEnds {
      try connection.run(RecordStatements.ends).first { RecordEnds(feed: $0.int64(0), waiting: $0.int64(1)) }
        ?? RecordEnds(feed: 0, waiting: 0)
    }

    func hasEarlierEntries() throws(StoreFailure) -> Bool {
      try connection.run(RecordStatements.hasEarlier).first { $0.bool(0) } ?? false
    }

    func feedStart() throws(StoreFailure) -> Int64 {
      try connection.run(RecordStatements.meta, [.text(RecordFacts.feedStartName)]).first {
        Int64($0.text(0))
      }
      .flatMap { $0 } ?? 0
    }

    func feed(after position: Int64, limit: Int) throws(StoreFailure) -> [FeedRun] {
      try connection.run(RecordStatements.feed, [.int(position), .int(limit)]).all(FeedRunRow.decode)
    }

    func earlier(after position: Int64, limit: Int) throws(StoreFailure) -> [FeedRun] {
      try connection.run(RecordStatements.earlier, [.int(position), .int(limit)]).all(FeedRunRow.decode)
    }

    func waiting(
      after position: Int64, through feed: Int64, limit: Int
    ) throws(StoreFailure) -> [WaitingRow] {
      try connection.run(RecordStatements.waitingPlaces, [.int(position), .int(feed), .int(limit)]).all {
        WaitingRow(position: $0.int64(0), afterFeed: $0.int64(1))
      }
    }

    // MARK: Entries

    func noticeRows(
      of event: Int64, after: Int64, through: Int64, _ visit: (PostgresRow) -> Bool
    ) throws(StoreFailure) -> [Bool] {
      try connection.run(RecordStatements.notices, [.int(event), .int(after), .int(through)]).all(visit)
    }

    func bookingRow(_ id: Int64, _ visit: (PostgresRow) -> Int64) throws(StoreFailure) -> Int64? {
      try connection.run(RecordStatements.booking, [.int(id)]).first(visit)
    }

    func madeRow(_ event: Int64, _ visit: (PostgresRow) -> Void) throws(StoreFailure) -> Bool {
      try connection.run(RecordStatements.made, [.int(event)]).first(visit) != nil
    }

    func waitingRows(
      after: Int64, through: Int64, _ visit: (PostgresRow) -> Bool
    ) throws(StoreFailure) -> [Bool] {
      try connection.run(RecordStatements.waiting, [.int(after), .int(through)]).all(visit)
    }
  }

  extension RecordFacts {
    /// From the table `meta`.
    init(_ connection: PostgresConnection) throws(StoreFailure) {
      let rows = try connection.run("SELECT name, value FROM meta").all { ($0.text(0), $0.text(1)) }
      let meta = Dictionary(rows) { $1 }
      guard
        let facts = RecordFacts(
          epoch: meta[Self.epochName], record: meta[Self.recordName], bookingKey: meta[Self.bookingKeyName],
          userKey: meta[Self.userKeyName])
      else { throw StoreFailure(code: StoreFailure.corrupt, message: "the table meta is damaged") }
      self = facts
    }
  }

  private enum RecordStatements {
    static let lastSeal = PostgresStatement(
      "SELECT \(SealRow.columns), '' FROM record_seal ORDER BY number DESC LIMIT 1")
    static let nextSeal = PostgresStatement(
      "SELECT \(SealRow.columns), items FROM record_seal WHERE number > $1 ORDER BY number LIMIT 1")
    static let sealAt = PostgresStatement("SELECT \(SealRow.columns), '' FROM record_seal WHERE number = $1")

    static let meta = PostgresStatement("SELECT value FROM meta WHERE name = $1")
    static let ends = PostgresStatement(
      """
      SELECT (SELECT coalesce(max(position), 0) FROM feed), (SELECT coalesce(max(position), 0) FROM waiting_log)
      """)
    static let hasEarlier = PostgresStatement("SELECT EXISTS (SELECT 1 FROM earlier_feed)")
    static let feed = PostgresStatement(
      "SELECT \(FeedRunRow.columns) FROM feed WHERE position > $1 ORDER BY position LIMIT $2")
    static let earlier = PostgresStatement(
      "SELECT \(FeedRunRow.columns) FROM earlier_feed WHERE position > $1 ORDER BY position LIMIT $2")
    static let waitingPlaces = PostgresStatement(
      """
      SELECT position, after_feed FROM waiting_log WHERE position > $1 AND after_feed <= $2
      ORDER BY position LIMIT $3
      """)

    static let notices = PostgresStatement(
      """
      SELECT \(RecordNoticeRow.columns) FROM notice n LEFT JOIN booking b ON b.id = n.booking_id
        LEFT JOIN notice_detail d ON n.kind = \(NoticeRow.changed) AND d.event_id = n.event_id AND d.seq = n.seq
      WHERE n.event_id = $1 AND n.seq > $2 AND n.seq <= $3 ORDER BY n.seq
      """)
    static let booking = PostgresStatement("SELECT event_id, held_until FROM booking WHERE id = $1")
    static let made = PostgresStatement("SELECT name, status, capacity FROM feed_event WHERE event_id = $1")
    static let waiting = PostgresStatement(
      """
      SELECT \(RecordWaitingRow.columns) FROM waiting_log WHERE position > $1 AND position <= $2
      ORDER BY position
      """)
  }
#endif
