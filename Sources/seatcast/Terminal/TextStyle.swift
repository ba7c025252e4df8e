// Colours on a terminal (ECMA-48, "select graphic rendition"). None where output is no terminal, where the terminal is
// `dumb`, or where NO_COLOR is set (no-color.org). A value.
import ControlPlane
import FoundationEssentials
import Glibc

struct TextStyle: Sendable, Equatable {
  enum Colour: Int, Sendable {
    case bold = 1
    case faint = 2
    case red = 31
    case green = 32
    case yellow = 33
    case blue = 34
    case cyan = 36
  }

  let isColoured: Bool

  static let plain = TextStyle(isColoured: false)

  /// Of what this process writes to standard output.
  static var standardOutput: TextStyle {
    TextStyle(
      isTerminal: Terminal.isTerminal(STDOUT_FILENO), environment: ProcessInfo.processInfo.environment)
  }

  init(isColoured: Bool) { self.isColoured = isColoured }

  init(isTerminal: Bool, environment: [String: String]) {
    isColoured =
      isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }

  func text(_ text: String, _ colour: Colour) -> String {
    isColoured && !text.isEmpty ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
  }
}

extension String {
  /// Without what could command the terminal: for text that a server or a file gave.
  var harmless: String { HarmlessText.of(self) }

  /// At least so wide, filled with spaces on the right.
  func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
  /// The same on the left.
  func aligned(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
  /// Cut to so many characters.
  func cut(_ width: Int) -> String { count <= width ? self : String(prefix(max(0, width - 1))) + "…" }
}
