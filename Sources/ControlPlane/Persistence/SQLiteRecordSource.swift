// The record of a SQLite database, read. One connection's thread.

final class SQLiteRecordSource: RecordRows {
  let facts: RecordFacts
  private let connection: Connection
  private let lastSeal, nextSeal, sealAt: Statement
  private let feedRuns, earlierRuns, waitingPlaces, ends, hasEarlier: Statement
  private let notices, booking, made, waiting: Statement
  var pseudonyms: RecordPseudonyms

  convenience init(_ path: String, facts: RecordFacts, vfs: String?) throws(StoreFailure) {
    try self.init(try Connection(path, .reader, vfs: vfs), facts: facts)
  }

  init(_ connection: Connection, facts: RecordFacts) throws(StoreFailure) {
    self.connection = connection
    self.facts = facts
    pseudonyms = RecordPseudonyms(key: facts.userKey)
    let seal = "SELECT \(SealRow.columns)"
    lastSeal = try Statement(connection, "\(seal), '' FROM record_seal ORDER BY number DESC LIMIT 1")
    nextSeal = try Statement(
      connection, "\(seal), items FROM record_seal WHERE number > ? ORDER BY number LIMIT 1")
    sealAt = try Statement(connection, "\(seal), '' FROM record_seal WHERE number = ?")
    feedRuns = try Statement(
      connection,
      """
      SELECT \(FeedRunRow.columns) FROM feed WHERE position > ? ORDER BY position LIMIT ?
      """)
    earlierRuns = try Statement(
      connection,
      """
      SELECT \(FeedRunRow.columns) FROM earlier_feed WHERE position > ?
      ORDER BY position LIMIT ?
      """)
    waitingPlaces = try Statement(
      connection,
      """
      SELECT position, after_feed FROM waiting_log WHERE position > ? AND after_feed <= ?
      ORDER BY position LIMIT ?
      """)
    ends = try Statement(
      connection,
      """
      SELECT (SELECT coalesce(max(position), 0) FROM feed),
        (SELECT coalesce(max(position), 0) FROM waiting_log)
      """)
    hasEarlier = try Statement(connection, "SELECT EXISTS (SELECT 1 FROM earlier_feed)")
    // Details are looked for only where a notice can have some.
    notices = try Statement(
      connection,
      """
      SELECT \(RecordNoticeRow.columns) FROM notice n LEFT JOIN booking b ON b.id = n.booking_id
        LEFT JOIN notice_detail d
          ON d.event_id = iif(n.kind = \(NoticeRow.changed), n.event_id, NULL) AND d.seq = n.seq
      WHERE n.event_id = ? AND n.seq > ? AND n.seq <= ? ORDER BY n.seq
      """)
    booking = try Statement(connection, "SELECT event_id, held_until FROM booking WHERE id = ?")
    made = try Statement(connection, "SELECT name, status, capacity FROM feed_event WHERE event_id = ?")
    waiting = try Statement(
      connection,
      """
      SELECT \(RecordWaitingRow.columns) FROM waiting_log
      WHERE position > ? AND position <= ? ORDER BY position
      """)
  }

  // MARK: Seals

  func last() throws(StoreFailure) -> RecordSeal? { try SealRow.all(lastSeal.all([], SealRow.decode)).first }

  func seal(_ number: Int64) throws(StoreFailure) -> RecordSeal? {
    try SealRow.all(sealAt.all([.int(number)], SealRow.decode)).first
  }

  func seal(after number: Int64) throws(StoreFailure) -> RecordSeal? {
    try SealRow.all(nextSeal.all([.int(number)], SealRow.decode)).first
  }

  // MARK: What is not sealed

  func currentEnds() throws(StoreFailure) -> RecordEnds {
    try ends.first([]) { RecordEnds(feed: $0.int64(0), waiting: $0.int64(1)) }
      ?? RecordEnds(feed: 0, waiting: 0)
  }

  func hasEarlierEntries() throws(StoreFailure) -> Bool { try hasEarlier.first { $0.int(0) != 0 } ?? false }

  func feedStart() throws(StoreFailure) -> Int64 {
    try DatabaseFacts.meta(RecordFacts.feedStartName, connection).flatMap { Int64($0) } ?? 0
  }

  func feed(after position: Int64, limit: Int) throws(StoreFailure) -> [FeedRun] {
    try feedRuns.all([.int(position), .int(limit)], FeedRunRow.decode)
  }

  func earlier(after position: Int64, limit: Int) throws(StoreFailure) -> [FeedRun] {
    try earlierRuns.all([.int(position), .int(limit)], FeedRunRow.decode)
  }

  func waiting(
    after position: Int64, through feed: Int64, limit: Int
  ) throws(StoreFailure) -> [WaitingRow] {
    try waitingPlaces.all([.int(position), .int(feed), .int(limit)]) {
      WaitingRow(position: $0.int64(0), afterFeed: $0.int64(1))
    }
  }

  // MARK: Entries

  func noticeRows(
    of event: Int64, after: Int64, through: Int64, _ visit: (Row) -> Bool
  ) throws(StoreFailure) -> [Bool] {
    try notices.all([.int(event), .int(after), .int(through)], visit)
  }

  func bookingRow(_ id: Int64, _ visit: (Row) -> Int64) throws(StoreFailure) -> Int64? {
    try booking.first([.int(id)], visit)
  }

  func madeRow(_ event: Int64, _ visit: (Row) -> Void) throws(StoreFailure) -> Bool {
    try made.first([.int(event)], visit) != nil
  }

  func waitingRows(
    after: Int64, through: Int64, _ visit: (Row) -> Bool
  ) throws(StoreFailure) -> [Bool] {
    try waiting.all([.int(after), .int(through)], visit)
  }
}

extension RecordFacts {
  /// From the table `meta`.
  init(_ connection: Connection) throws(StoreFailure) {
    let read = { (name: String) throws(StoreFailure) in try DatabaseFacts.meta(name, connection) }
    guard
      let facts = RecordFacts(
        epoch: try read(Self.epochName), record: try read(Self.recordName),
        bookingKey: try read(Self.bookingKeyName), userKey: try read(Self.userKeyName))
    else { throw StoreFailure(code: StoreFailure.corrupt, message: "the table meta is damaged") }
    self = facts
  }
}
