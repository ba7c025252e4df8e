// Starts the program anew so that the new process takes over from this one (SIGUSR2): from the file that this one was started
// from, which may be another version by now, with the same arguments. The child belongs to the same service, which a process
// started by hand would not. Main thread; each child is waited for by a thread of its own.
import CProcess
import ControlPlane
import FoundationEssentials
import Glibc

final class Heirs {
  /// Where the program was when it started: the file behind it may be replaced later.
  private static let program = link("/proc/self/exe") ?? "/proc/self/exe"

  private let socket: String
  private let log: Log

  init(of folder: String, log: Log) {
    (socket, self.log) = (TakeOverHost.path(in: folder), log)
    _ = Self.program
  }

  /// Does not wait for it. When it cannot take over, the log has its exit status and its own sentence.
  func start() {
    let arguments = Self.arguments(ProcessSetup.arguments, socket: socket)
    let environment = Self.environment(ProcessInfo.processInfo.environment)
    do {
      let process = try Self.spawn(Self.program, arguments, environment)
      log.write(LogEntry(.info, "a new process is to take over", ["process": String(process)]))
      _ = try NamedThread("heir") { [log] in Self.wait(for: process, log) }
    } catch {
      log.write(LogEntry(.warning, "no process can be started to take over", ["why": "\(error)"]))
    }
  }

  /// Those of this process, with the socket in place of an earlier one.
  static func arguments(_ own: [String], socket: String) -> [String] {
    let flag = "--" + Setting.takeOver.rawValue
    var (kept, rest): ([String], ArraySlice<String>) = ([], own[...])
    while let word = rest.popFirst() {
      if word == flag { _ = rest.popFirst() } else if !word.hasPrefix(flag + "=") { kept.append(word) }
    }
    return kept + [flag, socket]
  }

  /// Sockets that a manager passed were for this process, and so was its number.
  static func environment(_ own: [String: String]) -> [String: String] {
    own.filter { !["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_PID"].contains($0.key) }
  }

  private static func link(_ path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 4_096)
    let count = unsafe readlink(path, &buffer, buffer.count)
    guard count > 0 else { return nil }
    return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func spawn(
    _ program: String, _ arguments: [String], _ environment: [String: String]
  ) throws(StartError) -> pid_t {
    var words: [UnsafeMutablePointer<CChar>?] =
      unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] =
      unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
    defer { unsafe (words + variables).forEach { unsafe free($0) } }
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var none = ProcessSignals.mask([])
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var process: pid_t = 0
    let code = unsafe posix_spawn(&process, program, nil, &attributes, &words, &variables)
    guard code == 0 else { throw StartError("\(program): \(unsafe String(cString: strerror(code)))") }
    return process
  }

  private static func wait(for process: pid_t, _ log: Log) {
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0 { if errno != EINTR { return } }
    log.write(
      LogEntry(
        .warning, "the process that was to take over has ended",
        [
          "process": String(process),
          "status": String(status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f),
        ]))
  }
}
