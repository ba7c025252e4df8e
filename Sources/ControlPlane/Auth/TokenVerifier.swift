// Judges bearer tokens: signature, claims, time, issuer, audience. Called for every upgrade and every request,
// on the caller's thread, so a token that has been judged once is remembered until it expires or keys change.

/// Any thread; no I/O. The locks inside are held for a look-up only.
final class TokenVerifier: TokenVerifying {
  private let keys: TrustedKeys
  private let revocations: Revocations
  private let connections: ConnectionTokens
  /// nil: no other node.
  private let shared: (any SharedTokens)?
  private let clock: any Clock
  /// Told of a token whose key is not among the other system's keys.
  private let watch: KeySetWatch?

  init(
    _ keys: TrustedKeys, _ revocations: Revocations, connections: ConnectionTokens = ConnectionTokens(),
    shared: (any SharedTokens)? = nil, watch: KeySetWatch? = nil, clock: any Clock
  ) {
    (self.keys, self.revocations, self.connections) = (keys, revocations, connections)
    (self.shared, self.watch, self.clock) = (shared, watch, clock)
  }

  /// The user may have been logged out, and the token by which the user asked may have ended, since then.
  func redeem(_ connectionToken: [UInt8]) throws(DomainError) -> ConnectionGrant? {
    guard let shared else { return redeemHere(connectionToken) }
    guard let digest = ConnectionTokens.digest(of: connectionToken) else { return nil }
    connections.forget(digest)
    do throws(StoreFailure) {
      return try shared.take(digest, at: clock.now).flatMap { trusts($0.principal) ? $0 : nil }
    } catch {
      throw .storageUnavailable
    }
  }

  /// Nobody else has tokens, so nobody need be asked.
  func redeemHere(_ connectionToken: [UInt8]) -> ConnectionGrant? {
    connections.redeem(connectionToken, at: clock.uptime).flatMap { trusts($0.principal) ? $0 : nil }
  }

  /// Whether somebody who was admitted a moment ago would still be.
  func trusts(_ principal: Principal) -> Bool {
    let now = clock.now
    return now < principal.expiresAt && !revocations.refuses(principal, at: now)
  }

  func verify(_ bytes: [UInt8]) -> TokenVerdict {
    guard bytes.count <= JSONWebSignature.maximumBytes else { return .invalid }
    let (now, generation) = (clock.now, keys.current)
    if let known = generation.cache.principal(of: bytes, at: now) {
      guard revocations.refuses(known, at: now) else { return .valid(known) }
      generation.cache.forget(bytes)
      return .invalid
    }
    guard let principal = judge(bytes, generation.authorities, at: now),
      !revocations.refuses(principal, at: now)
    else {
      return .invalid
    }
    generation.cache.remember(principal, for: bytes)
    return .valid(principal)
  }

  /// Only the authority whose key made the signature decides: an `iss` alone proves nothing.
  private func judge(_ bytes: [UInt8], _ authorities: [TokenAuthority], at now: Instant) -> Principal? {
    guard let token = JSONWebSignature(bytes) else { return nil }
    for authority in authorities {
      if let key = authority.keys.signer(of: token, at: now) {
        return TokenClaims(token.payload).flatMap { authority.principal($0, by: key, at: now) }
      }
      if authority.keys.lacksKey(of: token) { watch?.ask() }
    }
    return nil
  }
}
