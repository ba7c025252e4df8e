// The schema, as numbered steps that are never edited once released. `schema_version` names the last step
// that a database has taken; a database from the future is refused.

enum Migrations {
  static let steps: [Step] = [
    Step(firstSchema), Step(noticeDetails), Step(identities), Step(logouts, AccountStatements.renewKeys),
    Step(holds), Step(disabledAccounts), Step(ticketTypes), Step(feed), Step(waitingLists),
    Step(records), Step(feedRuns, plainNoticeCheck), Step(standingBookings), Step(salesRecord),
  ]

  /// Statements, and what only code can do after them, in one transaction.
  struct Step: ExpressibleByStringLiteral, Sendable {
    let sql: String
    let code: (@Sendable (Connection) throws(StoreFailure) -> Void)?

    init(_ sql: String, _ code: (@Sendable (Connection) throws(StoreFailure) -> Void)? = nil) {
      (self.sql, self.code) = (sql, code)
    }

    init(stringLiteral sql: String) { self.init(sql) }
  }

  /// Takes the steps that are missing, each in a transaction of its own. The writer's connection.
  static func bring(_ connection: Connection, steps: [Step] = steps) throws(MigrationFailure) {
    do throws(StoreFailure) {
      try connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT;")
      let version =
        try Statement(connection, "SELECT version FROM schema_version").first { $0.int(0) } ?? 0
      guard version >= 0 else {
        throw StoreFailure(code: StoreFailure.corrupt, message: "the table schema_version is damaged")
      }
      guard version <= steps.count else { throw StoreFailure(code: tooNew, message: "\(version)") }
      for (number, step) in steps.enumerated().dropFirst(version) {
        try take(step, to: number + 1, connection)
      }
    } catch {
      throw error.code == tooNew
        ? .newer(version: error.message, known: steps.count) : .store(error)
    }
  }

  /// Steps that a database has taken; 0: it is none of ours, or empty.
  static func version(of connection: Connection) throws(StoreFailure) -> Int {
    let table = try Statement(
      connection, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'")
    guard try table.first([], { $0.int(0) }) == 1 else { return 0 }
    return try Statement(connection, "SELECT version FROM schema_version").first { $0.int(0) } ?? 0
  }

  /// - Throws: `older` when steps are missing.
  static func check(_ connection: Connection) throws(MigrationFailure) {
    let version: Int
    do throws(StoreFailure) { version = try self.version(of: connection) } catch { throw .store(error) }
    guard version >= steps.count else { throw .older }
  }

  private static func take(_ step: Step, to version: Int, _ connection: Connection) throws(StoreFailure) {
    do throws(StoreFailure) {
      try connection.execute("BEGIN IMMEDIATE; \(step.sql)")
      try step.code?(connection)
      try connection.execute(
        """
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

  /// A user is an issuer and a subject. Before, a user was a number whoever the issuer: local accounts keep theirs as
  /// their subject, and numbers that booked without a local account get a row with an empty issuer, which the first
  /// start with this schema fills in (`BookingStore.adopt`). `booking.user_id` stays as it is. Row numbers come from
  /// `meta.next_account`, because such a number may be as large as 2^63 - 1, after which AUTOINCREMENT gives none.
  private static let identities = """
    INSERT INTO meta SELECT 'next_account',
      CAST(coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'account'), 0) + 1 AS TEXT);
    ALTER TABLE account RENAME TO numbered_account;

    CREATE TABLE account (
      id INTEGER PRIMARY KEY,
      issuer TEXT NOT NULL,
      subject TEXT NOT NULL CHECK (length(CAST(subject AS BLOB)) BETWEEN 1 AND 255),
      email TEXT,
      email_key TEXT,
      name TEXT,
      role TEXT CHECK (role IN ('user', 'admin')),
      password_hash TEXT,
      created_at INTEGER NOT NULL,
      UNIQUE (issuer, subject),
      CHECK (password_hash IS NULL OR issuer = 'seatcast'),
      CHECK ((password_hash IS NULL) = (email_key IS NULL))
    ) STRICT;
    CREATE UNIQUE INDEX account_by_email ON account (email_key) WHERE email_key IS NOT NULL;

    INSERT INTO account SELECT id, 'seatcast', CAST(id AS TEXT), email, email_key, name, role, password_hash,
      created_at FROM numbered_account;
    INSERT INTO account (id, issuer, subject, created_at)
      SELECT user_id, '', CAST(user_id AS TEXT), min(created_at) FROM booking
      WHERE user_id NOT IN (SELECT id FROM numbered_account) GROUP BY user_id;
    DROP TABLE numbered_account;
    """

  /// Tokens of an identity that were issued before the moment are refused.
  private static let logouts = """
    CREATE TABLE logout (
      issuer TEXT NOT NULL,
      subject TEXT NOT NULL,
      before INTEGER NOT NULL,
      PRIMARY KEY (issuer, subject)
    ) STRICT, WITHOUT ROWID;
    """

  /// Holds and the statuses that the clock decides. `event` and `notice_detail` are small and made anew, because a CHECK
  /// cannot be altered. `event.shown` begins as the status; the first batch announces what the clock makes of it.
  /// `booking.state`: 1 confirmed, 2 held, 3 cancelled, 4 expired. `held_until` is NULL when it never was a hold.
  private static let holds = """
    CREATE TABLE next_event (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL,
      description TEXT NOT NULL,
      venue TEXT NOT NULL,
      starts_at INTEGER,
      opens_at INTEGER,
      closes_at INTEGER,
      status TEXT NOT NULL CHECK (status IN ('draft', 'on_sale', 'paused', 'closed', 'cancelled')),
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
      shown TEXT NOT NULL
        CHECK (shown IN ('draft', 'scheduled', 'on_sale', 'paused', 'closed', 'cancelled')),
      hold_extension_seconds INTEGER NOT NULL CHECK (hold_extension_seconds >= 0),
      CHECK (sold + held <= capacity)
    ) STRICT;
    INSERT INTO next_event SELECT id, name, description, venue, starts_at, opens_at, closes_at, status, capacity,
      sold, held, max_per_booking, max_per_user, hold_seconds, seq, version, created_at, updated_at, status, 300
      FROM event;
    DELETE FROM sqlite_sequence WHERE name = 'next_event';
    INSERT INTO sqlite_sequence SELECT 'next_event', seq FROM sqlite_sequence WHERE name = 'event';
    DROP TABLE event;
    ALTER TABLE next_event RENAME TO event;

    ALTER TABLE booking ADD COLUMN state INTEGER NOT NULL DEFAULT 1 CHECK (state BETWEEN 1 AND 4);
    ALTER TABLE booking ADD COLUMN held_until INTEGER;
    ALTER TABLE booking ADD COLUMN extended INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE booking ADD COLUMN confirmed_at INTEGER;
    UPDATE booking SET state = 3 WHERE cancelled_at IS NOT NULL;
    CREATE INDEX booking_held ON booking (event_id, held_until) WHERE state = 2;

    CREATE TABLE next_detail (
      event_id INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      status TEXT NOT NULL
        CHECK (status IN ('draft', 'scheduled', 'on_sale', 'paused', 'closed', 'cancelled', 'deleted')),
      name TEXT NOT NULL,
      starts_at INTEGER,
      opens_at INTEGER,
      closes_at INTEGER,
      max_per_booking INTEGER NOT NULL,
      PRIMARY KEY (event_id, seq)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO next_detail SELECT * FROM notice_detail;
    DROP TABLE notice_detail;
    ALTER TABLE next_detail RENAME TO notice_detail;
    """

  /// Since when somebody is disabled.
  private static let disabledAccounts = """
    ALTER TABLE account ADD COLUMN disabled_at INTEGER;
    CREATE INDEX disabled_account ON account (issuer, subject) WHERE disabled_at IS NOT NULL;
    """

  /// `event.types` and `event.type_counts` are NULL when an event is not divided (`TicketTypeText`). `notice.types` has what
  /// was free of each type after the notice, `booking.type_id` the type.
  private static let ticketTypes = """
    ALTER TABLE event ADD COLUMN next_type INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE event ADD COLUMN types TEXT;
    ALTER TABLE event ADD COLUMN type_counts TEXT;
    ALTER TABLE booking ADD COLUMN type_id INTEGER;
    ALTER TABLE notice ADD COLUMN types TEXT;
    """

  /// The feed begins with this schema: what happened before is not in it. `feed_event`: events as they were made.
  private static let feed = """
    -- kind: 0 notice `number` of the event `subject`; 1 the booking `subject` was confirmed, 2 extended, at `number`;
    -- 3 the event `subject` was made at `number`
    CREATE TABLE feed (
      position INTEGER PRIMARY KEY,
      kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 3),
      subject INTEGER NOT NULL,
      number INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE feed_event (
      event_id INTEGER PRIMARY KEY,
      status TEXT NOT NULL,
      name TEXT NOT NULL,
      starts_at INTEGER,
      opens_at INTEGER,
      closes_at INTEGER,
      max_per_booking INTEGER NOT NULL,
      capacity INTEGER NOT NULL
    ) STRICT;
    """

  /// In order of joining, one entry per user and event. Numbers are not given again: they are the order.
  private static let waitingLists = """
    CREATE TABLE waiting (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      event_id INTEGER NOT NULL,
      user_id INTEGER NOT NULL,
      quantity INTEGER NOT NULL CHECK (quantity > 0),
      type_id INTEGER,
      joined_at INTEGER NOT NULL,
      UNIQUE (event_id, user_id)
    ) STRICT;
    CREATE INDEX waiting_of_event ON waiting (event_id, id);
    """

  /// `audit.issuer` and `subject`: who did it; `cli` without an issuer is the command line. Addresses are forgotten.
  private static let records = """
    CREATE TABLE service_token (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      jti TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL,
      scopes TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE audit (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      issuer TEXT,
      subject TEXT,
      address TEXT,
      action TEXT NOT NULL,
      object TEXT,
      detail TEXT CHECK (length(CAST(detail AS BLOB)) <= 4096)
    ) STRICT;
    CREATE INDEX audit_with_address ON audit (at) WHERE address IS NOT NULL;
    CREATE INDEX audit_of_failures ON audit (at) WHERE action = 'login.failure';
    """

  /// A row of kind 0 stands for `count` notices of its event that follow each other; `number` and `position` are the last
  /// one's.
  private static let feedRuns =
    "ALTER TABLE feed ADD COLUMN count INTEGER NOT NULL DEFAULT 1 CHECK (count > 0);"

  /// Bookings of an event that are neither cancelled nor expired, so that nobody has to count its rows (`StandingBookings`).
  private static let standingBookings = """
    ALTER TABLE event ADD COLUMN standing INTEGER NOT NULL DEFAULT 0 CHECK (standing >= 0);
    UPDATE event SET standing = counted.standing FROM (
      SELECT event_id, count(*) standing FROM booking WHERE state IN (1, 2) GROUP BY event_id) counted
      WHERE counted.event_id = event.id;
    """

  /// `record_seal`: entries of the record that a signed head covers, and where each stands (`RecordItem`). `waiting_log`:
  /// changes of waiting lists, which are kept nowhere else. `earlier_feed`: what happened before this schema, in the shape
  /// of the feed, event by event; confirmations without their order, and in parts of 4,096 notices, so that a seal covers
  /// whole rows. `feed_event` gets the events that were made before there was a feed, as far as they are known.
  private static let salesRecord = """
    CREATE TABLE record_seal (
      number INTEGER PRIMARY KEY,
      size INTEGER NOT NULL,
      link TEXT NOT NULL,
      epoch TEXT NOT NULL,
      key TEXT NOT NULL,
      head TEXT NOT NULL,
      feed_position INTEGER NOT NULL,
      waiting_position INTEGER NOT NULL,
      earlier_position INTEGER NOT NULL,
      items TEXT NOT NULL
    ) STRICT;

    -- kind: 1 joined, 2 left, 3 offered, 4 passed, 5 dismissed (without a place: the whole list)
    CREATE TABLE waiting_log (
      position INTEGER PRIMARY KEY,
      after_feed INTEGER NOT NULL,
      kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 5),
      event_id INTEGER NOT NULL,
      place INTEGER,
      user_id INTEGER,
      quantity INTEGER,
      type_id INTEGER,
      at INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE earlier_feed (
      position INTEGER PRIMARY KEY,
      kind INTEGER NOT NULL,
      subject INTEGER NOT NULL,
      number INTEGER NOT NULL,
      count INTEGER NOT NULL CHECK (count > 0)
    ) STRICT;

    INSERT INTO feed_event SELECT e.id, e.shown, e.name, e.starts_at, e.opens_at, e.closes_at, e.max_per_booking,
        coalesce((SELECT capacity FROM notice n WHERE n.event_id = e.id AND n.seq = 1), e.capacity)
      FROM event e WHERE e.id NOT IN (SELECT event_id FROM feed_event);
    INSERT INTO feed_event SELECT n.event_id, 'closed',
        coalesce((SELECT d.name FROM notice_detail d WHERE d.event_id = n.event_id ORDER BY d.seq DESC LIMIT 1), ''),
        NULL, NULL, NULL, 1, n.capacity
      FROM notice n WHERE n.seq = 1 AND n.event_id NOT IN (SELECT event_id FROM feed_event);

    INSERT INTO earlier_feed (kind, subject, number, count)
      WITH RECURSIVE known (id, made, total) AS (
        SELECT id, created_at, seq FROM event
        UNION ALL
        SELECT event_id, min(at), max(seq) FROM notice WHERE event_id NOT IN (SELECT id FROM event) GROUP BY event_id
      ), part (id, made, total, before, last) AS (
        SELECT id, made, total, 0, 0 FROM known
        UNION ALL
        SELECT id, made, total, last, min(last + 4096, total) FROM part WHERE last < total
      )
      SELECT iif(last = 0, 3, 0), id, iif(last = 0, made, last), iif(last = 0, 1, last - before)
      FROM part ORDER BY id, last;
    INSERT INTO earlier_feed (kind, subject, number, count)
      SELECT 1, id, confirmed_at, 1 FROM booking WHERE confirmed_at IS NOT NULL AND cancelled_seq IS NULL
      ORDER BY id;
    INSERT INTO earlier_feed (kind, subject, number, count)
      SELECT 2, id, created_at, 1 FROM booking WHERE state = 2 AND extended <> 0 ORDER BY id;

    INSERT INTO waiting_log (after_feed, kind, event_id, place, user_id, quantity, type_id, at)
      SELECT (SELECT coalesce(max(position), 0) FROM feed), 1, event_id, id, user_id, quantity, type_id, joined_at
      FROM waiting ORDER BY id;
    INSERT INTO meta SELECT 'record_feed_start', CAST(coalesce(max(position), 0) AS TEXT) FROM feed;
    """

  /// For `IN` with three values SQLite fills a temporary B-tree at every insert, which was a quarter of a booking's
  /// instructions. The table may be large, so the text of its CHECK is changed and not the table: the way that SQLite
  /// documents for a CHECK (lang_altertable.html, section 7). Every row that passes one passes the other. Where SQLite
  /// is built so that nobody may do this, the table stays as it is: as right, and slower.
  @Sendable private static func plainNoticeCheck(_ connection: Connection) throws(StoreFailure) {
    let version = try Statement(connection, "PRAGMA schema_version").first { $0.int(0) } ?? 0
    try? connection.execute(
      """
      PRAGMA writable_schema = ON;
      UPDATE sqlite_schema SET sql = replace(sql, 'kind IN (1, 2, 3)', 'kind BETWEEN 1 AND 3')
        WHERE type = 'table' AND name = 'notice';
      PRAGMA schema_version = \(version + 1);
      """)
    try connection.execute("PRAGMA writable_schema = OFF;")
  }
}

enum MigrationFailure: Error, Equatable {
  /// The database has taken steps that this program does not know.
  case newer(version: String, known: Int)
  /// The database lacks steps, and may not take them now.
  case older
  case store(StoreFailure)
}
