// A log entry and its two renderings, a text line and a JSON object. Text from outside is escaped, so that no client
// can forge a line.
import ControlPlane
import FoundationEssentials

enum LogFormat: String, CaseIterable, Sendable { case text, json }

enum LogLevel: String, CaseIterable, Comparable, Sendable {
  case info, warning, error

  static func < (left: LogLevel, right: LogLevel) -> Bool {
    guard let first = allCases.firstIndex(of: left), let second = allCases.firstIndex(of: right) else {
      return false
    }
    return first < second
  }
}

struct LogEntry: Equatable, Sendable {
  var level: LogLevel
  /// One sentence without its full stop.
  var message: String
  /// Named values, in order.
  var facts: [Fact]

  struct Fact: Equatable, Sendable {
    let name: String
    let value: String
  }

  init(_ level: LogLevel, _ message: String, _ facts: KeyValuePairs<String, String> = [:]) {
    self.level = level
    self.message = message
    self.facts = facts.map { Fact(name: $0.key, value: $0.value) }
  }

  /// The line without its line break.
  /// - Parameter milliseconds: since 1970.
  func rendered(as format: LogFormat, at milliseconds: Int64) -> String {
    let time = Self.timestamp(milliseconds)
    switch format {
    case .text:
      return "\(time) \(level.rawValue) \(Self.plain(message))"
        + facts.map { " \($0.name)=\(Self.fact($0.value))" }.joined()
    case .json:
      let members =
        [("time", time), ("level", level.rawValue), ("message", message)]
        + facts.map { ($0.name, $0.value) }
      return "{" + members.map { JSONText.string($0.0) + ":" + JSONText.string($0.1) }.joined(separator: ",")
        + "}"
    }
  }

  /// ISO 8601, UTC, with milliseconds.
  static func timestamp(_ milliseconds: Int64) -> String {
    // The formatter gets whole seconds: it would round fractions that a Double cannot represent.
    let fraction = (milliseconds % 1_000 + 1_000) % 1_000
    let seconds = Date(timeIntervalSince1970: Double((milliseconds - fraction) / 1_000)).formatted(.iso8601)
    return "\(seconds.dropLast()).\(String(fraction + 1_000).dropFirst())Z"
  }

  /// `value` without quotes when it is a single word of printable ASCII, else quoted.
  private static func fact(_ value: String) -> String {
    let bare =
      !value.isEmpty
      && value.utf8.allSatisfy {
        $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=")
          && $0 != UInt8(ascii: "\\")
      }
    return bare ? value : JSONText.string(value)
  }

  /// Without control characters, so that one entry is one line.
  static func plain(_ text: String) -> String {
    text.unicodeScalars.allSatisfy(HarmlessText.isHarmless)
      ? text : String(JSONText.string(text).dropFirst().dropLast())
  }
}
