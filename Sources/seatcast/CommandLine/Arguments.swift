// Parses the arguments into a command and its settings, by the tables of Flag.swift. Values are validated later
// (Configuration/), together with those from the environment and the file. Reads the file that --config names; pure
// otherwise.
import ControlPlane

/// A parsed command line.
enum Invocation: Equatable, Sendable {
  /// Print this text on standard output and succeed.
  case print(String)
  case serve(Settings)
  /// The settings without the file, whose faults the command tells itself.
  case configCheck(Settings)
  case configPrint(Settings)
  case conformanceEcho(Settings)
  case conformanceJWS
  case administer(AdminRequest.Command, Settings)
  case restore(Settings)
  case migrate(Settings)
  case doctor(Settings)
  case recordExport(Settings)
  case listen(Settings)
  case top(Settings)
  case rehearse(Settings)
  case verify(Settings)
  case health(Settings)

  /// - Parameter arguments: the command-line arguments without the program's name.
  static func parse(_ arguments: [String], environment: [String: String]) throws(UsageError) -> Invocation {
    guard let word = arguments.first else {
      throw UsageError("seatcast needs a command. Try 'seatcast --help'.")
    }
    switch word {
    case "--help", "-h": return .print(Help.overview())
    case "help": return .print(try helpText(arguments.dropFirst()))
    case "--version": return .print(Version.line)
    default: break
    }
    let (table, rest) = try table(in: arguments)
    guard let table else { return .print(Help.group(word)) }
    if rest.contains("--help") || rest.contains("-h") { return .print(Help.text(for: table)) }
    let words = try words(in: rest, of: table)
    let given = Settings(flags: words.flags, operands: words.operands, environment: environment, table: table)
    if table.name == CommandTable.configCheck.name { return .configCheck(given) }
    let settings = try given.readingFiles()
    if let command = AdminRequest.Command(rawValue: table.name) { return .administer(command, settings) }
    switch table.name {
    case CommandTable.serve.name: return .serve(settings)
    case CommandTable.configPrint.name: return .configPrint(settings)
    case CommandTable.configDefault.name: return .print(ConfigTemplate.text)
    case CommandTable.completions.name: return .print(try completions(words.operands[0]))
    case CommandTable.conformanceEcho.name: return .conformanceEcho(settings)
    case CommandTable.conformanceJWS.name: return .conformanceJWS
    case CommandTable.restore.name: return .restore(settings)
    case CommandTable.migrate.name: return .migrate(settings)
    case CommandTable.doctor.name: return .doctor(settings)
    case CommandTable.recordExport.name: return .recordExport(settings)
    case CommandTable.listen.name: return .listen(settings)
    case CommandTable.top.name: return .top(settings)
    case CommandTable.rehearse.name: return .rehearse(settings)
    case CommandTable.verify.name: return .verify(settings)
    case CommandTable.health.name: return .health(settings)
    default: return .print(Version.line)
    }
  }

  /// What `seatcast help …` shows: the overview, or what the command of these words shows with `--help`.
  private static func helpText(_ words: ArraySlice<String>) throws(UsageError) -> String {
    guard let first = words.first, !["--help", "-h"].contains(first) else { return Help.overview() }
    if first == "man" { return try manualPage(words.dropFirst().first ?? ManualPage.program.rawValue) }
    if first == "reference" { return ReferencePage.text }
    if first == CommandTable.help.name { return Help.text(for: .help) }
    if words.count == 1, CommandTable.all.contains(where: { $0.name.hasPrefix(first + " ") }) {
      return Help.group(first)
    }
    let (table, rest) = try table(in: Array(words))
    guard let table else { return Help.group(first) }
    if let extra = rest.first {
      throw UsageError("'\(table.name)' is a command; '\(printable(extra))' is none.")
    }
    return Help.text(for: table)
  }

  private static func manualPage(_ name: String) throws(UsageError) -> String {
    if let page = ManualPage(rawValue: name) { return page.text }
    let names = ManualPage.allCases.map(\.rawValue)
    throw UsageError(
      "There is no man page '\(printable(name))', only \(names.joined(separator: " and "))."
        + Suggestion.sentence(for: name, among: names))
  }

  private static func completions(_ shell: String) throws(UsageError) -> String {
    if let completions = Completions(rawValue: shell) { return completions.script }
    let names = Completions.allCases.map(\.rawValue)
    throw UsageError(
      "There are no completions for '\(printable(shell))', only for \(names.joined(separator: ", "))."
        + Suggestion.sentence(for: shell, among: names))
  }

  /// The command that one word names, or two, and what stands behind it; nil: help is asked for those that begin with
  /// the first word.
  private static func table(
    in arguments: [String]
  ) throws(UsageError) -> (table: CommandTable?, rest: ArraySlice<String>) {
    let (word, rest) = (arguments[0], arguments.dropFirst())
    if let table = CommandTable.all.first(where: { $0.name == word }) { return (table, rest) }
    let names = CommandTable.all.map(\.name).filter { $0.hasPrefix(word + " ") }
      .map { String($0.dropFirst(word.count + 1)) }
    guard !names.isEmpty else {
      let candidates = Set(CommandTable.all.map { String($0.name.prefix { $0 != " " }) }).sorted()
      throw UsageError(
        "There is no command '\(printable(word))'." + Suggestion.sentence(for: word, among: candidates)
          + " Try 'seatcast --help'.")
    }
    guard let second = rest.first else {
      throw UsageError(
        "'seatcast \(word)' needs one of \(names.joined(separator: ", ")). Try 'seatcast \(word) --help'.")
    }
    if ["--help", "-h"].contains(second) { return (nil, rest) }
    guard let table = CommandTable.all.first(where: { $0.name == "\(word) \(second)" }) else {
      throw UsageError(
        "There is no command '\(word) \(printable(second))'." + Suggestion.sentence(for: second, among: names)
          + " Try 'seatcast \(word) --help'.")
    }
    return (table, rest.dropFirst())
  }

  /// Accepts `--port 3000` and `--port=3000`. A repeated flag is an error. Behind `--` everything is an operand.
  private static func words(
    in arguments: ArraySlice<String>, of table: CommandTable
  ) throws(UsageError) -> (flags: [Setting: String], operands: [String]) {
    var (found, operands): ([Setting: String], [String]) = ([:], [])
    var (rest, onlyOperands) = (arguments, false)
    while let argument = rest.popFirst() {
      if operands.count < table.operands.count, onlyOperands || argument == "-" || !argument.hasPrefix("-") {
        operands.append(argument)
        continue
      }
      if argument == "--", !table.operands.isEmpty, !onlyOperands {
        onlyOperands = true
        continue
      }
      let (name, attached) = split(argument)
      let flag = try flag(name, of: table)
      if found[flag.setting] != nil { throw UsageError("\(flag.name) is given twice.") }
      if flag.value == .none {
        if attached != nil { throw UsageError("\(flag.name) takes no value.") }
        found[flag.setting] = ""
      } else if let value = attached ?? rest.popFirst() {
        found[flag.setting] = value
      } else {
        throw UsageError("\(flag.name) needs a value: \(flag.usage).")
      }
    }
    if let missing = table.operands.dropFirst(operands.count).first, !missing.isOptional {
      throw UsageError(
        "'seatcast \(table.name)' needs \(missing.name). Try 'seatcast \(table.name) --help'.")
    }
    return (found, operands)
  }

  private static func split(_ argument: String) -> (name: String, attached: String?) {
    guard argument.hasPrefix("--"), let equals = argument.firstIndex(of: "=") else { return (argument, nil) }
    return (String(argument[..<equals]), String(argument[argument.index(after: equals)...]))
  }

  private static func flag(_ name: String, of table: CommandTable) throws(UsageError) -> Flag {
    if let flag = table.flag(named: name) { return flag }
    let help = " Try 'seatcast \(table.name) --help'."
    guard name.hasPrefix("-") else {
      throw UsageError("'seatcast \(table.name)' does not take '\(printable(name))'." + help)
    }
    if let secret = table.flags.first(where: { $0.isSecret && "--" + $0.setting.rawValue == name }) {
      throw UsageError(
        "'\(name)' is no flag, because everybody on a machine can read arguments; use \(name)-file or "
          + "\(secret.name).")
    }
    throw UsageError(
      "'seatcast \(table.name)' has no flag '\(printable(name))'."
        + Suggestion.sentence(for: name, among: table.flags.filter(\.isFlag).map(\.name)) + help)
  }
}

/// `word`, shortened and with control characters replaced, so that it can be shown on a terminal.
func printable(_ word: String) -> String {
  let kept = HarmlessText.of(String(String.UnicodeScalarView(word.unicodeScalars.prefix(80))))
  return kept + (word.unicodeScalars.count > 80 ? "…" : "")
}
