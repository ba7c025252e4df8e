// Makes the tokens that register and login return. Any thread.

struct TokenIssuer: TokenIssuing {
  /// How long a token is good for: 24 hours.
  static let lifetimeMilliseconds: Int64 = 24 * 60 * 60 * 1_000

  private let keys: TrustedKeys
  /// What tokens name as theirs.
  private let audience: String
  private let revocations: Revocations
  private let clock: any Clock

  /// - Parameter audience: nil: the usual one.
  init(_ keys: TrustedKeys, audience: String? = nil, _ revocations: Revocations, clock: any Clock) {
    (self.keys, self.revocations, self.clock) = (keys, revocations, clock)
    self.audience = audience ?? TokenAuthority.defaultAudience
  }

  func issue(to user: User) -> IssuedToken {
    issue(
      to: TokenHolder(subject: user.subject, role: user.role, email: user.email, name: user.name),
      seconds: Self.lifetimeMilliseconds / 1_000)
  }

  /// The token ends with a whole second, as `exp` counts in seconds.
  func issue(to holder: TokenHolder, seconds: Int64) -> IssuedToken {
    let now = clock.now.milliseconds / 1_000
    let expiresAt = now + seconds
    // Whoever logs in within the second of having been logged out gets a token of the next one.
    let identity = Identity(issuer: Identity.localIssuer, subject: holder.subject)
    let issuedAt = max(now, (revocations.moment(of: identity)?.milliseconds ?? 0) / 1_000)
    let payload = JSONWriter.object { writer in
      writer.member("sub", holder.subject.description)
      if let email = holder.email { writer.member("email", email) }
      if let name = holder.name { writer.member("name", name) }
      writer.member("role", holder.role.rawValue)
      writer.member("iat", issuedAt)
      writer.member("exp", expiresAt)
      writer.member("iss", Identity.localIssuer)
      writer.member("aud", audience)
    }
    let token = JSONWebSignature.sign(payload, with: keys.current.signing)
    return IssuedToken(
      text: String(decoding: token, as: UTF8.self), expiresAt: Instant(milliseconds: expiresAt * 1_000))
  }
}
