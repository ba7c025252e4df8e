// Events: read by anyone, made and changed by admins. Reads are answered here from the worker's view; changes go
// to the ledger, which answers after the commit.

struct EventEndpoints: Sendable {
  let catalogue: CatalogueService

  // MARK: Reading

  /// `GET /api/events?limit&cursor&status`, in order of their numbers.
  func list(_ call: Call) throws(Problem) -> Reply? {
    let limit = try call.query.limit()
    let cursor = try call.query.cursor(.event)
    let status = try Self.status(call.query)
    let after = cursor.flatMap { Int64(exactly: $0) }.map(EventID.init)
    let found = try call.read { reads throws(DomainError) in
      try reads.events(after: after, status: status, limit: limit + 1)
    }
    let page = Page(found, limit: limit, item: { $0 }) { event in
      .cursor(Cursor.text(.event, UInt64(event.id.rawValue.magnitude)))
    }
    let filter = status.map { ["status=\($0.rawValue)"] } ?? []
    return page.reply(path: "/api/events", parameters: ["limit=\(limit)"] + filter)
  }

  /// `GET /api/events/{id}`: 200 with a strong `ETag`, or 304. It may be kept, but must be asked after by its tag each
  /// time, because its counts change.
  func get(_ call: Call) throws(Problem) -> Reply? {
    let known = try EntityTags("if-none-match", of: call.request)
    let event = try call.event(call.eventID())
    if let known, known.matchesWeakly(event.tag) {
      return .notModified(fields: [Self.tag(event)])
    }
    return .json(event, .cacheableJSON, fields: [Self.tag(event)])
  }

  private static func status(_ query: Query) throws(Problem) -> EventStatus? {
    guard let text = query.value("status") else { return nil }
    guard let status = EventStatus(rawValue: text) else {
      let choices = EventStatus.allCases.map(\.rawValue).joined(separator: ", ")
      throw Query.invalid("status", "must be one of \(choices)")
    }
    return status
  }

  private static func tag(_ event: Event) -> FieldLines.Field { .init(name: "etag", value: event.tag.field) }

  // MARK: Changing

  /// `POST /api/events`: 201 with `Location`.
  func create(_ call: Call, _: Principal) throws(Problem) -> Reply? {
    var body = try BodyReader(call.request)
    let draft = EventDraft(&body)
    body.refuseUnknown(besides: EventMembers.all)
    try body.finish()
    catalogue.create(
      draft, ticket: call.ticket,
      answer: call.answer { event in
        let location = FieldLines.Field(name: "location", value: "/api/events/\(event.id.rawValue)")
        return .json(event, status: 201, fields: [location, Self.tag(event)])
      })
    return nil
  }

  /// `PATCH /api/events/{id}`: the members that are there change, the others stay (RFC 7396).
  func patch(_ call: Call, _: Principal) throws(Problem) -> Reply? {
    let id = try call.eventID()
    let condition = try EntityTags("if-match", of: call.request)
    var body = try BodyReader(
      call.request, mediaTypes: ["application/json", "application/merge-patch+json"])
    let patch = EventPatch(&body)
    body.refuseUnknown(besides: EventMembers.all)
    try body.finish()
    let command = PatchEvent(event: id, patch: patch, ifMatch: condition?.strong)
    catalogue.patch(
      command, ticket: call.ticket,
      answer: call.answer { event in
        .json(event, fields: [Self.tag(event)])
      })
    return nil
  }

  /// `DELETE /api/events/{id}`: 204 when it was never booked.
  func delete(_ call: Call, _: Principal) throws(Problem) -> Reply? {
    let id = try call.eventID()
    let condition = try EntityTags("if-match", of: call.request)
    catalogue.delete(
      id, ifMatch: condition?.strong, ticket: call.ticket, answer: call.answer { _ in .noContent() })
    return nil
  }
}

// MARK: - Bodies

/// The names that an event's members have. A mistyped one must not pass in silence, because the event would then sell by
/// another rule than its admin meant.
private enum EventMembers {
  /// Those that only the server sets are known, too, so that an event may be sent back as it was read.
  static let all = [
    "name", "description", "venue", "startsAt", "opensAt", "closesAt", "status", "seatCapacity",
    "maxPerBooking",
    "maxPerUser", "holdSeconds", "id", "availableSeats", "seq",
  ]
}

/// The bounds of an event's members; texts in bytes of UTF-8.
private enum EventBounds {
  static let name = 1...200
  static let description = 0...4_000
  static let venue = 0...200
  static let seatCapacity = 1...1_000_000
  static let maxPerBooking = 1...1_000
  /// 0: no limit.
  static let maxPerUser = 0...1_000_000
  static let holdSeconds = 1...86_400
}

extension EventDraft {
  init(_ body: inout BodyReader) {
    self.init(
      name: body.requiredText("name", bytes: EventBounds.name),
      seatCapacity: body.requiredInteger("seatCapacity", in: EventBounds.seatCapacity))
    description = body.text("description", bytes: EventBounds.description) ?? description
    venue = body.text("venue", bytes: EventBounds.venue) ?? venue
    startsAt = body.moment("startsAt") ?? startsAt
    opensAt = body.moment("opensAt") ?? opensAt
    closesAt = body.moment("closesAt") ?? closesAt
    status = body.choice("status", EventStatus.self) ?? status
    maxPerBooking = body.integer("maxPerBooking", in: EventBounds.maxPerBooking) ?? maxPerBooking
    maxPerUser = body.integer("maxPerUser", in: EventBounds.maxPerUser) ?? maxPerUser
    holdSeconds = body.integer("holdSeconds", in: EventBounds.holdSeconds) ?? holdSeconds
  }
}

extension EventPatch {
  init(_ body: inout BodyReader) {
    self.init()
    name = body.text("name", bytes: EventBounds.name)
    description = body.text("description", bytes: EventBounds.description)
    venue = body.text("venue", bytes: EventBounds.venue)
    startsAt = body.moment("startsAt")
    opensAt = body.moment("opensAt")
    closesAt = body.moment("closesAt")
    status = body.choice("status", EventStatus.self)
    seatCapacity = body.integer("seatCapacity", in: EventBounds.seatCapacity)
    maxPerBooking = body.integer("maxPerBooking", in: EventBounds.maxPerBooking)
    maxPerUser = body.integer("maxPerUser", in: EventBounds.maxPerUser)
    holdSeconds = body.integer("holdSeconds", in: EventBounds.holdSeconds)
  }
}

extension Event: JSONWritable {
  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("id", id.rawValue)
      writer.member("name", name)
      writer.member("description", description)
      writer.member("venue", venue)
      writer.member("startsAt", orNull: startsAt)
      writer.member("opensAt", orNull: opensAt)
      writer.member("closesAt", orNull: closesAt)
      writer.member("status", status.rawValue)
      writer.member("seatCapacity", seatCapacity)
      writer.member("availableSeats", availableSeats)
      writer.member("maxPerBooking", maxPerBooking)
      writer.member("maxPerUser", maxPerUser)
      writer.member("seq", seq)
    }
  }
}
