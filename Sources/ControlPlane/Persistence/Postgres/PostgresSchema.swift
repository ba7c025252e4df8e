#if Cluster
  // The schema of a PostgreSQL database, as numbered steps that are never edited once released. Its tables and columns are those of
  // SQLite's (Migrations.swift) where both have them, and mean the same; numbers are `bigint`, moments milliseconds.
  //
  // Nodes of two versions run side by side during an upgrade: the first new one takes the missing steps while old ones go on
  // writing. So a step only adds: tables, columns that are NULL or have a DEFAULT, indexes, sequences. It never removes, renames
  // or narrows anything that a version has read or written since the step before the last; that is a later release's step. Code
  // names every column that it reads and writes. A database whose steps a program does not know is refused at the start.

  enum PostgresSchema {
    static let steps = [firstSchema, viewersOfNodes]

    /// Takes the steps that are missing, all or none. Nodes that start together do it once: the others wait.
    static func bring(_ connection: PostgresConnection, steps: [String] = steps) throws(MigrationFailure) {
      let patience = connection.patience
      connection.patience = 3_600_000
      defer { connection.patience = patience }
      do throws(StoreFailure) {
        let encoding = try connection.run("SHOW server_encoding").first { $0.text(0) } ?? ""
        guard encoding == "UTF8" else {
          throw StoreFailure(
            code: StoreFailure.refused,
            message:
              "the database \(connection.address.description) has the encoding \(encoding); UTF8 is needed")
        }
        try connection.execute(
          """
          BEGIN;
          SET LOCAL lock_timeout = 0;
          SELECT pg_advisory_xact_lock(hashtextextended('seatcast migration ' || current_schema(), 0));
          CREATE TABLE IF NOT EXISTS schema_version (version bigint NOT NULL);
          """)
        let version = try connection.run("SELECT version FROM schema_version").first { $0.int(0) } ?? 0
        guard version >= 0 else {
          throw StoreFailure(code: StoreFailure.corrupt, message: "the table schema_version is damaged")
        }
        guard version <= steps.count else { throw StoreFailure(code: tooNew, message: "\(version)") }
        for step in steps.dropFirst(version) { try connection.execute(step) }
        try connection.execute(
          "DELETE FROM schema_version; INSERT INTO schema_version VALUES (\(steps.count)); COMMIT;")
      } catch {
        if connection.isInTransaction { try? connection.execute("ROLLBACK") }
        throw error.code == tooNew ? .newer(version: error.message, known: steps.count) : .store(error)
      }
    }

    /// Steps that a database has taken; 0: it is none of ours, or empty.
    static func version(of connection: PostgresConnection) throws(StoreFailure) -> Int {
      let exists = try connection.run("SELECT to_regclass('schema_version') IS NOT NULL")
      guard exists.first({ $0.bool(0) }) == true else { return 0 }
      return try connection.run("SELECT version FROM schema_version").first { $0.int(0) } ?? 0
    }

    /// - Throws: `older` when steps are missing.
    static func check(_ connection: PostgresConnection) throws(MigrationFailure) {
      let version: Int
      do throws(StoreFailure) { version = try self.version(of: connection) } catch { throw .store(error) }
      guard version >= steps.count else { throw .older }
    }

    /// The database's own numbers, which the first node makes. Idempotency keys are found by their text, without a salt.
    static func facts(
      _ connection: PostgresConnection, _ identifiers: any IdentifierSource
    ) throws(StoreFailure) -> RecordFacts {
      let keep = PostgresStatement(
        "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
      for name in ["epoch", "booking_key", RecordFacts.recordName] {
        try connection.queue(keep, [.text(name), .text(identifiers.randomHex(bytes: 8))])
      }
      let userKey = identifiers.randomHex(bytes: RecordPseudonyms.keyBytes)
      try connection.queue(keep, [.text(RecordFacts.userKeyName), .text(userKey)])
      try connection.queue("SELECT name, value FROM meta")
      let rows = try connection.flush().last?.all { ($0.text(0), $0.text(1)) } ?? []
      let meta = Dictionary(rows) { $1 }
      guard
        let facts = RecordFacts(
          epoch: meta["epoch"], record: meta[RecordFacts.recordName], bookingKey: meta["booking_key"],
          userKey: meta[RecordFacts.userKeyName])
      else { throw StoreFailure(code: StoreFailure.corrupt, message: "the table meta is damaged") }
      return facts
    }

    /// Lets every number that is drawn from now on be greater than those that rows have: after rows were written with numbers
    /// of their own. Nobody else may write meanwhile.
    static func advanceNumbers(_ connection: PostgresConnection) throws(StoreFailure) {
      for (table, sequence) in [
        ("event", "event_id_seq"), ("booking", "booking_number"), ("account", "account_number"),
        ("waiting", "waiting_number"), ("service_token", "service_token_id_seq"), ("audit", "audit_id_seq"),
      ] {
        try connection.queue(
          """
          SELECT setval('\(sequence)', greatest((SELECT last_value FROM \(sequence)),
            (SELECT coalesce(max(id), 0) + 1 FROM \(table) WHERE id < \(Int64.max / 2))), true)
          """)
      }
      // What has been deleted had numbers, too.
      try connection.queue(
        """
        SELECT setval('event_id_seq', greatest((SELECT last_value FROM event_id_seq),
          (SELECT coalesce(max(event_id), 0) + 1 FROM notice)), true)
        """)
      try connection.queue(
        """
        SELECT setval('waiting_number', greatest((SELECT last_value FROM waiting_number),
          (SELECT coalesce(max(place), 0) + 1 FROM waiting_log)), true)
        """)
      _ = try connection.flush()
    }

    /// No code of PostgreSQL's or SQLite's.
    private static let tooNew: Int32 = -100

    /// Numbers of a sequence that a node takes at once.
    static let bookingBlock: Int64 = 256
    static let accountBlock: Int64 = 64

    private static let firstSchema = """
      CREATE TABLE meta (
        name text PRIMARY KEY,
        value text NOT NULL
      );

      -- revision: raised by every transaction that changes anything of the event, its bookings or its waiting list;
      -- changed_xid: the last of these transactions, by which other nodes find what has changed
      CREATE TABLE event (
        id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
        name text NOT NULL,
        description text NOT NULL,
        venue text NOT NULL,
        starts_at bigint,
        opens_at bigint,
        closes_at bigint,
        status text NOT NULL CHECK (status IN ('draft', 'on_sale', 'paused', 'closed', 'cancelled')),
        capacity bigint NOT NULL CHECK (capacity >= 0),
        sold bigint NOT NULL CHECK (sold >= 0),
        held bigint NOT NULL CHECK (held >= 0),
        max_per_booking bigint NOT NULL CHECK (max_per_booking > 0),
        max_per_user bigint NOT NULL CHECK (max_per_user >= 0),
        hold_seconds bigint NOT NULL CHECK (hold_seconds >= 0),
        seq bigint NOT NULL CHECK (seq >= 0),
        version bigint NOT NULL CHECK (version > 0),
        created_at bigint NOT NULL,
        updated_at bigint NOT NULL,
        shown text NOT NULL CHECK (shown IN ('draft', 'scheduled', 'on_sale', 'paused', 'closed', 'cancelled')),
        hold_extension_seconds bigint NOT NULL CHECK (hold_extension_seconds >= 0),
        next_type bigint NOT NULL DEFAULT 1,
        types text,
        type_counts text,
        standing bigint NOT NULL DEFAULT 0 CHECK (standing >= 0),
        revision bigint NOT NULL DEFAULT 1,
        changed_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        CHECK (sold + held <= capacity)
      ) WITH (fillfactor = 50);
      CREATE INDEX event_changed ON event (changed_xid);

      -- events that were deleted, so that other nodes find that out, too; forgotten after a day
      CREATE TABLE deleted_event (
        id bigint PRIMARY KEY,
        at bigint NOT NULL,
        changed_xid xid8 NOT NULL DEFAULT pg_current_xact_id()
      );
      CREATE INDEX deleted_event_changed ON deleted_event (changed_xid);

      -- which events somebody watches through a node
      CREATE TABLE interest (
        event_id bigint NOT NULL,
        node text NOT NULL,
        PRIMARY KEY (event_id, node)
      );

      -- a node takes a block of numbers at a time
      CREATE SEQUENCE booking_number INCREMENT BY \(bookingBlock);
      CREATE TABLE booking (
        id bigint PRIMARY KEY,
        event_id bigint NOT NULL,
        user_id bigint NOT NULL,
        quantity bigint NOT NULL CHECK (quantity > 0),
        created_at bigint NOT NULL,
        created_seq bigint NOT NULL,
        cancelled_at bigint,
        cancelled_seq bigint,
        state bigint NOT NULL DEFAULT 1 CHECK (state BETWEEN 1 AND 4),
        held_until bigint,
        extended bigint NOT NULL DEFAULT 0,
        confirmed_at bigint,
        type_id bigint,
        CHECK ((cancelled_at IS NULL) = (cancelled_seq IS NULL))
      );
      CREATE INDEX booking_of_user ON booking (user_id, event_id);
      CREATE INDEX booking_held ON booking (event_id, held_until) WHERE state = 2;
      CREATE INDEX booking_due ON booking (held_until) WHERE state = 2;

      CREATE TABLE notice (
        event_id bigint NOT NULL,
        seq bigint NOT NULL CHECK (seq > 0),
        kind bigint NOT NULL CHECK (kind BETWEEN 1 AND 3),
        booking_id bigint CHECK ((booking_id IS NULL) = (kind = 3)),
        available bigint NOT NULL CHECK (available >= 0),
        capacity bigint NOT NULL,
        at bigint NOT NULL,
        types text,
        PRIMARY KEY (event_id, seq)
      );
      CREATE TABLE notice_detail (
        event_id bigint NOT NULL,
        seq bigint NOT NULL,
        status text NOT NULL
          CHECK (status IN ('draft', 'scheduled', 'on_sale', 'paused', 'closed', 'cancelled', 'deleted')),
        name text NOT NULL,
        starts_at bigint,
        opens_at bigint,
        closes_at bigint,
        max_per_booking bigint NOT NULL,
        PRIMARY KEY (event_id, seq)
      );

      -- a character that PostgreSQL has not is written as five bytes (PostgresText)
      CREATE SEQUENCE account_number INCREMENT BY \(accountBlock);
      CREATE TABLE account (
        id bigint PRIMARY KEY,
        issuer text NOT NULL,
        subject text NOT NULL CHECK (octet_length(subject) BETWEEN 1 AND 1275),
        email text,
        email_key text,
        name text,
        role text CHECK (role IN ('user', 'admin')),
        password_hash text,
        created_at bigint NOT NULL,
        disabled_at bigint,
        UNIQUE (issuer, subject),
        CHECK (password_hash IS NULL OR issuer = 'seatcast'),
        CHECK ((password_hash IS NULL) = (email_key IS NULL))
      );
      CREATE UNIQUE INDEX account_by_email ON account (email_key) WHERE email_key IS NOT NULL;
      CREATE INDEX disabled_account ON account (issuer, subject) WHERE disabled_at IS NOT NULL;

      CREATE TABLE idempotency_key (
        user_id bigint NOT NULL,
        key text NOT NULL,
        booking_id bigint NOT NULL,
        at bigint NOT NULL,
        PRIMARY KEY (user_id, key)
      );
      CREATE INDEX idempotency_key_by_age ON idempotency_key (at);

      CREATE TABLE logout (
        issuer text NOT NULL,
        subject text NOT NULL,
        before bigint NOT NULL,
        PRIMARY KEY (issuer, subject)
      );

      -- numbers are drawn while the event is locked, so they are the order of joining
      CREATE SEQUENCE waiting_number;
      CREATE TABLE waiting (
        id bigint PRIMARY KEY,
        event_id bigint NOT NULL,
        user_id bigint NOT NULL,
        quantity bigint NOT NULL CHECK (quantity > 0),
        type_id bigint,
        joined_at bigint NOT NULL,
        UNIQUE (event_id, user_id)
      );
      CREATE INDEX waiting_of_event ON waiting (event_id, id);
      CREATE INDEX waiting_of_user ON waiting (user_id);

      CREATE TABLE waiting_log (
        position bigint PRIMARY KEY,
        after_feed bigint NOT NULL,
        kind bigint NOT NULL CHECK (kind BETWEEN 1 AND 5),
        event_id bigint NOT NULL,
        place bigint,
        user_id bigint,
        quantity bigint,
        type_id bigint,
        at bigint NOT NULL
      );

      CREATE TABLE feed (
        position bigint PRIMARY KEY,
        kind bigint NOT NULL CHECK (kind BETWEEN 0 AND 3),
        subject bigint NOT NULL,
        number bigint NOT NULL,
        count bigint NOT NULL DEFAULT 1 CHECK (count > 0)
      );
      CREATE TABLE feed_event (
        event_id bigint PRIMARY KEY,
        status text NOT NULL,
        name text NOT NULL,
        starts_at bigint,
        opens_at bigint,
        closes_at bigint,
        max_per_booking bigint NOT NULL,
        capacity bigint NOT NULL
      );
      -- what is committed and has no position yet: rows of the feed, and with kind 100 + WaitingChange rows of waiting_log,
      -- whose event is the subject
      CREATE TABLE feed_pending (
        id bigserial PRIMARY KEY,
        kind bigint NOT NULL,
        subject bigint NOT NULL,
        number bigint NOT NULL DEFAULT 0,
        count bigint NOT NULL DEFAULT 1,
        place bigint,
        user_id bigint,
        quantity bigint,
        type_id bigint,
        at bigint
      );

      CREATE TABLE record_seal (
        number bigint PRIMARY KEY,
        size bigint NOT NULL,
        link text NOT NULL,
        epoch text NOT NULL,
        key text NOT NULL,
        head text NOT NULL,
        feed_position bigint NOT NULL,
        waiting_position bigint NOT NULL,
        earlier_position bigint NOT NULL,
        items text NOT NULL
      );
      CREATE TABLE earlier_feed (
        position bigint PRIMARY KEY,
        kind bigint NOT NULL,
        subject bigint NOT NULL,
        number bigint NOT NULL,
        count bigint NOT NULL CHECK (count > 0)
      );

      CREATE TABLE service_token (
        id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
        jti text NOT NULL UNIQUE,
        name text NOT NULL,
        scopes text NOT NULL,
        created_at bigint NOT NULL,
        expires_at bigint NOT NULL
      );
      CREATE TABLE audit (
        id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
        at bigint NOT NULL,
        issuer text,
        subject text,
        address text,
        action text NOT NULL,
        object text,
        detail text CHECK (octet_length(detail) <= 4096)
      );
      CREATE INDEX audit_with_address ON audit (at) WHERE address IS NOT NULL;
      CREATE INDEX audit_of_failures ON audit (at) WHERE action = 'login.failure';

      CREATE TABLE node (
        id text PRIMARY KEY,
        name text NOT NULL,
        address text NOT NULL,
        version text NOT NULL,
        started_at bigint NOT NULL,
        seen_at bigint NOT NULL,
        facts jsonb NOT NULL
      );
      -- what concerns all nodes and no event; forgotten after an hour
      CREATE TABLE news (
        id bigserial PRIMARY KEY,
        xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        node text NOT NULL,
        body jsonb NOT NULL,
        at bigint NOT NULL
      );
      CREATE INDEX news_by_transaction ON news (xid);
      CREATE INDEX news_by_age ON news (at);
      CREATE TABLE connection_token (
        digest bytea PRIMARY KEY,
        body jsonb NOT NULL,
        ends_at bigint NOT NULL
      );
      CREATE INDEX connection_token_by_end ON connection_token (ends_at);
      """

    /// How many watch an event through a node (`--viewer-counts on`).
    private static let viewersOfNodes = "ALTER TABLE interest ADD COLUMN viewers bigint NOT NULL DEFAULT 0;"
  }
#endif
