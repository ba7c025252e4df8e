// What one node tells those that follow an event, right after its commit: the event as it is now, and the notices of the commit. A
// node that knows the revision before it needs no look at the store. Pure values; any thread.

struct BusMessage: Sendable, Equatable {
  /// After the commit.
  var revision: Int64
  var event: Event
  /// Of the commit, in order and without gaps; the last one has the event's `seq`. Empty: only what nobody is told has changed.
  var notices: [Notice] = []
  /// Whether the waiting list has changed, which is not told here: it is to be read from the store.
  var waitingChanged = false
}

/// What a message of the bus means to a node.
enum Heard: Sendable, Equatable {
  case message(BusMessage)
  /// Something of the event has changed: it is to be looked at in the store.
  case wakeUp(EventID)
}

/// Messages as bytes: a line of ASCII, then one JSON array whose elements stand for themselves by their places.
///
///     1 EVENT CODE\n[revision,waitingChanged,[event…],[[notice…],…]]
///
/// The first number is the version: what a newer node sends wakes an older one up, which then looks at the store, so nodes of two
/// versions stand side by side. `CODE` is an HMAC over the rest with a key that only nodes of this very database have: what
/// somebody else writes to the bus, or another cluster, or what is damaged, is a wake-up at most, and never what is decided on.
struct BusCodec: Sendable {
  static let version: Int64 = 1
  /// Longer ones are not sent: the store wakes the others up.
  static let mostBytes = 512 * 1_024
  private static let longestLine = 128
  private static let label = Array("seatcast bus 1\n".utf8)

  private let key: [UInt8]

  /// - Parameters:
  ///   - secret: what all nodes have from the store, and nobody else.
  ///   - epoch: of the database.
  init(secret: [UInt8], epoch: String) {
    key = Cryptography.hmacSHA256(Self.label + Array(epoch.utf8), key: secret)
  }

  /// nil: it would be too long.
  func bytes(of message: BusMessage) -> [UInt8]? {
    var writer = JSONWriter(capacity: 512 + 160 * message.notices.count)
    message.write(to: &writer)
    guard writer.bytes.count <= Self.mostBytes - Self.longestLine else { return nil }
    let head = "\(Self.version) \(message.event.id.rawValue) "
    return Array(head.utf8) + code(head, writer.bytes[...]) + [UInt8(ascii: "\n")] + writer.bytes
  }

  /// nil: not even a wake-up.
  func read(_ bytes: [UInt8]) -> Heard? {
    guard bytes.count <= Self.mostBytes,
      let end = bytes.prefix(Self.longestLine).firstIndex(of: UInt8(ascii: "\n"))
    else { return nil }
    let words = bytes[..<end].split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard words.count >= 2, let version = Decimal.identifier(words[0]),
      let number = Decimal.identifier(words[1])
    else { return nil }
    let event = EventID(number)
    guard version == Self.version, words.count == 3,
      Cryptography.equal(Array(words[2]), code("\(version) \(number) ", bytes[(end + 1)...])),
      let message = BusMessage(Array(bytes[(end + 1)...])), message.event.id == event
    else { return .wakeUp(event) }
    return .message(message)
  }

  private func code(_ head: String, _ body: ArraySlice<UInt8>) -> [UInt8] {
    Array(hex(Cryptography.hmacSHA256(Array(head.utf8) + body, key: key)).utf8)
  }
}

// MARK: - Writing

extension BusMessage {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.array { writer in
      writer.integer(revision)
      writer.bool(waitingChanged)
      Self.write(event, to: &writer)
      writer.array { writer in for notice in notices { Self.write(notice, to: &writer) } }
    }
  }

  private static func write(_ event: Event, to writer: inout JSONWriter) {
    writer.array { writer in
      writer.integer(event.id.rawValue)
      for text in [event.name, event.description, event.venue] { writer.string(text) }
      for moment in [event.startsAt, event.opensAt, event.closesAt] { writer.milliseconds(moment) }
      writer.string(event.status.rawValue)
      writer.string(event.shown.rawValue)
      for number in [
        event.seatCapacity, event.sold, event.held, event.maxPerBooking, event.maxPerUser,
        event.holdSeconds, event.holdExtensionSeconds, event.nextType,
      ] { writer.integer(number) }
      writer.integer(event.seq)
      writer.integer(event.version)
      for moment in [event.createdAt, event.updatedAt] { writer.milliseconds(moment) }
      writer.array { writer in for type in event.types { write(type, to: &writer) } }
    }
  }

  private static func write(_ type: TicketType, to writer: inout JSONWriter) {
    writer.array { writer in
      writer.integer(type.id)
      writer.string(type.name)
      writer.number(type.capacity)
      writer.number(type.maxPerBooking)
      writer.integer(type.maxPerUser)
      writer.milliseconds(type.opensAt)
      writer.milliseconds(type.closesAt)
      writer.integer(type.sold)
      writer.integer(type.held)
    }
  }

  private static func write(_ notice: Notice, to writer: inout JSONWriter) {
    writer.array { writer in
      writer.integer(notice.seq)
      writer.integer(notice.availableSeats)
      writer.integer(notice.seatCapacity)
      writer.array { writer in
        for type in notice.types {
          writer.integer(type.id)
          writer.integer(type.available)
        }
      }
      writer.milliseconds(notice.at)
      switch notice.change {
      case .bookingCreated(let facts): write(Kind.created, facts, to: &writer)
      case .bookingCancelled(let facts): write(Kind.cancelled, facts, to: &writer)
      case .capacityChanged: writer.integer(Kind.capacity.rawValue)
      case .eventUpdated(let details):
        writer.integer(Kind.updated.rawValue)
        writer.string(details.status.rawValue)
        writer.string(details.name)
        for moment in [details.startsAt, details.opensAt, details.closesAt] { writer.milliseconds(moment) }
        writer.integer(details.maxPerBooking)
      }
    }
  }

  private static func write(_ kind: Kind, _ facts: Notice.BookingFacts, to writer: inout JSONWriter) {
    writer.integer(kind.rawValue)
    writer.integer(facts.booking.code)
    writer.verbatim { facts.user.append(to: &$0) }
    writer.integer(facts.quantity)
    writer.number(facts.type)
  }

  fileprivate enum Kind: Int {
    case created = 1
    case cancelled, capacity, updated
  }
}

extension JSONWriter {
  fileprivate mutating func milliseconds(_ moment: Instant?) {
    if let moment { integer(moment.milliseconds) } else { null() }
  }

  fileprivate mutating func number(_ value: Int?) {
    if let value { integer(value) } else { null() }
  }
}

// MARK: - Reading

extension BusMessage {
  /// nil: it is not exactly what `write` makes, or it cannot be true.
  fileprivate init?(_ body: [UInt8]) {
    do throws(Misfit) {
      var root = try Places(body)
      let (revision, waitingChanged) = (try root.integer(), try root.bool())
      var fields = try root.array()
      let event = try Self.event(&fields)
      var notices: [Notice] = []
      var list = try root.array()
      while !list.isAtEnd {
        var fields = try list.array()
        notices.append(try Self.notice(&fields, of: event))
        try fields.end()
      }
      try list.end()
      try root.end()
      self.init(revision: revision, event: event, notices: notices, waitingChanged: waitingChanged)
    } catch {
      return nil
    }
    guard revision > 0, EventRow.isSound(event), areInOrder else { return nil }
  }

  private var areInOrder: Bool {
    guard let first = notices.first?.seq, let last = notices.last?.seq else { return true }
    return first > 0 && first <= last && last == event.seq && last - first == notices.count - 1
      && zip(notices, notices.dropFirst()).allSatisfy { $0.seq < $1.seq }
  }

  private static func event(_ fields: inout Places) throws(Misfit) -> Event {
    let id = EventID(try fields.integer())
    let (name, description, venue) = (try fields.text(), try fields.text(), try fields.text())
    let (startsAt, opensAt, closesAt) = (try fields.moment(), try fields.moment(), try fields.moment())
    guard let status = EventStatus(rawValue: try fields.text()),
      let shown = PublicStatus(rawValue: try fields.text())
    else { throw Misfit() }
    var numbers: [Int] = []
    for _ in 0..<8 { numbers.append(try fields.number()) }
    let (seq, version) = (try fields.natural(), try fields.natural())
    guard let createdAt = try fields.moment(), let updatedAt = try fields.moment() else { throw Misfit() }
    var event = Event(
      id: id, name: name, description: description, venue: venue, startsAt: startsAt, opensAt: opensAt,
      closesAt: closesAt, status: status, shown: shown, seatCapacity: numbers[0], sold: numbers[1],
      held: numbers[2], maxPerBooking: numbers[3], maxPerUser: numbers[4], holdSeconds: numbers[5],
      holdExtensionSeconds: numbers[6], nextType: numbers[7], seq: seq, version: version,
      createdAt: createdAt, updatedAt: updatedAt)
    var types = try fields.array()
    while !types.isAtEnd {
      var fields = try types.array()
      event.types.append(try type(&fields))
      try fields.end()
    }
    try types.end()
    try fields.end()
    return event
  }

  private static func type(_ fields: inout Places) throws(Misfit) -> TicketType {
    TicketType(
      id: try fields.number(), name: try fields.text(), capacity: try fields.optionalNumber(),
      maxPerBooking: try fields.optionalNumber(), maxPerUser: try fields.number(),
      opensAt: try fields.moment(), closesAt: try fields.moment(), sold: try fields.number(),
      held: try fields.number())
  }

  private static func notice(_ fields: inout Places, of event: Event) throws(Misfit) -> Notice {
    let seq = try fields.natural()
    let (available, capacity) = (try fields.number(), try fields.number())
    var types: [TypeAvailability] = []
    var list = try fields.array()
    while !list.isAtEnd {
      types.append(TypeAvailability(id: try list.number(), available: try list.number()))
    }
    guard let at = try fields.moment() else { throw Misfit() }
    return Notice(
      event: event.id, seq: seq, change: try change(&fields), availableSeats: available,
      seatCapacity: capacity, types: types, at: at)
  }

  private static func change(_ fields: inout Places) throws(Misfit) -> Notice.Change {
    switch Kind(rawValue: try fields.number()) {
    case .created: return .bookingCreated(try facts(&fields))
    case .cancelled: return .bookingCancelled(try facts(&fields))
    case .capacity: return .capacityChanged
    case .updated:
      guard let status = PublicStatus(rawValue: try fields.text()) else { throw Misfit() }
      return .eventUpdated(
        EventDetails(
          status: status, name: try fields.text(), startsAt: try fields.moment(),
          opensAt: try fields.moment(), closesAt: try fields.moment(), maxPerBooking: try fields.number()))
    case nil: throw Misfit()
    }
  }

  private static func facts(_ fields: inout Places) throws(Misfit) -> Notice.BookingFacts {
    guard let booking = PublicBookingID(code: try fields.natural()) else { throw Misfit() }
    return Notice.BookingFacts(
      booking: booking, user: try fields.subject(), quantity: try fields.number(),
      type: try fields.optionalNumber())
  }
}

private struct Misfit: Error {}

/// The elements of an array, one after the other.
private struct Places {
  private let document: JSONDocument
  private var next: Int
  private let last: Int

  init(_ bytes: [UInt8]) throws(Misfit) {
    do throws(JSONRefusal) {
      try self.init(StrictJSON.scan(bytes), 0)
    } catch {
      throw Misfit()
    }
  }

  private init(_ document: JSONDocument, _ array: Int) throws(JSONRefusal) {
    guard document.elements(of: array) != nil else {
      throw JSONRefusal(reason: .unexpected(expected: "an array"), offset: 0)
    }
    (self.document, next, last) = (document, array + 1, Int(document.nodes[array].next))
  }

  var isAtEnd: Bool { next >= last }

  func end() throws(Misfit) { if !isAtEnd { throw Misfit() } }

  private mutating func take() throws(Misfit) -> Int {
    guard !isAtEnd else { throw Misfit() }
    defer { next = Int(document.nodes[next].next) }
    return next
  }

  private func have<Value>(_ value: Value?) throws(Misfit) -> Value {
    guard let value else { throw Misfit() }
    return value
  }

  mutating func array() throws(Misfit) -> Places {
    let index = try take()
    do throws(JSONRefusal) { return try Places(document, index) } catch { throw Misfit() }
  }

  mutating func integer() throws(Misfit) -> Int64 { try have(document.whole(try take())) }
  mutating func number() throws(Misfit) -> Int { try have(Int(exactly: try integer())) }
  mutating func natural() throws(Misfit) -> UInt64 { try have(UInt64(exactly: try integer())) }
  mutating func bool() throws(Misfit) -> Bool { try have(document.bool(try take())) }
  mutating func text() throws(Misfit) -> String { try have(document.text(try take())) }

  mutating func optionalNumber() throws(Misfit) -> Int? {
    let index = try take()
    if document.isNull(index) { return nil }
    return try have(document.whole(index).flatMap { Int(exactly: $0) })
  }

  mutating func moment() throws(Misfit) -> Instant? {
    let index = try take()
    if document.isNull(index) { return nil }
    return Instant(milliseconds: try have(document.whole(index)))
  }

  mutating func subject() throws(Misfit) -> Subject {
    let index = try take()
    if let text = document.text(index) { return try have(Subject(text)) }
    return Subject(try have(document.whole(index).flatMap { UInt64(exactly: $0) }))
  }
}
