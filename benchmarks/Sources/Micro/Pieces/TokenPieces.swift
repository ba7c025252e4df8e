// Bearer tokens: verified when they are new, looked up when they are known, made at a log-in.
@testable import ControlPlane

enum TokenPieces {
  static var all: [Piece] { [cold, cached, issue] }

  private static let clock = StillClock(now: Samples.moment)

  private static var secret: SigningSecret {
    guard let secret = try? SigningSecret(Samples.secretBytes) else {
      fail("The sample secret is too short.")
    }
    return secret
  }

  static func keys(cacheCapacity: Int = TokenCache.defaultCapacity) -> TrustedKeys {
    let own = Authorities(local: .local(secret, audience: nil), signing: secret, external: nil)
    return TrustedKeys(own, cacheCapacity: cacheCapacity)
  }

  static var issuer: TokenIssuer { TokenIssuer(keys(), Revocations(), clock: clock) }

  private static func verifier(cacheCapacity: Int) -> TokenVerifier {
    TokenVerifier(keys(cacheCapacity: cacheCapacity), Revocations(), clock: clock)
  }

  /// What a log-in of this user returns.
  static func token(user: UInt64 = 4) -> String {
    var holder = Samples.user
    holder.subject = Subject(user)
    return issuer.issue(to: holder).text
  }

  /// A verifier that knows `token()` already.
  static func knowing() -> TokenVerifier {
    let verifier = verifier(cacheCapacity: TokenCache.defaultCapacity)
    guard case .valid = verifier.verify(Array(token().utf8)) else { fail("The sample token is not valid.") }
    return verifier
  }

  /// Signature, claims, and remembering. The cache holds two tokens and four take turns, so none is found.
  private static var cold: Piece {
    let tokens = (0..<4).map { Array(token(user: 1_000 + $0).utf8) }
    let verifier = verifier(cacheCapacity: 1)
    return Piece("jwt_verify_cold", "a token not seen before", bytes: tokens[0].count, checksum: 1) {
      count in
      var sum: UInt64 = 0
      for index in 0..<count {
        guard case .valid(let principal) = verifier.verify(tokens[index & 3]) else { continue }
        if principal.identity.subject == Subject(1_000 + UInt64(index & 3)) { sum &+= 1 }
      }
      return sum
    }
  }

  /// Thousands of tokens are known, as in an hour of rush; each comes in turn.
  private static var cached: Piece {
    let tokens = (0..<4_096).map { Array(token(user: 1_000 + $0).utf8) }
    let verifier = verifier(cacheCapacity: TokenCache.defaultCapacity)
    return Piece("jwt_verify_cached", "a token of 4,096 known ones", bytes: tokens[0].count, checksum: 1) {
      count in
      var sum: UInt64 = 0
      for index in 0..<count {
        guard case .valid(let principal) = verifier.verify(tokens[index & 4_095]) else { continue }
        if principal.identity.subject == Subject(1_000 + UInt64(index & 4_095)) { sum &+= 1 }
      }
      return sum
    }
  }

  private static var issue: Piece {
    let issuer = issuer
    let size = UInt64(issuer.issue(to: Samples.user).text.utf8.count)
    return Piece("jwt_issue", "the token of a log-in", checksum: size) {
      UInt64(issuer.issue(to: Samples.user).text.utf8.count)
    }
  }
}
