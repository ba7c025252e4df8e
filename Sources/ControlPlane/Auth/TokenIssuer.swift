// Makes the tokens that register and login return. Any thread.

struct TokenIssuer: TokenIssuing {
  /// How long a token is good for: 24 hours.
  static let lifetimeMilliseconds: Int64 = 24 * 60 * 60 * 1_000
  /// The `iss` of our tokens when none is configured.
  static let defaultIssuer = "seatcast"

  private let secret: SigningSecret
  private let issuer: String
  private let audience: String
  private let clock: any Clock

  init(secret: SigningSecret, issuer: String?, audience: String, clock: any Clock) {
    self.secret = secret
    self.issuer = issuer ?? Self.defaultIssuer
    self.audience = audience
    self.clock = clock
  }

  /// The token ends with a whole second, as `exp` counts in seconds.
  func issue(to user: User) -> IssuedToken {
    let issuedAt = clock.now.milliseconds / 1_000
    let expiresAt = issuedAt + Self.lifetimeMilliseconds / 1_000
    let payload = JSONWriter.object { writer in
      writer.member("sub", String(user.id.rawValue))
      writer.member("email", user.email)
      writer.member("name", user.name)
      writer.member("role", user.role.rawValue)
      writer.member("iat", issuedAt)
      writer.member("exp", expiresAt)
      writer.member("iss", issuer)
      writer.member("aud", audience)
    }
    let token = JSONWebSignature.sign(payload, with: secret)
    return IssuedToken(
      text: String(decoding: token, as: UTF8.self), expiresAt: Instant(milliseconds: expiresAt * 1_000))
  }
}
