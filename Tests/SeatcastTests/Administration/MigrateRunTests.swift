import ControlPlane
import TestSupport
import Testing

@testable import seatcast

@Suite("MigrateRun")
struct MigrateRunTests {
  private func run(_ words: String...) throws {
    guard case .migrate(let settings) = try Invocation.parse(["migrate"] + words, environment: [:]) else {
      throw TestFailure("not the command")
    }
    try MigrateRun.run(settings)
  }

  @Test("The target must be named")
  func arguments() throws {
    #expect(throws: UsageError.self) { try run("--from", "x") }
    #expect(throws: UsageError.self) { try Invocation.parse(["migrate", "--to"], environment: [:]) }
  }

  #if Cluster
    @Test(
      "A folder without a database and a URL of another kind are refused, with the exit status of their kind")
    func refusals() throws {
      let folder = try TemporaryFolder()
      let none = #expect(throws: AdminError.self) { try run("--from", folder.path, "--to", "postgres://h/d") }
      #expect(none?.exitStatus == AdminError.badData)
      #expect(none?.description.contains("has no database") == true)
    }

    @Test("The report has a line for each table, and is JSON when that is asked for")
    func report() {
      let report = StoreMigration.Report(
        target: "ada@h/d", epoch: "0123",
        tables: [
          .init(name: "event", rows: 7, digest: String(repeating: "a", count: 64)),
          .init(name: "booking", rows: 12_345, digest: String(repeating: "b", count: 64)),
        ], wasThere: false)
      let lines = MigrateRun.text(report).split(separator: "\n")
      #expect(lines[0] == "event        7  aaaaaaaaaaaaaaaa")
      #expect(lines[1] == "booking  12345  bbbbbbbbbbbbbbbb")
      #expect(lines[2] == "The database is in ada@h/d, every row the same on both sides (epoch 0123).")
      #expect(
        MigrateRun.json(report).hasPrefix(
          #"{"target":"ada@h/d","epoch":"0123","wasThere":false,"tables":[{"name":"event","rows":7,"sha256":"aa"#
        ))
    }
  #else
    @Test("A build without PostgreSQL says so")
    func absent() {
      let failure = #expect(throws: AdminError.self) { try run("--to", "postgres://h/d") }
      #expect(failure?.description == MigrateRun.absence)
    }
  #endif
}
