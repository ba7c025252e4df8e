// Makes and judges service tokens: JWTs that this server signs, with an audience of their own, so that no user's endpoint
// takes one and no user's token counts as one. What a token may do stands in its row; the claims only name it. Any thread;
// no I/O.

struct ServiceTokenAuthority: Sendable {
  /// What `aud` is. Tokens of users never name it (`TokenAuthority`).
  static let audience = "seatcast:service"

  private let keys: TrustedKeys
  private let clock: any Clock
  let tokens: ServiceTokens

  init(_ keys: TrustedKeys, _ tokens: ServiceTokens, clock: any Clock) {
    (self.keys, self.tokens, self.clock) = (keys, tokens, clock)
  }

  /// nil: this is no service token that is good now.
  func verify(_ bytes: [UInt8]) -> ServiceToken? {
    let (now, generation) = (clock.now, keys.current)
    guard let token = JSONWebSignature(bytes),
      let local = generation.authorities.first(where: { $0.issuer.hasSameBytes(as: Identity.localIssuer) }),
      local.keys.signer(of: token, at: now) != nil, let claims = TokenClaims(token.payload),
      let issuer = claims.issuer, issuer.hasSameBytes(as: Identity.localIssuer),
      let audience = claims.audience, audience.count == 1, audience[0].hasSameBytes(as: Self.audience),
      now < claims.expiresAt, let jti = claims.members["jti"]?.text
    else { return nil }
    return tokens.find(jti, at: now)
  }

  /// The text of a token; it can be made again from nothing that is kept but the secret.
  func text(of token: ServiceToken) -> String {
    let payload = JSONWriter.object { writer in
      writer.member("iss", Identity.localIssuer)
      writer.member("aud", Self.audience)
      writer.member("sub", "service-token \(token.id)")
      writer.member("jti", token.jti)
      writer.member("scope", ServiceTokenRow.text(token.scopes))
      writer.member("iat", token.createdAt.milliseconds / 1_000)
      writer.member("exp", token.expiresAt.milliseconds / 1_000)
    }
    return String(decoding: JSONWebSignature.sign(payload, with: keys.current.signing), as: UTF8.self)
  }
}
