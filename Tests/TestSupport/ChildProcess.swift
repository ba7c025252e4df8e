// One child process with its two output streams collected, always reaped: killed when the test forgets it.
import Glibc

/// How a process ended.
public enum ExitStatus: Sendable, Equatable {
  case exited(Int32)
  case killed(signal: Int32)
}

/// A running or ended program.
public final class ChildProcess: Sendable {
  public let identifier: Int32
  private let output: CollectedOutput
  private let collector: BackgroundThread<Void>
  private let status = Guarded<ExitStatus?>(nil)

  public var standardOutput: String { output.text(of: .out) }
  public var standardError: String { output.text(of: .error) }

  /// Starts a program, found by path or in PATH. `environment` is laid over this process's own.
  /// - Parameter input: the file that is its standard input.
  public init(
    _ program: String, _ arguments: [String], environment: [String: String] = [:],
    input: String = "/dev/null"
  ) throws {
    let child = try starting.withLock { _ in try start(program, arguments, environment, input) }
    identifier = child.identifier
    let output = CollectedOutput()
    self.output = output
    collector = try BackgroundThread { output.collect(from: child.output, child.error) }
  }

  deinit {
    if poll() == nil {
      signal(SIGKILL)
      _ = try? wait(within: .seconds(20))
    }
    _ = try? collector.join()
  }

  public func signal(_ number: Int32) {
    status.withLock { if $0 == nil { _ = kill(identifier, number) } }
  }

  /// Waits for the end of the process; throws with its standard error when it does not end in time.
  public func wait(within patience: Duration = usualPatience) throws -> ExitStatus {
    let deadline = Deadline(patience)
    while true {
      if let ended = poll() { return ended }
      if deadline.hasPassed {
        throw TestFailure("process \(identifier) does not end; standard error: \(standardError)")
      }
      pause(milliseconds: 5)
    }
  }

  /// The way it ended, or nil while it runs.
  public func poll() -> ExitStatus? {
    status.withLock { known in
      if known != nil { return known }
      var word: Int32 = 0
      guard unsafe waitpid(identifier, &word, WNOHANG) == identifier else { return nil }
      known = word & 0x7f == 0 ? .exited((word >> 8) & 0xff) : .killed(signal: word & 0x7f)
      return known
    }
  }

  /// Waits until both output streams have ended too, so that their texts are whole.
  public func waitForOutput(within patience: Duration = usualPatience) throws {
    try eventually(within: patience, "both output streams have ended") { output.hasEnded }
  }
}

/// Runs a program to its end.
public func run(
  _ program: String, _ arguments: [String], environment: [String: String] = [:],
  within patience: Duration = usualPatience
) throws -> (status: ExitStatus, output: String, error: String) {
  let process = try ChildProcess(program, arguments, environment: environment)
  let status = try process.wait(within: patience)
  try process.waitForOutput(within: patience)
  return (status, process.standardOutput, process.standardError)
}

/// What a child has written; filled by one thread, read by any.
private final class CollectedOutput: Sendable {
  enum Stream { case out, error }
  private let texts = Guarded<(out: [UInt8], error: [UInt8], ended: Bool)>(([], [], false))

  var hasEnded: Bool { texts.withLock { $0.ended } }

  func text(of stream: Stream) -> String {
    texts.withLock { String(decoding: stream == .out ? $0.out : $0.error, as: UTF8.self) }
  }

  func collect(from out: Int32, _ error: Int32) {
    var entries = [out, error].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while entries.contains(where: { $0.fd >= 0 }) {
      guard unsafe Glibc.poll(&entries, 2, -1) > 0 else { continue }
      for index in 0..<2 where entries[index].fd >= 0 && entries[index].revents != 0 {
        let count = unsafe read(entries[index].fd, &buffer, buffer.count)
        if count > 0 {
          texts.withLock {
            if index == 0 { $0.out += buffer[..<count] } else { $0.error += buffer[..<count] }
          }
        } else if count == 0 || errno != EINTR {
          close(entries[index].fd)
          entries[index].fd = -1
        }
      }
    }
    texts.withLock { $0.ended = true }
  }
}

/// One child at a time, so that no child inherits the pipes of another before they are marked.
private let starting = Guarded(())

/// A started program and the reading ends of its two streams.
private func start(
  _ program: String, _ arguments: [String], _ environment: [String: String], _ input: String
) throws -> (identifier: Int32, output: Int32, error: Int32) {
  let (outRead, outWrite) = try makePipe()
  let (errorRead, errorWrite) = try makePipe()
  defer {
    close(outWrite)
    close(errorWrite)
  }
  do {
    let identifier = try spawn(
      program, arguments, environment, input: input, output: outWrite, error: errorWrite)
    return (identifier, outRead, errorRead)
  } catch {
    close(outRead)
    close(errorRead)
    throw error
  }
}

private func makePipe() throws -> (read: Int32, write: Int32) {
  var ends: [Int32] = [-1, -1]
  guard unsafe pipe(&ends) == 0 else { throw TestFailure("no pipe: errno \(errno)") }
  for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  return (ends[0], ends[1])
}

/// Starts a program with the two descriptors as its output and the standard signal behaviour.
private func spawn(
  _ program: String, _ arguments: [String], _ overlay: [String: String], input: String, output: Int32,
  error: Int32
) throws -> Int32 {
  var actions = unsafe posix_spawn_file_actions_t()
  unsafe posix_spawn_file_actions_init(&actions)
  defer { unsafe posix_spawn_file_actions_destroy(&actions) }
  unsafe posix_spawn_file_actions_addopen(&actions, 0, input, O_RDWR | O_NOCTTY, 0)
  unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
  unsafe posix_spawn_file_actions_adddup2(&actions, error, 2)
  var attributes = posix_spawnattr_t()
  unsafe posix_spawnattr_init(&attributes)
  defer { unsafe posix_spawnattr_destroy(&attributes) }
  var none = sigset_t()
  unsafe sigemptyset(&none)
  var all = sigset_t()
  unsafe sigfillset(&all)
  unsafe posix_spawnattr_setsigmask(&attributes, &none)
  unsafe posix_spawnattr_setsigdefault(&attributes, &all)
  unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

  var words = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
  var environment = unsafe inheritedEnvironment(under: overlay).map { unsafe strdup($0) } + [nil]
  defer { unsafe (words + environment).forEach { unsafe free($0) } }
  var identifier: pid_t = 0
  let failure = unsafe posix_spawnp(&identifier, program, &actions, &attributes, &words, &environment)
  guard failure == 0 else { throw TestFailure("\(program) does not start: error \(failure)") }
  return identifier
}

/// This process's environment without SEATCAST_ settings, and the overlay on top.
private func inheritedEnvironment(under overlay: [String: String]) -> [String] {
  var variables: [String: String] = [:]
  for entry in (contents(of: "/proc/self/environ") ?? []).split(separator: 0) {
    let text = String(decoding: entry, as: UTF8.self)
    let name = String(text.prefix { $0 != "=" })
    if !name.hasPrefix("SEATCAST_") { variables[name] = String(text.dropFirst(name.count + 1)) }
  }
  return variables.merging(overlay) { _, ours in ours }.map { "\($0.key)=\($0.value)" }
}
