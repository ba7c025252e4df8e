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

  @Test(
    "Every flag with a value is read in both spellings", arguments: CommandTable.serve.flags.map(\.setting))
  func bothSpellings(setting: Setting) throws {
    guard setting != .demo else { return #expect(try settings(["--demo"]).has(.demo)) }
    let name = "--" + setting.rawValue
    let expected = Settings.Given(text: "x=y", source: name)
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
  }

  @Test("Help wins over everything beside it")
  func helpWins() throws {
    #expect(try Invocation.parse(["--help"], environment: [:]) == .print(Help.overview()))
    #expect(
      try Invocation.parse(["serve", "--prot", "--help"], environment: [:])
        == .print(Help.text(for: .serve)))
    #expect(try Invocation.parse(["serve", "-h"], environment: [:]) == .print(Help.text(for: .serve)))
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
