// Who somebody is: the issuer of the token and the subject in it, never one without the other. The rows of the
// account table number identities (`UserID`), but only inside the server. Pure values; any thread.

/// What an issuer calls a user: 1 to 255 bytes of text (a token's `sub`), compared byte by byte. Text that is a
/// number in canonical decimal form below 2^53 is kept as the number, which is cheap to hash and which JSON
/// writers of every language can read back exactly.
public enum Subject: Sendable, CustomStringConvertible {
  case number(UInt64)
  /// Never text that `number` could hold: make values with the initializers only.
  case text(String)

  static let bytes = 1...255
  /// 2^53: integers below it are exact in every JSON implementation (RFC 8259, section 6).
  private static let numberLimit: UInt64 = 1 << 53

  /// Nil when `text` has not 1 to 255 bytes.
  public init?(_ text: String) {
    guard Self.bytes.contains(text.utf8.count) else { return nil }
    if let number = Decimal.parse(text.utf8), number < Self.numberLimit {
      self = .number(number)
    } else {
      self = .text(text)
    }
  }

  public init(_ number: UInt64) {
    self = number < Self.numberLimit ? .number(number) : .text(String(number))
  }

  public var description: String {
    switch self {
    case .number(let number): String(number)
    case .text(let text): text
    }
  }
}

extension Subject: Hashable {
  public static func == (left: Subject, right: Subject) -> Bool {
    switch (left, right) {
    case (.number(let left), .number(let right)): left == right
    case (.text(let left), .text(let right)): left.hasSameBytes(as: right)
    default: false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .number(let number): hasher.combine(number)
    case .text(let text):
      var text = text
      text.withUTF8 { bytes in unsafe hasher.combine(bytes: UnsafeRawBufferPointer(bytes)) }
    }
  }
}

/// A user as the whole world could name it. Equal only when issuer and subject are equal, byte by byte.
public struct Identity: Hashable, Sendable {
  public let issuer: String
  public let subject: Subject

  /// The issuer of accounts that live in this server's own table. No other system may use the name.
  public static let localIssuer = "seatcast"

  /// The issuer of rows whose person was erased.
  static let erasedIssuer = "seatcast:erased"

  public init(issuer: String, subject: Subject) { (self.issuer, self.subject) = (issuer, subject) }

  /// The identity of the local account with this number.
  static func local(_ number: UInt64) -> Identity {
    Identity(issuer: localIssuer, subject: Subject(number))
  }

  var isLocal: Bool { issuer.hasSameBytes(as: Self.localIssuer) }

  public static func == (left: Identity, right: Identity) -> Bool {
    left.subject == right.subject && left.issuer.hasSameBytes(as: right.issuer)
  }

  /// A server knows two issuers at most, so the subject alone spreads well.
  public func hash(into hasher: inout Hasher) { hasher.combine(subject) }

  /// A key that a plane without identities compares: 64 bits of a keyed hash whose secret is the server's own
  /// (`ConnectionSeed`), so that nobody can choose a subject that collides with somebody else's. The same in the process
  /// that takes this one's connections over.
  var connectionKey: UInt64 {
    let (issuer, subject) = (Array(issuer.utf8), Array(subject.description.utf8))
    let length = (0..<8).map { UInt8(truncatingIfNeeded: issuer.count >> (8 * $0)) }
    let digest = Cryptography.hmacSHA256(length + issuer + subject, key: ConnectionSeed.bytes)
    return digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension String {
  /// `==` calls texts equal that Unicode can normalize to each other; names of people and issuers must not be.
  func hasSameBytes(as other: String) -> Bool {
    let (own, others) = (utf8.span, other.utf8.span)
    guard own.count == others.count else { return false }
    for index in own.indices where own[index] != others[index] { return false }
    return true
  }
}
