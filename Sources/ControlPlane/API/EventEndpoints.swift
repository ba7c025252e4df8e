// Events: read by anyone, made and changed by admins. One event is read from `CommittedEvents`, lists from the worker's
// view, and with other nodes the one event as well. Changes go to the ledger, which answers after the commit.

struct EventEndpoints: Sendable {
  // MARK: Reading

  /// `GET /api/events?limit&cursor&status&q`, in order of their numbers.
  func list(_ call: Call, _ principal: Principal?) throws(Problem) -> Reply? {
    let limit = try call.query.limit()
    let cursor = try call.query.cursor(.event)
    let status = try Self.status(call.query)
    let after = cursor.flatMap { Int64(exactly: $0) }.map(EventID.init)
    let filter = try Self.filter(status, call, principal)
    let parameters = ["limit=\(limit)"] + (status.map { ["status=\($0.rawValue)"] } ?? [])
    if let search = try WordSearch(call.query) {
      let (found, last) = try call.read { reads throws(DomainError) in
        try search.find(
          limit: limit, after: after,
          { (after, most) throws(DomainError) in try reads.events(after: after, filter, limit: most) },
          place: \.id, texts: { [String($0.id.rawValue), $0.name, $0.venue] })
      }
      let page = Page(items: found, next: last.map(Self.next))
      return page.reply(path: "/api/events", parameters: parameters + [search.parameter])
    }
    let found = try call.read { reads throws(DomainError) in
      try reads.events(after: after, filter, limit: limit + 1)
    }
    let page = Page(found, limit: limit, item: { $0 }) { Self.next($0.id) }
    return page.reply(path: "/api/events", parameters: parameters)
  }

  private static func next(_ id: EventID) -> Page<Event>.Next {
    .cursor(Cursor.text(.event, UInt64(id.rawValue.magnitude)))
  }

  /// Drafts are for admins: for others there are none.
  private static func filter(
    _ status: PublicStatus?, _ call: Call, _ principal: Principal?
  ) throws(Problem) -> EventFilter {
    let seesDrafts = try principal.map { principal throws(Problem) in try call.isAdmin(principal) } ?? false
    if let status, status != .draft || seesDrafts { return .status(status) }
    guard status == nil else { throw Problem(.forbidden, "Only administrators of this server see drafts.") }
    return seesDrafts ? .all : .published
  }

  /// `GET /api/events/{id}`: 200 with a strong `ETag`, or 304, or 412 for an `If-Match`. It may be kept, but must be asked
  /// after by its tag each time, because its counts change.
  func get(_ call: Call, _ principal: Principal?) throws(Problem) -> Reply? {
    let required = try EntityTags("if-match", of: call.request)
    let known = try EntityTags("if-none-match", of: call.request)
    if required == nil, known == nil, let reply = call.events.reply(try call.eventID(), Self.published) {
      return reply
    }
    let event = try call.event(call.eventID())
    if event.isDraft {
      guard let principal, try call.isAdmin(principal) else { throw Problem(DomainError.unknownEvent) }
    }
    if let tags = required?.strong, !tags.contains(event.tag) { throw Self.mismatch(event) }
    if let known, known.matchesWeakly(event.tag) { return .notModified(fields: [Self.tag(event)]) }
    return Self.published(event) ?? .json(event, fields: [Self.tag(event)])
  }

  private static func mismatch(_ event: Event) -> Problem {
    Problem(DomainError.versionMismatch(current: event.tag))
  }

  /// `If-None-Match` of a change (RFC 9110, section 13.1.2). No tag comes back once it is left, so the event as it is now
  /// tells, although the ledger decides a little later.
  private static func refuseKnown(_ id: EventID, _ call: Call) throws(Problem) {
    guard let known = try EntityTags("if-none-match", of: call.request), let event = try call.knownEvent(id),
      known.matchesWeakly(event.tag)
    else { return }
    throw mismatch(event)
  }

  /// `GET /api/events/{id}/stakes`: what a change or a cancellation would touch.
  func stakes(_ call: Call, _: Principal) throws(Problem) -> Reply? {
    let event = try call.event(call.eventID())
    let stakes = try call.read { reads throws(DomainError) in try reads.stakes(of: event.id) }
    guard let stakes else { throw Problem(DomainError.unknownEvent) }
    return .json(
      JSONWriter.object { writer in
        writer.member("eventId", event.id.rawValue)
        writer.member("sold", stakes.sold)
        writer.member("held", stakes.held)
        writer.member("bookings", stakes.bookings)
        writer.member("holds", stakes.holds)
        writer.member("waiting", stakes.waiting)
      })
  }

  /// The same for everybody; nil: a draft is not for everybody.
  private static func published(_ event: Event) -> Reply? {
    event.isDraft ? nil : .json(event, .cacheableJSON, fields: [tag(event)])
  }

  /// Whether everybody may read the event that the request names.
  func isPublished(_ call: Call) -> Bool {
    guard call.events.isShared else { return (try? call.events.isPublished(call.eventID())) ?? false }
    return (try? call.event(call.eventID())).map { !$0.isDraft } ?? false
  }

  private static func status(_ query: Query) throws(Problem) -> PublicStatus? {
    guard let text = query.value("status") else { return nil }
    guard let status = PublicStatus(rawValue: text), status != .deleted else {
      let choices = PublicStatus.ofEvents.map(\.rawValue).joined(separator: ", ")
      throw Query.invalid("status", "must be one of \(choices)")
    }
    return status
  }

  static func tag(_ event: Event) -> FieldLines.Field { .init(name: "etag", value: event.tag.field) }

  // MARK: Changing

  /// `POST /api/events`: 201 with `Location`.
  func create(_ call: Call, _ principal: Principal) throws(Problem) -> LedgerCommand {
    var body = try BodyReader(call.request)
    let draft = EventDraft(&body)
    body.refuseUnknown(besides: EventMembers.all)
    try body.finish()
    return .audited(
      call.entry(.eventCreate, principal, object: nil, detail: call.request.body),
      .createEvent(draft, call.asker()))
  }

  /// `PATCH /api/events/{id}`: the members that are there change, the others stay (RFC 7396).
  func patch(_ call: Call, _ principal: Principal) throws(Problem) -> LedgerCommand {
    let id = try call.eventID()
    let condition = try EntityTags("if-match", of: call.request)
    try Self.refuseKnown(id, call)
    var body = try BodyReader(
      call.request, mediaTypes: ["application/json", "application/merge-patch+json"])
    let patch = EventPatch(&body)
    body.refuseUnknown(besides: EventMembers.changeable)
    try body.finish()
    return .audited(
      call.entry(.eventChange, principal, object: "/api/events/\(id.rawValue)", detail: call.request.body),
      .patchEvent(
        PatchEvent(event: id, patch: patch, ifMatch: condition?.strong), call.asker()))
  }

  /// `DELETE /api/events/{id}`: 204 when it was never booked.
  func delete(_ call: Call, _ principal: Principal) throws(Problem) -> LedgerCommand {
    let id = try call.eventID()
    let condition = try EntityTags("if-match", of: call.request)
    try Self.refuseKnown(id, call)
    return .audited(
      call.entry(.eventDelete, principal, object: "/api/events/\(id.rawValue)"),
      .deleteEvent(id, ifMatch: condition?.strong, call.asker()))
  }
}

// MARK: - Bodies

/// The names that an event's members have. A mistyped one must not pass in silence, because the event would then sell by
/// another rule than its admin meant.
enum EventMembers {
  /// Those that only the server sets are known, too, so that an event may be sent back as it was read.
  static let all = [
    "name", "description", "venue", "startsAt", "opensAt", "closesAt", "status", "seatCapacity",
    "maxPerBooking", "maxPerUser", "holdSeconds", "holdExtensionSeconds", "types", "id", "availableSeats",
    "seq",
  ]
  static let ofTypes = [
    "id", "name", "capacity", "maxPerBooking", "maxPerUser", "opensAt", "closesAt", "available",
  ]
  static let changeable = all + ["seatCapacityDelta"]
}

/// The bounds of an event's members; texts in bytes of UTF-8.
private enum EventBounds {
  static let name = 1...200
  static let description = 0...4_000
  static let venue = 0...200
  static let seatCapacity = BookingRules.capacities
  static let seatCapacityDelta = -1_000_000...1_000_000
  static let maxPerBooking = 1...1_000
  /// 0: no limit.
  static let maxPerUser = 0...1_000_000
  /// 0: no holds.
  static let holdSeconds = 0...86_400
  /// 0: no extension.
  static let holdExtensionSeconds = 0...86_400
}

extension EventDraft {
  init(_ body: inout BodyReader) {
    self.init(
      name: body.requiredLine("name", bytes: EventBounds.name),
      seatCapacity: body.requiredInteger("seatCapacity", in: EventBounds.seatCapacity))
    description = body.lines("description", bytes: EventBounds.description) ?? description
    venue = body.line("venue", bytes: EventBounds.venue) ?? venue
    startsAt = body.moment("startsAt") ?? startsAt
    opensAt = body.moment("opensAt") ?? opensAt
    closesAt = body.moment("closesAt") ?? closesAt
    status = body.choice("status", among: PublicStatus.ofEvents)?.decision ?? status
    maxPerBooking = body.integer("maxPerBooking", in: EventBounds.maxPerBooking) ?? maxPerBooking
    maxPerUser = body.integer("maxPerUser", in: EventBounds.maxPerUser) ?? maxPerUser
    holdSeconds = body.integer("holdSeconds", in: EventBounds.holdSeconds) ?? holdSeconds
    holdExtensionSeconds =
      body.integer("holdExtensionSeconds", in: EventBounds.holdExtensionSeconds) ?? holdExtensionSeconds
    types = body.types() ?? types
  }
}

extension EventPatch {
  init(_ body: inout BodyReader) {
    self.init()
    name = body.line("name", bytes: EventBounds.name)
    description = body.lines("description", bytes: EventBounds.description)
    venue = body.line("venue", bytes: EventBounds.venue)
    startsAt = body.moment("startsAt")
    opensAt = body.moment("opensAt")
    closesAt = body.moment("closesAt")
    status = body.choice("status", among: PublicStatus.ofEvents)
    seatCapacity = body.integer("seatCapacity", in: EventBounds.seatCapacity)
    seatCapacityDelta = body.integer("seatCapacityDelta", in: EventBounds.seatCapacityDelta)
    if seatCapacity != nil, seatCapacityDelta != nil {
      body.note("seatCapacityDelta", "must not stand beside seatCapacity")
    }
    maxPerBooking = body.integer("maxPerBooking", in: EventBounds.maxPerBooking)
    maxPerUser = body.integer("maxPerUser", in: EventBounds.maxPerUser)
    holdSeconds = body.integer("holdSeconds", in: EventBounds.holdSeconds)
    holdExtensionSeconds = body.integer("holdExtensionSeconds", in: EventBounds.holdExtensionSeconds)
    types = body.types()
  }
}

extension BodyReader {
  fileprivate mutating func types() -> [TicketTypeDraft]? {
    objects("types", atMost: TicketType.most) { type in
      let draft = TicketTypeDraft(
        id: type.integer("id", in: 1...Int.max), name: type.requiredLine("name", bytes: EventBounds.name),
        capacity: type.optionalInteger("capacity", in: EventBounds.seatCapacity),
        maxPerBooking: type.optionalInteger("maxPerBooking", in: EventBounds.maxPerBooking),
        maxPerUser: type.integer("maxPerUser", in: EventBounds.maxPerUser) ?? 0,
        opensAt: type.moment("opensAt") ?? nil, closesAt: type.moment("closesAt") ?? nil)
      type.refuseUnknown(besides: EventMembers.ofTypes)
      return draft
    }
  }
}

/// An event as JSON. Reads of events are the most frequent ones, so the names are copied and not written.
private struct EventWords {
  static let shared = EventWords()

  let id = Array(#"{"id":"#.utf8)
  let name = Array(#","name":"#.utf8)
  let description = Array(#","description":"#.utf8)
  let venue = Array(#","venue":"#.utf8)
  let startsAt = Array(#","startsAt":"#.utf8)
  let opensAt = Array(#","opensAt":"#.utf8)
  let closesAt = Array(#","closesAt":"#.utf8)
  let status = Array(#","status":"#.utf8)
  let seatCapacity = Array(#","seatCapacity":"#.utf8)
  let availableSeats = Array(#","availableSeats":"#.utf8)
  let maxPerBooking = Array(#","maxPerBooking":"#.utf8)
  let maxPerUser = Array(#","maxPerUser":"#.utf8)
  let holdSeconds = Array(#","holdSeconds":"#.utf8)
  let holdExtensionSeconds = Array(#","holdExtensionSeconds":"#.utf8)
  let types = Array(#","types":"#.utf8)
  let seq = Array(#","seq":"#.utf8)
  let null = Array("null".utf8)
}

extension Event: JSONWritable {
  func write(to writer: inout JSONWriter) { writer.verbatim { append(to: &$0) } }

  private func append(to text: inout [UInt8]) {
    let words = EventWords.shared
    text += words.id
    Decimal.append(id.rawValue, to: &text)
    text += words.name
    JSONWriter.append(name, to: &text)
    text += words.description
    JSONWriter.append(description, to: &text)
    text += words.venue
    JSONWriter.append(venue, to: &text)
    append(words.startsAt, startsAt, to: &text)
    append(words.opensAt, opensAt, to: &text)
    append(words.closesAt, closesAt, to: &text)
    text += words.status
    JSONWriter.append(shown.rawValue, to: &text)
    append(words.seatCapacity, seatCapacity, to: &text)
    append(words.availableSeats, availableSeats, to: &text)
    append(words.maxPerBooking, maxPerBooking, to: &text)
    append(words.maxPerUser, maxPerUser, to: &text)
    append(words.holdSeconds, holdSeconds, to: &text)
    append(words.holdExtensionSeconds, holdExtensionSeconds, to: &text)
    if !types.isEmpty { appendTypes(to: &text) }
    text += words.seq
    Decimal.append(seq, to: &text)
    text.append(UInt8(ascii: "}"))
  }

  private func appendTypes(to text: inout [UInt8]) {
    var writer = JSONWriter()
    writer.array { writer in
      for type in types {
        writer.object { writer in
          writer.member("id", type.id)
          writer.member("name", type.name)
          writer.member("capacity", orNull: type.capacity)
          writer.member("available", available(of: type))
          writer.member("maxPerBooking", orNull: type.maxPerBooking)
          writer.member("maxPerUser", type.maxPerUser)
          writer.member("opensAt", orNull: type.opensAt)
          writer.member("closesAt", orNull: type.closesAt)
        }
      }
    }
    text += EventWords.shared.types
    text += writer.bytes
  }

  private func append(_ name: [UInt8], _ number: Int, to text: inout [UInt8]) {
    text += name
    Decimal.append(Int64(number), to: &text)
  }

  private func append(_ name: [UInt8], _ moment: Instant?, to text: inout [UInt8]) {
    text += name
    guard let moment else { return text += EventWords.shared.null }
    text.append(UInt8(ascii: "\""))
    Timestamps.append(moment, to: &text)
    text.append(UInt8(ascii: "\""))
  }
}
