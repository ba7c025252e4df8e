import TestSupport
import Testing

@testable import seatcast

@Suite("RecordExportRun")
struct RecordExportRunTests {
  private func run(_ words: String...) throws {
    guard
      case .recordExport(let settings) = try Invocation.parse(["record", "export"] + words, environment: [:])
    else { throw TestFailure("not the command") }
    try RecordExportRun.run(settings)
  }

  @Test("A file must be named, an event must be a number, and a folder without a database has no record")
  func arguments() throws {
    let folder = try TemporaryFolder()
    #expect(throws: UsageError.self) { try run("--data", folder.path) }
    #expect(throws: UsageError.self) { try run("--data", folder.path, "--out", "x", "--event", "y") }
    let out = folder.path + "/out"
    #expect(throws: AdminError.self) { try run("--data", folder.path, "--out", out) }
    #expect(contents(of: out) == nil)
  }
}
