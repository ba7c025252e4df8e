// Service tokens: minted, listed and revoked by administrators. The token itself is told once, when it is minted.

struct ServiceTokenEndpoints: Sendable {
  let authority: ServiceTokenAuthority
  let ledger: any CommandSink
  let replies: any ReplySink
  let clock: any Clock
  let identifiers: any IdentifierSource

  private static let nameBytes = 1...100
  private static let year: Int64 = 365 * 86_400_000

  /// `POST /api/service-tokens` `{name, scopes, expiresAt}`: 201 with the token. It ends after a year unless `expiresAt` says
  /// when, after five at the latest.
  func create(_ call: Call, _ principal: Principal) throws(Problem) -> Reply? {
    let now = clock.now
    var body = try BodyReader(call.request)
    let name = body.requiredLine("name", bytes: Self.nameBytes)
    let scopes = body.requiredChoices("scopes", among: ServiceScope.allCases)
    let given = body.moment("expiresAt") ?? nil
    if let given, given <= now || given.milliseconds > now.milliseconds + 5 * Self.year {
      body.note("expiresAt", "must be within the next five years")
    }
    body.refuseUnknown(besides: ["name", "scopes", "expiresAt"])
    try body.finish()
    let end = given ?? Instant(milliseconds: now.milliseconds + Self.year)
    let token = ServiceToken(
      id: 0, jti: identifiers.randomHex(bytes: 16), name: name, scopes: scopes, createdAt: now,
      // `exp` counts in seconds.
      expiresAt: Instant(milliseconds: end.milliseconds - end.milliseconds % 1_000))
    let entry = call.entry(
      .serviceTokenCreate, principal, object: nil,
      detail: JSONWriter.object { writer in
        writer.member("name", name)
        writer.member("scopes", ServiceTokenRow.text(scopes))
      })
    AuditingSink(ledger: ledger, entry: entry).submit(call.ticket, minted(call), replies: replies) {
      .mintServiceToken(token, $0)
    }
    return nil
  }

  /// The token counts before anybody learns of it.
  private func minted(_ call: Call) -> Answer<ServiceToken> {
    let answer = call.answer { (token: ServiceToken) in
      .json(MintedToken(token: token, text: authority.text(of: token)), status: 201)
    }
    return { result in
      if case .success(let token) = result { authority.tokens.add(token) }
      return answer(result)
    }
  }

  /// `GET /api/service-tokens`: all that are good, without the tokens themselves.
  func list(_ call: Call, _: Principal) throws(Problem) -> Reply? {
    .json(ServiceTokenList(items: authority.tokens.all(at: clock.now)))
  }

  /// `DELETE /api/service-tokens/{id}`: 204; the token is refused from now on.
  func delete(_ call: Call, _ principal: Principal) throws(Problem) -> Reply? {
    guard let id = Decimal.identifier(call.capture) else { throw Problem(DomainError.unknownServiceToken) }
    let answer = call.answer { (_: ServiceToken) in Reply.noContent() }
    let revoked: Answer<ServiceToken> = { result in
      if case .success(let token) = result { authority.tokens.remove(token) }
      return answer(result)
    }
    let entry = call.entry(.serviceTokenRevoke, principal, object: "/api/service-tokens/\(id)")
    AuditingSink(ledger: ledger, entry: entry).submit(call.ticket, revoked, replies: replies) {
      .revokeServiceToken(id, $0)
    }
    return nil
  }
}

private struct MintedToken: JSONWritable {
  let token: ServiceToken
  let text: String

  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      token.writeMembers(to: &writer)
      writer.member("token", text)
    }
  }
}

private struct ServiceTokenList: JSONWritable {
  let items: [ServiceToken]

  func write(to writer: inout JSONWriter) { writer.object { $0.member("items", items) } }
}

extension ServiceToken: JSONWritable {
  func write(to writer: inout JSONWriter) { writer.object { writeMembers(to: &$0) } }

  fileprivate func writeMembers(to writer: inout JSONWriter) {
    writer.member("id", id)
    writer.member("name", name)
    writer.name("scopes")
    writer.array { writer in for scope in scopes { writer.string(scope.rawValue) } }
    writer.member("createdAt", createdAt)
    writer.member("expiresAt", expiresAt)
  }
}
