// The record, read: seals, what is not sealed yet, and the rows that entries are made from, as the bytes that are hashed.
// Whoever makes them again gets the same, because the rows an entry is made from never change. One connection's thread.

/// What a database has once and every entry needs.
struct RecordFacts: Sendable {
  /// Names the record; never changes, in copies of the database either.
  let record: String
  let epoch: String
  let cipher: BookingIDCipher
  /// Of `RecordPseudonyms`.
  let userKey: [UInt8]

  /// Nil: the table `meta` lacks something.
  init?(epoch: String?, record: String?, bookingKey: String?, userKey: String?) {
    guard let epoch, let record, let bookingKey = bookingKey.flatMap({ UInt64($0, radix: 16) }),
      let userKey = userKey.flatMap({ bytes(hex: $0) }), userKey.count == RecordPseudonyms.keyBytes
    else { return nil }
    self.epoch = epoch
    self.record = record
    cipher = BookingIDCipher(key: bookingKey)
    self.userKey = userKey
  }

  /// From the table `meta`.
  init(_ connection: Connection) throws(StoreFailure) {
    let read = { (name: String) throws(StoreFailure) in try DatabaseFacts.meta(name, connection) }
    guard
      let facts = RecordFacts(
        epoch: try read("epoch"), record: try read(Self.recordName), bookingKey: try read("booking_key"),
        userKey: try read(Self.userKeyName))
    else { throw StoreFailure(code: StoreFailure.corrupt, message: "the table meta is damaged") }
    self = facts
  }

  /// The names in the table `meta`.
  static let recordName = "record_id"
  static let userKeyName = "record_user_key"
  /// Where the feed stood when a database that had none got its record.
  static let feedStartName = "record_feed_start"
}

final class RecordReads {
  /// Where one kind of rows stands.
  struct Ends: Equatable {
    var feed: Int64
    var waiting: Int64
  }

  struct FeedRun {
    /// Of its last entry.
    let position: Int64
    let count: Int64
    /// nil: of a kind that this program does not know.
    let item: RecordItem?
  }

  struct WaitingRow {
    let position: Int64
    /// The position of the feed behind which it stands.
    let afterFeed: Int64
  }

  let facts: RecordFacts
  private let connection: Connection
  private let lastSeal, nextSeal, sealAt: Statement
  private let feedRuns, earlierRuns, waitingRows, ends, hasEarlier: Statement
  private let notices, booking, made, waiting: Statement
  private var pseudonyms: RecordPseudonyms

  convenience init(_ path: String, facts: RecordFacts, vfs: String?) throws(StoreFailure) {
    try self.init(try Connection(path, .reader, vfs: vfs), facts: facts)
  }

  init(_ connection: Connection, facts: RecordFacts) throws(StoreFailure) {
    self.connection = connection
    self.facts = facts
    pseudonyms = RecordPseudonyms(key: facts.userKey)
    let seal = "SELECT \(SealRow.columns)"
    lastSeal = try Statement(connection, "\(seal), '' FROM record_seal ORDER BY number DESC LIMIT 1")
    nextSeal = try Statement(
      connection, "\(seal), items FROM record_seal WHERE number > ? ORDER BY number LIMIT 1")
    sealAt = try Statement(connection, "\(seal), '' FROM record_seal WHERE number = ?")
    feedRuns = try Statement(
      connection,
      """
      SELECT position, kind, subject, number, count FROM feed WHERE position > ? ORDER BY position LIMIT ?
      """)
    earlierRuns = try Statement(
      connection,
      """
      SELECT position, kind, subject, number, count FROM earlier_feed WHERE position > ?
      ORDER BY position LIMIT ?
      """)
    waitingRows = try Statement(
      connection,
      """
      SELECT position, after_feed FROM waiting_log WHERE position > ? AND after_feed <= ?
      ORDER BY position LIMIT ?
      """)
    ends = try Statement(
      connection,
      """
      SELECT (SELECT coalesce(max(position), 0) FROM feed),
        (SELECT coalesce(max(position), 0) FROM waiting_log)
      """)
    hasEarlier = try Statement(connection, "SELECT EXISTS (SELECT 1 FROM earlier_feed)")
    notices = try Statement(connection, RecordNoticeRow.statement)
    booking = try Statement(connection, "SELECT event_id, held_until FROM booking WHERE id = ?")
    made = try Statement(connection, "SELECT name, status, capacity FROM feed_event WHERE event_id = ?")
    waiting = try Statement(
      connection,
      """
      SELECT kind, event_id, place, user_id, quantity, type_id, at FROM waiting_log
      WHERE position > ? AND position <= ? ORDER BY position
      """)
  }

  // MARK: Seals

  /// Without its items.
  func last() throws(StoreFailure) -> RecordSeal? { try checked(lastSeal.all([], SealRow.decode)).first }

  /// Without its items.
  func seal(_ number: Int64) throws(StoreFailure) -> RecordSeal? {
    try checked(sealAt.all([.int(number)], SealRow.decode)).first
  }

  /// The first one behind `number`.
  func seal(after number: Int64) throws(StoreFailure) -> RecordSeal? {
    try checked(nextSeal.all([.int(number)], SealRow.decode)).first
  }

  private func checked(_ rows: [RecordSeal?]) throws(StoreFailure) -> [RecordSeal] {
    let seals = rows.compactMap { $0 }
    guard seals.count == rows.count else { throw Self.damage("a row of record_seal") }
    return seals
  }

  // MARK: What is not sealed

  func currentEnds() throws(StoreFailure) -> Ends {
    try ends.first([]) { Ends(feed: $0.int64(0), waiting: $0.int64(1)) } ?? Ends(feed: 0, waiting: 0)
  }

  /// Whether there is something from before the record.
  func hasEarlierEntries() throws(StoreFailure) -> Bool { try hasEarlier.first { $0.int(0) != 0 } ?? false }

  /// Where the feed stood when the record began.
  func feedStart() throws(StoreFailure) -> Int64 {
    try DatabaseFacts.meta(RecordFacts.feedStartName, connection).flatMap { Int64($0) } ?? 0
  }

  func feed(after position: Int64, limit: Int) throws(StoreFailure) -> [FeedRun] {
    try feedRuns.all([.int(position), .int(limit)], Self.run)
  }

  func earlier(after position: Int64, limit: Int) throws(StoreFailure) -> [FeedRun] {
    try earlierRuns.all([.int(position), .int(limit)], Self.run)
  }

  private static func run(_ row: Row) -> FeedRun {
    FeedRun(
      position: row.int64(0), count: row.int64(4),
      item: RecordItem(kind: row.int64(1), subject: row.int64(2), number: row.int64(3), count: row.int64(4)))
  }

  /// Those that stand at or before a position of the feed.
  func waiting(
    after position: Int64, through feed: Int64, limit: Int
  ) throws(StoreFailure) -> [WaitingRow] {
    try waitingRows.all([.int(position), .int(feed), .int(limit)]) {
      WaitingRow(position: $0.int64(0), afterFeed: $0.int64(1))
    }
  }

  // MARK: Entries

  /// Makes the entries of an item, from a number on.
  /// - Parameter each: gets the bytes and the event; nil: the entry is about the record itself.
  func entries(
    of item: RecordItem, from number: UInt64, _ writer: inout RecordEntryWriter,
    _ each: ([UInt8], _ event: Int64?) -> Void
  ) throws(StoreFailure) {
    switch item {
    case .literal(let text):
      writer.literal(number, text)
      each(writer.bytes, nil)
    case .made(let event, let at): try writeMade(event, at, number, &writer, each)
    case .confirmed(let id, let at): try writeHold("confirmed", id, at, number, &writer, each)
    case .extended(let id, let at): try writeHold("extended", id, at, number, &writer, each)
    case .notices(let event, let last, let count):
      let from = last - count
      var next = number
      let rows = try notices.all([.int(event), .int(from), .int(last)]) { row in
        let seq = from + 1 + Int64(next - number)
        let isGood = RecordNoticeRow.write(row, of: event, seq, next, facts.cipher, &pseudonyms, &writer)
        next += 1
        if isGood { each(writer.bytes, event) }
        return isGood
      }
      guard Int64(rows.count) == count, rows.allSatisfy({ $0 }) else {
        throw Self.damage("a change of event \(event) between \(from + 1) and \(last)")
      }
    case .waiting(let last, let count): try writeWaiting(last, count, number, &writer, each)
    }
  }

  private func writeMade(
    _ event: Int64, _ at: Int64, _ number: UInt64, _ writer: inout RecordEntryWriter,
    _ each: ([UInt8], Int64?) -> Void
  ) throws(StoreFailure) {
    let found = try made.first([.int(event)]) { row in
      writer.begin(number, "event")
      writer.number("event", event)
      writer.string("name", row.text(0))
      writer.string("status", row.text(1))
      writer.number("capacity", row.int64(2))
      writer.number("at", at)
      writer.end()
      return true
    }
    guard found == true else { throw Self.damage("the making of event \(event)") }
    each(writer.bytes, event)
  }

  private func writeHold(
    _ kind: String, _ id: Int64, _ at: Int64, _ number: UInt64, _ writer: inout RecordEntryWriter,
    _ each: ([UInt8], Int64?) -> Void
  ) throws(StoreFailure) {
    guard let publicID = facts.cipher.publicID(of: BookingID(id)),
      let event = try booking.first(
        [.int(id)],
        { row in
          writer.begin(number, kind)
          writer.number("event", row.int64(0))
          writer.booking(publicID)
          // A hold is extended once, so its end is the one that the extension gave it.
          if kind == "extended" { writer.number("until", row.int64(1)) }
          writer.number("at", at)
          writer.end()
          return row.int64(0)
        })
    else { throw Self.damage("a booking that was \(kind)") }
    each(writer.bytes, event)
  }

  private func writeWaiting(
    _ last: Int64, _ count: Int64, _ number: UInt64, _ writer: inout RecordEntryWriter,
    _ each: ([UInt8], Int64?) -> Void
  ) throws(StoreFailure) {
    var next = number
    let rows = try waiting.all([.int(last - count), .int(last)]) { row in
      guard let change = WaitingChange(rawValue: row.int64(0)) else { return false }
      let event = row.int64(1)
      writer.begin(next, change.word)
      writer.number("event", event)
      if let place = row.optionalInt64(2) { writer.number("place", place) }
      if change == .joined {
        writer.plain("user", pseudonyms.name(of: row.int64(3), in: event))
        writer.number("quantity", row.int64(4))
        if let type = row.optionalInt64(5) { writer.number("type", type) }
      }
      writer.number("at", row.int64(6))
      writer.end()
      next += 1
      each(writer.bytes, event)
      return true
    }
    guard Int64(rows.count) == count, rows.allSatisfy({ $0 }) else {
      throw Self.damage("a change of a waiting list between \(last - count + 1) and \(last)")
    }
  }

  static func damage(_ what: String) -> StoreFailure {
    StoreFailure(code: StoreFailure.corrupt, message: "the record is damaged: \(what) is missing or wrong")
  }
}

private enum SealRow {
  static let columns =
    "number, size, link, epoch, key, head, feed_position, waiting_position, earlier_position"

  static func decode(_ row: Row) -> RecordSeal? {
    guard let link = Base64.unpadded(row.text(2)), link.count == RecordChain.digestBytes,
      let key = RecordPublicKey(base64: row.text(4))
    else { return nil }
    return RecordSeal(
      number: row.number(0), size: row.uint64(1), link: link, epoch: row.text(3), key: key, head: row.text(5),
      feed: row.int64(6), waiting: row.int64(7), earlier: row.int64(8), items: row.text(9))
  }
}

private enum RecordNoticeRow {
  /// Details are looked for only where a notice can have some.
  static let statement = """
    SELECT n.seq, n.kind, n.available, n.capacity, n.at, n.types, n.booking_id, b.user_id, b.quantity, b.state,
      b.held_until, b.extended, b.type_id, d.status, d.name
    FROM notice n LEFT JOIN booking b ON b.id = n.booking_id
      LEFT JOIN notice_detail d
        ON d.event_id = iif(n.kind = \(NoticeRow.changed), n.event_id, NULL) AND d.seq = n.seq
    WHERE n.event_id = ? AND n.seq > ? AND n.seq <= ? ORDER BY n.seq
    """

  /// - Returns: false: this is not the notice of this `seq`, or its booking is missing.
  static func write(
    _ row: Row, of event: Int64, _ seq: Int64, _ number: UInt64, _ cipher: BookingIDCipher,
    _ pseudonyms: inout RecordPseudonyms, _ writer: inout RecordEntryWriter
  ) -> Bool {
    guard row.int64(0) == seq else { return false }
    let status = row.optionalText(13)
    writer.begin(number, kind(row, status))
    writer.number("event", event)
    writer.number("seq", seq)
    if row.int(1) == NoticeRow.changed {
      if let status {
        writer.string("name", row.text(14))
        writer.string("status", status)
      }
    } else {
      guard let user = row.optionalInt64(7), let id = cipher.publicID(of: BookingID(row.int64(6))) else {
        return false
      }
      writer.booking(id)
      writer.plain("user", pseudonyms.name(of: user, in: event))
      writer.number("quantity", row.int64(8))
      if let type = row.optionalInt64(12) { writer.number("type", type) }
      // As it was when it was made: an extension comes later, and once.
      if row.int(1) == NoticeRow.created, row.optionalInt64(10) != nil {
        writer.number("until", row.number(10) - row.number(11))
      }
    }
    writer.number("available", row.int64(2))
    writer.number("capacity", row.int64(3))
    if let types = row.optionalText(5) { writer.types(TicketTypeText.availability(types)) }
    writer.number("at", row.int64(4))
    writer.end()
    return true
  }

  private static func kind(_ row: Row, _ status: String?) -> String {
    switch row.int(1) {
    case NoticeRow.created: row.optionalInt64(10) == nil ? "booked" : "held"
    // A booking ends once, so its state now is the one that this notice announced.
    case NoticeRow.cancelled: row.int(9) == BookingStatus.expired.rawValue ? "expired" : "cancelled"
    default: status == nil ? "capacity" : "updated"
    }
  }
}
