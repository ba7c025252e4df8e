// Judges bearer tokens: signature, claims, time, issuer, audience. Called for every upgrade and every request,
// on the caller's thread, so a token that has been judged once is remembered until it expires.

/// Any thread; the lock inside is held for a dictionary look-up only.
final class TokenVerifier: TokenVerifying {
  private let authorities: [TokenAuthority]
  private let revocations: Revocations
  private let clock: any Clock
  private let cache: TokenCache

  /// `authorities`: whose tokens are accepted; each has an issuer and a secret of its own.
  init(
    _ authorities: [TokenAuthority], _ revocations: Revocations = Revocations(), clock: any Clock,
    cacheCapacity: Int = TokenCache.defaultCapacity
  ) {
    self.authorities = authorities
    self.revocations = revocations
    self.clock = clock
    cache = TokenCache(capacity: cacheCapacity)
  }

  func verify(_ bytes: [UInt8]) -> TokenVerdict {
    guard bytes.count <= JSONWebSignature.maximumBytes else { return .invalid }
    let now = clock.now
    if let known = cache.principal(of: bytes, at: now) {
      guard revocations.refuses(known) else { return .valid(known) }
      cache.forget(bytes)
      return .invalid
    }
    guard let principal = judge(bytes, at: now), !revocations.refuses(principal) else { return .invalid }
    cache.remember(principal, for: bytes)
    return .valid(principal)
  }

  /// Only the authority whose key made the signature decides: an `iss` alone proves nothing.
  private func judge(_ token: [UInt8], at now: Instant) -> Principal? {
    for authority in authorities {
      if let payload = JSONWebSignature.payload(of: token, signedWith: authority.secret) {
        return TokenClaims(payload).flatMap { authority.principal($0, at: now) }
      }
    }
    return nil
  }
}
