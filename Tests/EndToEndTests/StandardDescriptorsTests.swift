// What a server is started into: missing standard descriptors, a standard output that nobody reads, few cores, no
// /proc, variables that mean nothing. Each server is started by a shell that arranges it.
import Glibc
import TestSupport
import Testing

@Suite("The process that a server is started into", .timeLimit(.minutes(30)))
struct StandardDescriptorsTests {
  private let folder: TemporaryFolder
  private let port: Int

  init() throws {
    folder = try TemporaryFolder()
    port = try freePort()
  }

  /// Runs `exec seatcast serve …` behind `before`, with `redirections`.
  private func start(
    _ redirections: String, before: String = "", environment: [String: String] = [:]
  ) throws -> ChildProcess {
    let words = ServerProcess.words(ServerOptions(), folder: folder.path + "/data", port: port)
    return try ChildProcess(
      "sh", ["-c", "\(before) exec \"$0\" \"$@\" \(redirections)", try ServerProcess.executable()] + words,
      environment: ServerProcess.environment(ServerOptions()).merging(environment) { $1 })
  }

  private func awaitHealth(_ process: ChildProcess) throws {
    try eventually("the server answers; it said: \(process.standardError)") {
      (try? HTTPClient(port: port).get("/livez").status) == 200
    }
  }

  @Test(
    "Missing standard descriptors are no harm, and SIGTERM ends it with 0",
    arguments: ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
  func missing(_ redirections: String) throws {
    let process = try start(redirections)
    try awaitHealth(process)
    process.signal(SIGTERM)
    #expect(try process.wait(within: .seconds(60)) == .exited(0))
  }

  @Test("A standard output that is full does not keep it from serving and stopping")
  func fullOutput() throws {
    let fifo = folder.path + "/full"
    let process = try start(
      ">&3", before: "mkfifo '\(fifo)'; exec 3<>'\(fifo)'; head -c 65536 /dev/zero >&3;")
    try awaitHealth(process)
    process.signal(SIGTERM)
    #expect(try process.wait(within: .seconds(60)) == .exited(0))
  }

  @Test("A mistyped variable is told in the log")
  func mistypedVariable() throws {
    let process = try start("", environment: ["SEATCAST_PROT": "1"])
    try awaitHealth(process)
    process.signal(SIGTERM)
    #expect(try process.wait(within: .seconds(60)) == .exited(0))
    try process.waitForOutput()
    #expect(process.standardError.contains("Did you mean 'SEATCAST_PORT'?"))
  }

  @Test("It runs one loop per core of its affinity mask")
  func affinity() throws {
    let process = try start("", before: "taskset -p -c 0 $$ >/dev/null;")
    try awaitHealth(process)
    process.signal(SIGTERM)
    #expect(try process.wait(within: .seconds(60)) == .exited(0))
    try process.waitForOutput()
    #expect(process.standardError.contains("\"loops\":\"1\""))
  }
}
