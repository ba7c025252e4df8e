// The feed, written: a row for each change, in the change's own transaction, which says no more than where the change is
// kept. Grows with every change and is bounded by time: `forget` deletes the oldest rows in bounded steps. The writer's
// connection, on the ledger's thread.

/// What a row of the table `feed` points to. The raw values are in databases.
enum FeedKind: Int64 {
  /// `subject` is an event, `number` the `seq` of its notice.
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
  private let append, appendEvent, oldest, forget: Statement

  init(_ connection: Connection) throws(StoreFailure) {
    self.connection = connection
    append = try Statement(connection, "INSERT INTO feed (kind, subject, number) VALUES (?, ?, ?)")
    appendEvent = try Statement(connection, "INSERT INTO feed_event VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
    // The newest row stays: the next position is the one behind it.
    oldest = try Statement(
      connection,
      """
      SELECT f.position, iif(f.kind = \(FeedKind.notice.rawValue), n.at, f.number) FROM feed f
        LEFT JOIN notice n ON f.kind = \(FeedKind.notice.rawValue) AND n.event_id = f.subject AND n.seq = f.number
      WHERE f.position < (SELECT max(position) FROM feed) ORDER BY f.position LIMIT ?
      """)
    forget = try Statement(connection, "DELETE FROM feed WHERE position <= ?")
  }

  func append(_ kind: FeedKind, _ subject: Int64, _ number: Int64) throws(StoreFailure) {
    append.bind(kind.rawValue, at: 1)
    append.bind(subject, at: 2)
    append.bind(number, at: 3)
    try append.runBound()
  }

  func append(_ event: Event, id: EventID) throws(StoreFailure) {
    try appendEvent.run([
      .int(id.rawValue), .text(event.shown.rawValue), .text(event.name), .instant(event.startsAt),
      .instant(event.opensAt), .instant(event.closesAt), .int(event.maxPerBooking), .int(event.seatCapacity),
    ])
    try append(.eventCreated, id.rawValue, event.createdAt.milliseconds)
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
