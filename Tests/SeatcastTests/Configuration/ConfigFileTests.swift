import Testing

@testable import seatcast

@Suite("Configuration file")
struct ConfigFileTests {
  private func file(_ text: String) -> ConfigFile { ConfigFile(path: "f", bytes: Array(text.utf8)) }

  @Test("Lines are keys and values, with comments and blanks as people write them")
  func lines() {
    let file = file(
      """
      # a comment
        # another one
      port = 8080
      host=0.0.0.0
      \t data  =  /var/lib/sea cast \t
      origins = https://a.example, https://b.example   # ours
      issuer = a#b
      audience = "a # b"
      admin-claim = "say \\"role\\"=a\\\\b"# odd

      """)
    #expect(file.faults == [])
    let expected: [Setting: ConfigFile.Entry] = [
      .port: .init(value: "8080", line: 3), .host: .init(value: "0.0.0.0", line: 4),
      .data: .init(value: "/var/lib/sea cast", line: 5),
      .origins: .init(value: "https://a.example, https://b.example", line: 6),
      .issuer: .init(value: "a#b", line: 7), .audience: .init(value: "a # b", line: 8),
      .adminClaim: .init(value: "say \"role\"=a\\b", line: 9),
    ]
    #expect(file.entries == expected)
  }

  @Test("A byte order mark, CR LF and a missing last line break change nothing")
  func otherSystems() {
    let file = file("\u{FEFF}port = 1\r\nhost = ::1\r\n\r\ndata = d")
    #expect(file.faults == [] && file.entries[.port]?.value == "1")
    #expect(file.entries[.host] == .init(value: "::1", line: 2))
    #expect(file.entries[.data] == .init(value: "d", line: 4))
  }

  @Test("Every setting that a file may have is taken by its key", arguments: ConfigFile.rows)
  func everyKey(row: Flag) {
    #expect(file("\(row.setting.rawValue) = v").entries == [row.setting: .init(value: "v", line: 1)])
  }

  @Test(
    "A fault is told with its line",
    arguments: [
      ("prot = 1", "There is no setting 'prot'. Did you mean 'port'?"),
      ("Trusted_Proxies = x", "There is no setting 'Trusted_Proxies'. Did you mean 'trusted-proxies'?"),
      ("SEATCAST_LOG_LEVEL = x", "There is no setting 'SEATCAST_LOG_LEVEL'. Did you mean 'log-level'?"),
      ("--port = 1", "There is no setting '--port'. Did you mean 'port'?"),
      ("zzzz = 1", "There is no setting 'zzzz'."),
      (
        "jwt-secret = x",
        "'jwt-secret' does not stand in this file; name a file that has it with 'jwt-secret-file'."
      ),
      (
        "admin-password = x",
        "'admin-password' does not stand in this file; name a file that has it with 'admin-password-file'."
      ),
      ("demo = on", "'demo' is no key of the file; use --demo."),
      ("config = x", "'config' is no key of the file; use --config."),
      ("port", "A line is 'key = value', not 'port'."),
      ("port: 1", "A line is 'key = value', not 'port: 1'."),
      ("[server]", "There are no sections; a line is 'key = value'."),
      ("; x", "A comment begins with '#'."), ("// x", "A comment begins with '#'."),
      ("port =", "'port' has no value; remove the line to have the default."),
      ("port = # none", "'port' has no value; remove the line to have the default."),
      ("data = \"\"", "'data' has no value; remove the line to have the default."),
      (
        "origins = [\"a\"]",
        "The list of 'origins' is written without brackets, its items separated by commas."
      ),
      ("data = 'x'", "The quotes of 'data' must be double ones, or none."),
      ("data = \"x", "The quotes of 'data' do not end."),
      ("data = \"x\" y", "Something stands behind the quotes of 'data'."),
      ("data = \"x\\n\"", "In quotes a backslash stands before a quote or a backslash only."),
      ("port = 1\u{0}", "The line has a control character."),
      ("data = \u{1B}[2J", "The line has a control character."),
    ])
  func faults(line: String, sentence: String) {
    let file = file("# first\n\(line)\n")
    #expect(file.faults == ["f:2: \(sentence)"])
    #expect(file.entries.isEmpty)
  }

  @Test("All faults are found, a key that stands twice among them")
  func allFaults() {
    let file = file("port = 1\nprot = 2\nport = 3\nx\n")
    #expect(
      file.faults == [
        "f:2: There is no setting 'prot'. Did you mean 'port'?", "f:3: 'port' stands in line 1 already.",
        "f:4: A line is 'key = value', not 'x'.",
      ])
    let error = #expect(throws: UsageError.self) { try file.check() }
    #expect(
      error?.description
        == "f:2: There is no setting 'prot'. Did you mean 'port'? 2 more lines are wrong; see 'seatcast config check'."
    )
  }

  @Test("A line that is not UTF-8 is told, and the others are read")
  func notUTF8() {
    let file = ConfigFile(path: "f", bytes: Array("port = 1\n".utf8) + [0x64, 0xFF, 0x0A])
    #expect(file.faults == ["f:2: The line is not UTF-8."])
    #expect(file.entries[.port]?.value == "1")
  }

  @Test(
    "What is written is read as it was",
    arguments: ["a", "a b", "a#b", "a # b", " a", "\"a\"", "\\", "[a]", "'a'", "# a", "Grüße"])
  func written(value: String) {
    let file = file("data = \(ConfigFile.written(value))")
    #expect(file.faults == [] && file.entries[.data]?.value == value)
  }

  @Test("Arbitrary bytes are faults, never more than one per line")
  func garbage() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let bytes = (0..<Int.random(in: 0...300)).map { _ in UInt8.random(in: 0...255, using: &random) }
      let file = ConfigFile(path: "f", bytes: bytes)
      #expect(file.faults.count <= bytes.count { $0 == 0x0A } + 1)
    }
  }
}
