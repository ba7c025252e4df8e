// The secret that tokens are signed with: at least 32 bytes (RFC 7518, section 3.2), never a literal default.
// When none is configured one is made once and kept in the data folder as text, so that it can be handed to
// another service as it is. Read at start and when keys are read again, on the main thread.
import Glibc

/// Why a secret cannot be used, as one sentence.
public struct SecretFailure: Error, Equatable, CustomStringConvertible {
  public let description: String
}

public struct SigningSecret: Sendable {
  public static let minimumBytes = 32
  private static let maximumFileBytes = 4_096
  /// Signs and verifies the tokens of the accounts that this server takes.
  static let fileName = "jwt-secret"
  /// Signs the tokens of local administrators where another system holds the first secret.
  static let adminFileName = "admin-jwt-secret"

  let bytes: [UInt8]
  /// Names the secret in the header of the tokens that it signs (`kid`, RFC 7515, section 4.1.4): the first 8 bytes of
  /// its SHA-256, which tell it apart from others and give nothing of it away.
  let keyID: String

  /// Fails when `bytes` are fewer than 32.
  public init(_ bytes: [UInt8]) throws(SecretFailure) {
    guard bytes.count >= Self.minimumBytes else {
      throw SecretFailure(
        description: "the signing secret has \(bytes.count) bytes; it needs at least \(Self.minimumBytes)")
    }
    self.bytes = bytes
    let name = Base64.encode(Cryptography.sha256(bytes).prefix(8), .urlSafe)
    keyID = String(decoding: name, as: UTF8.self)
  }

  /// The secret kept in a file of `folder`; made there when there is none. The file's text is the secret, without
  /// line breaks at its end.
  static func kept(in folder: DataFolder, as name: String = fileName) throws(SecretFailure) -> SigningSecret {
    let path = folder.realPath + "/" + name
    if let secret = try read(path) { return secret }
    let text = Base64.encode(Cryptography.randomBytes(48), .urlSafe)
    do throws(StartFailure) {
      try folder.write(name, text + [UInt8(ascii: "\n")])
    } catch {
      throw SecretFailure(description: error.description)
    }
    return try SigningSecret(text)
  }

  // MARK: Reading

  private static func read(_ path: String) throws(SecretFailure) -> SigningSecret? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw failure("read", path, errno)
    }
    defer { close(descriptor) }
    guard PlainFile.isOpen(descriptor) else {
      throw SecretFailure(description: "\(path) \(PlainFile.fault)")
    }
    try checkMode(descriptor, path)
    var buffer = [UInt8](repeating: 0, count: maximumFileBytes + 1)
    let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
    guard count >= 0 else { throw failure("read", path, errno) }
    // A secret that was cut off would be another one than whoever shares the file has.
    guard count <= maximumFileBytes else {
      throw SecretFailure(description: "\(path) has more than \(maximumFileBytes) bytes")
    }
    var text = buffer[..<count]
    while text.last == UInt8(ascii: "\n") || text.last == UInt8(ascii: "\r") { text.removeLast() }
    do {
      return try SigningSecret(Array(text))
    } catch {
      throw SecretFailure(description: "\(path): \(error.description)")
    }
  }

  /// Whoever can read the secret can make tokens for anybody.
  private static func checkMode(_ descriptor: CInt, _ path: String) throws(SecretFailure) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw failure("inspect", path, errno) }
    guard status.st_mode & 0o077 == 0 else {
      let mode = String(status.st_mode & 0o777, radix: 8)
      throw SecretFailure(
        description: "\(path) can be read by others (mode 0\(mode)); make it private: chmod 600 \(path)")
    }
  }

  private static func failure(_ act: String, _ path: String, _ code: CInt) -> SecretFailure {
    SecretFailure(description: "cannot \(act) \(path): \(describe(errno: code))")
  }
}

/// A secret that was replaced: what it signed is accepted until a moment, so that nobody is logged out by the change.
public struct PreviousSecret: Sendable, Equatable {
  public let bytes: [UInt8]
  public let until: Instant

  public init(_ bytes: [UInt8], until: Instant) { (self.bytes, self.until) = (bytes, until) }
}
