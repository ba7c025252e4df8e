// The service tokens that are good now, in memory: read from the database at start, changed after each commit of a minting
// or a revocation. A token that is not here is refused, whoever signed it. At most `ServiceToken.most`. Any thread; the
// lock is held for a look-up.

final class ServiceTokens: Sendable {
  private let tokens: Monitor<[String: ServiceToken]>

  init(_ known: [ServiceToken] = []) {
    tokens = Monitor(Dictionary(known.map { ($0.jti, $0) }, uniquingKeysWith: { $1 }))
  }

  func find(_ jti: String, at now: Instant) -> ServiceToken? {
    guard let token = tokens.withLock({ $0[jti] }), now < token.expiresAt else { return nil }
    return token
  }

  /// Also takes out those that have expired, as the database does.
  func add(_ token: ServiceToken) {
    tokens.withLock { tokens in
      tokens = tokens.filter { $0.value.expiresAt > token.createdAt }
      tokens[token.jti] = token
    }
  }

  /// Another node has minted or revoked one: these are all that there are.
  func replace(with all: [ServiceToken]) {
    tokens.withLock { $0 = Dictionary(all.map { ($0.jti, $0) }, uniquingKeysWith: { $1 }) }
  }

  func remove(_ token: ServiceToken) { tokens.withLock { _ = $0.removeValue(forKey: token.jti) } }

  /// In the order in which they were minted.
  func all(at now: Instant) -> [ServiceToken] {
    tokens.withLock { Array($0.values) }.filter { now < $0.expiresAt }.sorted { $0.id < $1.id }
  }
}
