// The Ed25519 keys (RFC 8032) that sign the record's heads. The private one is made once and kept in the data folder, as
// PEM that `openssl pkey` reads (RFC 8410). Keys are values after they were read; files are read and written at start and
// by a change of the key.
import CCrypto
import Glibc

/// A key that others verify heads with.
public struct RecordPublicKey: Sendable, Hashable {
  static let count = 32
  /// What stands before the 32 bytes in DER (RFC 8410, section 4).
  private static let prefix: [UInt8] = [
    0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00,
  ]

  let bytes: [UInt8]

  init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.count else { return nil }
    self.bytes = bytes
  }

  init?(base64 text: some StringProtocol) {
    guard let bytes = Base64.unpadded(text) else { return nil }
    self.init(bytes)
  }

  /// The first key in a PEM text (`PUBLIC KEY`), or the key as Base64 alone.
  public init?(text: String) {
    let lines = text.split(whereSeparator: \.isNewline)
    let isPEM = text.contains("-----BEGIN PUBLIC KEY-----")
    let body = lines.filter { !$0.hasPrefix("-----") }.prefix(1).joined()
    guard isPEM else {
      self.init(base64: body)
      return
    }
    guard let der = Base64.unpadded(body), der.starts(with: Self.prefix) else { return nil }
    self.init(Array(der.dropFirst(Self.prefix.count)))
  }

  var base64: String { Base64.padded(bytes) }

  /// SubjectPublicKeyInfo, as every tool reads it.
  public var pem: String {
    "-----BEGIN PUBLIC KEY-----\n\(Base64.padded(Self.prefix + bytes))\n-----END PUBLIC KEY-----\n"
  }

  func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    PublicKey.ed25519(bytes)?.verifies(signature, of: message, by: .edDSA) ?? false
  }
}

struct RecordKey: Sendable {
  static let fileName = "record-key"
  /// A key whose first head is not known to be committed.
  static let nextFileName = "record-key.next"
  static let seedBytes = 32
  static let signatureBytes = 64
  /// What stands before the seed in DER (RFC 8410, section 7).
  private static let prefix: [UInt8] = [
    0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
  ]
  private static let firstLine = "-----BEGIN PRIVATE KEY-----"

  private let seed: [UInt8]
  let publicKey: RecordPublicKey

  /// Nil: libcrypto takes no such key.
  init?(seed: [UInt8]) {
    guard seed.count == Self.seedBytes, let key = unsafe Self.key(seed) else { return nil }
    defer { unsafe EVP_PKEY_free(key) }
    var bytes = [UInt8](repeating: 0, count: RecordPublicKey.count)
    var length = bytes.count
    guard unsafe EVP_PKEY_get_raw_public_key(key, &bytes, &length) == 1,
      let publicKey = RecordPublicKey(bytes)
    else { return nil }
    (self.seed, self.publicKey) = (seed, publicKey)
  }

  static func make() -> RecordKey {
    guard let key = RecordKey(seed: Cryptography.randomBytes(seedBytes)) else {
      preconditionFailure("Ed25519 is part of every libcrypto")
    }
    return key
  }

  private static func key(_ seed: [UInt8]) -> OpaquePointer? {
    unsafe EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, seed, seed.count)
  }

  func signature(of message: [UInt8]) -> [UInt8] {
    var signature = [UInt8](repeating: 0, count: Self.signatureBytes)
    var length = signature.count
    guard let key = unsafe Self.key(seed), let context = unsafe EVP_MD_CTX_new() else {
      preconditionFailure("Ed25519 is part of every libcrypto")
    }
    defer {
      unsafe EVP_MD_CTX_free(context)
      unsafe EVP_PKEY_free(key)
    }
    let isSigned =
      unsafe EVP_DigestSignInit(context, nil, nil, nil, key) == 1
      && EVP_DigestSign(context, &signature, &length, message, message.count) == 1
    precondition(isSigned, "Ed25519 signs every message")
    return signature
  }

  // MARK: Files

  var pem: String {
    "\(Self.firstLine)\n\(Base64.padded(Self.prefix + seed))\n-----END PRIVATE KEY-----\n"
  }

  init?(pem: String) {
    let lines = pem.split(whereSeparator: \.isNewline)
    guard lines.count == 3, lines[0] == Self.firstLine, let der = Base64.unpadded(lines[1]),
      der.starts(with: Self.prefix)
    else { return nil }
    self.init(seed: Array(der.dropFirst(Self.prefix.count)))
  }

  /// The key in a file of the folder; nil: there is no such file.
  /// - Throws: when others can read it, or it is no such key.
  static func read(_ name: String, in folder: DataFolder) throws(StartFailure) -> RecordKey? {
    guard let bytes = try folder.read(name) else { return nil }
    let path = folder.realPath + "/" + name
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & 0o077 == 0 else {
      throw StartFailure("\(path) can be read by others; make it private: chmod 600 \(path)")
    }
    guard let key = RecordKey(pem: String(decoding: bytes, as: UTF8.self)) else {
      throw StartFailure("\(path) is no Ed25519 key as seatcast keeps it; put the right one back")
    }
    return key
  }

  func keep(as name: String = fileName, in folder: DataFolder) throws(StartFailure) {
    try folder.write(name, Array(pem.utf8))
  }

  /// The key that signs from now on. A change of the key that was cut short is finished when its first head is committed,
  /// else forgotten.
  /// - Parameters:
  ///   - last: signed the last head; nil: there is none.
  ///   - makes: whether to make a key when there is none.
  static func kept(
    in folder: DataFolder, last: RecordPublicKey?, makes: Bool
  ) throws(StartFailure) -> RecordKey? {
    if let next = try read(nextFileName, in: folder) {
      if next.publicKey == last {
        try next.keep(in: folder)
        try remove(nextFileName, in: folder)
        return next
      }
      try remove(nextFileName, in: folder)
    }
    if let key = try read(fileName, in: folder) { return key }
    guard makes else { return nil }
    let key = make()
    try key.keep(in: folder)
    return key
  }

  static func remove(_ name: String, in folder: DataFolder) throws(StartFailure) {
    let path = folder.realPath + "/" + name
    guard unsafe unlink(path) == 0 || errno == ENOENT else {
      throw StartFailure("cannot remove \(path): \(describe(errno: errno))")
    }
  }
}
