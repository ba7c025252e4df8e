// docs/REFERENCE.md, made from the tables: `seatcast help reference`. Pure.

enum ReferencePage {
  /// Without the last line break.
  static let text = ([intro, settings] + commands).joined(separator: "\n\n")

  private static let intro = """
    # Reference: commands and settings

    Made by `seatcast help reference`. [OPERATING.md](OPERATING.md#configuration) says how to use it.

    ## Settings of the server

    A flag beats its variable, that beats the key in the file of `--config`, and that beats the default. "Reload": whether
    SIGHUP takes a change in the file over; other changes need a restart.
    """

  private static let settings = ([heading(config)] + Section.allCases.map(section)).joined(separator: "\n\n")

  private static let config = CommandTable.serve.flags.filter { $0.section == nil }

  private static func section(_ section: Section) -> String {
    "### \(section.rawValue)\n\n" + heading(CommandTable.serve.flags.filter { $0.section == section })
  }

  private static func heading(_ rows: [Flag]) -> String {
    "| flag, variable, key | default | reload | |\n|---|---|---|---|\n"
      + rows.map { row in
        let names = [row.isFlag ? row.usage : nil, row.variable, row.isKey ? row.setting.rawValue : nil]
        let fallback = row.fallback.map(cell) ?? ""
        let reload = row.effect == .onReload ? "yes" : "no"
        return
          "| \(names.compactMap(\.self).map(code).joined(separator: "<br>")) | \(fallback) | \(reload) | "
          + "\(meaning(row)) |"
      }.joined(separator: "\n")
  }

  // MARK: Commands

  private static let commands = CommandTable.Group.allCases.flatMap { group in
    ["## \(group.rawValue)"] + (group == .administration ? [common] : [])
      + CommandTable.all.filter { $0.group == group }.map(command)
  }

  private static let common =
    "They all take `--data DIR`, the server's data folder (`SEATCAST_DATA`, default `./data`), or `--config FILE`, whose "
    + "`data` they take, and `--json`, to print one JSON document for scripts."

  private static func command(_ table: CommandTable) -> String {
    let words = table.operands.map(\.usage) + (table.flags.isEmpty ? [] : ["[FLAGS]"])
    let usage = (["seatcast", table.name] + words).joined(separator: " ")
    var parts = [
      "### seatcast \(table.name)", "`\(usage)`",
      ([table.summary] + table.details).map(escaped).joined(separator: " "),
    ]
    if !table.operands.isEmpty {
      parts.append(table.operands.map { "- `\($0.name)`: \(escaped($0.summary))" }.joined(separator: "\n"))
    }
    let (own, shared) = table.flagsApart
    if table.takesServersFlags {
      parts.append("Takes the settings of the server, above.")
    } else if !shared.isEmpty {
      parts.append("Takes \(shared.map { code($0.name) }.joined(separator: ", ")), as above.")
    }
    if !own.isEmpty { parts.append(flags(own)) }
    return parts.joined(separator: "\n\n")
  }

  private static func flags(_ rows: [Flag]) -> String {
    "| flag | default | |\n|---|---|---|\n"
      + rows.map { "| \(code($0.usage)) | \($0.fallback.map(cell) ?? "") | \(meaning($0)) |" }
      .joined(separator: "\n")
  }

  // MARK: Cells

  private static func meaning(_ row: Flag) -> String {
    let credential = row.credential.map { " Credential: `\($0)`." } ?? ""
    return ([row.summary] + row.details).map(escaped).joined(separator: " ") + credential
  }

  private static func cell(_ fallback: Flag.Fallback) -> String {
    switch fallback {
    case .value(let text): code(text)
    case .words(let words): escaped(words)
    }
  }

  private static func code(_ text: String) -> String { "`\(text.replacing("|", with: "\\|"))`" }

  private static func escaped(_ text: String) -> String {
    text.replacing("|", with: "\\|").replacing("<", with: "&lt;").replacing("*", with: "\\*")
  }
}
