// A public key of another system, and signatures by it, verified by OpenSSL's EVP interface. Made once per key, when the
// key set is read; any thread may verify, several at once.
import CCrypto

@safe final class PublicKey: @unchecked Sendable {
  /// EVP_PKEY. Never changed after `init`.
  private let key: OpaquePointer
  /// SHA-256 of the kind of key and its parameters.
  let fingerprint: [UInt8]

  /// What RSA keys have at least (RFC 7518, section 3.3), and at most, so that no signature costs much.
  static let rsaBits = 2_048...8_192
  static let coordinateBytes = 32

  private init?(_ key: OpaquePointer?, _ kind: String, _ parameters: [UInt8]) {
    // What libcrypto says of a refused key stays in the thread's list of errors otherwise.
    ERR_clear_error()
    guard let key = unsafe key else { return nil }
    unsafe self.key = unsafe key
    fingerprint = Cryptography.sha256(Array(kind.utf8) + parameters)
  }

  deinit { unsafe EVP_PKEY_free(key) }

  /// Both big-endian. Nil when they are no RSA key, whatever its size.
  static func rsa(modulus: [UInt8], exponent: [UInt8]) -> PublicKey? {
    unsafe PublicKey(
      ccrypto_rsa_key(modulus, modulus.count, exponent, exponent.count), "RSA", exponent + modulus)
  }

  /// Nil when this is no point of the curve.
  static func p256(x: [UInt8], y: [UInt8]) -> PublicKey? {
    guard x.count == coordinateBytes, y.count == coordinateBytes else { return nil }
    return unsafe PublicKey(ccrypto_p256_key([4] + x + y), "P-256", x + y)
  }

  static func ed25519(_ x: [UInt8]) -> PublicKey? {
    guard x.count == coordinateBytes else { return nil }
    return unsafe PublicKey(EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, x, x.count), "Ed25519", x)
  }

  var bits: Int { unsafe Int(EVP_PKEY_get_bits(key)) }

  /// - Parameter algorithm: one that belongs to this kind of key; else the answer is false.
  func verifies(_ signature: [UInt8], of message: [UInt8], by algorithm: SignatureAlgorithm) -> Bool {
    guard let signature = algorithm == .es256 ? Self.structured(signature) : signature,
      let context = unsafe EVP_MD_CTX_new()
    else { return false }
    defer {
      unsafe EVP_MD_CTX_free(context)
      ERR_clear_error()
    }
    var parameters: OpaquePointer?
    let digest = unsafe algorithm == .edDSA ? nil : EVP_sha256()
    guard unsafe EVP_DigestVerifyInit(context, &parameters, digest, nil, key) == 1 else { return false }
    if algorithm == .ps256 {
      guard unsafe Self.setPadding(parameters) else { return false }
    }
    return unsafe EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }

  /// PS256 has MGF1 with SHA-256 and a salt as long as the digest (RFC 7518, section 3.5).
  private static func setPadding(_ parameters: OpaquePointer?) -> Bool {
    unsafe EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1
      && EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1
      && EVP_PKEY_CTX_set_rsa_mgf1_md(parameters, EVP_sha256()) == 1
  }

  /// A JWS has r and s one after the other, 32 bytes each (RFC 7518, section 3.4).
  private static func structured(_ signature: [UInt8]) -> [UInt8]? {
    guard signature.count == 2 * coordinateBytes else { return nil }
    var der = [UInt8](repeating: 0, count: 80)
    let length = unsafe ccrypto_ecdsa_der(signature, &der)
    return length > 0 ? Array(der[..<length]) : nil
  }
}
