// The waiting lists, written: entries as they stand, and every change of them for the record of sales, which has the entries
// that are gone, too. The writer's connection, on the ledger's thread.

final class WaitingStatements {
  private let connection: Connection
  private let insert, delete, log: Statement

  init(_ connection: Connection) throws(StoreFailure) {
    self.connection = connection
    insert = try Statement(
      connection,
      "INSERT INTO waiting (event_id, user_id, quantity, type_id, joined_at) VALUES (?, ?, ?, ?, ?)")
    delete = try Statement(connection, "DELETE FROM waiting WHERE id = ?")
    log = try Statement(
      connection,
      """
      INSERT INTO waiting_log (after_feed, kind, event_id, place, user_id, quantity, type_id, at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """)
  }

  func all() throws(StoreFailure) -> [WaitingEntry] {
    try Statement(
      connection,
      """
      SELECT w.id, w.event_id, w.quantity, w.type_id, w.joined_at, a.issuer, a.subject
      FROM waiting w JOIN account a ON a.id = w.user_id ORDER BY w.id
      """
    ).all([]) { row in
      WaitingEntry(
        id: row.int64(0), event: EventID(row.int64(1)),
        user: Identity(issuer: row.text(5), subject: row.subject(6)), quantity: row.int(2),
        type: row.optionalInt64(3).map { Int($0) }, joinedAt: row.instant(4))
    }
  }

  // MARK: Changes. Each stands in the record behind a position of the feed.

  /// - Returns: the entry's number.
  func insert(
    _ event: EventID, _ user: UserID, _ quantity: Int, _ type: Int?, at: Instant, after position: Int64
  ) throws(StoreFailure) -> Int64 {
    let wish: [Statement.Value] = [
      .int(user.rawValue), .int(quantity), .optional(type.map { Int64($0) }),
    ]
    try insert.run([.int(event.rawValue)] + wish + [.instant(at)])
    let id = connection.lastInsertedRow
    try note(.joined, event, place: id, wish, at: at, after: position)
    return id
  }

  func delete(
    _ entry: WaitingEntry, _ change: WaitingChange, at: Instant, after position: Int64
  ) throws(StoreFailure) {
    try delete.run([.int(entry.id)])
    try note(change, entry.event, place: entry.id, at: at, after: position)
  }

  /// The whole list of an event that is deleted.
  func deleteAll(of event: EventID, at: Instant, after position: Int64) throws(StoreFailure) {
    try Statement(connection, "DELETE FROM waiting WHERE event_id = ?").run([.int(event.rawValue)])
    try note(.dismissed, event, place: nil, at: at, after: position)
  }

  /// - Parameter wish: user, quantity and type of who joins.
  private func note(
    _ change: WaitingChange, _ event: EventID, place: Int64?,
    _ wish: [Statement.Value] = [.null, .null, .null], at: Instant, after position: Int64
  ) throws(StoreFailure) {
    try log.run(
      [.int(position), .int(change.rawValue), .int(event.rawValue), .optional(place)] + wish + [.instant(at)])
  }
}
