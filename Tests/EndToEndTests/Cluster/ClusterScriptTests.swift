// script/cluster, as somebody runs it who has just cloned: everything comes up, survives what it says to try, and goes with Ctrl-C.
// The tests' own build stands in for the one in release.
import Glibc
import TestSupport
import Testing

@Suite("script/cluster", .timeLimit(.minutes(30)))
struct ClusterScriptTests {
  private static let script = SourceTree.root + "/script/cluster"

  @Test(
    "a mistaken flag is one sentence and status 64",
    arguments: [
      (["--nodes", "0"], "--nodes takes a number from 1 to 9, not '0'."),
      (["--nodes", "x"], "--nodes takes a number from 1 to 9, not 'x'."),
      (["--port"], "--port needs a value."), (["--port", "80"], "--port takes a number from 1024 to 65500"),
      (["--prot", "3000"], "does not know '--prot'"), (["--data", ""], "--data needs a folder."),
    ])
  func mistakes(words: [String], sentence: String) throws {
    let made = try run("/bin/bash", [Self.script] + words)
    #expect(made.status == .exited(64))
    #expect(made.error.contains(sentence), "\(made.error)")
    #expect(made.error.contains("usage: script/cluster"))
  }

  @Test("a port that is taken is named, before anything is built")
  func takenPort() throws {
    let server = try TestServer()
    let made = try run("/bin/bash", [Self.script, "--port", String(server.port)])
    #expect(made.status == .exited(1))
    #expect(made.error.contains("The port \(server.port) is in use."), "\(made.error)")
  }

  @Test(
    "three nodes come up behind haproxy, one is killed and started again, and Ctrl-C ends everything",
    .needsCluster, .needsHAProxy)
  func everything() throws {
    let port = try block(of: 40)
    let process = try ChildProcess(
      "/bin/bash",
      [
        Self.script, "--port", String(port), "--", "--password-cost", "insecure-test", "--rate-limits", "off",
      ],
      environment: ["SEATCAST_BINARY": ServerProcess.executable()])
    try eventually(within: .seconds(120), "everything runs") {
      if process.poll() != nil {
        throw TestFailure("it ended: \(process.standardOutput)\(process.standardError)")
      }
      return process.standardOutput.contains("Ctrl-C ends everything.")
    }
    let text = process.standardOutput
    #expect(text.contains("http://127.0.0.1:\(port)/"))
    #expect(try HTTPClient(port: port).get("/readyz").status == 200)
    let folder = try #require(text.firstMatch(of: /kill -9 \$\(cat (\S+)\/node-2\.pid\)/)).output.1
    let node = try #require(Int32(pid(folder + "/node-2.pid")))
    _ = kill(node, SIGKILL)
    try eventually("it is told") { process.standardOutput.contains("node-2 has ended") }
    #expect(try HTTPClient(port: port).get("/readyz").status == 200)
    #expect(try run(String(folder) + "/start-node-2", []).status == .exited(0))
    try eventually("it runs again") { (try? HTTPClient(port: port + 2).get("/readyz").status) == 200 }
    let all = ["postgres", "nats", "node-1", "node-2", "node-3", "haproxy"].compactMap {
      Int32(pid("\(folder)/\($0).pid"))
    }
    #expect(all.count == 6)
    process.signal(SIGINT)
    #expect(try process.wait(within: .seconds(60)) == .exited(130))
    // Whoever inherits them may not have asked yet how they ended.
    for each in all { #expect(unsafe access("/proc/\(each)/exe", F_OK) != 0, "\(each) lives on") }
    #expect(unsafe access(String(folder), F_OK) != 0)
  }

  private func pid(_ path: some StringProtocol) -> String {
    String(decoding: contents(of: String(path)) ?? [], as: UTF8.self).filter { $0.isNumber }
  }

  /// The first of so many ports that are free one behind the other.
  private func block(of count: Int) throws -> Int {
    for start in stride(from: 20_000, to: 32_000, by: count)
    where (start..<(start + count)).allSatisfy(isFree) {
      return start
    }
    throw TestFailure("no free ports")
  }

  private func isFree(_ port: Int) -> Bool { (try? Socket(port: port)) == nil }
}
