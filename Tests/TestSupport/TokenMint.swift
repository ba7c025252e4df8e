// Tokens made by the tests themselves, with the secret that the server was given (RFC 7519, HS256).
// Shares no code with the server, so it can also make the tokens that must be refused.
import Glibc

/// Mints JSON Web Tokens for one secret.
public struct TokenMint: Sendable {
  public let secret: [UInt8]

  public init(secret: String) { self.secret = Array(secret.utf8) }

  /// A token as the server's own login makes it, living for `lifetime` seconds (negative: already expired).
  public func token(user: Int, role: String = "user", lifetime: Int = 3_600) -> String {
    let now = secondsSince1970()
    return token(claims: [
      "sub": .string(String(user)), "email": .string("user\(user)@example.test"),
      "name": .string("User \(user)"), "role": .string(role), "iat": .integer(now - 1),
      "exp": .integer(now + lifetime), "iss": "seatcast", "aud": "seatcast",
    ])
  }

  /// A token with exactly these claims.
  public func token(claims: JSON, header: JSON = ["alg": "HS256", "typ": "JWT"]) -> String {
    let signed =
      Digests.base64URL(Array(header.text.utf8)) + "." + Digests.base64URL(Array(claims.text.utf8))
    return signed + "." + Digests.base64URL(Digests.hmacSHA256(key: secret, Array(signed.utf8)))
  }
}

/// Whole seconds of the system's clock.
public func secondsSince1970() -> Int { time(nil) }
