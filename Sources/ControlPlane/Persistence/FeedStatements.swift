// The feed, written: what happened, in the change's own transaction, as rows that say no more than where the change is kept.
// Notices of one event that follow each other in a transaction share a row: a batch of bookings of one event writes
// one. Grows with every change and is bounded by time: `forget` deletes the oldest rows in bounded steps.
//
// Invariant: positions have no gap; `position` of a row is its last one's. The writer's connection, on the ledger's thread.

/// What a row of the table `feed` points to. The raw values are in databases.
enum FeedKind: Int64 {
  /// `subject` is an event, `number` the `seq` of the last of its notices that the row stands for.
  case notice = 0
  /// `subject` is a booking, `number` the moment of the commit.
  case confirmed = 1
  case extended = 2
  /// `subject` is an event (whose row in `feed_event` is as it was made), `number` the moment of the commit.
  case eventCreated = 3
}

final class FeedStatements {
  /// Rows that are forgotten in one step.
  static let forgetStep = 1_000

  private let connection: Connection
  private let append, appendEvent, oldest, forget, last: Statement
  /// Notices of the open transaction that have no row yet.
  private var run: Run?

  private struct Run {
    let event: Int64
    var last: Int64
    var count: Int64
  }

  init(_ connection: Connection) throws(StoreFailure) {
    self.connection = connection
    append = try Statement(
      connection,
      """
      INSERT INTO feed (position, kind, subject, number, count)
      VALUES ((SELECT coalesce(max(position), 0) FROM feed) + ?4, ?1, ?2, ?3, ?4)
      """)
    appendEvent = try Statement(connection, "INSERT INTO feed_event VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
    // The newest row stays: the next position is the one behind it; and what the record does not cover yet stays, because
    // nothing else has its order. Before the first seal that is everything since the record's start. The notices of a row
    // have one moment.
    oldest = try Statement(
      connection,
      """
      SELECT f.position, iif(f.kind = \(FeedKind.notice.rawValue), n.at, f.number) FROM feed f
        LEFT JOIN notice n ON f.kind = \(FeedKind.notice.rawValue) AND n.event_id = f.subject AND n.seq = f.number
      WHERE f.position < (SELECT max(position) FROM feed) AND f.position <= coalesce(
        (SELECT feed_position FROM record_seal ORDER BY number DESC LIMIT 1),
        (SELECT CAST(value AS INTEGER) FROM meta WHERE name = '\(RecordFacts.feedStartName)'))
      ORDER BY f.position LIMIT ?
      """)
    forget = try Statement(connection, "DELETE FROM feed WHERE position <= ?")
    last = try Statement(connection, "SELECT coalesce(max(position), 0) FROM feed")
  }

  /// A notice of the open transaction, which has a row after `flush`.
  func append(notice seq: Int64, of event: Int64) throws(StoreFailure) {
    if let run, run.event == event, run.last + 1 == seq {
      self.run = Run(event: event, last: seq, count: run.count + 1)
    } else {
      try flush()
      run = Run(event: event, last: seq, count: 1)
    }
  }

  func append(_ kind: FeedKind, _ subject: Int64, _ number: Int64) throws(StoreFailure) {
    try flush()
    try insert(kind, subject, number, count: 1)
  }

  func append(_ event: Event, id: EventID) throws(StoreFailure) {
    try appendEvent.run([
      .int(id.rawValue), .text(event.shown.rawValue), .text(event.name), .instant(event.startsAt),
      .instant(event.opensAt), .instant(event.closesAt), .int(event.maxPerBooking), .int(event.seatCapacity),
    ])
    try append(.eventCreated, id.rawValue, event.createdAt.milliseconds)
  }

  /// Writes what is left to write of the open transaction; to be called before it is committed.
  func flush() throws(StoreFailure) {
    guard let run else { return }
    self.run = nil
    try insert(.notice, run.event, run.last, count: run.count)
  }

  /// The position of the last entry, the open transaction's included.
  func end() throws(StoreFailure) -> Int64 {
    try flush()
    return try last.first { $0.int64(0) } ?? 0
  }

  /// The open transaction is rolled back.
  func discard() { run = nil }

  private func insert(_ kind: FeedKind, _ subject: Int64, _ number: Int64, count: Int64) throws(StoreFailure)
  {
    append.bind(kind.rawValue, at: 1)
    append.bind(subject, at: 2)
    append.bind(number, at: 3)
    append.bind(count, at: 4)
    try append.runBound()
  }

  /// Deletes rows from before `moment`, from the front as far as they are older, so that what stays has no gap. Outside
  /// of transactions.
  /// - Returns: whether there may be more of them.
  func forget(before moment: Instant) throws(StoreFailure) -> Bool {
    let rows = try oldest.all([.int(Self.forgetStep)]) { (position: $0.int64(0), at: $0.instant(1)) }
    let old = rows.prefix { $0.at < moment }
    guard let last = old.last else { return false }
    try forget.run([.int(last.position)])
    return old.count == Self.forgetStep
  }
}
