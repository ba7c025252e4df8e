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

  /// Holds the rows against each other: the seats of each event are those of its bookings, and its changes have every
  /// number up to the last.
  static func verifyRows(_ connection: Connection) throws(StoreFailure) {
    let miscounted = """
      SELECT event.id FROM event LEFT JOIN (
        SELECT event_id, sum(iif(state = 1, quantity, 0)) sold, sum(iif(state = 2, quantity, 0)) held
        FROM booking GROUP BY event_id) counted ON counted.event_id = event.id
      WHERE event.sold <> coalesce(counted.sold, 0) OR event.held <> coalesce(counted.held, 0) LIMIT 1
      """
    if let event = try Statement(connection, miscounted).first([], { $0.int(0) }) {
      throw fault("the seats sold and held of event \(event) are not those of its bookings")
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
}
