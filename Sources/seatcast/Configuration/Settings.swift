// The settings of one start with their sources, so that an error names the flag or variable to correct. A flag
// overrides its variable; defaults are applied where the typed configuration is made.
import ControlPlane

struct Settings: Equatable, Sendable {
  /// A value and its source.
  struct Given: Equatable, Sendable {
    let text: String
    /// `--port` or `SEATCAST_PORT`.
    let source: String
  }

  private let given: [Setting: Given]
  /// The words that are no flags, in order.
  let operands: [String]
  /// All variables that are not empty. Secrets have a variable and no flag, because command lines are public.
  private let environment: [String: String]
  /// Warnings about variables that nothing reads.
  var warnings: [String] { UnknownVariables.warnings(in: environment) }

  init(
    flags: [Setting: String], operands: [String] = [], environment: [String: String], table: CommandTable
  ) {
    var given: [Setting: Given] = [:]
    for flag in table.flags {
      if let text = flags[flag.setting] {
        given[flag.setting] = Given(text: text, source: flag.name)
      } else if let variable = flag.variable, let text = environment[variable], !text.isEmpty {
        given[flag.setting] = Given(text: text, source: variable)
      }
    }
    self.given = given
    self.operands = operands
    self.environment = environment.filter { !$0.value.isEmpty }
  }

  subscript(setting: Setting) -> Given? { given[setting] }

  func has(_ setting: Setting) -> Bool { given[setting] != nil }

  /// The value of a variable that has no flag; nil when unset or empty.
  func variable(_ name: String) -> String? { environment[name] }

  /// Non-empty text.
  func text(_ setting: Setting) throws(UsageError) -> String? {
    guard let given = given[setting] else { return nil }
    if given.text.isEmpty { throw UsageError("\(given.source) must not be empty.") }
    return given.text
  }

  /// The items of a list that is separated by commas, without blanks around them and without empty ones.
  func list(_ setting: Setting) throws(UsageError) -> [Substring] {
    guard let text = try text(setting) else { return [] }
    return text.split(separator: ",").map { item in
      var item = item.drop { $0 == " " }
      while item.last == " " { item.removeLast() }
      return item
    }.filter { !$0.isEmpty }
  }

  /// A decimal number within bounds.
  func number(_ setting: Setting, in bounds: ClosedRange<Int>) throws(UsageError) -> Int? {
    guard let given = given[setting] else { return nil }
    let digits = given.text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    guard digits, let number = Int(given.text), bounds.contains(number) else {
      let isLink = UnknownVariables.isServiceLink(given.source, value: given.text)
      throw UsageError(
        "\(given.source) must be a number from \(bounds.lowerBound) to \(bounds.upperBound), "
          + "not '\(printable(given.text))'."
          + (isLink ? " Kubernetes set it as a service link: set enableServiceLinks: false in the pod." : ""))
    }
    return number
  }

  /// A length of time like `90s`, `15m`, `12h` or `30d`, in milliseconds.
  func duration(_ setting: Setting, in seconds: ClosedRange<Int64>) throws(UsageError) -> Int64? {
    guard let given = given[setting] else { return nil }
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
    let digits = given.text.dropLast()
    let isDecimal = !digits.isEmpty && digits.utf8.allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
    guard isDecimal, let unit = given.text.last.flatMap({ units[$0] }), let number = Int64(digits),
      number <= seconds.upperBound, seconds.contains(number * unit)
    else {
      throw UsageError(
        "\(given.source) must be a time like '12h' or '30d', at most \(seconds.upperBound / 86_400) days, "
          + "not '\(printable(given.text))'.")
    }
    return number * unit * 1_000
  }

  /// One of the words of an enumeration.
  func choice<Choice: RawRepresentable & CaseIterable>(
    _ setting: Setting, as type: Choice.Type
  ) throws(UsageError) -> Choice? where Choice.RawValue == String {
    guard let given = given[setting] else { return nil }
    if let choice = Choice(rawValue: given.text) { return choice }
    let words = Choice.allCases.map(\.rawValue)
    throw UsageError(
      "\(given.source) must be \(words.map { "'\($0)'" }.joined(separator: " or ")), "
        + "not '\(printable(given.text))'." + Suggestion.sentence(for: given.text, among: words))
  }
}
