// `seatcast event …`: the API's own rules and bounds, without a token.

extension Administrator {
  func createEvent(_ body: inout BodyReader) throws(Problem) -> AdminAnswer {
    let draft = EventDraft(&body)
    try finish(&body, knowing: EventMembers.all)
    return Self.answer(try ask { .createEvent(draft, $0) })
  }

  func listEvents(_ body: inout BodyReader) throws(Problem) -> AdminAnswer {
    let limit = body.integer("limit", in: AdminPage<Event>.bounds) ?? AdminPage<Event>.usual
    let after = body.integer("after", in: 0...Int.max).map { EventID(Int64($0)) }
    try finish(&body, knowing: ["limit", "after"])
    let found = try read { reads throws(DomainError) in
      try reads.events(after: after, .all, limit: limit + 1)
    }
    let page = AdminPage(found, limit: limit) { $0.id.rawValue }
    return AdminAnswer(page, Self.table(page.items) + page.continuation)
  }

  /// By a delta, which is right whatever was sold meanwhile, or to an absolute number.
  func resizeEvent(_ body: inout BodyReader) throws(Problem) -> AdminAnswer {
    let id = Self.event(&body)
    let patch = EventPatch(&body)
    if !body.has("seatCapacity"), !body.has("seatCapacityDelta") { body.note("seatCapacity", "is required") }
    try finish(&body, knowing: ["id", "seatCapacity", "seatCapacityDelta"])
    return try change(id, patch)
  }

  func changeEvent(_ body: inout BodyReader, to status: PublicStatus) throws(Problem) -> AdminAnswer {
    let id = Self.event(&body)
    try finish(&body, knowing: ["id"])
    var patch = EventPatch()
    patch.status = status
    return try change(id, patch)
  }

  private func change(_ id: EventID, _ patch: EventPatch) throws(Problem) -> AdminAnswer {
    Self.answer(try ask { .patchEvent(PatchEvent(event: id, patch: patch, ifMatch: nil), $0) })
  }

  private static func event(_ body: inout BodyReader) -> EventID {
    EventID(Int64(body.requiredInteger("id", in: 1...Int.max)))
  }

  private static func answer(_ event: Event) -> AdminAnswer { AdminAnswer(event, table([event])) }

  private static func table(_ events: [Event]) -> String {
    let hasTypes = events.contains { !$0.types.isEmpty }
    return AdminText.table(
      ["ID", "STATUS", "CAPACITY", "SOLD", "HELD", "AVAILABLE", "NAME"] + (hasTypes ? ["TYPES"] : []),
      events.map { event in
        [
          "\(event.id.rawValue)", event.shown.rawValue, "\(event.seatCapacity)", "\(event.sold)",
          "\(event.held)", "\(event.availableSeats)", event.name,
        ] + (hasTypes ? [types(of: event)] : [])
      }, empty: "There are no events.")
  }

  /// `1 Stalls (14 of 200), 2 Standing (21)`: by id, what is available, and of how many when the type has seats of its own.
  private static func types(of event: Event) -> String {
    event.types.map { type in
      let seats = type.capacity.map { " of \($0)" } ?? ""
      return "\(type.id) \(type.name) (\(event.available(of: type))\(seats))"
    }.joined(separator: ", ")
  }
}
