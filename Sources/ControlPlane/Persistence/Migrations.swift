// The schema, as numbered steps that are never edited once released. `schema_version` names the last step
// that a database has taken; a database from the future is refused.

enum Migrations {
  static let steps = [firstSchema, noticeDetails]

  /// Takes the steps that are missing, each in a transaction of its own. The writer's connection.
  static func bring(_ connection: Connection, steps: [String] = steps) throws(MigrationFailure) {
    do throws(StoreFailure) {
      try connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT;")
      let version =
        try Statement(connection, "SELECT version FROM schema_version").first { $0.int(0) } ?? 0
      guard version <= steps.count else { throw StoreFailure(code: tooNew, message: "\(version)") }
      for (number, step) in steps.enumerated().dropFirst(version) {
        try take(step, to: number + 1, connection)
      }
    } catch {
      throw error.code == tooNew
        ? .newer(version: error.message, known: steps.count) : .store(error)
    }
  }

  private static func take(_ step: String, to version: Int, _ connection: Connection) throws(StoreFailure) {
    do throws(StoreFailure) {
      try connection.execute(
        """
        BEGIN IMMEDIATE;
        \(step)
        DELETE FROM schema_version;
        INSERT INTO schema_version VALUES (\(version));
        COMMIT;
        """)
    } catch {
      if connection.isInTransaction { try connection.execute("ROLLBACK") }
      throw error
    }
  }

  /// No code of SQLite's.
  private static let tooNew: Int32 = -1

  /// `notice` has no copies of what `booking` says: a booking's user and quantity never change.
  private static let firstSchema = """
    CREATE TABLE meta (
      name TEXT PRIMARY KEY,
      value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE event (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL,
      description TEXT NOT NULL,
      venue TEXT NOT NULL,
      starts_at INTEGER,
      opens_at INTEGER,
      closes_at INTEGER,
      status TEXT NOT NULL CHECK (status IN ('on_sale', 'closed', 'cancelled')),
      capacity INTEGER NOT NULL CHECK (capacity >= 0),
      sold INTEGER NOT NULL CHECK (sold >= 0),
      held INTEGER NOT NULL CHECK (held >= 0),
      max_per_booking INTEGER NOT NULL CHECK (max_per_booking > 0),
      max_per_user INTEGER NOT NULL CHECK (max_per_user >= 0),
      hold_seconds INTEGER NOT NULL CHECK (hold_seconds >= 0),
      seq INTEGER NOT NULL CHECK (seq >= 0),
      version INTEGER NOT NULL CHECK (version > 0),
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      CHECK (sold + held <= capacity)
    ) STRICT;

    CREATE TABLE booking (
      id INTEGER PRIMARY KEY,
      event_id INTEGER NOT NULL,
      user_id INTEGER NOT NULL,
      quantity INTEGER NOT NULL CHECK (quantity > 0),
      created_at INTEGER NOT NULL,
      created_seq INTEGER NOT NULL,
      cancelled_at INTEGER,
      cancelled_seq INTEGER,
      CHECK ((cancelled_at IS NULL) = (cancelled_seq IS NULL))
    ) STRICT;
    CREATE INDEX booking_of_user ON booking (user_id, event_id);

    -- kind: 1 booking created, 2 booking cancelled, 3 capacity changed
    CREATE TABLE notice (
      event_id INTEGER NOT NULL,
      seq INTEGER NOT NULL CHECK (seq > 0),
      kind INTEGER NOT NULL CHECK (kind IN (1, 2, 3)),
      booking_id INTEGER CHECK ((booking_id IS NULL) = (kind = 3)),
      available INTEGER NOT NULL CHECK (available >= 0),
      capacity INTEGER NOT NULL,
      at INTEGER NOT NULL,
      PRIMARY KEY (event_id, seq)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE account (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      email TEXT NOT NULL,
      email_key TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL,
      role TEXT NOT NULL CHECK (role IN ('user', 'admin')),
      password_hash TEXT NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE idempotency_key (
      id INTEGER PRIMARY KEY,
      hash INTEGER NOT NULL,
      user_id INTEGER NOT NULL,
      key TEXT NOT NULL,
      booking_id INTEGER NOT NULL,
      at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX idempotency_key_by_hash ON idempotency_key (hash);
    """

  /// The public state that an `event_updated` announces, beside its notice of kind 3; such a notice without a row here
  /// changed the capacity alone. A table of its own, because the notice table may be large and is not rewritten.
  private static let noticeDetails = """
    CREATE TABLE notice_detail (
      event_id INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      status TEXT NOT NULL CHECK (status IN ('on_sale', 'closed', 'cancelled', 'deleted')),
      name TEXT NOT NULL,
      starts_at INTEGER,
      opens_at INTEGER,
      closes_at INTEGER,
      max_per_booking INTEGER NOT NULL,
      PRIMARY KEY (event_id, seq)
    ) STRICT, WITHOUT ROWID;
    """
}

enum MigrationFailure: Error, Equatable {
  /// The database has taken steps that this program does not know.
  case newer(version: String, known: Int)
  case store(StoreFailure)
}
