#if Cluster
  // What the ledger's store asks PostgreSQL. Writes of batches are in PostgresWrites.swift, the beginning of one in
  // PostgresBookingStore+Shared.swift.

  enum Statements {
    static let begin = PostgresStatement("BEGIN")
    static let commit = PostgresStatement("COMMIT")
    static let rollback = PostgresStatement("ROLLBACK")
    static let beat = PostgresStatement("SELECT 1")
    static let notify = PostgresStatement("SELECT pg_notify($1, $2)")
    static let time = PostgresStatement("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")

    static let lock = PostgresStatement("SELECT revision FROM event WHERE id = $1 FOR UPDATE")
    static let allEvents = PostgresStatement(
      "SELECT \(PostgresEventRow.columns), e.revision FROM event e ORDER BY e.id")
    static let insertEvent: PostgresStatement = {
      let columns = EventRow.columns.split(separator: ",").dropFirst().joined(separator: ",")
      let places = (1...22).map { "$\($0)" }.joined(separator: ", ")
      return PostgresStatement("INSERT INTO event (\(columns)) VALUES (\(places)) RETURNING id")
    }()
    static let deleteEvent = PostgresStatement(
      """
      WITH gone AS (DELETE FROM event WHERE id = $1 RETURNING id)
      INSERT INTO deleted_event (id, at)
      SELECT id, (extract(epoch FROM clock_timestamp()) * 1000)::bigint FROM gone
      """)
    static let hasBookings = PostgresStatement(
      "SELECT EXISTS (SELECT 1 FROM notice WHERE event_id = $1 AND kind = \(NoticeRow.created))")

    static let bookingNumbers = PostgresStatement(
      "SELECT nextval('booking_number') FROM generate_series(1, $1::bigint)")
    static let accountNumbers = PostgresStatement(
      "SELECT nextval('account_number') FROM generate_series(1, $1::bigint)")
    static let waitingNumbers = PostgresStatement(
      "SELECT nextval('waiting_number') FROM generate_series(1, $1::bigint)")

    static let booking = PostgresStatement(
      "SELECT \(BookingRow.columns) FROM \(BookingRow.join) WHERE b.id = $1")
    static let allHolds = PostgresStatement("SELECT event_id, held_until, id FROM booking WHERE state = 2")
    static let holdsOfEvent = PostgresStatement(
      "SELECT held_until, id FROM booking WHERE event_id = $1 AND state = 2")
    static let bookingsMade = PostgresStatement(
      """
      SELECT \(BookingRow.columns)
      FROM notice made JOIN booking b ON b.id = made.booking_id
        JOIN notice n ON n.event_id = b.event_id AND n.seq = coalesce(b.cancelled_seq, b.created_seq)
        JOIN account a ON a.id = b.user_id
      WHERE made.event_id = $1 AND made.seq > $2 AND made.seq <= $3 AND made.kind = \(NoticeRow.created)
      ORDER BY made.seq
      """)
    static let seatsOfUser = PostgresStatement(
      """
      SELECT coalesce(sum(quantity), 0)::bigint FROM booking
      WHERE user_id = $1 AND event_id = $2 AND cancelled_seq IS NULL
      """)
    static let seatsOfUserAndType = PostgresStatement(
      """
      SELECT coalesce(sum(quantity), 0)::bigint FROM booking
      WHERE user_id = $1 AND event_id = $2 AND type_id = $3 AND cancelled_seq IS NULL
      """)
    static let allWaiting = PostgresStatement(
      "SELECT \(PostgresWaitingRow.columns) FROM \(PostgresWaitingRow.join) ORDER BY w.id")

    static let bookingForKey = PostgresStatement(
      """
      SELECT \(PostgresBookingRow.columnsAsMade), k.at
      FROM idempotency_key k JOIN booking b ON b.id = k.booking_id JOIN account a ON a.id = b.user_id
        JOIN notice n ON n.event_id = b.event_id AND n.seq = b.created_seq
      WHERE k.user_id = $1 AND k.key = $2
      """)
    /// What another node forgets at this moment is left to it.
    static let sweepKeys = PostgresStatement(
      """
      DELETE FROM idempotency_key WHERE (user_id, key) IN (
        SELECT user_id, key FROM idempotency_key WHERE at <= $2 ORDER BY at LIMIT $1 FOR UPDATE SKIP LOCKED)
      """)

    // As FeedStatements.swift says: the newest row stays, and what the record does not cover yet.
    static let oldestFeed = PostgresStatement(
      """
      SELECT f.position, CASE WHEN f.kind = \(FeedKind.notice.rawValue) THEN n.at ELSE f.number END FROM feed f
        LEFT JOIN notice n ON f.kind = \(FeedKind.notice.rawValue) AND n.event_id = f.subject AND n.seq = f.number
      WHERE f.position < (SELECT max(position) FROM feed) AND f.position <= coalesce(
        (SELECT feed_position FROM record_seal ORDER BY number DESC LIMIT 1), \(Int64.max))
      ORDER BY f.position LIMIT $1
      """)
    static let forgetFeed = PostgresStatement("DELETE FROM feed WHERE position <= $1")
    static let forgetNews = PostgresStatement(
      """
      DELETE FROM news WHERE id IN (
        SELECT id FROM news WHERE at < $2 ORDER BY at LIMIT $1 FOR UPDATE SKIP LOCKED)
      """)
    static let forgetDeleted = PostgresStatement(
      """
      DELETE FROM deleted_event WHERE id IN (
        SELECT id FROM deleted_event WHERE at < $2 ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
      """)

    static let probe = PostgresStatement(
      """
      INSERT INTO meta (name, value) VALUES ($1, repeat('x', 65536))
      ON CONFLICT (name) DO UPDATE SET value = excluded.value
      """)
    static let endProbe = PostgresStatement("DELETE FROM meta WHERE name = $1")
  }
#endif
