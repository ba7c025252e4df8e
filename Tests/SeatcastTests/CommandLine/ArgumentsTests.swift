import TestSupport
import Testing

@testable import seatcast

@Suite("Arguments")
struct ArgumentsTests {
  private func settings(_ arguments: [String], _ environment: [String: String] = [:]) throws -> Settings {
    guard case .serve(let settings) = try Invocation.parse(["serve"] + arguments, environment: environment)
    else {
      throw UsageError("not serve")
    }
    return settings
  }

  private func complaint(_ arguments: [String]) -> String? {
    do throws(UsageError) {
      _ = try Invocation.parse(arguments, environment: [:])
      return nil
    } catch {
      return error.description
    }
  }

  /// Those whose value is not looked at by the parser.
  private static let flags = CommandTable.serve.flags.filter { $0.isFlag && $0.setting != .config }

  @Test("Every flag with a value is read in both spellings", arguments: flags.map(\.setting))
  func bothSpellings(setting: Setting) throws {
    guard setting != .demo else { return #expect(try settings(["--demo"]).has(.demo)) }
    let name = "--" + setting.rawValue
    let expected = Settings.Given(text: "x=y", source: .flag(name))
    #expect(try settings([name, "x=y"])[setting] == expected)
    #expect(try settings([name + "=x=y"])[setting] == expected)
  }

  @Test("conformance-echo, conformance-jws and version are commands of their own")
  func otherCommands() throws {
    guard
      case .conformanceEcho(let echo) = try Invocation.parse(
        ["conformance-echo", "--port", "9"], environment: [:])
    else { throw UsageError("not conformance-echo") }
    #expect(echo[.port]?.text == "9")
    #expect(try Invocation.parse(["conformance-jws"], environment: [:]) == .conformanceJWS)
    #expect(try Invocation.parse(["version"], environment: [:]) == .print(Version.line))
    #expect(try Invocation.parse(["--version"], environment: [:]) == .print(Version.line))
    #expect(
      try Invocation.parse(["config", "default"], environment: [:]) == .print(ConfigTemplate.text))
  }

  @Test("Help wins over everything beside it")
  func helpWins() throws {
    #expect(try Invocation.parse(["--help"], environment: [:]) == .print(Help.overview()))
    #expect(
      try Invocation.parse(["serve", "--prot", "--help"], environment: [:])
        == .print(Help.text(for: .serve)))
    #expect(try Invocation.parse(["serve", "-h"], environment: [:]) == .print(Help.text(for: .serve)))
  }

  @Test("help shows what --help shows")
  func helpCommand() throws {
    func shown(_ words: String...) throws -> Invocation {
      try Invocation.parse(["help"] + words, environment: [:])
    }
    #expect(try shown() == .print(Help.overview()))
    #expect(try shown("serve") == .print(Help.text(for: .serve)))
    #expect(try shown("event") == .print(Help.group("event")))
    #expect(try shown("config", "check") == .print(Help.text(for: .configCheck)))
    #expect(try shown("man") == .print(ManualPage.program.text))
    #expect(try shown("man", "seatcast.conf") == .print(ManualPage.file.text))
    #expect(try shown("reference") == .print(ReferencePage.text))
    #expect(
      try Invocation.parse(["completions", "fish"], environment: [:]) == .print(Completions.fish.script))
    #expect(try shown("help") == .print(Help.text(for: .help)))
  }

  @Test("The file that --config names is read by whoever takes settings from it, and its faults are told")
  func configurationFile() throws {
    let folder = try TemporaryFolder()
    try put("port = 7\nprot = 8\n", at: folder.path + "/bad.conf")
    try put("port = 7\n", at: folder.path + "/good.conf")
    #expect(try settings(["--config", folder.path + "/good.conf"])[.port]?.text == "7")
    let environment = ["SEATCAST_CONFIG": folder.path + "/good.conf"]
    #expect(try settings([], environment)[.port]?.text == "7")
    #expect(
      complaint(["serve", "--config", folder.path + "/bad.conf"])
        == "\(folder.path)/bad.conf:2: There is no setting 'prot'. Did you mean 'port'?")
    // The command tells of them itself.
    guard
      case .configCheck(let unread) = try Invocation.parse(
        ["config", "check", folder.path + "/bad.conf"], environment: [:])
    else { throw UsageError("not config check") }
    #expect(unread.operands == [folder.path + "/bad.conf"] && unread[.port] == nil)
  }

  @Test(
    "What cannot be meant is refused in one sentence",
    arguments: [
      ([], "seatcast needs a command. Try 'seatcast --help'."),
      (["sevre"], "There is no command 'sevre'. Did you mean 'serve'? Try 'seatcast --help'."),
      (["frobnicate"], "There is no command 'frobnicate'. Try 'seatcast --help'."),
      (
        ["serve", "--prot", "1"],
        "'seatcast serve' has no flag '--prot'. Did you mean '--port'? Try 'seatcast serve --help'."
      ),
      (["serve", "--nonsense"], "'seatcast serve' has no flag '--nonsense'. Try 'seatcast serve --help'."),
      (["serve", "-p"], "'seatcast serve' has no flag '-p'. Try 'seatcast serve --help'."),
      (["serve", "3000"], "'seatcast serve' does not take '3000'. Try 'seatcast serve --help'."),
      (["serve", "--port"], "--port needs a value: --port PORT."),
      (["serve", "--identity"], "--identity needs a value: --identity full|none."),
      (["serve", "--port", "1", "--port=2"], "--port is given twice."),
      (["serve", "--demo=yes"], "--demo takes no value."),
      (["serve", "--demo", "--demo"], "--demo is given twice."),
      (
        ["conformance-echo", "--demo"],
        "'seatcast conformance-echo' has no flag '--demo'. Try 'seatcast conformance-echo --help'."
      ),
      (["version", "now"], "'seatcast version' does not take 'now'. Try 'seatcast version --help'."),
      (
        ["serve", "--jwt-secret", "x"],
        "'--jwt-secret' is no flag, because everybody on a machine can read arguments; use --jwt-secret-file or "
          + "SEATCAST_JWT_SECRET."
      ),
      (["help", "sevre"], "There is no command 'sevre'. Did you mean 'serve'? Try 'seatcast --help'."),
      (
        ["help", "man", "seatcast.cnf"],
        "There is no man page 'seatcast.cnf', only seatcast and seatcast.conf. Did you mean 'seatcast.conf'?"
      ),
      (
        ["completions", "bsh"],
        "There are no completions for 'bsh', only for bash, zsh, fish. Did you mean 'bash'?"
      ),
      (["help", "version", "now"], "'version' is a command; 'now' is none."),
    ])
  func refusals(arguments: [String], sentence: String) {
    #expect(complaint(arguments) == sentence)
  }

  @Test("A word from outside cannot draw on the terminal or fill it")
  func wordsAreMadePrintable() {
    #expect(printable("a\u{1B}[2Jb\n") == "a\u{FFFD}[2Jb\u{FFFD}")
    #expect(printable(String(repeating: "x", count: 500)).count == 81)
  }
}
