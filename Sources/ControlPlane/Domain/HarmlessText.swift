// Text from outside where it is shown: on a terminal, in a table, in a line of a log. Names are kept as they were given, also
// those that an earlier version took; what could command the terminal, break the line or turn its order around is
// replaced here, when they are shown. Pure; any thread.

public enum HarmlessText {
  /// The text with U+FFFD for each control, each separator of lines and paragraphs, and each format character, among them
  /// the directional overrides (Unicode Standard Annex #9, section 2).
  public static func of(_ text: String) -> String {
    if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
    let scalars = text.unicodeScalars.map { isHarmless($0) ? $0 : "\u{FFFD}" }
    return String(String.UnicodeScalarView(scalars))
  }

  /// Whether the scalar is shown, and does nothing besides.
  public static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }
}
