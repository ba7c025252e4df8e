#if Cluster
  // Columns where PostgreSQL's SQL is not SQLite's; the others are those of Rows.swift.

  enum PostgresBookingRow {
    /// A booking `b` as it was made, with the counts of its own commit; `n`, the notice of its making; `a`, its user.
    static let columnsAsMade = """
      b.id, b.event_id, b.user_id, b.quantity, b.created_at, b.created_seq, NULL::bigint, NULL::bigint,
      n.available, a.subject,
      CASE WHEN b.held_until IS NULL THEN \(BookingStatus.confirmed.rawValue)
        ELSE \(BookingStatus.held.rawValue) END,
      b.held_until - b.extended, 0::bigint, b.type_id
      """
    /// How many there are: what follows in a row comes behind them.
    static let count: Int32 = 14
  }

  enum PostgresEventRow {
    /// The columns of `EventRow` of a row `e`.
    static let columns = EventRow.columns.split(separator: ",")
      .map { "e.\($0.split { $0.isWhitespace }.joined())" }.joined(separator: ", ")
    static let count: Int32 = 23
  }

  enum PostgresWaitingRow {
    /// An entry `w` of a waiting list and its user `a`.
    static let columns = "w.id, w.event_id, w.quantity, w.type_id, w.joined_at, a.issuer, a.subject"
    static let join = "waiting w JOIN account a ON a.id = w.user_id"

    static func decode(_ row: some StoredRow) -> WaitingEntry {
      WaitingEntry(
        id: row.int64(0), event: EventID(row.int64(1)),
        user: Identity(issuer: row.text(5), subject: row.subject(6)), quantity: row.int(2),
        type: row.optionalInt64(3).map { Int($0) }, joinedAt: row.instant(4))
    }
  }
#endif
