// Between rows and domain values: the columns of each kind of row, in the order in which they are decoded.

enum EventRow {
  static let columns = """
    id, name, description, venue, starts_at, opens_at, closes_at, status, capacity, sold, held,
    max_per_booking, max_per_user, hold_seconds, seq, version, created_at, updated_at, shown,
    hold_extension_seconds, next_type, types, type_counts
    """

  static func decode(_ row: some StoredRow) -> Event {
    var event = Event(
      id: EventID(row.int64(0)), name: row.text(1), description: row.text(2), venue: row.text(3),
      startsAt: row.optionalInstant(4), opensAt: row.optionalInstant(5), closesAt: row.optionalInstant(6),
      status: EventStatus(rawValue: row.text(7)) ?? .closed,
      shown: PublicStatus(rawValue: row.text(18)) ?? .closed, seatCapacity: row.int(8), sold: row.int(9),
      held: row.int(10), maxPerBooking: row.int(11), maxPerUser: row.int(12), holdSeconds: row.int(13),
      holdExtensionSeconds: row.int(19), seq: row.uint64(14), version: row.uint64(15),
      createdAt: row.instant(16), updatedAt: row.instant(17))
    event.nextType = row.int(20)
    if let types = row.optionalText(21) {
      event.types = TicketTypeText.types(types, counts: row.optionalText(22) ?? "")
    }
    return event
  }

  /// Whether the numbers of an event can be: no more is sold and held than there is, of no type either.
  static func isSound(_ event: Event) -> Bool {
    let moments = [event.startsAt, event.opensAt, event.closesAt, event.createdAt, event.updatedAt]
    return event.id.rawValue > 0 && isSound(event.seatCapacity, event.sold, event.held)
      && event.maxPerBooking > 0 && event.maxPerUser >= 0
      && event.holdSeconds >= 0 && event.holdExtensionSeconds >= 0 && event.nextType > 0
      && moments.allSatisfy { $0.map { (Timestamps.earliest...Timestamps.latest).contains($0) } ?? true }
      && event.types.allSatisfy { isSound($0.capacity ?? event.seatCapacity, $0.sold, $0.held) }
  }

  private static func isSound(_ capacity: Int, _ sold: Int, _ held: Int) -> Bool {
    sold >= 0 && held >= 0 && sold <= capacity && held <= capacity - sold
  }

  /// All columns after `id`.
  static func values(_ event: Event) -> [Statement.Value] {
    [
      .text(event.name), .text(event.description), .text(event.venue), .instant(event.startsAt),
      .instant(event.opensAt), .instant(event.closesAt), .text(event.status.rawValue),
      .int(event.seatCapacity), .int(event.sold), .int(event.held), .int(event.maxPerBooking),
      .int(event.maxPerUser), .int(event.holdSeconds), .int(Int64(event.seq)), .int(Int64(event.version)),
      .instant(event.createdAt), .instant(event.updatedAt), .text(event.shown.rawValue),
      .int(event.holdExtensionSeconds), .int(event.nextType),
      event.types.isEmpty ? .null : .text(TicketTypeText.definitions(event.types)),
      event.types.isEmpty ? .null : .text(TicketTypeText.counts(event.counts.types)),
    ]
  }
}

enum BookingRow {
  /// A booking `b`; `n`, the notice of its last change; `a`, its user.
  static let columns = """
    b.id, b.event_id, b.user_id, b.quantity, b.created_at, b.created_seq, b.cancelled_at, b.cancelled_seq,
    n.available, a.subject, b.state, b.held_until, b.extended, b.type_id
    """
  /// The same as it was when it was made, with the counts of its own commit.
  static let columnsAsMade = """
    b.id, b.event_id, b.user_id, b.quantity, b.created_at, b.created_seq, NULL, NULL, n.available, a.subject,
    iif(b.held_until IS NULL, \(BookingStatus.confirmed.rawValue), \(BookingStatus.held.rawValue)),
    b.held_until - b.extended, 0, b.type_id
    """
  static let join = """
    booking b JOIN notice n
      ON n.event_id = b.event_id AND n.seq = coalesce(b.cancelled_seq, b.created_seq)
      JOIN account a ON a.id = b.user_id
    """

  /// nil: the number is beyond what public names can say.
  static func decode(_ row: some StoredRow, _ cipher: BookingIDCipher) -> BookingOutcome? {
    let id = BookingID(row.int64(0))
    guard let publicID = cipher.publicID(of: id) else { return nil }
    let endedAt = row.optionalInstant(6)
    let booking = Booking(
      id: id, publicID: publicID, event: EventID(row.int64(1)), user: UserID(row.int64(2)),
      subject: row.subject(9), quantity: row.int(3),
      type: row.optionalInt64(13).map { Int($0) }, status: BookingStatus(rawValue: row.int(10)) ?? .cancelled,
      createdAt: row.instant(4),
      createdSeq: row.uint64(5), expiresAt: row.optionalInstant(11), extended: row.number(12),
      cancelledAt: endedAt, cancelledSeq: endedAt.map { _ in row.uint64(7) })
    return BookingOutcome(
      booking: booking, availableSeats: row.int(8), seq: booking.cancelledSeq ?? booking.createdSeq,
      replayed: false)
  }
}

enum NoticeRow {
  /// A notice `n`; `b` and `a`, its booking and the booking's user when it has one; `d`, the details when it announces
  /// some.
  static let columns = """
    n.event_id, n.seq, n.kind, n.available, n.capacity, n.at, b.id, a.subject, b.quantity,
    d.status, d.name, d.starts_at, d.opens_at, d.closes_at, d.max_per_booking, n.types, b.type_id
    """
  static let join = """
    notice n LEFT JOIN booking b ON b.id = n.booking_id LEFT JOIN account a ON a.id = b.user_id
      LEFT JOIN notice_detail d ON n.kind = \(changed) AND d.event_id = n.event_id AND d.seq = n.seq
    """
  static let created = 1
  static let cancelled = 2
  /// By an admin: the capacity alone, or whatever `notice_detail` says.
  static let changed = 3

  static func decode(_ row: some StoredRow, _ cipher: BookingIDCipher) -> Notice? {
    guard let change = change(row, cipher) else { return nil }
    return Notice(
      event: EventID(row.int64(0)), seq: row.uint64(1), change: change, availableSeats: row.int(3),
      seatCapacity: row.int(4), types: row.optionalText(15).map(TicketTypeText.availability) ?? [],
      at: row.instant(5))
  }

  private static func change(_ row: some StoredRow, _ cipher: BookingIDCipher) -> Notice.Change? {
    if row.int(2) == changed { return details(row).map { .eventUpdated($0) } ?? .capacityChanged }
    guard let booking = cipher.publicID(of: BookingID(row.int64(6))) else { return nil }
    let facts = Notice.BookingFacts(
      booking: booking, user: row.subject(7), quantity: row.int(8),
      type: row.optionalInt64(16).map { Int($0) })
    return row.int(2) == created ? .bookingCreated(facts) : .bookingCancelled(facts)
  }

  /// nil: the notice has none.
  private static func details(_ row: some StoredRow) -> EventDetails? {
    guard let status = PublicStatus(rawValue: row.text(9)) else { return nil }
    return EventDetails(
      status: status, name: row.text(10), startsAt: row.optionalInstant(11), opensAt: row.optionalInstant(12),
      closesAt: row.optionalInstant(13), maxPerBooking: row.int(14))
  }

  /// The columns of `notice_detail`.
  static func values(_ details: EventDetails, of notice: Notice) -> [Statement.Value] {
    [
      .int(notice.event.rawValue), .int(Int64(notice.seq)), .text(details.status.rawValue),
      .text(details.name),
      .instant(details.startsAt), .instant(details.opensAt), .instant(details.closesAt),
      .int(details.maxPerBooking),
    ]
  }
}

/// Ticket types as text in the rows of events and notices: they are always read together with their event.
enum TicketTypeText {
  /// A JSON array of what an admin said.
  static func definitions(_ types: [TicketType]) -> String {
    var writer = JSONWriter()
    writer.array { writer in
      for type in types {
        writer.object { writer in
          writer.member("id", type.id)
          writer.member("name", type.name)
          writer.member("capacity", orNull: type.capacity)
          writer.member("maxPerBooking", orNull: type.maxPerBooking)
          writer.member("maxPerUser", type.maxPerUser)
          writer.member("opensAt", orNull: type.opensAt.map { Int($0.milliseconds) })
          writer.member("closesAt", orNull: type.closesAt.map { Int($0.milliseconds) })
        }
      }
    }
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// `sold:held` of each type, in order.
  static func counts(_ counts: [TicketType.Counts]) -> String {
    counts.map { "\($0.sold):\($0.held)" }.joined(separator: ",")
  }

  static func types(_ definitions: String, counts: String) -> [TicketType] {
    guard case .array(let elements)? = try? StrictJSON.parse(Array(definitions.utf8)) else { return [] }
    let counts = pairs(counts)
    return elements.enumerated().compactMap { index, element in
      guard let members = element.members, let id = members["id"]?.whole, let name = members["name"]?.text
      else { return nil }
      // As `Row.number` does.
      func number(_ name: String) -> Int? {
        members[name]?.whole.map { Int(min(max($0, -Row.greatest), Row.greatest)) }
      }
      func moment(_ name: String) -> Instant? { members[name]?.whole.map { Instant(milliseconds: $0) } }
      let (sold, held) = index < counts.count ? counts[index] : (0, 0)
      return TicketType(
        id: Int(id), name: name, capacity: number("capacity"), maxPerBooking: number("maxPerBooking"),
        maxPerUser: number("maxPerUser") ?? 0, opensAt: moment("opensAt"), closesAt: moment("closesAt"),
        sold: sold, held: held)
    }
  }

  /// `id:available` of each type, in order.
  static func text(_ types: [TypeAvailability]) -> String {
    types.map { "\($0.id):\($0.available)" }.joined(separator: ",")
  }

  static func availability(_ text: String) -> [TypeAvailability] {
    pairs(text).map { TypeAvailability(id: $0.0, available: $0.1) }
  }

  private static func pairs(_ text: String) -> [(Int, Int)] {
    text.split(separator: ",").compactMap { pair in
      let numbers = pair.split(separator: ":").compactMap { Int($0) }
      return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
    }
  }
}

enum AccountRow {
  static let columns = "id, subject, email, name, role, created_at, password_hash"
  /// The local account of an address: one that has still its former key, else the one of the key.
  static let hasEmail = "email_key IN (?1, ?2) ORDER BY email_key = ?1 DESC LIMIT 1"

  static func values(_ email: EmailKey) -> [Statement.Value] { [.text(email.former), .text(email.text)] }

  /// Of rows with a password only: others are identities that booked, and have no name here.
  static func decode(_ row: some StoredRow) -> Account {
    let user = User(
      id: UserID(row.int64(0)), subject: row.subject(1), email: row.text(2), name: row.text(3),
      role: Role(rawValue: row.text(4)) ?? .user, createdAt: row.instant(5))
    return Account(user: user, passwordHash: row.text(6))
  }
}

enum PersonRow {
  static let columns = "\(AccountRow.columns), issuer, disabled_at"

  static func decode(_ row: some StoredRow) -> Person {
    let hasAccount = row.optionalText(6) != nil
    return Person(
      id: UserID(row.int64(0)), identity: Identity(issuer: row.text(7), subject: row.subject(1)),
      account: hasAccount ? AccountRow.decode(row).user : nil, createdAt: row.instant(5),
      isDisabled: row.optionalInt64(8) != nil)
  }
}

extension Statement.Value {
  static func instant(_ instant: Instant?) -> Self { .optional(instant?.milliseconds) }
}
