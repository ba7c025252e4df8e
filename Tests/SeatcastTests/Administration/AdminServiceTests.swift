import ControlPlane
import TestSupport
import Testing

@testable import seatcast

@Suite("AdminService and PasswordInput")
struct AdminServiceTests {
  @Test("commands reach a running server through its folder, and the files when it has stopped")
  func reaches() throws {
    let folder = try TemporaryFolder()
    let flags: [Setting: String] = [
      .port: "0", .data: folder.path, .loops: "1", .passwordCost: "insecure-test",
    ]
    let configuration = try ServeConfiguration(Settings(flags: flags, environment: [:], table: .serve))
    let assembly = try Assembly(
      configuration, secrets: TokenSecrets(), log: Log(format: .json, output: LinesKept(), now: { 0 }))
    _ = try assembly.start()
    #expect(names(in: folder.path).contains(AdminSocket.name))
    let files = Backend.Configuration(dataFolder: folder.path)
    let create = AdminRequest(.eventCreate, [("name", .text("E")), ("seatCapacity", .number(3))])
    guard case .done = try AdminClient.perform(create, on: files, needsKeys: false) else {
      throw AdminError("not made")
    }
    assembly.stop()
    #expect(!names(in: folder.path).contains(AdminSocket.name))
    guard
      case .done(_, let text) = try AdminClient.perform(AdminRequest(.eventList), on: files, needsKeys: false)
    else { throw AdminError("not listed") }
    #expect(text.hasPrefix("ID  STATUS   CAPACITY"))
    #expect(text.contains("1   on_sale  3         0"))
  }

  @Test("a password file must be there")
  func passwords() throws {
    let folder = try TemporaryFolder()
    func settings(_ file: String) -> Settings {
      Settings(flags: [.passwordFile: file], environment: [:], table: .userPassword)
    }
    let none = folder.path + "/none"
    #expect(throws: StartError("The password in \(none) cannot be read: No such file or directory.")) {
      try PasswordInput.password(settings(none), of: "x")
    }
    try put("pass word\r\n", at: folder.path + "/some")
    #expect(try PasswordInput.password(settings(folder.path + "/some"), of: "x") == "pass word")
  }
}
