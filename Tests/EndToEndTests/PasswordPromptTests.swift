// The prompt for a password, by somebody who sits at a terminal.
import Glibc
import TestSupport
import Testing

@Suite("Password prompt", .timeLimit(.minutes(30)))
struct PasswordPromptTests {
  private let server: TestServer
  private let terminal: PseudoTerminal

  init() throws { (server, terminal) = (try TestServer(), try PseudoTerminal()) }

  private func createUser() throws -> ChildProcess {
    try ChildProcess(
      ServerProcess.executable(),
      [
        "user", "create", "--email", "ann@example.test", "--name", "Ann", "--data", server.server.folder.path,
      ], input: terminal.path)
  }

  /// Types a line as soon as the prompt is there.
  private func answer(_ process: ChildProcess, _ prompt: String, _ line: String) throws {
    try eventually("the prompt") { process.standardError.hasSuffix(prompt) || process.poll() != nil }
    #expect(!terminal.echoes, "a password is not shown")
    try terminal.type(line + "\n")
  }

  @Test("it shows nothing of the password, asks twice, and leaves the terminal as it was")
  func prompt() throws {
    #expect(terminal.echoes)
    let process = try createUser()
    try answer(process, "Password of the new account: ", "a long phrase")
    try answer(process, "The same again: ", "a long phrase")
    #expect(try process.wait() == .exited(0))
    #expect(terminal.echoes)
    #expect(!terminal.shown().contains("phrase") && !process.standardError.contains("phrase"))
    let login = try server.server.client().request(
      "POST", "/api/auth/login", json: ["email": "ann@example.test", "password": "a long phrase"])
    #expect(login.status == 200)
  }

  @Test("two passwords that differ make no account")
  func differing() throws {
    let process = try createUser()
    try answer(process, "Password of the new account: ", "a long phrase")
    try answer(process, "The same again: ", "another phrase")
    #expect(try process.wait() == .exited(65))
    try process.waitForOutput()
    #expect(process.standardError.hasSuffix("seatcast: The two passwords differ.\n"))
    #expect(terminal.echoes)
  }

  @Test("Ctrl-C at the prompt leaves the terminal as it was")
  func interrupted() throws {
    let process = try createUser()
    try eventually("the prompt") { process.standardError.hasSuffix(": ") }
    #expect(!terminal.echoes)
    process.signal(SIGINT)
    #expect(try process.wait() == .exited(130))
    #expect(terminal.echoes)
  }
}
