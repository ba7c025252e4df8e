// The texts that watchers receive, as docs/WIRE_PROTOCOL.md defines them. Each is made once per notice and appended to
// one buffer, because every booking passes here. The ledger's thread, the recall thread and workers.

struct NoticeEncoder: NoticeTexts {
  /// With `.none` the texts do not tell which booking and whose.
  private let identity: BroadcastIdentity
  /// `,"epoch":"…"`
  private let epoch: [UInt8]
  private let words = Words()

  /// `epoch` changes only with a new or restored database.
  init(identity: BroadcastIdentity, epoch: String) {
    self.identity = identity
    var writer = JSONWriter(capacity: 64)
    writer.string(epoch)
    self.epoch = Array(",\"epoch\":".utf8) + writer.bytes
  }

  func text(of notice: Notice) -> [UInt8] {
    var stamp = RepeatedStamp()
    return text(of: notice, namesPeople: identity == .full, &stamp)
  }

  func encode(_ notices: [Notice], for audience: Audience) -> [EncodedNotice] {
    var stamp = RepeatedStamp()
    let namesPeople = identity == .full && audience == .authenticated
    return notices.map {
      EncodedNotice(seq: $0.seq, text: text(of: $0, namesPeople: namesPeople, &stamp))
    }
  }

  /// - Parameter namesPeople: whether the text tells which booking and whose.
  private func text(of notice: Notice, namesPeople: Bool, _ stamp: inout RepeatedStamp) -> [UInt8] {
    var text = buffer()
    switch notice.change {
    case .bookingCreated(let facts): append(words.created, facts, of: notice, namesPeople, &stamp, to: &text)
    case .bookingCancelled(let facts):
      append(words.cancelled, facts, of: notice, namesPeople, &stamp, to: &text)
    case .capacityChanged:
      append(words.update, notice.state, details: [], at: notice.at, &stamp, to: &text)
    case .eventUpdated(let details):
      append(words.updated, notice.state, details: members(of: details), at: notice.at, &stamp, to: &text)
    }
    text.append(UInt8(ascii: "}"))
    return text
  }

  /// `,"status":…` to `,"maxPerBooking":…`
  func members(of details: EventDetails) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("status", details.status.rawValue)
      writer.member("name", details.name)
      writer.member("startsAt", orNull: details.startsAt)
      writer.member("opensAt", orNull: details.opensAt)
      writer.member("closesAt", orNull: details.closesAt)
      writer.member("maxPerBooking", details.maxPerBooking)
    }
    return [UInt8(ascii: ",")] + writer.bytes.dropFirst().dropLast()
  }

  func summary(of state: EventState, details: [UInt8], at moment: Instant) -> EventSummary {
    var stamp = RepeatedStamp()
    var before = buffer(details.count)
    append(words.update, state, details: details, at: moment, &stamp, to: &before)
    before += words.fromSeq
    var after = words.toSeq
    Decimal.append(state.seq, to: &after)
    after.append(UInt8(ascii: "}"))
    return EventSummary(
      seq: state.seq, snapshot: snapshot(of: state, details: details, at: moment, &stamp),
      before: before, after: after)
  }

  // MARK: Parts

  private func append(
    _ type: [UInt8], _ facts: Notice.BookingFacts, of notice: Notice, _ namesPeople: Bool,
    _ stamp: inout RepeatedStamp, to text: inout [UInt8]
  ) {
    text += type
    Decimal.append(notice.event.rawValue, to: &text)
    if namesPeople {
      text += words.booking
      facts.booking.append(to: &text)
      text += words.user
      facts.user.append(to: &text)
    }
    text += words.quantity
    Decimal.append(Int64(facts.quantity), to: &text)
    if let type = facts.type {
      text += words.type
      Decimal.append(Int64(type), to: &text)
    }
    appendCounts(of: notice.state, at: notice.at, &stamp, to: &text)
    text += words.seq
    Decimal.append(notice.seq, to: &text)
  }

  private func append(
    _ type: [UInt8], _ state: EventState, details: [UInt8], at moment: Instant,
    _ stamp: inout RepeatedStamp, to text: inout [UInt8]
  ) {
    text += type
    Decimal.append(state.event.rawValue, to: &text)
    text += details
    appendCounts(of: state, at: moment, &stamp, to: &text)
    text += words.seq
    Decimal.append(state.seq, to: &text)
  }

  /// Members without braces.
  private func snapshot(
    of state: EventState, details: [UInt8], at moment: Instant, _ stamp: inout RepeatedStamp
  ) -> [UInt8] {
    var text = buffer(details.count)
    text += words.event
    Decimal.append(state.event.rawValue, to: &text)
    text += words.seq
    Decimal.append(state.seq, to: &text)
    text += epoch
    text += details
    appendCounts(of: state, at: moment, &stamp, to: &text)
    return text
  }

  private func appendCounts(
    of state: EventState, at moment: Instant, _ stamp: inout RepeatedStamp, to text: inout [UInt8]
  ) {
    text += words.available
    Decimal.append(Int64(state.availableSeats), to: &text)
    text += words.capacity
    Decimal.append(Int64(state.seatCapacity), to: &text)
    if !state.types.isEmpty { append(state.types, to: &text) }
    text += words.timestamp
    stamp.append(moment, to: &text)
    text.append(UInt8(ascii: "\""))
  }

  private func append(_ types: [TypeAvailability], to text: inout [UInt8]) {
    text += words.types
    for (index, type) in types.enumerated() {
      text += index == 0 ? words.firstType : words.nextType
      Decimal.append(Int64(type.id), to: &text)
      text += words.typeAvailable
      Decimal.append(Int64(type.available), to: &text)
    }
    text += words.endOfTypes
  }

  private func buffer(_ further: Int = 0) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(256 + further)
    return text
  }

  /// What stands between the values, made once.
  private struct Words {
    let created = Array(#"{"type":"booking_created","eventId":"#.utf8)
    let cancelled = Array(#"{"type":"booking_cancelled","eventId":"#.utf8)
    let update = Array(#"{"type":"seat_update","eventId":"#.utf8)
    let updated = Array(#"{"type":"event_updated","eventId":"#.utf8)
    let event = Array(#""eventId":"#.utf8)
    let booking = Array(#","bookingId":""#.utf8)
    let user = Array(#"","userId":"#.utf8)
    let quantity = Array(#","quantity":"#.utf8)
    let type = Array(#","typeId":"#.utf8)
    let types = Array(#","types":["#.utf8)
    let firstType = Array(#"{"id":"#.utf8)
    let nextType = Array(#"},{"id":"#.utf8)
    let typeAvailable = Array(#","available":"#.utf8)
    let endOfTypes = Array("}]".utf8)
    let available = Array(#","availableSeats":"#.utf8)
    let capacity = Array(#","seatCapacity":"#.utf8)
    let timestamp = Array(#","timestamp":""#.utf8)
    let seq = Array(#","seq":"#.utf8)
    let fromSeq = Array(#","fromSeq":"#.utf8)
    let toSeq = Array(#","toSeq":"#.utf8)
  }
}

extension Notice {
  /// The event right after this notice.
  fileprivate var state: EventState {
    EventState(
      event: event, seq: seq, availableSeats: availableSeats, seatCapacity: seatCapacity, types: types)
  }
}

extension Subject {
  /// As JSON: a number, or a string.
  func append(to text: inout [UInt8]) {
    switch self {
    case .number(let number): Decimal.append(number, to: &text)
    case .text(let subject): JSONWriter.append(subject, to: &text)
    }
  }
}
