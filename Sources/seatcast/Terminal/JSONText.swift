// JSON for what commands print: objects of finished values, on one line. Nothing in it commands a terminal. Pure.
import ControlPlane

enum JSONText {
  /// - Parameter members: names that need no escapes, and values that are JSON already.
  static func object(_ members: [(name: String, value: String)]) -> String {
    "{" + members.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ",") + "}"
  }

  static func array(_ values: [String]) -> String { "[" + values.joined(separator: ",") + "]" }

  /// A string in quotes, escaped as RFC 8259, section 7, demands.
  static func string(_ text: String) -> String {
    var output = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\r": output += "\\r"
      case "\t": output += "\\t"
      default: append(scalar, to: &output)
      }
    }
    return output + "\""
  }

  /// JSON from elsewhere on one line. What could command a terminal is escaped, which means the same inside of strings;
  /// elsewhere JSON has none of it.
  static func line(_ json: [UInt8]) -> String {
    var output = ""
    for scalar in String(decoding: json, as: UTF8.self).unicodeScalars {
      if scalar == "\n" || scalar == "\r" || scalar == "\t" {
        output += " "
      } else {
        append(scalar, to: &output)
      }
    }
    return output
  }

  /// Escaped when it is not merely shown, as UTF-16 (RFC 8259, section 7).
  private static func append(_ scalar: Unicode.Scalar, to output: inout String) {
    if scalar.isASCII ? scalar.value >= 0x20 && scalar.value < 0x7F : HarmlessText.isHarmless(scalar) {
      return output.unicodeScalars.append(scalar)
    }
    for unit in String(scalar).utf16 {
      let digits = String(unit, radix: 16)
      output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
  }

  /// With at most so many digits behind the point; a number that is none is null.
  static func number(_ value: Double, digits: Int = 3) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "null" }
    return Numbers.fixed(value, digits: digits)
  }
}

/// Numbers for people. Those from elsewhere may be any.
enum Numbers {
  /// What an integer can hold of a number; 0 for one that is none.
  static func whole(_ value: Double) -> Int {
    value.isNaN ? 0 : Int(max(-9e17, min(9e17, value)))
  }

  /// `1234.5` with exactly so many digits behind the point.
  static func fixed(_ value: Double, digits: Int) -> String {
    var unit = 1
    for _ in 0..<digits { unit *= 10 }
    let whole = Self.whole((value * Double(unit)).rounded())
    let text = String(abs(whole) / unit)
    guard digits > 0 else { return (whole < 0 ? "-" : "") + text }
    let fraction = String(abs(whole) % unit)
    return (whole < 0 ? "-" : "") + text + "." + String(repeating: "0", count: digits - fraction.count)
      + fraction
  }

  /// `1,234,567`.
  static func grouped(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var text = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }

  /// Milliseconds as `0.4 ms`, `12 ms` or `3.4 s`.
  static func milliseconds(_ value: Double) -> String {
    if value < 10 { return fixed(value, digits: 1) + " ms" }
    return value < 10_000 ? fixed(value, digits: 0) + " ms" : fixed(value / 1_000, digits: 1) + " s"
  }

  /// Bytes as `812 B`, `3.4 MiB`.
  static func bytes(_ value: Double) -> String {
    var (rest, unit) = (value, 0)
    let units = ["B", "KiB", "MiB", "GiB", "TiB"]
    while rest >= 1_024, unit < units.count - 1 { (rest, unit) = (rest / 1_024, unit + 1) }
    return fixed(rest, digits: unit == 0 ? 0 : 1) + " " + units[unit]
  }

  /// Seconds as `42 s`, `12 min`, `3 h 5 min` or `2 d 4 h`.
  static func span(_ seconds: Int) -> String {
    switch seconds {
    case ..<120: "\(seconds) s"
    case ..<7_200: "\(seconds / 60) min"
    case ..<172_800: "\(seconds / 3_600) h \(seconds / 60 % 60) min"
    default: "\(seconds / 86_400) d \(seconds / 3_600 % 24) h"
    }
  }

  /// The time of day of milliseconds since 1970, in UTC: `20:00:00.250`.
  static func timeOfDay(_ milliseconds: Int64) -> String {
    let time = Int(((milliseconds % 86_400_000) + 86_400_000) % 86_400_000)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let fraction = String(1_000 + time % 1_000).dropFirst()
    return "\(two(time / 3_600_000)):\(two(time / 60_000 % 60)):\(two(time / 1_000 % 60)).\(fraction)"
  }
}
