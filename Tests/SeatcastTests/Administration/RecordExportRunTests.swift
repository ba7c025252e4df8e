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

  #if Cluster
    @Test("A database that nodes share is named by its URL or a file with it, and an unreachable one leaves no file")
    func store() throws {
      let folder = try TemporaryFolder()
      let out = folder.path + "/out"
      try put(Array("postgres://ada:s3cret@127.0.0.1:1/shop?connect_timeout=2".utf8), at: folder.path + "/url")
      let failure = #expect(throws: AdminError.self) {
        try run("--store-file", folder.path + "/url", "--out", out)
      }
      #expect(failure?.description.hasPrefix("The record cannot be exported: ") == true)
      #expect(failure?.description.contains("s3cret") == false)
      #expect(contents(of: out) == nil)
      #expect(throws: UsageError.self) { try run("--store", "mysql://h/d", "--out", out) }
    }
  #else
    @Test("A build without nodes says so of their database")
    func store() throws {
      #expect(throws: UsageError.self) { try run("--store", "postgres://h/d", "--out", "x") }
    }
  #endif
}
