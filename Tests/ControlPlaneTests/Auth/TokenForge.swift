// Makes tokens, good and bad, for the tests of this folder and of the API.
@testable import ControlPlane

enum TokenForge {
  static let secretBytes = Array("0123456789abcdef0123456789abcdef".utf8)
  static var secret: SigningSecret {
    guard let secret = try? SigningSecret(secretBytes) else { fatalError("the test secret is long enough") }
    return secret
  }
  /// `Principal.key` of tokens that it signed.
  static var keyNumber: UInt32 { TokenKey(secret).number }

  /// A token with this header and payload, rightly signed whatever they say.
  static func sign(header: String = #"{"alg":"HS256","typ":"JWT"}"#, payload: String) -> String {
    sign(
      rawHeader: String(decoding: Base64.encode(Array(header.utf8), .urlSafe), as: UTF8.self),
      rawPayload: String(decoding: Base64.encode(Array(payload.utf8), .urlSafe), as: UTF8.self))
  }

  static func sign(rawHeader: String, rawPayload: String) -> String {
    let signed = "\(rawHeader).\(rawPayload)"
    let code = Cryptography.hmacSHA256(signed.utf8, key: secretBytes)
    return signed + "." + String(decoding: Base64.encode(code, .urlSafe), as: UTF8.self)
  }
}

extension TrustedKeys {
  /// A server with local accounts and this secret.
  convenience init(_ secret: SigningSecret, audience: String? = nil) {
    self.init(Authorities(local: .local(secret, audience: audience), signing: secret, external: nil))
  }
}

extension TokenAuthority {
  /// The secret that signs today.
  var secret: SigningSecret? { keys.secret }
}

extension JSONWebSignature {
  /// The payload of a token that `secret` has signed.
  static func payload(of token: [UInt8], signedWith secret: SigningSecret) -> [UInt8]? {
    guard let found = JSONWebSignature(token), TokenKey(secret).isSigner(of: found) else { return nil }
    return found.payload
  }
}
