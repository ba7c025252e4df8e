// The outer layer of a token: JWS in compact form with HS256 (RFC 7515, RFC 7518 section 3.2). The algorithm is
// fixed here and only compared with the header's, never chosen by it. Pure; any thread.

enum JSONWebSignature {
  /// Longer tokens are refused unread.
  static let maximumBytes = 4 * 1024

  private static let dot = UInt8(ascii: ".")

  /// The header of the tokens that we make, encoded.
  private static let ownHeader = Base64.encode(#"{"alg":"HS256","typ":"JWT"}"#.utf8, .urlSafe)

  static func sign(_ payload: [UInt8], with secret: SigningSecret) -> [UInt8] {
    let signed = ownHeader + [dot] + Base64.encode(payload, .urlSafe)
    let code = Cryptography.hmacSHA256(signed, key: secret.bytes)
    return signed + [dot] + Base64.encode(code, .urlSafe)
  }

  /// The payload of a token that `secret` has signed; nil for everything else.
  static func payload(of token: [UInt8], signedWith secret: SigningSecret) -> [UInt8]? {
    guard token.count <= maximumBytes else { return nil }
    let parts = token.split(separator: dot, omittingEmptySubsequences: false)
    guard parts.count == 3, let code = Base64.decode(parts[2], .urlSafe) else { return nil }
    let signed = token[..<(parts[2].startIndex - 1)]
    guard Cryptography.equal(code, Cryptography.hmacSHA256(signed, key: secret.bytes)) else { return nil }
    guard parts[0].elementsEqual(ownHeader) || isAccepted(parts[0]) else { return nil }
    return Base64.decode(parts[1], .urlSafe)
  }

  /// Header parameters that say nothing here but have a type (RFC 7515, section 4.1; RFC 7519, section 5).
  private static let texts = ["typ", "cty", "kid", "jku", "x5u", "x5t", "x5t#S256"]

  /// `crit` names extensions that must be understood (RFC 7515, section 4.1.11); there are none here, and `b64`
  /// may not stand without it (RFC 7797, section 6).
  private static func isAccepted(_ text: ArraySlice<UInt8>) -> Bool {
    guard let header = Base64.decode(text, .urlSafe), let members = try? StrictJSON.parse(header).members
    else { return false }
    return members["alg"] == .string("HS256") && members["crit"] == nil && members["b64"] == nil
      && texts.allSatisfy { members[$0].map { $0.text != nil } ?? true }
      && members["jwk"].map { $0.members != nil } ?? true && members["x5c"].map(isTexts) ?? true
  }

  private static func isTexts(_ value: JSONValue) -> Bool {
    if case .array(let elements) = value { elements.allSatisfy { $0.text != nil } } else { false }
  }
}
