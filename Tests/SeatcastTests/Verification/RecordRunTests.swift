import TestSupport
import Testing

@testable import seatcast

@Suite("RecordRun")
struct RecordRunTests {
  private func run(_ words: String...) throws -> Int32 {
    guard case .verify(let settings) = try Invocation.parse(["verify"] + words, environment: [:]) else {
      throw TestFailure("not the command")
    }
    return try RecordRun.run(settings)
  }

  @Test("A history and a record are told apart, and a flag of one is refused with the other")
  func ways() throws {
    #expect(throws: UsageError("'seatcast verify' takes a history or --record, not both.")) {
      try run("f", "--record", "g")
    }
    for words in [["--record", "g", "--search"], ["--record", "g", "--notices", "n"]] {
      guard case .verify(let settings) = try Invocation.parse(["verify"] + words, environment: [:]) else {
        return
      }
      #expect(throws: UsageError.self) { try RecordRun.run(settings) }
    }
    for words in [[], ["f", "--key", "k"], ["f", "--head", "h"]] {
      guard case .verify(let settings) = try Invocation.parse(["verify"] + words, environment: [:]) else {
        return
      }
      #expect(throws: UsageError.self) { try Verify.run(settings) }
    }
  }

  @Test("A record must be named, and its key and heads must be readable")
  func arguments() throws {
    #expect(throws: UsageError.self) { try run() }
    let folder = try TemporaryFolder()
    let file = folder.path + "/file"
    try put("x\n", at: file)
    #expect(throws: AdminError.self) { try run("--record", file, "--key", folder.path + "/nothing") }
    #expect(throws: AdminError("The key is no Ed25519 public key in PEM.", status: AdminError.badData)) {
      try run("--record", file, "--key", file)
    }
  }
}
