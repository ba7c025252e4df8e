// Entries of the record, made from the rows of either database.

/// What a database has to give for `RecordSource.entries`: rows with the columns that are named here, decoded while they stand.
protocol RecordRows: RecordSource {
  associatedtype EntryRow: StoredRow

  /// Names users in entries; remembers some of what it has computed.
  var pseudonyms: RecordPseudonyms { get set }

  /// `RecordNoticeRow.columns` of an event's notices with `after < seq <= through`, in order.
  /// - Returns: what `visit` made of each.
  func noticeRows(
    of event: Int64, after: Int64, through: Int64, _ visit: (EntryRow) -> Bool
  ) throws(StoreFailure) -> [Bool]
  /// The columns `event_id, held_until` of a booking.
  /// - Returns: what `visit` gave; nil: there is no such booking.
  func bookingRow(_ id: Int64, _ visit: (EntryRow) -> Int64) throws(StoreFailure) -> Int64?
  /// The columns `name, status, capacity` of an event as it was made.
  /// - Returns: whether there is such a row.
  func madeRow(_ event: Int64, _ visit: (EntryRow) -> Void) throws(StoreFailure) -> Bool
  /// `RecordWaitingRow.columns` of the changes of waiting lists with `after < position <= through`, in order.
  /// - Returns: what `visit` made of each.
  func waitingRows(
    after: Int64, through: Int64, _ visit: (EntryRow) -> Bool
  ) throws(StoreFailure) -> [Bool]
}

extension RecordRows {
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
      let rows = try noticeRows(of: event, after: from, through: last) { row in
        let seq = from + 1 + Int64(next - number)
        let isGood = RecordNoticeRow.write(row, of: event, seq, next, facts.cipher, &pseudonyms, &writer)
        next += 1
        if isGood { each(writer.bytes, event) }
        return isGood
      }
      guard Int64(rows.count) == count, rows.allSatisfy({ $0 }) else {
        throw StoreFailure.damagedRecord("a change of event \(event) between \(from + 1) and \(last)")
      }
    case .waiting(let last, let count): try writeWaiting(last, count, number, &writer, each)
    }
  }

  private func writeMade(
    _ event: Int64, _ at: Int64, _ number: UInt64, _ writer: inout RecordEntryWriter,
    _ each: ([UInt8], Int64?) -> Void
  ) throws(StoreFailure) {
    let isFound = try madeRow(event) { row in
      writer.begin(number, "event")
      writer.number("event", event)
      writer.string("name", row.text(0))
      writer.string("status", row.text(1))
      writer.number("capacity", row.int64(2))
      writer.number("at", at)
      writer.end()
    }
    guard isFound else { throw StoreFailure.damagedRecord("the making of event \(event)") }
    each(writer.bytes, event)
  }

  private func writeHold(
    _ kind: String, _ id: Int64, _ at: Int64, _ number: UInt64, _ writer: inout RecordEntryWriter,
    _ each: ([UInt8], Int64?) -> Void
  ) throws(StoreFailure) {
    guard let publicID = facts.cipher.publicID(of: BookingID(id)),
      let event = try bookingRow(
        id,
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
    else { throw StoreFailure.damagedRecord("a booking that was \(kind)") }
    each(writer.bytes, event)
  }

  private func writeWaiting(
    _ last: Int64, _ count: Int64, _ number: UInt64, _ writer: inout RecordEntryWriter,
    _ each: ([UInt8], Int64?) -> Void
  ) throws(StoreFailure) {
    var next = number
    let rows = try waitingRows(after: last - count, through: last) { row in
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
      throw StoreFailure.damagedRecord("a change of a waiting list between \(last - count + 1) and \(last)")
    }
  }
}

extension StoreFailure {
  static func damagedRecord(_ what: String) -> StoreFailure {
    StoreFailure(code: corrupt, message: "the record is damaged: \(what) is missing or wrong")
  }
}

enum SealRow {
  /// Of the table `record_seal`; `items` stand behind them.
  static let columns =
    "number, size, link, epoch, key, head, feed_position, waiting_position, earlier_position"

  static func all(_ rows: [RecordSeal?]) throws(StoreFailure) -> [RecordSeal] {
    let seals = rows.compactMap { $0 }
    guard seals.count == rows.count else { throw StoreFailure.damagedRecord("a row of record_seal") }
    return seals
  }

  /// Nil: it is damaged.
  static func decode(_ row: some StoredRow) -> RecordSeal? {
    guard let link = Base64.unpadded(row.text(2)), link.count == RecordChain.digestBytes,
      let key = RecordPublicKey(base64: row.text(4))
    else { return nil }
    return RecordSeal(
      number: row.number(0), size: row.uint64(1), link: link, epoch: row.text(3), key: key, head: row.text(5),
      feed: row.int64(6), waiting: row.int64(7), earlier: row.int64(8), items: row.text(9))
  }
}

enum RecordNoticeRow {
  /// A notice `n`, its booking `b` when it has one, and `d`, the details that it announces.
  static let columns = """
    n.seq, n.kind, n.available, n.capacity, n.at, n.types, n.booking_id, b.user_id, b.quantity, b.state,
    b.held_until, b.extended, b.type_id, d.status, d.name
    """

  /// - Returns: false: this is not the notice of this `seq`, or its booking is missing.
  static func write(
    _ row: some StoredRow, of event: Int64, _ seq: Int64, _ number: UInt64, _ cipher: BookingIDCipher,
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

  private static func kind(_ row: some StoredRow, _ status: String?) -> String {
    switch row.int(1) {
    case NoticeRow.created: row.optionalInt64(10) == nil ? "booked" : "held"
    // A booking ends once, so its state now is the one that this notice announced.
    case NoticeRow.cancelled: row.int(9) == BookingStatus.expired.rawValue ? "expired" : "cancelled"
    default: status == nil ? "capacity" : "updated"
    }
  }
}

enum RecordWaitingRow {
  /// Of the table `waiting_log`.
  static let columns = "kind, event_id, place, user_id, quantity, type_id, at"
}

enum FeedRunRow {
  /// Of the tables `feed` and `earlier_feed`.
  static let columns = "position, kind, subject, number, count"

  static func decode(_ row: some StoredRow) -> FeedRun {
    FeedRun(
      position: row.int64(0), count: row.int64(4),
      item: RecordItem(kind: row.int64(1), subject: row.int64(2), number: row.int64(3), count: row.int64(4)))
  }
}
