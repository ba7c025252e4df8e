// `seatcast config default`: a configuration file that names every setting with its default, each commented out, made
// from the table. Packages install it. Pure.

enum ConfigTemplate {
  /// Without the last line break.
  static let text = ([head] + Section.allCases.compactMap(part)).joined(separator: "\n\n")

  private static let head = """
    # Settings of seatcast. What stands here with a # before it is the default, or an example where there is none.
    #
    # A line is 'key = value'. Text that has blanks at its ends, or a # behind a blank, stands in double quotes. A flag
    # beats its environment variable, that beats this file, and that beats the default. Secrets do not stand here: name
    # files that hold them, mode 0600.
    #
    #   seatcast config check FILE      finds what the server would refuse
    #   seatcast config print           shows what is set, and where
    #   kill -HUP PID                   takes over changes of the settings that say 'Reload: yes'; others need a restart
    """

  private static func part(_ section: Section) -> String? {
    let rows = ConfigFile.rows.filter { $0.section == section }
    if rows.isEmpty { return nil }
    return "## \(section.rawValue)\n\n" + rows.map(paragraph).joined(separator: "\n\n")
  }

  private static func paragraph(_ row: Flag) -> String {
    let lines = [row.summary] + row.details + choices(row) + [facts(row)]
    return (lines.map { "# " + $0 } + ["#\(row.setting.rawValue) = \(ConfigFile.written(sample(row)))"])
      .joined(separator: "\n")
  }

  /// A value that the line may have: the default when it is one.
  static func sample(_ row: Flag) -> String {
    if case .value(let text)? = row.fallback { return text }
    if let example = row.example { return example }
    if case .choice(let words) = row.value, let first = words.first { return first }
    return row.valueName
  }

  private static func choices(_ row: Flag) -> [String] {
    guard case .choice(let words) = row.value else { return [] }
    return ["One of: " + words.joined(separator: ", ") + "."]
  }

  private static func facts(_ row: Flag) -> String {
    let variable = row.variable.map { "Environment: \($0). " } ?? ""
    let credential = row.credential.map { "Credential: \($0). " } ?? ""
    let fallback = row.fallback.map(\.text) ?? "none"
    return "Default: \(fallback). \(variable)\(credential)Reload: \(row.effect == .onReload ? "yes" : "no")."
  }
}
