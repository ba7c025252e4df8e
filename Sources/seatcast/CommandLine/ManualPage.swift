// The man pages seatcast(1) and seatcast.conf(5) as roff source (groff_man(7)), made from the tables: `seatcast help man`.
// Pure.

enum ManualPage: String, CaseIterable {
  case program = "seatcast"
  case file = "seatcast.conf"

  /// Without the last line break.
  var text: String {
    switch self {
    case .program: Self.programText
    case .file: Self.fileText
    }
  }

  // MARK: seatcast(1)

  private static var programText: String {
    let commands = CommandTable.Group.allCases.map { group in
      ".SS \(Self.roff(group.rawValue))\n"
        + (group == .administration ? Self.common + "\n" : "")
        + CommandTable.all.filter { $0.group == group }.map(command).joined(separator: "\n")
    }
    return [
      head("SEATCAST", "1", "User Commands"),
      ".SH NAME\nseatcast \\- sell seats and broadcast every booking to everybody who watches",
      ".SH SYNOPSIS\n.B seatcast\n.I COMMAND\n.RI [ FLAGS ]",
      ".SH DESCRIPTION\n"
        + paragraphs([
          "seatcast books seats of events over HTTP, and tells every booking to all who watch the event by WebSocket "
            + "or event stream. One server serves one data folder.",
          "A flag beats its environment variable, that beats the line in the file of --config (see "
            + "seatcast.conf(5)), and that beats the default. An empty variable counts as unset.",
        ]),
      ".SH COMMANDS\n" + commands.joined(separator: "\n"),
      ".SH SETTINGS OF THE SERVER\n" + settings { _ in true },
      ".SH CREDENTIALS\n" + credentials,
      ".SH SIGNALS\n" + signals,
      ".SH EXIT STATUS\n" + statuses,
      ".SH EXAMPLES\n" + examples,
      ".SH SEE ALSO\n.BR seatcast.conf (5)",
    ].joined(separator: "\n")
  }

  /// What all commands of administration take.
  private static let common = paragraphs([
    "They all take --data DIR, the server's data folder (SEATCAST_DATA, default ./data), or --config FILE, whose data "
      + "they take, and --json, to print one JSON document for scripts."
  ])

  /// A command with the flags that it has for itself.
  private static func command(_ table: CommandTable) -> String {
    let words =
      table.operands.map { "\\fI\(roff($0.usage))\\fR" } + (table.flags.isEmpty ? [] : ["[\\fIFLAGS\\fR]"])
    let head = ".TP\n" + (["\\fBseatcast \(roff(table.name))\\fR"] + words).joined(separator: " ")
    let operands = table.operands.map { "\\fI\(roff($0.name))\\fR: \(roff($0.summary))" }
    let body = ([table.summary] + table.details).map(roff) + operands
    let (own, shared) = table.flagsApart
    var parts = [head, body.joined(separator: "\n.br\n")]
    if table.name == CommandTable.serve.name {
      parts.append(".br\nIts flags are below, under SETTINGS OF THE SERVER.")
    } else if table.takesServersFlags {
      parts.append(".br\nTakes the flags of \\fBseatcast serve\\fR.")
    } else if !shared.isEmpty {
      let names = shared.map { "\\fB\(roff($0.name))\\fR" }.joined(separator: ",\n")
      parts.append(".br\nTakes\n\(names)\nas \\fBseatcast serve\\fR does.")
    }
    if !own.isEmpty {
      parts.append(".RS\n" + own.map { item($0, usage($0)) }.joined(separator: "\n") + "\n.RE")
    }
    return parts.joined(separator: "\n")
  }

  private static var credentials: String {
    let rows = CommandTable.serve.flags.filter { $0.credential != nil }
    return paragraphs([
      "When nothing names a file for one of these settings, the file that systemd passes under this name in "
        + "$CREDENTIALS_DIRECTORY is taken (LoadCredential= in systemd.exec(5)):"
    ]) + "\n"
      + rows.map { ".TP\n.B \(roff($0.credential ?? ""))\nfor \\fB\(roff($0.name))\\fR" }.joined(
        separator: "\n")
  }

  private static let signals = """
    .TP
    .BR SIGTERM ", " SIGINT
    Stop: /readyz says no, and for --drain-delay everybody is still served; then nothing new is accepted, and what was
    accepted is finished and answered.
    .TP
    .B SIGHUP
    Read the configuration file again, and the files of secrets, public keys and the TLS certificate.
    Settings that say so take changes over; the log names those that need a restart.
    A file with a fault changes nothing.
    """

  private static let statuses = """
    .TP
    .B 0
    Success.
    .TP
    .B 1
    The server could not start, or a check failed.
    .TP
    .B 64
    The command line, the environment or the configuration file is wrong.
    .TP
    .B 65
    A value given to a command of administration cannot be.
    .TP
    .B 69
    The running server cannot be reached, or takes no changes now.
    """

  private static let examples = """
    .nf
    seatcast serve \\-\\-demo
    seatcast config default > seatcast.conf
    seatcast config check seatcast.conf
    seatcast serve \\-\\-config seatcast.conf
    seatcast event create \\-\\-name "Chamber Concert" \\-\\-seats 50 \\-\\-data /var/lib/seatcast
    .fi
    """

  // MARK: seatcast.conf(5)

  private static var fileText: String {
    [
      head("SEATCAST.CONF", "5", "File Formats"),
      ".SH NAME\nseatcast.conf \\- settings of the seatcast server",
      ".SH SYNOPSIS\n.B seatcast serve \\-\\-config\n.I FILE",
      ".SH DESCRIPTION\n"
        + paragraphs([
          "The file is read only when --config or SEATCAST_CONFIG names it. Each line is 'key = value'; a key is a "
            + "flag of seatcast(1) without its dashes. A # at the start of a line or behind a blank begins a "
            + "comment. Double quotes around a value are needed when it has blanks at its ends or a # behind a "
            + "blank; inside them \\\" is a quote and \\\\ a backslash.",
          "The file is UTF-8 and has at most 256 KiB. An unknown key, a key that stands twice and a line that is "
            + "none keep the server from starting. Secrets do not stand in the file; a setting names a file that "
            + "has the secret, mode 0600.",
          "'seatcast config default' prints a file with all settings, commented out; 'seatcast config check "
            + "FILE' finds what the server would refuse.",
        ]),
      ".SH SETTINGS\n" + settings(\.isKey, asKeys: true),
      ".SH EXAMPLE\n.nf\ndata = /var/lib/seatcast\nhost = 0.0.0.0\n"
        + "origins = https://shop.example, https://www.example\njwt\\-secret\\-file = /etc/seatcast/jwt\\-secret\n.fi",
      ".SH SEE ALSO\n.BR seatcast (1)",
    ].joined(separator: "\n")
  }

  // MARK: Rows

  private static func settings(_ isShown: (Flag) -> Bool, asKeys: Bool = false) -> String {
    let sections: [Section?] = [nil] + Section.allCases
    return sections.compactMap { section in
      let rows = CommandTable.serve.flags.filter { $0.section == section && isShown($0) }
      guard !rows.isEmpty else { return nil }
      let items = rows.map { item($0, asKeys ? key($0) : usage($0)) }
      let heading = section.map { ".SS \(roff($0.rawValue))\n" } ?? ""
      return heading + items.joined(separator: "\n")
    }.joined(separator: "\n")
  }

  private static func item(_ row: Flag, _ title: String) -> String {
    var facts: [String] = []
    if let fallback = row.fallback { facts.append("Default: \(fallback.text).") }
    if row.isFlag, let variable = row.variable { facts.append("Environment: \(variable).") }
    if row.effect == .onReload { facts.append("SIGHUP takes a change over.") }
    let lines = [row.summary] + row.details + (facts.isEmpty ? [] : [facts.joined(separator: " ")])
    return ".TP\n\(title)\n" + lines.map(roff).joined(separator: "\n.br\n")
  }

  private static func usage(_ row: Flag) -> String { bold(row.name, row) }

  private static func key(_ row: Flag) -> String { bold(row.setting.rawValue + " =", row) }

  /// The name in bold, and what stands for the value: words to type in bold, too, others in italics.
  private static func bold(_ name: String, _ row: Flag) -> String {
    guard row.isFlag, row.value != .none else { return "\\fB\(roff(name))\\fR" }
    if case .choice(let words) = row.value {
      return "\\fB\(roff(name))\\fR " + words.map { "\\fB\(roff($0))\\fR" }.joined(separator: "|")
    }
    return "\\fB\(roff(name))\\fR \\fI\(roff(row.valueName))\\fR"
  }

  // MARK: Roff

  private static func head(_ title: String, _ part: String, _ name: String) -> String {
    ".\\\" Made by 'seatcast help man'.\n"
      + ".TH \(title) \(part) \"\(Version.date)\" \"seatcast \(Version.number)\" \"\(name)\""
  }

  private static func paragraphs(_ texts: [String]) -> String { texts.map(roff).joined(separator: "\n.PP\n") }

  /// `text` as it is, whatever roff makes of its characters, in lines of up to 78 columns.
  static func roff(_ text: String) -> String {
    var lines: [String] = []
    for word in text.split(separator: " ").map({ escaped(String($0)) }) {
      if let last = lines.last, last.count + word.count < 78 {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(word.hasPrefix(".") ? "\\&" + word : word)
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func escaped(_ text: String) -> String {
    var out = ""
    for character in text {
      switch character {
      case "\\": out += "\\e"
      case "-": out += "\\-"
      case "'": out += "\\(aq"
      case "`": out += "\\(ga"
      case "…": out += "..."
      default: out.append(character)
      }
    }
    return out
  }
}
