// `--help`, rendered from the tables of Flag.swift.

enum Help {
  static func overview() -> String {
    let parts = CommandTable.Group.allCases.map { group in
      "\(group.rawValue):\n" + list(CommandTable.all.filter { $0.group == group })
    }
    return """
      seatcast books seats and shows every booking on every screen at once.

      Usage: seatcast COMMAND [FLAGS]

      \(parts.joined(separator: "\n\n"))

      'seatcast COMMAND --help' tells a command's flags. Start with: seatcast serve --demo
      """
  }

  /// The commands that begin with a word, like `event`.
  static func group(_ word: String) -> String {
    let tables = CommandTable.all.filter { $0.name.hasPrefix(word + " ") }
    return "Usage: seatcast \(word) COMMAND [FLAGS]\n\n\(list(tables))"
      + "\n\n'seatcast \(word) COMMAND --help' tells a command's flags."
  }

  private static func list(_ tables: [CommandTable]) -> String {
    let width = CommandTable.all.map(\.name.count).max() ?? 0
    return tables.map { "  " + padded($0.name, to: width) + "  " + $0.summary }.joined(separator: "\n")
  }

  static func text(for table: CommandTable) -> String {
    let words = table.operands.map(\.usage) + (table.flags.isEmpty ? [] : ["[FLAGS]"])
    let summary = ([table.summary] + table.details).joined(separator: "\n")
    let head =
      "\(summary)\n\nUsage: " + (["seatcast", table.name] + words).joined(separator: " ")
      + (table.operands.isEmpty ? "" : "\n\n" + operands(table.operands))
    guard !table.flags.isEmpty else { return head }
    return ([head] + paragraphs(table.flags) + [precedence(table)]).joined(separator: "\n\n")
  }

  /// The rows under the headings of their sections, those of no section first.
  private static func paragraphs(_ flags: [Flag]) -> [String] {
    let sections: [Section?] = [nil] + Section.allCases
    return sections.compactMap { section in
      let rows = flags.filter { $0.section == section }
      guard !rows.isEmpty else { return nil }
      return (section.map { "\($0.rawValue):\n" } ?? "") + rows.map(paragraph).joined(separator: "\n")
    }
  }

  /// Which source beats which, of those that the command has.
  private static func precedence(_ table: CommandTable) -> String {
    table.flag(named: "--config") == nil
      ? "A flag beats its variable, and that beats the default. An empty variable counts as unset."
      : "A flag beats its variable, that beats the file, and that beats the default. An empty variable counts\n"
        + "as unset."
  }

  private static func operands(_ operands: [Operand]) -> String {
    let width = operands.map(\.name.count).max() ?? 0
    return operands.map { "  " + padded($0.name, to: width) + "  " + $0.summary }.joined(separator: "\n")
  }

  private static func paragraph(_ flag: Flag) -> String {
    var facts: [String] = []
    if let fallback = flag.fallback { facts.append("Default: \(fallback.text).") }
    if flag.isFlag, let variable = flag.variable { facts.append("Environment: \(variable).") }
    if let credential = flag.credential { facts.append("Credential: \(credential).") }
    let last = facts.isEmpty ? "" : "\n      " + facts.joined(separator: " ")
    return (["  \(flag.usage)", flag.summary] + flag.details).joined(separator: "\n      ") + last
  }

  private static func padded(_ word: String, to width: Int) -> String {
    word + String(repeating: " ", count: max(0, width - word.count))
  }
}

enum Version {
  static let number = "0.1.0"
  /// Of the release, for the man pages.
  static let date = "2026-11-24"
  static let line = "seatcast \(number)"
}
