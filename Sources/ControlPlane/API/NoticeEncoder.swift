// The texts that watchers receive, as docs/WIRE_PROTOCOL.md has them: made once per notice, by hand into one
// buffer, because every booking passes here. Ledger thread and workers.

struct NoticeEncoder: NoticeTexts {
  /// With `.none` the texts do not tell which booking and whose.
  let identity: BroadcastIdentity
  /// Changes only with a new or restored database.
  let epoch: String

  func text(of notice: Notice) -> [UInt8] {
    var writer = JSONWriter(capacity: 256)
    writer.object { writer in
      switch notice.change {
      case .bookingCreated(let facts): booking("booking_created", facts, of: notice, to: &writer)
      case .bookingCancelled(let facts): booking("booking_cancelled", facts, of: notice, to: &writer)
      case .capacityChanged: update(of: notice.state, at: notice.at, to: &writer)
      }
    }
    return writer.bytes
  }

  func headline(of state: EventState, at moment: Instant) -> EventHeadline {
    EventHeadline(
      seq: state.seq, snapshot: snapshot(of: state, at: moment), before: before(state, at: moment),
      after: after(state))
  }

  // MARK: Notices

  private func booking(
    _ type: String, _ facts: Notice.BookingFacts, of notice: Notice, to writer: inout JSONWriter
  ) {
    writer.member("type", type)
    writer.member("eventId", notice.event.rawValue)
    if identity == .full {
      writer.name("bookingId")
      writer.plain(facts.booking.bytes)
      writer.member("userId", facts.user.rawValue)
    }
    writer.member("quantity", facts.quantity)
    counts(notice.state, at: notice.at, to: &writer)
  }

  private func update(of state: EventState, at moment: Instant, to writer: inout JSONWriter) {
    writer.member("type", "seat_update")
    writer.member("eventId", state.event.rawValue)
    counts(state, at: moment, to: &writer)
  }

  private func counts(_ state: EventState, at moment: Instant, to writer: inout JSONWriter) {
    writer.member("availableSeats", state.availableSeats)
    writer.member("seatCapacity", state.seatCapacity)
    writer.member("timestamp", moment)
    writer.member("seq", state.seq)
  }

  // MARK: Headlines

  /// Members without braces.
  private func snapshot(of state: EventState, at moment: Instant) -> [UInt8] {
    var writer = JSONWriter(capacity: 192)
    writer.member("eventId", state.event.rawValue)
    writer.member("seq", state.seq)
    writer.member("epoch", epoch)
    writer.member("availableSeats", state.availableSeats)
    writer.member("seatCapacity", state.seatCapacity)
    writer.member("timestamp", moment)
    return writer.bytes
  }

  /// A `seat_update` that stands for missed notices, up to where the first missed `seq` is written by whoever
  /// knows what a subscriber missed.
  private func before(_ state: EventState, at moment: Instant) -> [UInt8] {
    var writer = JSONWriter(capacity: 192)
    writer.object { writer in
      update(of: state, at: moment, to: &writer)
      writer.name("fromSeq")
    }
    return Array(writer.bytes.dropLast())
  }

  /// What follows that number: `,"toSeq":N}`.
  private func after(_ state: EventState) -> [UInt8] {
    var bytes = Array(",\"toSeq\":".utf8)
    Decimal.append(state.seq, to: &bytes)
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }
}

extension Notice {
  /// The event right after this notice.
  fileprivate var state: EventState {
    EventState(event: event, seq: seq, availableSeats: availableSeats, seatCapacity: seatCapacity)
  }
}
