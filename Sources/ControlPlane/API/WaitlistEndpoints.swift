// The waiting list of an event, for its users: join, see one's place, leave. The ledger decides; places are read from the
// worker's view.

struct WaitlistEndpoints: Sendable {
  let admission: AdmissionControl

  /// `POST /api/events/{id}/waitlist`: 201 with the place. Again: to the end of the line.
  func join(_ call: Call, _ principal: Principal) throws(Problem) -> LedgerCommand {
    let event = try call.eventID()
    var body = try BodyReader(call.request)
    let quantity = body.integer("quantity", in: BookingRules.capacities) ?? 1
    let type = body.integer("typeId", in: 1...Int.max)
    try body.finish()
    let left = try count(event, call, principal)
    return .joinWaitlist(
      JoinWaitlist(event: event, user: principal.identity, quantity: quantity, type: type),
      call.asker(changes: left))
  }

  /// `DELETE /api/events/{id}/waitlist`: 204, also when the user was not there.
  func leave(_ call: Call, _ principal: Principal) throws(Problem) -> LedgerCommand {
    let event = try call.eventID()
    let left = try count(event, call, principal)
    return .leaveWaitlist(event, principal.identity, call.asker(changes: left))
  }

  /// `GET /api/events/{id}/waitlist`
  func place(_ call: Call, _ principal: Principal) throws(Problem) -> Reply? {
    let event = try call.event(call.eventID())
    // Nobody waits for a draft, and another answer than for an event that does not exist would tell of it.
    guard !event.isDraft else { throw Problem(DomainError.unknownEvent) }
    let place = try call.read { reads throws(DomainError) -> WaitingPlace? in
      guard let user = try reads.userID(of: principal.identity) else { return nil }
      return try reads.waitingPlace(of: user, principal.identity, in: event.id)
    }
    guard let place else { throw Problem(.notWaiting, "You are not on this event's waiting list.") }
    return .json(place)
  }

  private func count(
    _ event: EventID, _ call: Call, _ principal: Principal
  ) throws(Problem) -> RateDecision? {
    try admission.change(
      of: event, by: principal, isExempt: { () throws(Problem) in try call.isAdmin(principal) })
  }
}

extension WaitingPlace: JSONWritable {
  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("eventId", entry.event.rawValue)
      writer.member("position", position)
      writer.member("quantity", entry.quantity)
      if let type = entry.type { writer.member("typeId", type) }
      writer.member("joinedAt", entry.joinedAt)
    }
  }
}

extension NoticeEncoder {
  func text(of notice: PrivateNotice, at moment: Instant) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      switch notice {
      case .offer(let booking):
        writer.member("type", "waitlist_offer")
        writer.member("eventId", booking.event.rawValue)
        writer.member("bookingId", booking.publicID.text)
        writer.member("quantity", booking.quantity)
        if let type = booking.type { writer.member("typeId", type) }
        writer.member("expiresAt", orNull: booking.expiresAt)
      case .position(let place):
        writer.member("type", "waitlist_position")
        writer.member("eventId", place.entry.event.rawValue)
        writer.member("position", place.position)
        writer.member("quantity", place.entry.quantity)
      }
      writer.member("timestamp", moment)
    }
    return writer.bytes
  }
}
