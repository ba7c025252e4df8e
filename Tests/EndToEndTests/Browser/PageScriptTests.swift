// Runs the page's own unit tests (Tests/PageTests) where node is installed.
import Foundation
import TestSupport
import Testing

@Suite struct PageScriptTests {
  private static let folder = SourceTree.root + "/Tests/PageTests"

  @Test(
    "The page's scripts do what their own tests say",
    .enabled(if: isInstalled("node"), "no node on PATH; the browser tests cover the page without it"))
  func scripts() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder)
    let tests = files.filter { $0.hasSuffix(".test.mjs") }.sorted().map { "\(Self.folder)/\($0)" }
    #expect(!tests.isEmpty)
    let node = try ChildProcess("node", ["--test"] + tests)
    let status = try node.wait(within: .seconds(180))
    try node.waitForOutput()
    #expect(status == .exited(0), "\(node.standardOutput)")
  }
}
