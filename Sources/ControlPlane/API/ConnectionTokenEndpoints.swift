// One-use tokens for WebSockets and event streams, given to whoever has a bearer token.

struct ConnectionTokenEndpoints: Sendable {
  let tokens: ConnectionTokens
  /// nil: no other node.
  var shared: (any SharedTokens)?
  let clock: any Clock

  /// Events that a token may be bound to.
  static let events = 1...64

  /// `POST /api/connection-tokens` `{events}`: 201 with a token that opens one connection within 30 s. The body may be
  /// absent.
  func create(_ call: Call, _ principal: Principal) throws(Problem) -> Reply? {
    var events: Set<EventID>?
    if !call.request.body.isEmpty {
      var body = try BodyReader(call.request)
      events = body.identifiers("events", count: Self.events).map { Set($0.map(EventID.init)) }
      try body.finish()
    }
    let (token, kept, dropped) = tokens.issueKept(
      ConnectionGrant(principal: principal, events: events), at: clock.uptime)
    let end = Instant(milliseconds: clock.now.milliseconds + ConnectionTokens.lifetime)
    try share(kept, until: end, dropping: dropped)
    let issued = IssuedToken(
      text: String(decoding: token, as: UTF8.self), expiresAt: min(end, principal.expiresAt))
    return .json(issued, status: 201)
  }

  private func share(
    _ token: ConnectionTokens.Kept, until end: Instant, dropping dropped: [[UInt8]]
  ) throws(Problem) {
    do throws(StoreFailure) {
      try shared?.keep(token, until: end, dropping: dropped)
    } catch {
      tokens.forget(token.digest)
      throw Problem(DomainError.storageUnavailable)
    }
  }
}

extension IssuedToken: JSONWritable {
  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("token", text)
      writer.member("expiresAt", expiresAt)
    }
  }
}
