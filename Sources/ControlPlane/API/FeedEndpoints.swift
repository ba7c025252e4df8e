// The feed of changes over HTTP: `GET /api/notices`. Whoever has seen everything may wait for the next entry, which costs
// no thread (FeedWaiters). Workers; answers to those who waited are made on the feed's thread.

struct FeedEndpoints: Sendable {
  let waiters: FeedWaiters
  let epoch: String
  let clock: any Clock
  let revocations: Revocations
  let services: ServiceTokens

  private static let limits: ClosedRange<UInt64> = 1...1_000
  private static let standardLimit = 100

  /// `GET /api/notices?after&wait&limit`: what happened to all events after a position, in the order of the commits.
  func list(_ call: Call, _ caller: Caller) throws(Problem) -> Reply? {
    let limit = try call.query.number("limit", in: Self.limits).map { Int($0) } ?? Self.standardLimit
    let wait = try call.query.number("wait", in: 0...UInt64(FeedWaiters.longestSeconds)) ?? 0
    let commits = waiters.commits
    let after = try position(call)
    let found = try call.read { reads throws(DomainError) in try reads.feed(after: after, limit: limit) }
    guard wait > 0, found == .items([]), !call.request.isMethod("HEAD") else { return reply(found, after) }
    let waiter = FeedWaiters.Waiter(
      ticket: call.ticket, client: caller.principal.connectionKey, after: after, limit: limit, seen: commits,
      deadline: clock.uptime + Int64(wait) * 1_000,
      isStillValid: isStillValid(caller), answer: call.answer { found in reply(found, after) })
    do throws(FeedWaiters.Refusal) {
      try waiters.add(waiter)
    } catch {
      throw Self.problem(error)
    }
    return nil
  }

  private func isStillValid(_ caller: Caller) -> @Sendable () -> Bool {
    guard let service = caller.service else {
      return { [revocations, clock] in !revocations.refuses(caller.principal, at: clock.now) }
    }
    return { [services, clock] in services.find(service.jti, at: clock.now) != nil }
  }

  /// `EPOCH.POSITION` as an earlier answer gave it; without it, the start of what is kept.
  private func position(_ call: Call) throws(Problem) -> Int64 {
    let start = { () throws(Problem) in
      try call.read { reads throws(DomainError) in try reads.feedStart() }
    }
    guard let text = call.query.value("after") else { return try start() }
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 2, let number = Decimal.seq(parts[1]), !parts[0].isEmpty else {
      throw Query.invalid("after", "is no position that this feed gave out")
    }
    guard parts[0].elementsEqual(epoch.utf8) else { throw restarted(from: try start()) }
    return Int64(clamping: number)
  }

  private static func problem(_ refusal: FeedWaiters.Refusal) -> Problem {
    switch refusal {
    case .full: Problem(DomainError.overloaded)
    case .tooManyOfClient:
      Problem(
        .rateLimited, "At most \(FeedWaiters.perClient) requests of one client wait for the feed at a time.",
        members: [.init("limit", .text("feed-waiters")), .init("retryAfter", .integer(1))],
        fields: [.retryAfter])
    }
  }

  // MARK: Answers

  private func reply(_ found: FeedAnswer, _ after: Int64) -> Reply {
    switch found {
    case .items(let items): .json(FeedPage(items: items, after: after, epoch: epoch))
    case .restarted(let start): restarted(from: start).reply
    }
  }

  private func restarted(from start: Int64) -> Problem {
    Problem(
      .feedRestarted, "Entries after this position are not kept, or it is of another database.",
      members: [.init("position", .text(FeedPage.text(start, epoch)))])
  }
}

extension TypeAvailability: JSONWritable {
  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("id", id)
      writer.member("available", available)
    }
  }
}

/// `{items, position}`.
private struct FeedPage: JSONWritable {
  let items: [FeedItem]
  let after: Int64
  let epoch: String

  static func text(_ position: Int64, _ epoch: String) -> String { "\(epoch).\(position)" }

  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.name("items")
      writer.array { writer in for item in items { write(item, to: &writer) } }
      writer.member("position", Self.text(items.last?.position ?? after, epoch))
    }
  }

  private func write(_ item: FeedItem, to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("position", Self.text(item.position, epoch))
      writer.member("type", item.type)
      writer.member("eventId", item.event.rawValue)
      if let state = item.state { writer.member("seq", state.seq) }
      write(item.change, to: &writer)
      if let state = item.state {
        writer.member("availableSeats", state.availableSeats)
        writer.member("seatCapacity", state.seatCapacity)
        if !state.types.isEmpty { writer.member("types", state.types) }
      }
      writer.member("at", item.at)
    }
  }

  private func write(_ change: FeedItem.Change, to writer: inout JSONWriter) {
    switch change {
    case .booking(_, let facts, let issuer, let expiresAt):
      writer.member("bookingId", facts.booking.text)
      writer.member("userId", facts.user)
      writer.member("issuer", issuer)
      writer.member("quantity", facts.quantity)
      if let type = facts.type { writer.member("typeId", type) }
      if let expiresAt { writer.member("expiresAt", expiresAt) }
    case .capacityChanged: break
    case .eventUpdated(let details): write(details, to: &writer)
    case .eventCreated(let details, let seatCapacity):
      write(details, to: &writer)
      writer.member("availableSeats", seatCapacity)
      writer.member("seatCapacity", seatCapacity)
    }
  }

  private func write(_ details: EventDetails, to writer: inout JSONWriter) {
    writer.member("status", details.status.rawValue)
    writer.member("name", details.name)
    writer.member("startsAt", orNull: details.startsAt)
    writer.member("opensAt", orNull: details.opensAt)
    writer.member("closesAt", orNull: details.closesAt)
    writer.member("maxPerBooking", details.maxPerBooking)
  }
}
