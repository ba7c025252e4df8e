// A PostgreSQL server of one's own: made in a temporary folder, on a free loopback port, gone at the end. PostgreSQL refuses to run
// as root, so it runs as nobody then.
import Glibc

/// A running or stopped server. Any thread, one at a time.
public final class PostgresServer: Sendable {
  public let port: Int
  private let folder: TemporaryFolder
  private let programs: String
  private let settings: [String]
  private let address: String
  /// In front of the server's words.
  private let wrapper: [String]
  private let process: Guarded<ChildProcess?>
  /// Ends the server when this process is ended before it could.
  private let watch: Guarded<ChildProcess?>

  /// Where Debian and others put the programs; nil: the server is not installed.
  public static let programs: String? = {
    let versions = names(in: "/usr/lib/postgresql").compactMap { Int($0) }.sorted(by: >)
    let folders =
      versions.map { "/usr/lib/postgresql/\($0)/bin" }
      + [Programs.path(of: "postgres").map { String($0.dropLast("/postgres".count)) }].compactMap { $0 }
    return folders.first { folder in
      ["initdb", "postgres", "pg_isready", "psql"].allSatisfy { isExecutable("\(folder)/\($0)") }
    }
  }()

  public static var isInstalled: Bool { programs != nil }
  /// Why the tests of PostgreSQL are left out.
  public static let absence = "PostgreSQL's server is not installed (apt-get install postgresql)"

  /// One for all tests of this process, which make databases of their own in it. It may forget what it has when the machine
  /// fails.
  public static func shared() throws -> PostgresServer { try common.get() }

  private static let common = Result { try PostgresServer(settings: ["fsync=off", "full_page_writes=off"]) }

  /// Makes and starts one.
  /// - Parameters:
  ///   - settings: of `postgresql.conf`, beside those that make it small.
  ///   - address: what it listens on.
  ///   - wrapper: words in front of the server's, which exec it somewhere else.
  public init(settings: [String] = [], address: String = "127.0.0.1", wrapper: [String] = []) throws {
    guard let programs = Self.programs else { throw TestFailure(Self.absence) }
    self.programs = programs
    self.settings = settings
    (self.address, self.wrapper) = (address, wrapper)
    folder = try TemporaryFolder()
    port = try freePort()
    process = Guarded(nil)
    watch = Guarded(nil)
    let data = "\(folder.path)/data"
    if getuid() == 0 {
      _ = unsafe chmod(folder.path, 0o711)
      guard unsafe mkdir(data, 0o700) == 0, unsafe chown(data, Self.nobody, Self.nobody) == 0 else {
        throw TestFailure("no folder for the server: errno \(errno)")
      }
    }
    let arguments = ["-D", data, "-U", Self.user, "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
    let made = try run(Self.runner[0], Self.runner.dropFirst() + ["\(programs)/initdb"] + arguments)
    guard made.status == .exited(0) else { throw TestFailure("initdb failed: \(made.error)") }
    if address != "127.0.0.1" {
      // The file keeps its owner.
      let rules = "\(data)/pg_hba.conf"
      try put((contents(of: rules) ?? []) + Array("host all all all trust\n".utf8), at: rules)
    }
    try start()
  }

  deinit {
    kill()
    // Files of another user.
    _ = try? TestSupport.run("rm", ["-rf", "\(folder.path)/data"])
  }

  private static let user = "seatcast"
  private static let nobody: UInt32 = 65534

  /// What starts a program as a user who is not root; it becomes that program, so signals reach it.
  private static let runner =
    getuid() == 0
    ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    : ["env"]

  // MARK: Its life

  /// Starts it unless it runs, and waits until it answers.
  public func start() throws {
    try process.withLock { process in
      if process?.poll() == nil, process != nil { return }
      let all =
        [
          "listen_addresses=\(address)", "port=\(port)", "unix_socket_directories=", "max_connections=200",
          "shared_buffers=64MB", "autovacuum=off", "logging_collector=off", "log_min_messages=fatal",
        ] + settings
      let words =
        wrapper + Self.runner + ["\(programs)/postgres", "-D", "\(folder.path)/data"]
        + all.flatMap { ["-c", $0] }
      let started = try ChildProcess(words[0], Array(words.dropFirst()))
      process = started
      let watcher = """
        while [ -d /proc/\(getpid()) ]; do sleep 1; done
        kill -QUIT \(started.identifier); rm -rf '\(folder.path)'
        """
      try watch.withLock { $0 = try ChildProcess("sh", ["-c", watcher]) }
    }
    try eventually("PostgreSQL answers on port \(port)") {
      let words = wrapper + ["\(programs)/pg_isready", "-h", "127.0.0.1", "-p", "\(port)", "-q"]
      return try TestSupport.run(words[0], Array(words.dropFirst())).status == .exited(0)
    }
  }

  /// Ends it in an orderly way, whoever is connected.
  public func stop() throws { try end(SIGINT) }

  /// Ends it at once; what it has committed is on its disk.
  public func kill() { try? end(SIGKILL) }

  public func restart() throws {
    try stop()
    try start()
  }

  private func end(_ signal: Int32) throws {
    let ended = process.withLock { process in
      defer { process = nil }
      return process
    }
    watch.withLock { $0 = nil }
    guard let ended else { return }
    // Its children, too: they would otherwise take a moment to notice.
    if signal == SIGKILL { for child in children(of: ended.identifier) { _ = Glibc.kill(child, SIGKILL) } }
    ended.signal(signal)
    _ = try ended.wait()
  }

  /// It and all of its sessions do nothing until `thaw`, as if the machine were cut off.
  public func freeze() { signalAll(SIGSTOP) }
  public func thaw() { signalAll(SIGCONT) }

  private func signalAll(_ signal: Int32) {
    guard let identifier = process.withLock({ $0?.identifier }) else { return }
    _ = Glibc.kill(identifier, signal)
    for child in children(of: identifier) { _ = Glibc.kill(child, signal) }
  }

  private func children(of parent: Int32) -> [Int32] {
    let text = contents(of: "/proc/\(parent)/task/\(parent)/children") ?? []
    return text.split(separator: UInt8(ascii: " ")).compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
  }

  // MARK: Databases

  public func url(database: String) -> String { url(database: database, at: "127.0.0.1", port: port) }

  /// The same by way of something that passes connections on.
  public func url(database: String, as user: String? = nil, at address: String, port: Int) -> String {
    "postgres://\(user ?? Self.user)@\(address):\(port)/\(database)"
  }

  /// A database of a name of its own.
  /// - Returns: its URL.
  public func createDatabase() throws -> String {
    let name = "d\(numbers.withLock(next))"
    try query("CREATE DATABASE \(name)", in: "postgres")
    return url(database: name)
  }

  private let numbers = Guarded(0)
  private func next(_ number: inout Int) -> Int {
    number += 1
    return number
  }

  /// Runs SQL by psql, for what a test does behind a node's back.
  /// - Returns: the rows, fields separated by `|`.
  @discardableResult
  public func query(_ sql: String, in database: String) throws -> [String] {
    let words =
      wrapper + [
        "\(programs)/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql,
        url(database: database),
      ]
    let ran = try TestSupport.run(words[0], Array(words.dropFirst()))
    guard ran.status == .exited(0) else { throw TestFailure("psql: \(ran.error)") }
    return ran.output.split(separator: "\n").map(String.init)
  }
}

private func isExecutable(_ path: String) -> Bool { unsafe access(path, X_OK) == 0 }
