// What a database has, and whether that fits together: for backups and before a restore. Each fault is a sentence. The
// thread of the connection.

struct DatabaseFacts: Equatable, Sendable {
  let schema: Int
  let epoch: String
  let events, bookings, users: Int
  /// Seats that are sold, and those that holds keep back.
  let sold, held: Int
  /// When the backup was made; nil: it is none.
  let madeAt: Instant?

  /// The name in the table `meta` of the moment of a backup.
  static let madeAtName = "backup_at"

  /// Of a database whose schema is today's.
  init(_ connection: Connection) throws(StoreFailure) {
    func number(_ sql: String) throws(StoreFailure) -> Int {
      try Statement(connection, sql).first { $0.int(0) } ?? 0
    }
    schema = try Migrations.version(of: connection)
    guard let epoch = try Self.meta("epoch", connection), try Self.meta("booking_key", connection) != nil
    else {
      throw Self.fault("the table meta is damaged")
    }
    self.epoch = epoch
    madeAt = try Self.meta(Self.madeAtName, connection).flatMap { Int64($0) }.map(Instant.init(milliseconds:))
    events = try number("SELECT count(*) FROM event")
    bookings = try number("SELECT count(*) FROM booking")
    users = try number("SELECT count(*) FROM account")
    sold = try number("SELECT coalesce(sum(sold), 0) FROM event")
    held = try number("SELECT coalesce(sum(held), 0) FROM event")
  }

  static func meta(_ name: String, _ connection: Connection) throws(StoreFailure) -> String? {
    try Statement(connection, "SELECT value FROM meta WHERE name = ?").first([.text(name)]) { $0.text(0) }
  }

  private static func fault(_ sentence: String) -> StoreFailure {
    StoreFailure(code: StoreFailure.corrupt, message: sentence)
  }

  // MARK: Verifying

  /// Looks at every page: the file is what SQLite wrote.
  static func verifyPages(_ connection: Connection) throws(StoreFailure) {
    let found = try Statement(connection, "PRAGMA integrity_check(1)").first { $0.text(0) }
    guard found == "ok" else { throw fault("the file is damaged: \(found ?? "it cannot be checked")") }
  }

  /// Holds the rows against each other: the seats of each event and ticket type are those of its bookings, and the
  /// event's changes have every number up to the last.
  static func verifyRows(_ connection: Connection) throws(StoreFailure) {
    let miscounted = """
      SELECT event.id FROM event LEFT JOIN (
        SELECT event_id, sum(iif(state = 1, quantity, 0)) sold, sum(iif(state = 2, quantity, 0)) held,
          sum(iif(state IN (1, 2), 1, 0)) standing
        FROM booking GROUP BY event_id) counted ON counted.event_id = event.id
      WHERE event.sold <> coalesce(counted.sold, 0) OR event.held <> coalesce(counted.held, 0)
        OR event.standing <> coalesce(counted.standing, 0) LIMIT 1
      """
    if let event = try Statement(connection, miscounted).first([], { $0.int(0) }) {
      throw fault(
        "the seats sold and held, or the number of bookings, of event \(event) are not those of its bookings")
    }
    if let event = try Self.eventWithMiscountedTypes(connection) {
      throw fault("the seats of a ticket type of event \(event) are not those of its bookings")
    }
    let gaps = """
      SELECT event.id FROM event LEFT JOIN (
        SELECT event_id, count(*) count, min(seq) first, max(seq) last
        FROM notice GROUP BY event_id) counted ON counted.event_id = event.id
      WHERE event.seq <> coalesce(counted.count, 0) OR counted.first <> 1 OR counted.last <> event.seq LIMIT 1
      """
    if let event = try Statement(connection, gaps).first([], { $0.int(0) }) {
      throw fault("the changes of event \(event) are not numbered without gaps")
    }
  }

  private static func eventWithMiscountedTypes(_ connection: Connection) throws(StoreFailure) -> Int64? {
    let counted = try countedTypes(connection)
    let events = try Statement(
      connection, "SELECT id, types, coalesce(type_counts, '') FROM event WHERE types IS NOT NULL"
    ).all { (id: $0.int64(0), types: TicketTypeText.types($0.text(1), counts: $0.text(2))) }
    return events.first { event in
      event.types.contains { type in
        let stored = TicketType.Counts(sold: type.sold, held: type.held)
        return stored != counted[event.id]?[type.id] ?? TicketType.Counts(sold: 0, held: 0)
      }
    }?.id
  }

  /// The seats of bookings by event and type, in one pass: bookings have no index by event.
  private static func countedTypes(
    _ connection: Connection
  ) throws(StoreFailure) -> [Int64: [Int: TicketType.Counts]] {
    let rows = try Statement(
      connection,
      """
      SELECT event_id, type_id, sum(iif(state = 1, quantity, 0)), sum(iif(state = 2, quantity, 0))
      FROM booking WHERE type_id IS NOT NULL GROUP BY event_id, type_id
      """
    ).all {
      (event: $0.int64(0), type: $0.int(1), counts: TicketType.Counts(sold: $0.int(2), held: $0.int(3)))
    }
    var counted: [Int64: [Int: TicketType.Counts]] = [:]
    for row in rows { counted[row.event, default: [:]][row.type] = row.counts }
    return counted
  }
}
