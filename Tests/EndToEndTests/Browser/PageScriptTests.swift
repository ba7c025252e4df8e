// Runs the page's own unit tests (Tests/PageTests) where node is installed.
import Glibc
import TestSupport
import Testing

private let hasNode: Bool = {
  let folders = (environmentVariable("PATH") ?? "/usr/bin").split(separator: ":")
  return folders.contains { unsafe access("\($0)/node", X_OK) == 0 }
}()

@Suite struct PageScriptTests {
  @Test(
    "The page's live connection does what its own tests say",
    .enabled(if: hasNode, "no node on PATH; the browser tests cover the page without it"))
  func liveConnection() throws {
    let node = try ChildProcess("node", ["--test", SourceTree.root + "/Tests/PageTests/live.test.mjs"])
    let status = try node.wait()
    try node.waitForOutput()
    #expect(status == .exited(0), "\(node.standardOutput)")
  }
}
