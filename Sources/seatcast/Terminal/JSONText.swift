// JSON for what commands print: objects of finished values, on one line. Pure.

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
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: output.unicodeScalars.append(scalar)
      }
    }
    return output + "\""
  }

  /// With at most so many digits behind the point; a number that is none is null.
  static func number(_ value: Double, digits: Int = 3) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "null" }
    return Numbers.fixed(value, digits: digits)
  }
}

/// Numbers for people.
enum Numbers {
  /// `1234.5` with exactly so many digits behind the point.
  static func fixed(_ value: Double, digits: Int) -> String {
    var unit = 1
    for _ in 0..<digits { unit *= 10 }
    let whole = Int((value * Double(unit)).rounded())
    let text = String(abs(whole) / unit)
    guard digits > 0 else { return (whole < 0 ? "-" : "") + text }
    let fraction = String(abs(whole) % unit)
    return (whole < 0 ? "-" : "") + text + "." + String(repeating: "0", count: digits - fraction.count)
      + fraction
  }

  /// `1,234,567`.
  static func grouped(_ value: Int) -> String {
    let digits = Array(String(abs(value)))
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
