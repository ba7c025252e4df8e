// `seatcast token …`: tokens made by this server's own secret, and what the server would say to a given one.

extension Administrator {
  /// From a minute to a year; an hour when nothing is said.
  static let lifetimes = 60...(366 * 86_400)
  static let usualLifetime = 3_600

  /// Who has no account here is a user without an address; administrators must have an account, because it is looked up
  /// again with every request of theirs.
  func mintToken(_ body: inout BodyReader) throws(Problem) -> AdminAnswer {
    let lifetime = body.integer("lifetimeSeconds", in: Self.lifetimes) ?? Self.usualLifetime
    let asked = body.choice("role", among: Role.allCases)
    let identity = try user(&body, knowing: ["lifetimeSeconds", "role"])
    guard identity.isLocal else {
      throw Problem(
        .forbidden, "Tokens of other systems' users are made by those systems; this server has no key for it."
      )
    }
    let account = try read { reads throws(DomainError) in try reads.user(identity) }
    let role = asked ?? account?.role ?? .user
    guard role == .user || account?.role == .admin else {
      throw Problem(.forbidden, "This user is no administrator; see 'seatcast user role'.")
    }
    let token = backend.tokens.issue(
      to: TokenHolder(
        subject: identity.subject, role: role, email: account?.email, name: account?.name),
      seconds: Int64(lifetime))
    if let reason = inspect(Array(token.text.utf8)).refusal {
      throw Problem(.forbidden, "A token for this user would be refused: \(reason).")
    }
    return AdminAnswer(MintedToken(token: token), token.text + "\n")
  }

  func inspectToken(_ body: inout BodyReader) throws(Problem) -> AdminAnswer {
    let token = body.requiredText("token", bytes: 1...AdminRequest.maximumBytes)
    try finish(&body, knowing: ["token"])
    let inspection = inspect(Array(token.utf8))
    return AdminAnswer(inspection, inspection.text)
  }

  private func inspect(_ token: [UInt8]) -> TokenInspection {
    TokenInspection(
      token, by: backend.endpoints.verifier, authorities: backend.keys.keys.current.authorities,
      revocations: backend.endpoints.accounts.revocations, at: backend.ports.clock.now)
  }
}

private struct MintedToken: JSONWritable {
  let token: IssuedToken

  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("token", token.text)
      writer.member("expiresAt", token.expiresAt)
    }
  }
}
