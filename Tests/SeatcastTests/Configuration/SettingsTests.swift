import TestSupport
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

  /// The sources of one setting, from the strongest to the weakest.
  private static let sources = ["flag", "variable", "file", "credential"]

  @Test("Of two sources the stronger one counts", arguments: sources, sources)
  func precedence(one: String, other: String) throws {
    let folder = try TemporaryFolder()
    try put("x", at: folder.path + "/tls-key")
    let used = Set([one, other])
    var environment = used.contains("variable") ? ["SEATCAST_TLS_KEY": "variable"] : [:]
    if used.contains("credential") { environment["CREDENTIALS_DIRECTORY"] = folder.path }
    let file = ConfigFile(path: "f", bytes: Array("tls-key = file".utf8))
    let found = settings(used.contains("flag") ? [.tlsKey: "flag"] : [:], environment)
      .with(used.contains("file") ? file : nil)[.tlsKey]
    let expected: [String: Settings.Given] = [
      "flag": .init(text: "flag", source: .flag("--tls-key")),
      "variable": .init(text: "variable", source: .variable("SEATCAST_TLS_KEY")),
      "file": .init(text: "file", source: .file(key: "tls-key", path: "f", line: 1)),
      "credential": .init(text: folder.path + "/tls-key", source: .credential("tls-key")),
    ]
    #expect(found == Self.sources.first(where: used.contains).flatMap { expected[$0] })
  }

  @Test("Nothing is set when no source sets it, and a file that lost a line sets it no more")
  func nothing() {
    #expect(settings([:])[.port] == nil)
    let file = ConfigFile(path: "f", bytes: Array("port = 7".utf8))
    #expect(settings([:]).with(file)[.port]?.text == "7")
    #expect(settings([:]).with(file).with(nil)[.port] == nil)
    #expect(settings([:]).with(file).without(.port)[.port] == nil)
  }

  @Test("A command takes from the file what it has a row and a variable for, and nothing else")
  func otherRows() throws {
    let bytes = Array("data = /d\nissuer = i\nport = 7\n".utf8)
    let table = try #require(CommandTable.all.first { $0.name == "user disable" })
    let settings = Settings(
      flags: [:], environment: [:], table: table, file: ConfigFile(path: "f", bytes: bytes))
    #expect(settings[.data]?.text == "/d")
    // Its --issuer is another thing than the server's.
    #expect(settings[.issuer] == nil && settings[.port] == nil)
  }

  @Test("A file that cannot be had is told, and an empty name is none")
  func unreadable() throws {
    let folder = try TemporaryFolder()
    func complaint(_ path: String) -> String? {
      self.complaint { () throws(UsageError) in _ = try settings([.config: path]).readingFiles() }
    }
    #expect(
      complaint(folder.path + "/none")
        == "The configuration file \(folder.path)/none cannot be read: No such file or directory.")
    #expect(complaint(folder.path) == "The configuration file \(folder.path) is a folder.")
    #expect(complaint("") == "--config must not be empty.")
  }

  @Test("Of a secret and its file the stronger source counts, and equal ones are an error")
  func secrets() throws {
    let file = ConfigFile(path: "f", bytes: Array("jwt-secret-file = s".utf8))
    func stronger(_ flags: [Setting: String], _ environment: [String: String]) throws -> Setting? {
      try Settings(flags: flags, environment: environment, table: .serve, file: file)
        .stronger(of: .jwtSecret, or: .jwtSecretFile)
    }
    #expect(try stronger([:], [:]) == .jwtSecretFile)
    #expect(try stronger([:], ["SEATCAST_JWT_SECRET": "x"]) == .jwtSecret)
    #expect(try stronger([.jwtSecretFile: "f"], ["SEATCAST_JWT_SECRET": "x"]) == .jwtSecretFile)
    #expect(throws: UsageError.self) {
      try stronger([:], ["SEATCAST_JWT_SECRET": "x", "SEATCAST_JWT_SECRET_FILE": "y"])
    }
    #expect(try settings([:]).stronger(of: .jwtSecret, or: .jwtSecretFile) == nil)
  }

  @Test("Each variable sets its own row", arguments: CommandTable.serve.flags.compactMap(\.variable))
  func eachVariable(variable: String) {
    let settings = settings([:], [variable: "x"])
    let flag = CommandTable.serve.flags.first { $0.variable == variable }
    #expect(flag.map { settings[$0.setting] == .init(text: "x", source: .variable(variable)) } == true)
    #expect(CommandTable.serve.flags.filter { settings.has($0.setting) }.count == 1)
  }

  @Test("An empty variable counts as unset, an empty flag does not")
  func emptiness() {
    #expect(settings([:], ["SEATCAST_DATA": ""])[.data] == nil)
    #expect(!settings([:], ["SEATCAST_ADMIN_PASSWORD": ""]).has(.adminPassword))
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
