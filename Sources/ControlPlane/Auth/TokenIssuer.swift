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

  /// The token ends with a whole second, as `exp` counts in seconds.
  func issue(to user: User) -> IssuedToken {
    let now = clock.now.milliseconds / 1_000
    let expiresAt = now + Self.lifetimeMilliseconds / 1_000
    // Whoever logs in within the second of having been logged out gets a token of the next one.
    let issuedAt = max(now, (revocations.moment(of: user.identity)?.milliseconds ?? 0) / 1_000)
    let payload = JSONWriter.object { writer in
      writer.member("sub", user.subject.description)
      writer.member("email", user.email)
      writer.member("name", user.name)
      writer.member("role", user.role.rawValue)
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
