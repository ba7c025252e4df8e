import TestSupport
import Testing

@testable import seatcast

@Suite("What 'config check' finds")
struct ConfigCheckTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func report(
    _ text: String, _ flags: [Setting: String] = [:], _ environment: [String: String] = [:]
  ) throws -> ConfigCheck.Report {
    try put("data = \(folder.path)/data\n" + text, at: folder.path + "/f")
    return ConfigCheck.report(
      Settings(
        flags: flags, operands: [folder.path + "/f"], environment: environment, table: .configCheck))
  }

  @Test("A good file is valid, and nothing is made")
  func valid() throws {
    let report = try report("port = 0\nwatch = public\n")
    #expect(report.status == 0 && report.count == 3)
    #expect(report.faults == [] && report.failures == [])
    #expect(names(in: folder.path) == ["f"])
  }

  @Test("Every wrong line and value is told, with the status of a wrong command line")
  func faults() throws {
    let report = try report("prot = 1\nport = x\nwatch = y\n")
    #expect(report.status == UsageError.exitStatus)
    #expect(
      report.faults == [
        "\(folder.path)/f:2: There is no setting 'prot'. Did you mean 'port'?",
        "port (\(folder.path)/f:3) must be a number from 0 to 65535, not 'x'.",
        "watch (\(folder.path)/f:4) must be 'authenticated' or 'public', not 'y'.",
      ])
    #expect(try self.report("", [.port: "x"]).faults == ["--port must be a number from 0 to 65535, not 'x'."])
  }

  @Test("Files that are named are looked at, with the status of a failed start")
  func files() throws {
    let report = try report("jwt-secret-file = no/such\nadmin-email = a@b\nadmin-password-file = no/such\n")
    #expect(report.status == StartError.exitStatus && report.faults == [])
    #expect(
      report.failures.contains("The token secret in no/such cannot be read: No such file or directory."))
    #expect(
      report.failures.contains("The admin's password in no/such cannot be read: No such file or directory."))
    let tls = try self.report("tls-cert = no/such\ntls-key = no/such\n")
    #expect(tls.status == StartError.exitStatus && tls.failures.count == 1)
  }

  @Test("Warnings are told and change nothing")
  func warnings() throws {
    let report = try report("rate-limits = off\n", [:], ["SEATCAST_PROT": "1"])
    #expect(report.status == 0 && report.warnings.count == 2)
  }

  @Test("The file is an operand or a flag, not both, and it must be there")
  func whichFile() throws {
    #expect(
      try report("", [.config: "x"]).faults
        == ["'seatcast config check' takes one file: FILE or --config FILE."])
    let missing = ConfigCheck.report(
      Settings(flags: [.config: folder.path], environment: [:], table: .configCheck))
    #expect(missing.faults == ["The configuration file \(folder.path) is a folder."])
    let none = ConfigCheck.report(
      Settings(flags: [.data: folder.path + "/data"], environment: [:], table: .configCheck))
    #expect(none.status == 0 && none.count == 1)
  }
}
