// Bookings: made and given back by the ledger, which answers after the commit; read from the worker's view.
// Owners see and cancel their own, admins everybody's.

struct BookingEndpoints: Sendable {
  let admission: AdmissionControl

  /// No event has more seats.
  private static let quantities = 1...1_000_000

  // MARK: Changing

  /// `POST /api/bookings`: 201 with `Location`. A repeated `Idempotency-Key` tells the first result again.
  func create(_ call: Call, _ principal: Principal) throws(Problem) -> LedgerCommand {
    let key = try IdempotencyKey.of(call.request)
    var body = try BodyReader(call.request)
    let event = body.requiredInteger("eventId", in: 1...Int.max)
    let quantity = body.integer("quantity", in: Self.quantities) ?? 1
    let hold = body.bool("hold") ?? false
    let type = body.integer("typeId", in: 1...Int.max)
    try body.finish()
    let left = try admission.change(
      of: EventID(Int64(event)), by: principal,
      isExempt: { () throws(Problem) in
        try call.isAdmin(principal)
      })
    let command = CreateBooking(
      event: EventID(Int64(event)), user: principal.identity, quantity: quantity, idempotencyKey: key,
      hold: hold, type: type)
    return .createBooking(command, call.asker(changes: left))
  }

  /// `DELETE /api/bookings/{id}` and `POST /api/bookings/{id}/cancel`: 200; again: the same state again.
  func cancel(_ call: Call, _ caller: Caller) throws(Problem) -> LedgerCommand {
    let (booking, actor, left) = try subject(of: call, caller)
    return call.audited(
      .bookingCancel, caller, actor,
      .cancelBooking(CancelBooking(booking: booking, by: actor), call.asker(changes: left)))
  }

  /// `POST /api/bookings/{id}/confirm`: 200; again: the same state again. 410 when the hold expired.
  func confirm(_ call: Call, _ caller: Caller) throws(Problem) -> LedgerCommand {
    try change(.confirm, call, caller)
  }

  /// `POST /api/bookings/{id}/extend`: 200 with the later `expiresAt`, once.
  func extend(_ call: Call, _ principal: Principal) throws(Problem) -> LedgerCommand {
    try change(.extend, call, Caller(principal))
  }

  private func change(
    _ kind: ChangeHold.Kind, _ call: Call, _ caller: Caller
  ) throws(Problem) -> LedgerCommand {
    let (booking, actor, left) = try subject(of: call, caller)
    return call.audited(
      kind == .confirm ? .bookingConfirm : .bookingExtend, caller, actor,
      .changeHold(ChangeHold(booking: booking, by: actor, kind: kind), call.asker(changes: left)))
  }

  /// Which booking is to change, who wants it, and what is left of that user's changes.
  private func subject(
    of call: Call, _ caller: Caller
  ) throws(Problem) -> (PublicBookingID, BookingActor, RateDecision?) {
    let (booking, principal) = (try call.bookingID(), caller.principal)
    guard caller.service == nil else {
      return (booking, BookingActor(user: principal.identity, role: .user, isService: true), nil)
    }
    let role: Role = try call.isAdmin(principal) ? .admin : .user
    let left = try role == .user ? countChange(of: booking, call, principal) : nil
    return (booking, BookingActor(user: principal.identity, role: role), left)
  }

  /// Somebody else's booking is not counted: 429 in place of 404 would tell that it exists.
  private func countChange(
    of booking: PublicBookingID, _ call: Call, _ principal: Principal
  ) throws(Problem) -> RateDecision? {
    guard admission.limitsChanges else { return nil }
    let (found, user) = try call.read { reads throws(DomainError) in
      (try reads.booking(booking), try reads.userID(of: principal.identity))
    }
    guard let found, found.booking.user == user else { return nil }
    return try admission.change(
      of: found.booking.event, by: principal, isExempt: { () throws(Problem) in false })
  }

  // MARK: Reading

  /// `GET /api/bookings?limit&cursor&eventId`, newest first: one's own, for admins everybody's.
  func list(_ call: Call, _ principal: Principal) throws(Problem) -> Reply? {
    let limit = try call.query.limit()
    let before = try Self.cursor(call.query)
    let event = try call.query.number("eventId", in: 1...UInt64(Int64.max)).map { EventID(Int64($0)) }
    let seesAll = try call.isAdmin(principal)
    let found = try call.read { reads throws(DomainError) in
      if seesAll { return try reads.bookings(of: nil, event: event, before: before, limit: limit + 1) }
      guard let user = try reads.userID(of: principal.identity) else { return [] }
      return try reads.bookings(of: user, event: event, before: before, limit: limit + 1)
    }
    let page = Page(found, limit: limit, item: { $0 }) { outcome in
      .cursor(Cursor.text(.booking, outcome.booking.publicID.code))
    }
    let filter = event.map { ["eventId=\($0.rawValue)"] } ?? []
    return page.reply(path: "/api/bookings", parameters: ["limit=\(limit)"] + filter)
  }

  /// `GET /api/bookings/{id}`
  func get(_ call: Call, _ principal: Principal) throws(Problem) -> Reply? {
    let id = try call.bookingID()
    let found = try call.read { reads throws(DomainError) in try reads.booking(id) }
    guard let found else { throw Problem(DomainError.unknownBooking) }
    let user = try call.read { reads throws(DomainError) in try reads.userID(of: principal.identity) }
    if found.booking.user != user, try !call.isAdmin(principal) {
      throw Problem(DomainError.unknownBooking)
    }
    return .json(found)
  }

  private static func cursor(_ query: Query) throws(Problem) -> PublicBookingID? {
    guard let code = try query.cursor(.booking) else { return nil }
    guard let id = PublicBookingID(code: code) else {
      throw Query.invalid("cursor", "is not one that this list gave out")
    }
    return id
  }
}
