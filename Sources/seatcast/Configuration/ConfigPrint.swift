// `seatcast config print`: what is set, each value with its source, in the form of the file; with `--effective` the
// defaults, too. Secrets are masked. Main thread; the rendering is pure.

enum ConfigPrint {
  /// One setting as it is printed.
  struct Line: Equatable {
    let setting: Setting
    /// Nil: nothing is set, and no single value is the default.
    let value: String?
    let source: String
    let isDefault: Bool
    /// Whether a file may have it.
    let isKey: Bool
    let isReloadable: Bool
  }

  static let mask = "(secret)"

  /// URLs, separated by commas, with the mask in place of each password: `nats://user:(secret)@host`. What is no URL is masked
  /// as a whole, because a password may stand anywhere in it.
  static func maskingPasswords(_ text: String) -> String {
    text.split(separator: ",", omittingEmptySubsequences: false).map { item in
      guard let scheme = item.firstRange(of: "://") else { return mask }
      let rest = item[scheme.upperBound...]
      // libpq and libnats take everything up to the last @ for user and password.
      guard let at = rest.lastIndex(of: "@") else {
        return String(item[..<scheme.upperBound]) + maskingParameter(String(rest))
      }
      let user: String = rest[..<at].firstIndex(of: ":").map { String(rest[..<$0]) + ":" } ?? ""
      return String(item[..<scheme.upperBound]) + maskingParameter(user + mask + String(rest[at...]))
    }.joined(separator: ",")
  }

  /// A password among the parameters of a URL of PostgreSQL.
  private static func maskingParameter(_ text: String) -> String {
    guard let name = text.firstRange(of: "password=") else { return text }
    let end = text[name.upperBound...].firstIndex(of: "&") ?? text.endIndex
    return text[..<name.upperBound] + mask + text[end...]
  }

  /// Prints, and complains about what the server would refuse.
  /// - Returns: the exit status.
  static func run(_ settings: Settings) -> Int32 {
    let lines = lines(settings, effective: settings.has(.effective))
    StandardOutput.write(settings.has(.json) ? json(lines, settings) : text(lines, settings))
    let faults = ServeConfiguration.faults(settings)
    for fault in faults { StandardError.write("seatcast: \(fault.description)\n") }
    return faults.isEmpty ? 0 : UsageError.exitStatus
  }

  /// The server's settings in the order of the table.
  static func lines(_ settings: Settings, effective: Bool) -> [Line] {
    CommandTable.serve.flags.filter { $0.setting != .config }.compactMap { row in
      if let given = settings[row.setting] {
        let value = row.value == .none ? "on" : given.text
        return line(row, row.shown(value), "\(place(given.source))", isDefault: false)
      }
      guard effective else { return nil }
      switch row.fallback {
      case .value(let text)?: return line(row, text, "default", isDefault: true)
      case .words(let words)?: return line(row, nil, "default: \(words)", isDefault: true)
      case nil: return line(row, nil, row.value == .none ? "default: off" : "not set", isDefault: true)
      }
    }
  }

  private static func line(_ row: Flag, _ value: String?, _ source: String, isDefault: Bool) -> Line {
    Line(
      setting: row.setting, value: value, source: source, isDefault: isDefault, isKey: row.isKey,
      isReloadable: row.effect == .onReload)
  }

  /// Without the key, which stands at the start of the line.
  private static func place(_ source: SettingSource) -> String {
    if case .file(_, let path, let line) = source { return "\(printable(path)):\(line)" }
    return source.description
  }

  // MARK: Renderings

  /// Lines that a file may have; defaults, and what no file may have, are comments.
  static func text(_ lines: [Line], _ settings: Settings) -> String {
    let file = settings.file.map { printable($0.path) } ?? "none"
    let bodies = lines.map { line in
      let body = line.setting.rawValue + (line.value.map { " = " + ConfigFile.written(printable($0)) } ?? "")
      return line.isDefault || !line.isKey ? "# " + body : body
    }
    let width = min(bodies.map(\.count).max() ?? 0, 48)
    let rows = zip(lines, bodies).map { line, body in
      body + String(repeating: " ", count: max(0, width - body.count)) + "  # " + line.source + "\n"
    }
    return "# Configuration file: \(file)\n" + rows.joined()
  }

  static func json(_ lines: [Line], _ settings: Settings) -> String {
    let file = settings.file.map { JSONText.string($0.path) } ?? "null"
    let members = lines.map { line in
      "\(JSONText.string(line.setting.rawValue)):{\"value\":\(line.value.map(JSONText.string) ?? "null"),"
        + "\"source\":\(JSONText.string(line.source)),\"default\":\(line.isDefault),"
        + "\"reloadable\":\(line.isReloadable)}"
    }
    return "{\"file\":\(file),\"settings\":{\(members.joined(separator: ","))}}\n"
  }
}
