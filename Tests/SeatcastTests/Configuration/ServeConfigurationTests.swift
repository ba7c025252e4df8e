import ControlPlane
import FanoutCore
import TestSupport
import Testing

@testable import seatcast

@Suite("Configuration of serve")
struct ServeConfigurationTests {
  private func configuration(
    _ arguments: [String], _ environment: [String: String] = [:]
  ) throws(UsageError) -> ServeConfiguration {
    guard case .serve(let settings) = try Invocation.parse(["serve"] + arguments, environment: environment)
    else {
      throw UsageError("not serve")
    }
    return try ServeConfiguration(settings)
  }

  private func complaint(_ arguments: [String], _ environment: [String: String] = [:]) -> String? {
    do throws(UsageError) {
      _ = try configuration(arguments, environment)
      return nil
    } catch {
      return error.description
    }
  }

  @Test("Without a word everything has its documented default")
  func defaults() throws {
    let configuration = try configuration([])
    #expect(configuration.address.host == "127.0.0.1")
    #expect(configuration.address.port == 3_000)
    #expect(configuration.address.loops == nil)
    #expect(configuration.sender == .auto)
    #expect(configuration.descriptorTables == .shared)
    #expect(configuration.compression == .on)
    #expect(configuration.address.tls == nil)
    #expect(configuration.dataFolder == "./data")
    #expect(configuration.secret == .kept)
    #expect(configuration.admin == nil)
    #expect(configuration.origins.isEmpty)
    #expect(configuration.identity == .full)
    #expect(configuration.watch == .authenticated)
    #expect(configuration.viewerCounts == .off)
    #expect(configuration.log == nil)
    #expect(configuration.rateLimits == .on)
    #expect(configuration.passwordCost == .interactive)
    #expect(configuration.feedKept == 30 * 86_400_000)
    #expect(configuration.addressesKept == 30 * 86_400_000)
    #expect(!configuration.demo)
    #expect(configuration.warnings.isEmpty)
  }

  @Test("Every flag arrives where it belongs")
  func flags() throws {
    let configuration = try configuration([
      "--host", "::1", "--port", "0", "--data", "/d e", "--loops", "3", "--jwt-secret-file", "s",
      "--origins", "https://A.example, http://b.example:8080", "--identity", "none", "--log", "json",
      "--watch", "public", "--viewer-counts", "on",
      "--rate-limits", "off", "--password-cost", "insecure-test", "--demo", "--sender", "io_uring",
      "--descriptor-tables", "private", "--compression", "off", "--tls-cert", "c", "--tls-key", "k",
      "--tls-records", "compact",
    ])
    #expect(configuration.sender == .ioUring)
    #expect(configuration.descriptorTables == .perLoop)
    #expect(configuration.compression == .off)
    #expect(configuration.address.tls == .init(certificate: "c", key: "k", records: .compact))
    #expect(configuration.address.host == "::1")
    #expect(configuration.address.port == 0)
    #expect(configuration.address.loops == 3)
    #expect(configuration.dataFolder == "/d e")
    #expect(configuration.secret == .file("s"))
    #expect(
      configuration.origins
        == Set(["https://a.example", "http://b.example:8080"].compactMap(WebOrigin.init)))
    #expect(configuration.identity == .none)
    #expect(configuration.watch == .public)
    #expect(configuration.viewerCounts == .on)
    #expect(configuration.log == .json)
    #expect(configuration.rateLimits == .off)
    #expect(configuration.passwordCost == .insecureTest)
    #expect(configuration.demo)
    #expect(configuration.warnings.count == 2)
  }

  @Test("The environment does the same, and flags beat it")
  func environment() throws {
    let environment = [
      "SEATCAST_HOST": "localhost", "SEATCAST_PORT": "1", "SEATCAST_DATA": "d", "SEATCAST_LOOPS": "2",
      "SEATCAST_ORIGINS": "https://a.example", "SEATCAST_IDENTITY": "none", "SEATCAST_LOG": "text",
      "SEATCAST_RATE_LIMITS": "off", "SEATCAST_PASSWORD_COST": "insecure-test",
    ]
    let quiet = try configuration([], environment)
    #expect(quiet.address.host == "localhost")
    #expect(quiet.address.port == 1)
    #expect(quiet.address.loops == 2)
    #expect(quiet.dataFolder == "d")
    #expect(quiet.origins == Set([WebOrigin("https://a.example")].compactMap(\.self)))
    #expect(quiet.identity == .none)
    #expect(quiet.log == .text)
    #expect(quiet.rateLimits == .off)
    #expect(quiet.passwordCost == .insecureTest)
    let loud = try configuration(["--port", "5", "--identity=full", "--rate-limits", "on"], environment)
    #expect(loud.address.port == 5)
    #expect(loud.identity == .full)
    #expect(loud.rateLimits == .on)
  }

  @Test("The secret comes from the flag, else from one of its two variables")
  func secret() throws {
    let both = ["SEATCAST_JWT_SECRET": "abc", "SEATCAST_JWT_SECRET_FILE": "f"]
    #expect(try configuration([], ["SEATCAST_JWT_SECRET": "abc"]).secret == .bytes(Array("abc".utf8)))
    #expect(try configuration([], ["SEATCAST_JWT_SECRET_FILE": "f"]).secret == .file("f"))
    #expect(try configuration(["--jwt-secret-file", "g"], both).secret == .file("g"))
    #expect(
      complaint([], both)
        == "SEATCAST_JWT_SECRET and SEATCAST_JWT_SECRET_FILE are both set; set one of them.")
  }

  @Test("The previous secret has a file and an end, both or neither")
  func previousSecret() throws {
    #expect(try configuration([]).previousSecret == nil)
    let words = ["--previous-secret-file", "f", "--previous-secret-until", "2026-01-31T20:00:00Z"]
    let expected = ServeConfiguration.PreviousSource(
      file: "f", until: Instant(milliseconds: 1_769_889_600_000))
    #expect(try configuration(words).previousSecret == expected)
    #expect(
      complaint(Array(words.prefix(2))) == "--previous-secret-file needs --previous-secret-until.")
    #expect(complaint(Array(words.suffix(2))) == "--previous-secret-until needs --previous-secret-file.")
    #expect(
      complaint(["--previous-secret-file", "f", "--previous-secret-until", "tomorrow"])
        == "--previous-secret-until must be a time like 2026-01-31T20:00:00Z, not 'tomorrow'.")
  }

  @Test("An admin needs an address and exactly one password")
  func admin() throws {
    #expect(
      try configuration(["--admin-email", "a@b"], ["SEATCAST_ADMIN_PASSWORD": "pw"]).admin
        == .init(email: "a@b", password: .text("pw")))
    #expect(
      try configuration([], ["SEATCAST_ADMIN_EMAIL": "a@b", "SEATCAST_ADMIN_PASSWORD_FILE": "f"]).admin
        == .init(email: "a@b", password: .file("f")))
    #expect(
      complaint(["--admin-email", "a@b"])
        == "--admin-email needs --admin-password-file, SEATCAST_ADMIN_PASSWORD_FILE or SEATCAST_ADMIN_PASSWORD."
    )
    #expect(
      complaint([], ["SEATCAST_ADMIN_EMAIL": "a@b"])
        == "SEATCAST_ADMIN_EMAIL needs --admin-password-file, SEATCAST_ADMIN_PASSWORD_FILE or "
        + "SEATCAST_ADMIN_PASSWORD.")
    #expect(
      try configuration(
        ["--admin-email", "a@b", "--admin-password-file", "g"], ["SEATCAST_ADMIN_PASSWORD": "x"]
      )
      .admin == .init(email: "a@b", password: .file("g")))
    #expect(
      complaint([], ["SEATCAST_ADMIN_PASSWORD": "pw"])
        == "An admin's password is set, but no --admin-email or SEATCAST_ADMIN_EMAIL.")
    #expect(
      complaint(
        ["--admin-email", "a@b"], ["SEATCAST_ADMIN_PASSWORD": "x", "SEATCAST_ADMIN_PASSWORD_FILE": "f"])
        == "SEATCAST_ADMIN_PASSWORD and SEATCAST_ADMIN_PASSWORD_FILE are both set; set one of them.")
  }

  @Test(
    "A bad value is refused in one sentence",
    arguments: [
      (["--port", "65536"], "--port must be a number from 0 to 65535, not '65536'."),
      (["--loops", "0"], "--loops must be a number from 1 to 1024, not '0'."),
      (["--host", "example.org"], "--host must be a numeric address or 'localhost', not 'example.org'."),
      (["--host", ""], "--host must not be empty."),
      (["--identity", "ful"], "--identity must be 'full' or 'none', not 'ful'. Did you mean 'full'?"),
      (["--rate-limits", "offf"], "--rate-limits must be 'on' or 'off', not 'offf'. Did you mean 'off'?"),
      (
        ["--password-cost", "insecure"],
        "--password-cost must be 'interactive' or 'insecure-test', not 'insecure'."
      ),
      (
        ["--origins", "https://a.example,example.org"],
        "--origins must list origins like 'https://example.org', not 'example.org'."
      ),
      (
        ["--origins", "https://a.example https://b.example"],
        "--origins must list origins like 'https://example.org', not 'https://a.example https://b.example'."
      ),
    ])
  func badValues(arguments: [String], sentence: String) {
    #expect(complaint(arguments) == sentence)
  }

  @Test("Each documented default is what holds when nothing is set", arguments: ConfigFile.rows)
  func defaults(row: Flag) throws {
    // It needs a store, which not every build has: ClusterConfigurationTests.
    guard case .value(let text)? = row.fallback, row.setting != .busPrefix else { return }
    // What the setting needs beside it.
    let company: [Setting: [Setting: String]] = [
      .tlsRecords: [.tlsCertificate: "c", .tlsKey: "k"], .backupEvery: [.backupDir: "b"],
      .backupKeep: [.backupDir: "b"],
    ]
    func configuration(_ flags: [Setting: String]) throws -> ServeConfiguration {
      let flags = flags.merging(company[row.setting] ?? [:]) { given, _ in given }
      return try ServeConfiguration(Settings(flags: flags, environment: [:], table: .serve))
    }
    #expect(try configuration([row.setting: text]) == configuration([:]))
  }

  @Test("All wrong values are told at once, and what does not go together when the values are right")
  func faults() {
    func sentences(_ flags: [Setting: String]) -> [String] {
      ServeConfiguration.faults(Settings(flags: flags, environment: [:], table: .serve)).map(\.description)
    }
    #expect(sentences([:]).isEmpty)
    #expect(
      sentences([.port: "x", .watch: "y"]) == [
        "--port must be a number from 0 to 65535, not 'x'.",
        "--watch must be 'authenticated' or 'public', not 'y'.",
      ])
    #expect(sentences([.backupKeep: "3"]) == ["--backup-keep needs --backup-dir."])
    // The issuer needs external accounts, but the fault is another one.
    #expect(
      sentences([.accounts: "extern", .issuer: "i"])
        == ["--accounts must be 'local' or 'external', not 'extern'. Did you mean 'external'?"])
  }

  @Test("A credential that nobody asks for is no error")
  func credentials() throws {
    let folder = try TemporaryFolder()
    try put("pw", at: folder.path + "/admin-password")
    let environment = ["CREDENTIALS_DIRECTORY": folder.path]
    #expect(try configuration([], environment).admin == nil)
    #expect(
      try configuration(["--admin-email", "a@b"], environment).admin
        == .init(email: "a@b", password: .file(folder.path + "/admin-password")))
  }
}
