// UTF-8 judged while it arrives (RFC 3629, section 4): the state after any number of bytes is three bytes, and
// a byte that cannot be part of any valid text fails at once, not at the end of the message.

/// Judges a text that arrives in pieces. A value type; one per message.
struct UTF8Validator: Sendable, Equatable {
  /// Bytes that the current character still lacks.
  private var missing: UInt8 = 0
  /// The bounds of the next byte, narrower than 80...BF after E0, ED, F0 and F4.
  private var lowest: UInt8 = 0x80
  private var highest: UInt8 = 0xBF

  /// Whether the text so far ends at a character's end.
  var isComplete: Bool { missing == 0 }

  /// Takes the next piece. False: no continuation makes this text valid; the validator is used up.
  mutating func accepts(_ bytes: Span<UInt8>) -> Bool {
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if missing == 0 && byte < 0x80 {
        index = Self.endOfASCII(bytes, from: index)
      } else {
        guard accepts(byte) else { return false }
        index += 1
      }
    }
    return true
  }

  private mutating func accepts(_ byte: UInt8) -> Bool {
    if missing > 0 {
      guard byte >= lowest && byte <= highest else { return false }
      (missing, lowest, highest) = (missing - 1, 0x80, 0xBF)
      return true
    }
    switch byte {
    case 0x00...0x7F: return true
    case 0xC2...0xDF: missing = 1
    // No overlong form, no surrogate, nothing above U+10FFFF.
    case 0xE0: (missing, lowest) = (2, 0xA0)
    case 0xED: (missing, highest) = (2, 0x9F)
    case 0xE1...0xEF: missing = 2
    case 0xF0: (missing, lowest) = (3, 0x90)
    case 0xF1...0xF3: missing = 3
    case 0xF4: (missing, highest) = (3, 0x8F)
    default: return false
    }
    return true
  }

  /// The index of the first byte above 127, looking at 32 bytes in one step.
  private static func endOfASCII(_ bytes: Span<UInt8>, from start: Int) -> Int {
    var index = start
    while bytes.count - index >= 32 {
      let block = bytes.extracting(index..<index + 32)
      let seen = block.word(at: 0) | block.word(at: 8) | block.word(at: 16) | block.word(at: 24)
      if seen & 0x8080_8080_8080_8080 != 0 { break }
      index += 32
    }
    while index < bytes.count, bytes[index] < 0x80 { index += 1 }
    return index
  }
}
