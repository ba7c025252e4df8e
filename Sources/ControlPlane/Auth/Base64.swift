// Base64 without padding in its two alphabets (RFC 4648): URL-safe for tokens (RFC 7515, section 2), standard
// for password strings (the PHC string format). The reader is strict: no padding, no other characters, no
// stray bits behind the last byte, so that one value has exactly one spelling. Pure.

enum Base64 {
  enum Alphabet: Sendable {
    case standard
    case urlSafe

    fileprivate var characters: [UInt8] {
      switch self {
      case .standard: Base64.standard
      case .urlSafe: Base64.urlSafe
      }
    }

    /// By character: its six bits, or `noSextet`.
    fileprivate var sextets: [UInt8] {
      switch self {
      case .standard: Base64.standardSextets
      case .urlSafe: Base64.urlSafeSextets
      }
    }
  }

  private static let common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
  private static let standard = Array((common + "+/").utf8)
  private static let urlSafe = Array((common + "-_").utf8)
  private static let standardSextets = sextets(of: standard)
  private static let urlSafeSextets = sextets(of: urlSafe)
  private static let noSextet: UInt8 = 0xFF

  private static func sextets(of characters: [UInt8]) -> [UInt8] {
    var table = [UInt8](repeating: noSextet, count: 256)
    for (sextet, character) in characters.enumerated() {
      table[Int(character)] = UInt8(truncatingIfNeeded: sextet)
    }
    return table
  }

  static func encode(_ bytes: some Collection<UInt8>, _ alphabet: Alphabet) -> [UInt8] {
    let characters = alphabet.characters
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count * 4 + 2) / 3)
    var bits: UInt32 = 0
    var pending = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      pending += 8
      while pending >= 6 {
        pending -= 6
        text.append(characters[Int(bits >> pending & 63)])
      }
    }
    if pending > 0 { text.append(characters[Int(bits << (6 - pending) & 63)]) }
    return text
  }

  /// Nil when `text` is not the one canonical spelling of some bytes.
  static func decode(_ text: some Collection<UInt8>, _ alphabet: Alphabet) -> [UInt8]? {
    guard text.count % 4 != 1 else { return nil }
    let sextets = alphabet.sextets
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count * 3 / 4)
    var bits: UInt32 = 0
    var pending = 0
    for character in text {
      let sextet = sextets[Int(character)]
      guard sextet != noSextet else { return nil }
      bits = bits << 6 | UInt32(sextet)
      pending += 6
      guard pending >= 8 else { continue }
      pending -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> pending))
    }
    let stray = bits & (1 << pending - 1)
    return stray == 0 ? bytes : nil
  }
}
