// The feed, read: rows of the table `feed` joined with what they point to. One worker's own connection.

final class FeedReads {
  private let page, bounds: Statement
  private let cipher: BookingIDCipher

  init(_ connection: Connection, cipher: BookingIDCipher) throws(StoreFailure) {
    self.cipher = cipher
    page = try Statement(
      connection,
      """
      SELECT \(FeedRow.columns)
      FROM feed f LEFT JOIN notice n ON f.kind = 0 AND n.event_id = f.subject
          AND n.seq > f.number - min(f.count, f.position - ?1) AND n.seq <= f.number
        \(FeedRow.joinOfNotice)
      WHERE f.position > ?1 ORDER BY f.position, n.seq LIMIT ?2
      """)
    bounds = try Statement(
      connection,
      """
      SELECT (SELECT position - count FROM feed ORDER BY position LIMIT 1), (SELECT max(position) FROM feed)
      """)
  }

  /// The position before the oldest entry that is kept.
  func start() throws(StoreFailure) -> Int64 { try ends().start }

  func items(after position: Int64, limit: Int) throws(StoreFailure) -> FeedAnswer {
    let rows = try page.all([.int(position), .int(limit)]) {
      (position: $0.int64(0), item: FeedRow.decode($0, cipher))
    }
    return try FeedRows.answer(rows, after: position, ends)
  }

  private func ends() throws(StoreFailure) -> (start: Int64, end: Int64) {
    try bounds.first([]) { row in
      (row.optionalInt64(0) ?? 0, row.optionalInt64(1) ?? 0)
    } ?? (0, 0)
  }
}

enum FeedRows {
  /// Entries may be forgotten between two statements, so what was read is judged by itself: it must begin right behind the
  /// position that was asked for.
  /// - Parameters:
  ///   - rows: what a page's statement gave.
  ///   - ends: reads the position before the oldest entry that is kept, and the newest one's.
  static func answer(
    _ rows: [(position: Int64, item: FeedItem?)], after position: Int64,
    _ ends: () throws(StoreFailure) -> (start: Int64, end: Int64)
  ) throws(StoreFailure) -> FeedAnswer {
    if let first = rows.first {
      return first.position == position + 1
        ? .items(rows.compactMap(\.item)) : .restarted(from: first.position - 1)
    }
    let (start, end) = try ends()
    // Behind the last entry there is nothing yet; what came between the statements is read next time.
    return (start...max(start, end)).contains(position) ? .items([]) : .restarted(from: start)
  }
}

enum FeedRow {
  /// A row `f`; `n`, a notice that it stands for; `b` and `a`, the booking and its user; `d`, the details that the notice announces or
  /// that the event was made with.
  static let columns = """
    CASE WHEN f.kind = 0 THEN f.position - f.number + n.seq ELSE f.position END, f.kind, f.subject,
    coalesce(n.seq, f.number), n.kind, n.available, n.capacity, n.at, b.id, b.event_id, a.issuer,
    a.subject, b.quantity, b.state, b.held_until, b.extended, coalesce(d.status, e.status),
    coalesce(d.name, e.name), coalesce(d.starts_at, e.starts_at), coalesce(d.opens_at, e.opens_at),
    coalesce(d.closes_at, e.closes_at), coalesce(d.max_per_booking, e.max_per_booking), e.capacity, b.type_id,
    n.types
    """
  /// Behind `f` and `n`, which begin in the middle of a row where a page does.
  static let joinOfNotice = """
    LEFT JOIN booking b
      ON b.id = CASE WHEN f.kind = 0 THEN n.booking_id WHEN f.kind IN (1, 2) THEN f.subject END
    LEFT JOIN account a ON a.id = b.user_id
    LEFT JOIN notice_detail d ON n.kind = \(NoticeRow.changed) AND d.event_id = n.event_id AND d.seq = n.seq
    LEFT JOIN feed_event e ON f.kind = 3 AND e.event_id = f.subject
    """

  /// nil: the number of its booking is beyond what public names can say.
  static func decode(_ row: some StoredRow, _ cipher: BookingIDCipher) -> FeedItem? {
    guard let kind = FeedKind(rawValue: row.int64(1)), let change = change(kind, row, cipher) else {
      return nil
    }
    let isNotice = kind == .notice
    let event = EventID(isNotice || kind == .eventCreated ? row.int64(2) : row.int64(9))
    let state =
      isNotice
      ? EventState(
        event: event, seq: row.uint64(3), availableSeats: row.int(5), seatCapacity: row.int(6),
        types: row.optionalText(24).map(TicketTypeText.availability) ?? [])
      : nil
    return FeedItem(
      position: row.int64(0), event: event, at: isNotice ? row.instant(7) : row.instant(3), change: change,
      state: state)
  }

  private static func change(_ kind: FeedKind, _ row: some StoredRow, _ cipher: BookingIDCipher) -> FeedItem
    .Change?
  {
    switch kind {
    case .confirmed: return booking(.confirmed, row, cipher)
    case .extended: return booking(.extended, row, cipher)
    case .eventCreated: return details(row).map { .eventCreated($0, seatCapacity: row.int(22)) }
    case .notice: break
    }
    switch row.int(4) {
    case NoticeRow.created: return booking(row.optionalInt64(14) == nil ? .confirmed : .held, row, cipher)
    case NoticeRow.cancelled:
      // A booking ends once, so its state now is the one that this notice announced.
      return booking(
        row.int(13) == BookingStatus.expired.rawValue ? .expired : .cancelled, row, cipher)
    default: return details(row).map { .eventUpdated($0) } ?? .capacityChanged
    }
  }

  private static func booking(
    _ change: FeedItem.BookingChange, _ row: some StoredRow, _ cipher: BookingIDCipher
  ) -> FeedItem.Change? {
    guard let id = cipher.publicID(of: BookingID(row.int64(8))) else { return nil }
    let facts = Notice.BookingFacts(
      booking: id, user: row.subject(11), quantity: row.int(12),
      type: row.optionalInt64(23).map { Int($0) })
    // A hold is extended once, so its first end is the present one without the extension.
    let ends: Instant? =
      switch change {
      case .held: row.optionalInstant(14).map { Instant(milliseconds: $0.milliseconds - row.number(15)) }
      case .extended, .expired: row.optionalInstant(14)
      case .confirmed, .cancelled: nil
      }
    return .booking(change, facts, issuer: row.text(10), expiresAt: ends)
  }

  /// nil: there are none.
  private static func details(_ row: some StoredRow) -> EventDetails? {
    guard let status = PublicStatus(rawValue: row.text(16)) else { return nil }
    return EventDetails(
      status: status, name: row.text(17), startsAt: row.optionalInstant(18), opensAt: row.optionalInstant(19),
      closesAt: row.optionalInstant(20), maxPerBooking: row.int(21))
  }
}
