// Base64 without padding in its two alphabets (RFC 4648): URL-safe for tokens (RFC 7515, section 2), standard
// for password strings (the PHC string format). The reader is strict: no padding, no other characters, no
// stray bits behind the last byte, so that one value has exactly one spelling. Pure.

enum Base64 {
  enum Alphabet: Sendable {
    case standard
    case urlSafe

    fileprivate var last: (UInt8, UInt8) {
      switch self {
      case .standard: (UInt8(ascii: "+"), UInt8(ascii: "/"))
      case .urlSafe: (UInt8(ascii: "-"), UInt8(ascii: "_"))
      }
    }

    fileprivate func character(_ sextet: UInt8) -> UInt8 {
      switch sextet {
      case 0..<26: UInt8(ascii: "A") + sextet
      case 26..<52: UInt8(ascii: "a") + (sextet - 26)
      case 52..<62: UInt8(ascii: "0") + (sextet - 52)
      case 62: last.0
      default: last.1
      }
    }

    fileprivate func sextet(_ character: UInt8) -> UInt32? {
      switch character {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
      case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
      case last.0: 62
      case last.1: 63
      default: nil
      }
    }
  }

  static func encode(_ bytes: some Collection<UInt8>, _ alphabet: Alphabet) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count * 4 + 2) / 3)
    var bits: UInt32 = 0
    var pending = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      pending += 8
      while pending >= 6 {
        pending -= 6
        text.append(alphabet.character(UInt8(truncatingIfNeeded: bits >> pending & 63)))
      }
    }
    if pending > 0 { text.append(alphabet.character(UInt8(truncatingIfNeeded: bits << (6 - pending) & 63))) }
    return text
  }

  /// Nil when `text` is not the one canonical spelling of some bytes.
  static func decode(_ text: some Collection<UInt8>, _ alphabet: Alphabet) -> [UInt8]? {
    guard text.count % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count * 3 / 4)
    var bits: UInt32 = 0
    var pending = 0
    for character in text {
      guard let sextet = alphabet.sextet(character) else { return nil }
      bits = bits << 6 | sextet
      pending += 6
      guard pending >= 8 else { continue }
      pending -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> pending))
    }
    let stray = bits & (1 << pending - 1)
    return stray == 0 ? bytes : nil
  }
}
