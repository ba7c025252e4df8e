#if Cluster
  // What a transaction sends before its COMMIT (PostgresWrites): a statement for each table, with an array for each column.

  enum WriteStatements {
    static let accounts = PostgresStatement(
      """
      INSERT INTO account (id, issuer, subject, created_at)
      SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[])
      """)
    static let bookings = PostgresStatement(
      """
      INSERT INTO booking
        (id, event_id, user_id, quantity, created_at, created_seq, state, held_until, type_id)
      SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
        $7::bigint[], $8::bigint[], $9::bigint[])
      """)
    static let extensions = PostgresStatement(
      """
      UPDATE booking b SET held_until = v.until, extended = v.extended
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) v (id, until, extended) WHERE b.id = v.id
      """)
    static let confirmations = PostgresStatement(
      """
      UPDATE booking b SET state = 1, confirmed_at = v.at
      FROM unnest($1::bigint[], $2::bigint[]) v (id, at) WHERE b.id = v.id
      """)
    static let ends = PostgresStatement(
      """
      UPDATE booking b SET state = v.state, cancelled_at = v.at, cancelled_seq = v.seq
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) v (id, state, at, seq)
      WHERE b.id = v.id
      """)
    static let notices = PostgresStatement(
      """
      INSERT INTO notice (event_id, seq, kind, booking_id, available, capacity, at, types)
      SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
        $7::bigint[], $8::text[])
      """)
    static let details = PostgresStatement(
      """
      INSERT INTO notice_detail
        (event_id, seq, status, name, starts_at, opens_at, closes_at, max_per_booking)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      """)
    static let forgetKeys = PostgresStatement(
      """
      DELETE FROM idempotency_key k USING unnest($1::bigint[], $2::text[]) v (user_id, key)
      WHERE k.user_id = v.user_id AND k.key = v.key
      """)
    static let keys = PostgresStatement(
      """
      INSERT INTO idempotency_key (user_id, key, booking_id, at)
      SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[])
      """)
    static let madeEvent = PostgresStatement(
      """
      INSERT INTO feed_event
        (event_id, status, name, starts_at, opens_at, closes_at, max_per_booking, capacity)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      """)
    /// Row numbers are given in the order of the arrays.
    static let feed = PostgresStatement(
      """
      INSERT INTO feed_pending (kind, subject, number, count, place, user_id, quantity, type_id, at)
      SELECT kind, subject, number, count, place, user_id, quantity, type_id, at
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
        $7::bigint[], $8::bigint[], $9::bigint[]) WITH ORDINALITY
        v (kind, subject, number, count, place, user_id, quantity, type_id, at, place_in_batch)
      ORDER BY place_in_batch
      """)
    static let deleteWaiting = PostgresStatement("DELETE FROM waiting WHERE id = ANY ($1::bigint[])")
    static let waiting = PostgresStatement(
      """
      INSERT INTO waiting (id, event_id, user_id, quantity, type_id, joined_at)
      SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
      """)
    static let saveEvent: PostgresStatement = {
      let columns = EventRow.columns.split(separator: ",").dropFirst().joined(separator: ",")
      let places = (1...22).map { "$\($0)" }.joined(separator: ", ")
      return PostgresStatement(
        """
        UPDATE event SET (\(columns)) = (\(places)), revision = $24, changed_xid = pg_current_xact_id(),
          standing = standing + $25::bigint
        WHERE id = $23
        """)
    }()
    static let saveCounts = PostgresStatement(
      """
      UPDATE event e SET sold = coalesce(v.sold, e.sold), held = coalesce(v.held, e.held),
        seq = coalesce(v.seq, e.seq), updated_at = coalesce(v.updated_at, e.updated_at),
        type_counts = coalesce(v.type_counts, e.type_counts), standing = e.standing + v.standing,
        revision = v.revision, changed_xid = pg_current_xact_id()
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
        $7::bigint[], $8::text[]) v (id, revision, standing, sold, held, seq, updated_at, type_counts)
      WHERE e.id = v.id
      """)
    static let news = PostgresStatement("INSERT INTO news (node, body, at) VALUES ($1, $2::text::jsonb, $3)")
  }
#endif
