// Judges bearer tokens: signature, claims, time, audience. Called on loop threads for every upgrade and on
// workers for every request, so a token that has been judged once is remembered until it expires.

/// Any thread; the lock inside is held for a dictionary look-up only.
final class TokenVerifier: TokenVerifying {
  private let secret: SigningSecret
  private let issuer: String?
  private let audience: String
  private let clock: any Clock
  private let cache: TokenCache

  /// `issuer`: the only accepted `iss`; nil: any. `audience`: what `aud` must name when it is there.
  init(
    secret: SigningSecret, issuer: String?, audience: String, clock: any Clock,
    cacheCapacity: Int = TokenCache.defaultCapacity
  ) {
    self.secret = secret
    self.issuer = issuer
    self.audience = audience
    self.clock = clock
    cache = TokenCache(capacity: cacheCapacity)
  }

  func verify(_ token: String) -> TokenVerdict {
    let bytes = Array(token.utf8)
    guard bytes.count <= JSONWebSignature.maximumBytes else { return .invalid }
    let now = clock.now
    if let known = cache.principal(of: bytes, at: now) { return .valid(known) }
    guard let principal = judge(bytes, at: now) else { return .invalid }
    cache.remember(principal, for: bytes)
    return .valid(principal)
  }

  private func judge(_ token: [UInt8], at now: Instant) -> Principal? {
    guard let payload = JSONWebSignature.payload(of: token, signedWith: secret),
      let claims = TokenClaims(payload)
    else { return nil }
    guard now < claims.expiresAt, claims.notBefore.map({ $0 <= now }) ?? true else { return nil }
    guard issuer == nil || claims.issuer == issuer else { return nil }
    guard claims.audience.map({ $0.contains(audience) }) ?? true else { return nil }
    return Principal(
      user: claims.user, role: claims.role, email: claims.email, name: claims.name,
      expiresAt: claims.expiresAt)
  }
}
