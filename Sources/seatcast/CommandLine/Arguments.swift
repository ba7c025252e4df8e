// Parses the arguments into a command and its settings, by the tables in Flag.swift. Values are validated later
// (Configuration/), together with those from the environment.
import ControlPlane

/// A parsed command line.
enum Invocation: Equatable, Sendable {
  /// Print this text on standard output and succeed.
  case print(String)
  case serve(Settings)
  case conformanceEcho(Settings)
  case conformanceJWS

  /// - Parameter arguments: the command-line arguments without the program's name.
  static func parse(_ arguments: [String], environment: [String: String]) throws(UsageError) -> Invocation {
    guard let word = arguments.first else {
      throw UsageError("seatcast needs a command. Try 'seatcast --help'.")
    }
    let rest = arguments.dropFirst()
    switch word {
    case "--help", "-h", "help": return .print(Help.overview())
    case "--version": return .print(Version.line)
    default: break
    }
    guard let table = CommandTable.all.first(where: { $0.name == word }) else {
      throw UsageError(
        "There is no command '\(printable(word))'."
          + Suggestion.sentence(for: word, among: CommandTable.all.map(\.name)) + " Try 'seatcast --help'.")
    }
    if rest.contains("--help") || rest.contains("-h") { return .print(Help.text(for: table)) }
    let settings = try Settings(flags: flags(in: rest, of: table), environment: environment, table: table)
    switch table.name {
    case CommandTable.serve.name: return .serve(settings)
    case CommandTable.conformanceEcho.name: return .conformanceEcho(settings)
    case CommandTable.conformanceJWS.name: return .conformanceJWS
    default: return .print(Version.line)
    }
  }

  /// Accepts `--port 3000` and `--port=3000`. A repeated flag is an error.
  private static func flags(
    in arguments: ArraySlice<String>, of table: CommandTable
  ) throws(UsageError) -> [Setting: String] {
    var found: [Setting: String] = [:]
    var rest = arguments
    while let argument = rest.popFirst() {
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
    return found
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
    throw UsageError(
      "'seatcast \(table.name)' has no flag '\(printable(name))'."
        + Suggestion.sentence(for: name, among: table.flags.map(\.name)) + help)
  }
}

/// `word`, shortened and with control characters replaced, so that it can be shown on a terminal.
func printable(_ word: String) -> String {
  let kept = word.unicodeScalars.prefix(80).map {
    $0.properties.generalCategory == .control ? "\u{FFFD}" : $0
  }
  return String(String.UnicodeScalarView(kept)) + (word.unicodeScalars.count > 80 ? "…" : "")
}
