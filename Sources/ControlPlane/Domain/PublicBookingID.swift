// A booking's number as people see it: `BK-` and eight characters of Crockford's base 32 (no I, L, O, U),
// which are 40 bits. They are a keyed permutation of the inner number, so that nobody can count a server's
// bookings or guess a neighbour's; the key lives in the database. It hides, it does not protect: rights are
// checked.

struct PublicBookingID: Hashable, Sendable {
  /// Below 2^40.
  let code: UInt64

  /// nil: 2^40 or more.
  init?(code: UInt64) {
    guard code < 1 << 40 else { return nil }
    self.code = code
  }

  /// Takes small letters, and I, L, O for 1, 1, 0, as people type them.
  init?(_ text: some StringProtocol) { self.init(text.utf8) }

  /// The same from UTF-8.
  init?(_ text: some Sequence<UInt8>) {
    var utf8 = text.makeIterator()
    for expected in [UInt8(ascii: "b"), UInt8(ascii: "k")] {
      guard let byte = utf8.next(), byte | 0x20 == expected else { return nil }
    }
    guard utf8.next() == UInt8(ascii: "-") else { return nil }
    var code: UInt64 = 0
    for _ in 0..<Self.digits {
      guard let byte = utf8.next(), let value = Self.value(of: byte) else { return nil }
      code = code << 5 | value
    }
    guard utf8.next() == nil else { return nil }
    self.code = code
  }

  /// `BK-` and eight characters.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The same as ASCII.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return bytes
  }

  func append(to bytes: inout [UInt8]) {
    let alphabet = Self.alphabet
    bytes.append(contentsOf: Self.prefix)
    for digit in 0..<Self.digits {
      bytes.append(alphabet[Int(code >> UInt64(5 * (Self.digits - 1 - digit))) & 31])
    }
  }

  private static let digits = 8
  private static let prefix = Array("BK-".utf8)
  private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

  private static func value(of byte: UInt8) -> UInt64? {
    let upper = byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") ? byte & 0xDF : byte
    switch upper {
    case UInt8(ascii: "O"): return 0
    case UInt8(ascii: "I"), UInt8(ascii: "L"): return 1
    default: return alphabet.firstIndex(of: upper).map { UInt64($0) }
    }
  }
}

/// The permutation between inner and public numbers: a Feistel network of two 20-bit halves and eight keyed
/// rounds.
struct BookingIDCipher: Sendable {
  private let roundKeys: [UInt64]

  init(key: UInt64) {
    roundKeys = (1...8).map { SplitMix64.mixed(key &+ $0 &* SplitMix64.step) }
  }

  /// nil: the number is not within 1 ..< 2^40.
  func publicID(of id: BookingID) -> PublicBookingID? {
    guard id.rawValue > 0, id.rawValue < 1 << 40 else { return nil }
    var (left, right) = Self.halves(UInt64(id.rawValue))
    for key in roundKeys { (left, right) = (right, left ^ Self.round(right, key)) }
    return PublicBookingID(code: left << 20 | right)
  }

  /// nil: no booking ever has this name.
  func id(of publicID: PublicBookingID) -> BookingID? {
    var (left, right) = Self.halves(publicID.code)
    for key in roundKeys.reversed() { (left, right) = (right ^ Self.round(left, key), left) }
    let number = Int64(left << 20 | right)
    return number > 0 ? BookingID(number) : nil
  }

  private static func halves(_ word: UInt64) -> (UInt64, UInt64) { (word >> 20, word & 0xF_FFFF) }

  private static func round(_ half: UInt64, _ key: UInt64) -> UInt64 {
    SplitMix64.mixed(half ^ key) & 0xF_FFFF
  }
}
