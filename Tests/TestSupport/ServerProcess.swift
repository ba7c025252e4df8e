// The real server, as a user starts it: the executable of this very build, in a process of its own, on a
// free port and a data folder of its own.
import Glibc

/// How a server under test is to be started.
public struct ServerOptions: Sendable {
  public var demo = false
  /// `on` for the suites that test them.
  public var rateLimits = "off"
  /// 0: any free port.
  public var port = 0
  /// Further words behind `serve …`.
  public var arguments: [String] = []
  public var environment: [String: String] = [:]
  public init() {}
  public init(arguments: [String]) { self.arguments = arguments }
}

/// One running `seatcast serve`. Restarting keeps the folder, and the port when wished.
public final class ServerProcess: Sendable {
  /// The secret that every server under test is given.
  public static let secret = "a secret for tests only, of more than 32 bytes"
  public static let adminEmail = "admin@example.test"
  public static let adminPassword = "an admin's password"

  public let folder: TemporaryFolder
  private let options: ServerOptions
  private let state: Guarded<(process: ChildProcess, port: Int)>

  public var port: Int { state.withLock { $0.port } }
  public var process: ChildProcess { state.withLock { $0.process } }
  /// Called with a sentence when a server has died by itself; what is set last counts.
  public static let onCrash = Guarded<(@Sendable (String) -> Void)?>(nil)
  /// Tokens that this server accepts.
  public var mint: TokenMint { TokenMint(secret: Self.secret) }

  /// Starts the server and waits until it says that it is listening.
  public init(_ options: ServerOptions = ServerOptions(), folder: TemporaryFolder? = nil) throws {
    let folder = try folder ?? TemporaryFolder()
    self.folder = folder
    self.options = options
    state = Guarded(try Self.start(options, folder: folder.path, port: options.port))
  }

  deinit {
    let process = process
    Self.reportCrash(of: process)
    // Before the folder goes.
    process.signal(SIGKILL)
    _ = try? process.wait()
  }

  /// A process that ended by any signal but SIGKILL, or by a sanitizer, has crashed.
  private static func reportCrash(of process: ChildProcess) {
    guard let ended = process.poll(), ended != .killed(signal: SIGKILL) else { return }
    try? process.waitForOutput()
    let words = process.standardError
    var hasCrashed = words.contains("Sanitizer")
    if case .killed = ended { hasCrashed = true }
    guard hasCrashed, let report = onCrash.withLock({ $0 }) else { return }
    let start = words.firstRange(of: "Sanitizer")?.lowerBound ?? words.startIndex
    report("the server has died by itself (\(ended)): \(words[start...].prefix(6_000))")
  }

  /// The arguments of a server under test.
  public static func words(_ options: ServerOptions, folder: String, port: Int) -> [String] {
    [
      "serve", "--port", String(port), "--data", folder, "--password-cost", "insecure-test", "--rate-limits",
      options.rateLimits,
    ]
      + (options.demo ? ["--demo"] : []) + options.arguments
  }

  /// The environment of a server under test.
  public static func environment(_ options: ServerOptions) -> [String: String] {
    [
      // A server built with the thread sanitizer ends at the first race, and with it the test.
      "TSAN_OPTIONS": (environmentVariable("TSAN_OPTIONS") ?? "") + ":halt_on_error=1",
      // What the address sanitizer keeps back is no memory of the server's.
      "ASAN_OPTIONS": (environmentVariable("ASAN_OPTIONS") ?? "") + ":quarantine_size_mb=8",
      "SEATCAST_JWT_SECRET": secret, "SEATCAST_ADMIN_EMAIL": adminEmail,
      "SEATCAST_ADMIN_PASSWORD": adminPassword,
    ].merging(options.environment) { _, given in given }
  }

  /// The executable of the running test build: beside the test bundle, or what SEATCAST_BINARY names.
  public static func executable() throws -> String {
    if let named = environmentVariable("SEATCAST_BINARY") { return named }
    let path = try built("seatcast")
    guard unsafe access(path, X_OK) == 0 else { throw TestFailure("there is no executable \(path)") }
    return path
  }

  /// The path of a product of the running test build.
  static func built(_ name: String) throws -> String {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    let count = unsafe buffer.withUnsafeMutableBytes { raw in
      unsafe readlink("/proc/self/exe", raw.baseAddress!.assumingMemoryBound(to: CChar.self), raw.count)
    }
    guard count > 0 else { throw TestFailure("/proc/self/exe cannot be read: errno \(errno)") }
    let runner = String(decoding: buffer[..<count], as: UTF8.self)
    guard let slash = runner.lastIndex(of: "/") else { throw TestFailure("no folder in \(runner)") }
    return runner[...slash] + name
  }

  private static func start(
    _ options: ServerOptions, folder: String, port: Int
  ) throws -> (process: ChildProcess, port: Int) {
    let process = try ChildProcess(
      executable(), words(options, folder: folder, port: port), environment: environment(options))
    let port = try awaitPort(of: process)
    return (process, port)
  }

  /// Waits for the ready line and takes the port from it.
  public static func awaitPort(
    of process: ChildProcess, line: String = "listening on ", within patience: Duration = .seconds(60)
  ) throws -> Int {
    let deadline = Deadline(patience)
    while true {
      let ended = process.poll()
      if let port = announcedPort(in: process.standardOutput, after: line) { return port }
      if let ended {
        try? process.waitForOutput()
        throw TestFailure("the server ended (\(ended)) before it was ready: \(process.standardError)")
      }
      if deadline.hasPassed {
        throw TestFailure(
          "the server is not ready in time: \(process.standardOutput) \(process.standardError)")
      }
      pause(milliseconds: 5)
    }
  }

  private static func announcedPort(in text: String, after mark: String) -> Int? {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    where line.contains(mark) {
      let digits = line.reversed().drop { !$0.isASCII || !$0.isNumber }.prefix { $0.isASCII && $0.isNumber }
      return Int(String(digits.reversed()))
    }
    return nil
  }

  /// A new client, which keeps this server alive.
  public func client(token: String? = nil) -> HTTPClient { HTTPClient(port: port, token: token, owner: self) }

  public func kill9() throws {
    process.signal(SIGKILL)
    _ = try process.wait()
  }

  /// SIGTERM or another signal, and the way it ended.
  public func terminate(signal: Int32? = nil, within patience: Duration = .seconds(60)) throws
    -> ExitStatus
  {
    process.signal(signal ?? SIGTERM)
    return try process.wait(within: patience)
  }

  /// Starts again on the same folder, after it has ended; on the same port when wished.
  public func restart(samePort: Bool = false) throws {
    guard process.poll() != nil else { throw TestFailure("the server still runs") }
    Self.reportCrash(of: process)
    let fresh = try Self.start(options, folder: folder.path, port: samePort ? port : options.port)
    state.withLock { $0 = fresh }
  }

  /// Starts a process that is to take over, which may end before it has.
  public func startHeir(_ arguments: [String] = []) throws -> ChildProcess {
    var options = options
    options.arguments += ["--take-over", folder.path + "/take-over.sock"] + arguments
    return try ChildProcess(
      Self.executable(), Self.words(options, folder: folder.path, port: port),
      environment: Self.environment(options))
  }

  /// Has another process take everything over, and waits until it serves and the former one has ended.
  /// - Returns: how the former one ended.
  public func takeOver(_ arguments: [String] = []) throws -> ExitStatus {
    let former = process
    let heir = try startHeir(arguments)
    let port = try Self.awaitPort(of: heir)
    state.withLock { $0 = (heir, port) }
    return try former.wait(within: .seconds(60))
  }

  /// Another process, which `startHeir` has started, is the server now.
  public func follow(_ heir: ChildProcess) throws {
    let port = try Self.awaitPort(of: heir)
    state.withLock { $0 = (heir, port) }
  }

  /// Resident memory in bytes, by /proc.
  public func residentBytes() throws -> Int { try TestSupport.residentBytes(of: process.identifier) }
}

/// Resident memory of a process in bytes, by /proc.
public func residentBytes(of identifier: Int32) throws -> Int {
  let status = contents(of: "/proc/\(identifier)/status") ?? []
  for line in String(decoding: status, as: UTF8.self).split(separator: "\n") where line.hasPrefix("VmRSS:") {
    if let kilobytes = Int(line.filter { $0.isNumber }) { return kilobytes * 1_024 }
  }
  throw TestFailure("no VmRSS of process \(identifier)")
}
