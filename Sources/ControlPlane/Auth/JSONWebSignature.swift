// The outer layer of a token: a JSON Web Signature in compact form (RFC 7515, section 7.1), taken apart and its header
// judged. The key fixes the algorithm (`TokenKey`); the header's is only compared with it. Pure; any thread.

/// The algorithms that are known here (RFC 7518, section 3.1; RFC 8037, section 3.1).
enum SignatureAlgorithm: String, Sendable {
  case hs256 = "HS256"
  case rs256 = "RS256"
  case ps256 = "PS256"
  case es256 = "ES256"
  case edDSA = "EdDSA"
}

/// A token whose header is accepted. Its signature is not verified yet.
struct JSONWebSignature {
  /// Longer tokens are refused unread.
  static let maximumBytes = 4 * 1024

  /// What the header says.
  let algorithm: SignatureAlgorithm
  let keyID: String?
  /// The encoded header and payload with the dot between them.
  let signed: ArraySlice<UInt8>
  let payload: [UInt8]
  let signature: [UInt8]

  private static let dot = UInt8(ascii: ".")

  /// Nil when this is no token in compact form, in the one canonical Base64 spelling, with an accepted header.
  init?(_ token: [UInt8]) {
    guard token.count <= Self.maximumBytes else { return nil }
    let parts = token.split(separator: Self.dot, maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 3, let header = Base64.decode(parts[0], .urlSafe),
      let payload = Base64.decode(parts[1], .urlSafe), let signature = Base64.decode(parts[2], .urlSafe),
      let members = try? StrictJSON.parse(header).members, Self.isAccepted(members),
      let algorithm = members["alg"]?.text.flatMap(SignatureAlgorithm.init)
    else { return nil }
    (self.algorithm, self.payload, self.signature) = (algorithm, payload, signature)
    keyID = members["kid"]?.text
    signed = token[..<(parts[2].startIndex - 1)]
  }

  static func sign(_ payload: [UInt8], with secret: SigningSecret) -> [UInt8] {
    let header = JSONWriter.object { writer in
      writer.member("alg", SignatureAlgorithm.hs256.rawValue)
      writer.member("typ", "JWT")
      writer.member("kid", secret.keyID)
    }
    let signed = Base64.encode(header, .urlSafe) + [dot] + Base64.encode(payload, .urlSafe)
    let code = Cryptography.hmacSHA256(signed, key: secret.bytes)
    return signed + [dot] + Base64.encode(code, .urlSafe)
  }

  // MARK: The header

  /// Header parameters that say nothing here but have a type (RFC 7515, section 4.1; RFC 7519, section 5).
  private static let texts = ["typ", "cty", "kid", "jku", "x5u", "x5t", "x5t#S256"]

  /// `crit` names extensions that must be understood (RFC 7515, section 4.1.11); there are none here, and `b64`
  /// may not stand without it (RFC 7797, section 6).
  private static func isAccepted(_ members: [String: JSONValue]) -> Bool {
    members["crit"] == nil && members["b64"] == nil
      && texts.allSatisfy { members[$0].map { $0.text != nil } ?? true }
      && members["jwk"].map { $0.members != nil } ?? true && members["x5c"].map(isTexts) ?? true
  }

  private static func isTexts(_ value: JSONValue) -> Bool {
    if case .array(let elements) = value { elements.allSatisfy { $0.text != nil } } else { false }
  }
}
