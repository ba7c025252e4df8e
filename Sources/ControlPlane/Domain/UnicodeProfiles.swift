// Texts that people type in more than one encoding, brought to one form (RFC 8265, after the PRECIS framework of
// RFC 8264): keyboards and systems differ in whether they compose é. Pure; any thread.

enum UnicodeProfiles {
  /// A password as the profile OpaqueString has it (RFC 8265, section 4.2): every space is U+0020, Unicode
  /// Normalization Form C, nothing else changed.
  static func opaque(_ text: String) -> String {
    if isASCII(text) { return text }
    var mapped = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      mapped.append(scalar.properties.generalCategory == .spaceSeparator ? " " : scalar)
    }
    return composed(String(mapped))
  }

  /// Whether the text has control characters, which no profile allows in a new text (RFC 8264, section 9.12).
  static func hasControl(_ text: String) -> Bool {
    text.unicodeScalars.contains { $0.properties.generalCategory == .control }
  }

  /// Whether the text keeps to one line and to its own order: it has no control characters, no separators of lines and
  /// paragraphs, and no directional embeddings, overrides and isolates (Unicode Standard Annex #9, section 2), which
  /// would go on into what stands behind it. Marks and joiners, which words need, are allowed.
  static func isOneLine(_ text: String) -> Bool { text.unicodeScalars.allSatisfy(keepsToLine) }

  /// The same of a text that may have several lines.
  static func areLines(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { ["\n", "\r", "\t"].contains($0) || keepsToLine($0) }
  }

  private static func keepsToLine(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: false
    default: !(0x202A...0x202E).contains(scalar.value) && !(0x2066...0x2069).contains(scalar.value)
    }
  }

  /// An address after the rules of the profile UsernameCaseMapped (RFC 8265, section 3.3): wide and narrow forms
  /// become ordinary ones, then lower case, then Normalization Form C.
  static func caseMapped(_ text: String) -> String {
    if isASCII(text) { return text.lowercased() }
    // One pass can leave something to map (RFC 8264, section 7), two cannot but for contrived texts.
    var current = text
    for _ in 0..<4 {
      let next = composed(narrowed(current).lowercased())
      if next.hasSameBytes(as: current) { break }
      current = next
    }
    return current
  }

  /// Unicode Normalization Form C (UAX #15). The standard library normalizes every text that it compares, and gives
  /// the result out under this one name (docs/decisions/0016).
  static func composed(_ text: String) -> String {
    let split = text.unicodeScalars.contains(where: isSplit) ? split(text) : text
    return String(decoding: split._nfcCodeUnits, as: UTF8.self)
  }

  /// Three vowel signs that no text in Form C has, because each is written as two marks there. They are of combining
  /// class 0 and their marks are not, which the standard library overlooks: it does not sort marks across them.
  private static func isSplit(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\u{F73}" || scalar == "\u{F75}" || scalar == "\u{F81}"
  }

  private static func split(_ text: String) -> String {
    var split = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\u{F73}": split.append(contentsOf: ["\u{F71}", "\u{F72}"])
      case "\u{F75}": split.append(contentsOf: ["\u{F71}", "\u{F74}"])
      case "\u{F81}": split.append(contentsOf: ["\u{F71}", "\u{F80}"])
      default: split.append(scalar)
      }
    }
    return String(split)
  }

  private static func isASCII(_ text: String) -> Bool { text.utf8.allSatisfy { $0 < 0x80 } }

  // MARK: Width

  private static func narrowed(_ text: String) -> String {
    var mapped = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { mapped.append(narrowed(scalar)) }
    return String(mapped)
  }

  /// The decomposition of a scalar whose mapping is tagged `<wide>` or `<narrow>` in the Unicode Character Database;
  /// they stand in one block (U+FF00 to U+FFEF), but for the ideographic space.
  private static func narrowed(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    let target: UInt32 =
      switch scalar.value {
      case 0x3000: 0x20
      case 0xFF01...0xFF5E: scalar.value - 0xFEE0
      case 0xFF5F, 0xFF60: scalar.value - 0xFF5F + 0x2985
      case 0xFF61...0xFF9F: katakana[Int(scalar.value - 0xFF61)]
      case 0xFFA0: 0x3164
      case 0xFFA1...0xFFBE: scalar.value - 0xFFA1 + 0x3131
      case 0xFFC2...0xFFC7: scalar.value - 0xFFC2 + 0x314F
      case 0xFFCA...0xFFCF: scalar.value - 0xFFCA + 0x3155
      case 0xFFD2...0xFFD7: scalar.value - 0xFFD2 + 0x315B
      case 0xFFDA...0xFFDC: scalar.value - 0xFFDA + 0x3161
      case 0xFFE0...0xFFE6: signs[Int(scalar.value - 0xFFE0)]
      case 0xFFE8...0xFFEE: symbols[Int(scalar.value - 0xFFE8)]
      default: scalar.value
      }
    return Unicode.Scalar(target) ?? scalar
  }

  /// Of U+FF61 to U+FF9F.
  private static let katakana: [UInt32] =
    [0x3002, 0x300C, 0x300D, 0x3001, 0x30FB, 0x30F2, 0x30A1, 0x30A3, 0x30A5, 0x30A7, 0x30A9, 0x30E3, 0x30E5]
    + [
      0x30E7, 0x30C3, 0x30FC, 0x30A2, 0x30A4, 0x30A6, 0x30A8, 0x30AA, 0x30AB, 0x30AD, 0x30AF, 0x30B1, 0x30B3,
    ]
    + [
      0x30B5, 0x30B7, 0x30B9, 0x30BB, 0x30BD, 0x30BF, 0x30C1, 0x30C4, 0x30C6, 0x30C8, 0x30CA, 0x30CB, 0x30CC,
    ]
    + [
      0x30CD, 0x30CE, 0x30CF, 0x30D2, 0x30D5, 0x30D8, 0x30DB, 0x30DE, 0x30DF, 0x30E0, 0x30E1, 0x30E2, 0x30E4,
    ]
    + [0x30E6, 0x30E8, 0x30E9, 0x30EA, 0x30EB, 0x30EC, 0x30ED, 0x30EF, 0x30F3, 0x3099, 0x309A]
  /// Of U+FFE0 to U+FFE6.
  private static let signs: [UInt32] = [0xA2, 0xA3, 0xAC, 0xAF, 0xA6, 0xA5, 0x20A9]
  /// Of U+FFE8 to U+FFEE.
  private static let symbols: [UInt32] = [0x2502, 0x2190, 0x2191, 0x2192, 0x2193, 0x25A0, 0x25CB]
}
