// The commands of configuration and help, and the testing aids, for the parser and for `--help`. What the first ones do
// stands in Configuration/. Pure.

extension CommandTable {
  static let configuration = [configCheck, configPrint, configDefault]

  static let configCheck = CommandTable(
    name: "config check", summary: "Find what 'serve' would refuse, without starting it.",
    details: [
      "It looks at the file, the environment, the flags of 'serve', and the files that all these name.",
      "It takes no port and no lock, so it may run beside a server.",
      "Exit status 64: a setting is wrong; 1: a file or folder is.",
    ],
    group: .configuration,
    operands: [Operand("FILE", "The configuration file; the same as --config FILE.", isOptional: true)],
    flags: serve.flags)

  static let configPrint = CommandTable(
    name: "config print", summary: "Print the settings, each with its source. Secrets are not shown.",
    group: .configuration,
    flags: [
      .toggle(.effective, summary: "Also those that nothing sets, with their defaults."),
      .toggle(.json, summary: "Print one JSON document, for scripts."),
    ] + serve.flags)

  static let configDefault = CommandTable(
    name: "config default", summary: "Print a configuration file with all settings, commented out.",
    group: .configuration, flags: [])

  // MARK: Help

  static let help = CommandTable(
    name: "help", summary: "Show the help of a command.",
    details: [
      "'seatcast help man' and 'seatcast help man seatcast.conf' print the man pages (roff).",
      "'seatcast help reference' prints docs/REFERENCE.md.",
    ],
    group: .help,
    operands: [Operand("COMMAND", "A command, like 'serve' or 'event list'.", isOptional: true)], flags: [])

  static let completions = CommandTable(
    name: "completions", summary: "Print a script that completes commands and flags in a shell.",
    details: [
      "bash: source <(seatcast completions bash). zsh: the same, or a file _seatcast in fpath.",
      "fish: seatcast completions fish | source.",
    ],
    group: .help,
    operands: [Operand(Completions.allCases.map(\.rawValue).joined(separator: "|"), "The shell.")], flags: [])

  static let version = CommandTable(
    name: "version", summary: "Print the version.", group: .help, flags: [])

  // MARK: Testing aids

  static let conformanceEcho = CommandTable(
    name: "conformance-echo",
    summary: "Echo WebSocket messages for protocol test suites.",
    group: .testing, flags: [host, port, loops])

  static let conformanceJWS = CommandTable(
    name: "conformance-jws",
    summary: "Judge signatures, one JSON object per line of standard input.",
    details: [
      "A line is {\"alg\":…,\"k\":…,\"jws\":…}; k is a base64url key for HS256, a JWK otherwise.",
      "Answers one line each: valid or invalid. Claims are not judged.",
    ],
    group: .testing, flags: [])
}
