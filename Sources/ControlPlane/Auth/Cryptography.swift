// What Auth/ needs of OpenSSL's libcrypto, as functions over byte arrays; public keys are in PublicKey.swift. Any
// thread.
import CCrypto

enum Cryptography {
  /// HMAC with SHA-256 (RFC 2104, FIPS 180-4): 32 bytes.
  static func hmacSHA256(_ message: some Collection<UInt8>, key: [UInt8]) -> [UInt8] {
    let message = Array(message)
    var code = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    let result = unsafe HMAC(
      EVP_sha256(), key, CInt(key.count), message, message.count, &code, &length)
    precondition(unsafe result != nil && length == 32, "HMAC-SHA-256 is part of every libcrypto")
    return code
  }

  /// SHA-256 (FIPS 180-4): 32 bytes.
  static func sha256(_ message: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    let result = unsafe SHA256(message, message.count, &digest)
    precondition(unsafe result != nil, "SHA-256 is part of every libcrypto")
    return digest
  }

  /// Compares in a time that depends on the lengths only.
  static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return unsafe CRYPTO_memcmp(left, right, left.count) == 0
  }

  /// Cryptographically random bytes. Ends the process when the system has none to give: there is nothing
  /// that could safely be done without them.
  static func randomBytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let result = unsafe RAND_bytes(&bytes, CInt(count))
    precondition(result == 1, "the system gives no random bytes")
    return bytes
  }

  /// scrypt (RFC 7914) with N = 2^`logN`. Nil when libcrypto refuses the parameters or has not the memory;
  /// it needs about 128 × N × r bytes.
  static func scrypt(
    password: [UInt8], salt: [UInt8], logN: Int, r: Int, p: Int, count: Int
  ) -> [UInt8]? {
    guard (1...24).contains(logN), r > 0, p > 0, count > 0 else { return nil }
    let password = password.map { CChar(bitPattern: $0) }
    var key = [UInt8](repeating: 0, count: count)
    let memory = (UInt64(1) << UInt64(logN) + UInt64(p) + 2) * 128 * UInt64(r) + 65_536
    let result = unsafe EVP_PBE_scrypt(
      password, password.count, salt, salt.count, UInt64(1) << UInt64(logN), UInt64(r), UInt64(p), memory,
      &key, key.count)
    return result == 1 ? key : nil
  }
}
