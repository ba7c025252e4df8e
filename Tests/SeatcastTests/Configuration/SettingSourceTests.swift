import TestSupport
import Testing

@testable import seatcast

@Suite("Sources of settings")
struct SettingSourceTests {
  private let sources: [SettingSource] = [
    .flag("--port"), .variable("SEATCAST_PORT"), .file(key: "port", path: "/etc/f", line: 3),
    .credential("x"),
  ]

  @Test("A source is named as a sentence names it")
  func descriptions() {
    #expect(
      sources.map(\.description) == ["--port", "SEATCAST_PORT", "port (/etc/f:3)", "credential 'x'"])
  }

  @Test("Flags beat variables, those the file, and that credentials")
  func ranks() {
    #expect(sources.map(\.rank) == sources.map(\.rank).sorted() && Set(sources.map(\.rank)).count == 4)
  }

  @Test("A credential is a file in the folder that the service manager names")
  func credentials() throws {
    let folder = try TemporaryFolder()
    try put("s", at: folder.path + "/jwt-secret")
    let credentials = Credentials(["CREDENTIALS_DIRECTORY": folder.path])
    #expect(credentials.path("jwt-secret") == folder.path + "/jwt-secret")
    #expect(credentials.path("tls-key") == nil)
    #expect(Credentials([:]).path("jwt-secret") == nil)
  }
}
