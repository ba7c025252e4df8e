// The settings of one start with their sources, so that an error names the flag, variable or line to correct. A flag
// beats its variable, that beats the line in the file, that beats a credential; defaults are applied where the typed
// configuration is made. A value; only `readingFiles` touches the disk.
import ControlPlane

struct Settings: Equatable, Sendable {
  /// A value and its source.
  struct Given: Equatable, Sendable {
    let text: String
    let source: SettingSource
  }

  /// The rows of the command.
  let rows: [Flag]
  /// The words that are no flags, in order.
  let operands: [String]
  private let flags: [Setting: String]
  /// All variables that are not empty.
  private let environment: [String: String]
  private(set) var file: ConfigFile?
  private var given: [Setting: Given] = [:]

  /// Warnings about variables that nothing reads.
  var warnings: [String] { UnknownVariables.warnings(in: environment) }

  init(
    flags: [Setting: String], operands: [String] = [], environment: [String: String], table: CommandTable,
    file: ConfigFile? = nil
  ) {
    (self.flags, self.operands, rows) = (flags, operands, table.flags)
    self.environment = environment.filter { !$0.value.isEmpty }
    self.file = file
    merge(credentials: { _ in nil })
  }

  /// - Parameter credentials: the file of a credential; nil: there is none.
  private mutating func merge(credentials: (String) -> String?) {
    given = [:]
    for row in rows {
      if let text = flags[row.setting] {
        given[row.setting] = Given(text: text, source: .flag(row.name))
      } else if let variable = row.variable, let text = environment[variable] {
        given[row.setting] = Given(text: text, source: .variable(variable))
      } else if row.isKey, let file, let entry = file.entries[row.setting] {
        let source = SettingSource.file(key: row.setting.rawValue, path: file.path, line: entry.line)
        given[row.setting] = Given(text: entry.value, source: source)
      } else if let name = row.credential, let path = credentials(name) {
        given[row.setting] = Given(text: path, source: .credential(name))
      }
    }
  }

  // MARK: Files

  /// The same with what the configuration file and the service manager's credentials say now.
  func readingFiles() throws(UsageError) -> Settings {
    guard let path = try text(.config) else { return with(nil) }
    let file = try ConfigFile.read(path)
    try file.check()
    return with(file)
  }

  /// The same with this file, and the credentials.
  func with(_ file: ConfigFile?) -> Settings {
    var settings = self
    settings.file = file
    settings.merge(credentials: Credentials(environment).path)
    return settings
  }

  /// The same as if nothing had set this one.
  func without(_ setting: Setting) -> Settings {
    var settings = self
    settings.given[setting] = nil
    return settings
  }

  /// The same with what `other` has for this one.
  func taking(_ setting: Setting, from other: Settings) -> Settings {
    var settings = self
    settings.given[setting] = other.given[setting]
    return settings
  }

  // MARK: Values

  subscript(setting: Setting) -> Given? { given[setting] }

  func has(_ setting: Setting) -> Bool { given[setting] != nil }

  /// For sentences: the source of what is set, else the flag's name.
  func source(_ setting: Setting) -> String { given[setting]?.source.description ?? "--" + setting.rawValue }

  /// A secret that is set itself or by the name of a file: the stronger source counts.
  func stronger(of secret: Setting, or file: Setting) throws(UsageError) -> Setting? {
    guard let literal = given[secret]?.source else { return has(file) ? file : nil }
    guard let named = given[file]?.source else { return secret }
    if literal.rank == named.rank {
      throw UsageError("\(literal) and \(named) are both set; set one of them.")
    }
    return literal.rank < named.rank ? secret : file
  }

  /// Non-empty text.
  func text(_ setting: Setting) throws(UsageError) -> String? {
    guard let given = given[setting] else { return nil }
    if given.text.isEmpty { throw UsageError("\(given.source) must not be empty.", about: setting) }
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
    guard let number = given.text.decimal, bounds.contains(number) else {
      let isLink = UnknownVariables.isServiceLink("\(given.source)", value: given.text)
      throw UsageError(
        "\(given.source) must be a number from \(bounds.lowerBound) to \(bounds.upperBound), "
          + "not '\(printable(given.text))'."
          + (isLink ? " Kubernetes set it as a service link: set enableServiceLinks: false in the pod." : ""),
        about: setting)
    }
    return number
  }

  /// A length of time like `90s`, `15m`, `12h` or `30d`, in milliseconds.
  func duration(_ setting: Setting, in seconds: ClosedRange<Int64>) throws(UsageError) -> Int64? {
    guard let given = given[setting] else { return nil }
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
    guard let unit = given.text.last.flatMap({ units[$0] }),
      let number = given.text.dropLast().decimal.map(Int64.init), number <= seconds.upperBound,
      seconds.contains(number * unit)
    else {
      throw UsageError(
        "\(given.source) must be a time like '12h' or '30d', at most \(seconds.upperBound / 86_400) days, "
          + "not '\(printable(given.text))'.", about: setting)
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
        + "not '\(printable(given.text))'." + Suggestion.sentence(for: given.text, among: words),
      about: setting)
  }
}
