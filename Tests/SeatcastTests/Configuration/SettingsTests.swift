import Testing

@testable import seatcast

@Suite("Settings")
struct SettingsTests {
  private func settings(_ flags: [Setting: String], _ environment: [String: String] = [:]) -> Settings {
    Settings(flags: flags, environment: environment, table: .serve)
  }

  private func complaint(_ body: () throws(UsageError) -> Void) -> String? {
    do throws(UsageError) {
      try body()
      return nil
    } catch {
      return error.description
    }
  }

  @Test("A flag beats its variable, and a variable beats nothing")
  func precedence() {
    #expect(settings([.port: "1"], ["SEATCAST_PORT": "2"])[.port] == .init(text: "1", source: "--port"))
    #expect(settings([:], ["SEATCAST_PORT": "2"])[.port] == .init(text: "2", source: "SEATCAST_PORT"))
    #expect(settings([:])[.port] == nil)
  }

  @Test("Each variable sets its own row", arguments: CommandTable.serve.flags.compactMap(\.variable))
  func eachVariable(variable: String) {
    let settings = settings([:], [variable: "x"])
    let flag = CommandTable.serve.flags.first { $0.variable == variable }
    #expect(flag.map { settings[$0.setting] == .init(text: "x", source: variable) } == true)
    #expect(CommandTable.serve.flags.filter { settings.has($0.setting) }.count == 1)
  }

  @Test("An empty variable counts as unset, an empty flag does not")
  func emptiness() {
    #expect(settings([:], ["SEATCAST_DATA": ""])[.data] == nil)
    #expect(settings([:], ["SEATCAST_ADMIN_PASSWORD": ""]).variable("SEATCAST_ADMIN_PASSWORD") == nil)
    #expect(
      complaint { () throws(UsageError) in _ = try settings([.data: ""]).text(.data) }
        == "--data must not be empty.")
  }

  @Test("A length of time has a unit and bounds")
  func durations() throws {
    let read = { (text: String) throws(UsageError) in
      try settings([.feedKeep: text]).duration(.feedKeep, in: 60...864_000)
    }
    #expect(try read("90s") == 90_000)
    #expect(try read("2m") == 120_000)
    #expect(try read("12h") == 43_200_000)
    #expect(try read("10d") == 864_000_000)
    #expect(try settings([:]).duration(.feedKeep, in: 60...864_000) == nil)
    for text in [
      "", "d", "30", "59s", "11d", "1w", "-1d", "1.5h", "+1d", "99999999999999999999d",
      "9223372036854775807d",
    ] {
      #expect(throws: UsageError.self) { try read(text) }
    }
  }

  @Test("Variables of flags that a command does not have are ignored")
  func otherCommands() {
    let echo = Settings(flags: [:], environment: ["SEATCAST_IDENTITY": "x"], table: .conformanceEcho)
    #expect(echo[.identity] == nil)
  }

  @Test(
    "Numbers are decimal and within bounds",
    arguments: ["", "x", "-1", "+1", "1.0", "65536", "99999999999999999999"])
  func badNumbers(text: String) {
    #expect(
      complaint { () throws(UsageError) in _ = try settings([.port: text]).number(.port, in: 0...65_535) }
        == "--port must be a number from 0 to 65535, not '\(text)'.")
  }

  @Test("Good numbers are read")
  func goodNumbers() throws {
    #expect(try settings([.port: "0"]).number(.port, in: 0...65_535) == 0)
    #expect(try settings([.port: "65535"]).number(.port, in: 0...65_535) == 65_535)
    #expect(try settings([:]).number(.port, in: 0...65_535) == nil)
  }

  @Test("A choice is one of its words, and a slip gets a suggestion")
  func choices() throws {
    #expect(try settings([.log: "json"]).choice(.log, as: LogFormat.self) == .json)
    #expect(
      complaint { () throws(UsageError) in
        _ = try settings([:], ["SEATCAST_LOG": "jsno"]).choice(.log, as: LogFormat.self)
      } == "SEATCAST_LOG must be 'text' or 'json', not 'jsno'. Did you mean 'json'?")
    #expect(
      complaint { () throws(UsageError) in _ = try settings([.log: "xml"]).choice(.log, as: LogFormat.self) }
        == "--log must be 'text' or 'json', not 'xml'.")
  }
}
