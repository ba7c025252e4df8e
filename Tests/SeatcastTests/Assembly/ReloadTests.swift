import TestSupport
import Testing

@testable import seatcast

@Suite("Reload")
struct ReloadTests {
  private let folder: TemporaryFolder
  private let kept = LinesKept()

  init() throws { folder = try TemporaryFolder() }

  /// What a part was given.
  private final class Part {
    var given: [ServeConfiguration] = []
    var failure: StartError?

    var reloader: Reloader {
      Reloader("the part", otherwise: "it is as before") { configuration in
        if let failure = self.failure { throw failure }
        self.given.append(configuration)
      }
    }
  }

  private var file: String { folder.path + "/f" }
  private var lines: [String] { kept.lines.map { String($0.dropFirst("1970-01-01T00:00:00.000Z ".count)) } }

  private func reload(
    _ part: Part, _ text: String, _ flags: [Setting: String] = [:], fixed: Set<Setting> = []
  ) throws -> Reload {
    try put(text, at: file)
    let flags = flags.merging([.config: file]) { $1 }
    let settings = try Settings(flags: flags, environment: [:], table: .serve).readingFiles()
    return Reload(
      settings, [part.reloader], fixed: fixed, log: Log(format: .text, output: kept, now: { 0 }))
  }

  @Test("Changes that can be taken over are, and one line names them")
  func takesOver() throws {
    let part = Part()
    let reload = try reload(part, "origins = https://a.example\n")
    try put("origins = https://b.example\nlog-level = error\nlimits = changes=off\n", at: file)
    _ = reload.run()
    let now = try #require(part.given.last)
    #expect(now.origins == Set([WebOrigin("https://b.example")].compactMap(\.self)))
    #expect(now.logLevel == .error && now.limits[.changes] == .off)
    #expect(lines == ["info the configuration was read again changed=\"origins, limits, log-level\"\n"])
    _ = reload.run()
    #expect(lines.last == "info the configuration was read again changed=nothing\n")
    #expect(part.given.count == 2)
    // A line that is gone is the default again.
    try put("", at: file)
    _ = reload.run()
    #expect(part.given.last?.origins == [] && part.given.last?.logLevel == .info)
  }

  @Test("What needs a restart stays as it was, and is told each time")
  func needsRestart() throws {
    let part = Part()
    let reload = try reload(part, "port = 1\n")
    try put("port = 2\nwatch = public\nlog-level = warning\n", at: file)
    for _ in 0..<2 { #expect(reload.run() == []) }
    #expect(part.given.allSatisfy { $0.address.port == 1 && $0.watch == .authenticated })
    #expect(part.given.last?.logLevel == .warning)
    let told = [
      "warning a setting was changed and needs a restart setting=port now=1 afterwards=2\n",
      "warning a setting was changed and needs a restart setting=watch now=authenticated afterwards=public\n",
    ]
    #expect(
      lines == ["info the configuration was read again changed=log-level\n"] + told
        + ["info the configuration was read again changed=nothing\n"] + told)
  }

  @Test(
    "A file that is not good changes nothing, and is told",
    arguments: [
      ("prot = 2\n", "FILE:1: There is no setting 'prot'. Did you mean 'port'?"),
      ("log-level = error\nport = x\n", "port (FILE:2) must be a number from 0 to 65535, not 'x'."),
      (
        "log-level = error\ntls-key = x\n",
        "A TLS key needs its certificate: --tls-cert or SEATCAST_TLS_CERT."
      ),
    ])
  func faults(text: String, sentence: String) throws {
    let part = Part()
    let reload = try reload(part, "log-level = info\n")
    let before = reload.settings
    try put(text, at: file)
    #expect(reload.run() == ["the configuration"])
    #expect(part.given.isEmpty && reload.settings == before)
    let why = JSONText.string(sentence.replacing("FILE", with: file))
    #expect(lines == ["error the configuration cannot be read again; nothing has changed why=\(why)\n"])
    // And a good one is taken.
    try put("log-level = warning\n", at: file)
    _ = reload.run()
    #expect(part.given.last?.logLevel == .warning)
  }

  @Test("A file that is gone changes nothing")
  func missing() throws {
    let part = Part()
    let reload = try reload(part, "log-level = error\n")
    removeTree(file)
    _ = reload.run()
    #expect(part.given.isEmpty && lines.first?.contains("No such file or directory") == true)
  }

  @Test("A part that fails is told and keeps nobody else from it")
  func failures() throws {
    let (broken, part) = (Part(), Part())
    broken.failure = StartError("It is broken.")
    try put("", at: file)
    let settings = Settings(flags: [.config: file], environment: [:], table: .serve)
    let log = Log(format: .text, output: kept, now: { 0 })
    #expect(Reload(settings, [broken.reloader, part.reloader], log: log).run() == ["the part"])
    #expect(part.given.count == 1)
    #expect(
      lines.first
        == "error the part cannot be read again; it is as before why=\"It is broken.\"\n")
  }

  @Test("Flags still beat the file, and what this server cannot take over needs a restart")
  func flags() throws {
    let part = Part()
    let reload = try reload(part, "", [.logLevel: "error"], fixed: [.limits])
    try put("log-level = info\nlimits = changes=off\n", at: file)
    _ = reload.run()
    #expect(part.given.last?.logLevel == .error && part.given.last?.limits == LimitTable())
    #expect(lines.last?.contains("setting=limits") == true)
  }
}
