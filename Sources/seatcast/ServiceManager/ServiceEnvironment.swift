// What a service manager such as systemd tells a process by environment variables: where to report (sd_notify(3)), which
// sockets it has opened (sd_listen_fds(3)), how often it wants a sign of life (sd_watchdog_enabled(3)). Pure.
import Glibc

struct ServiceEnvironment: Equatable, Sendable {
  /// Nil: nobody wants to be told.
  var notifyAddress: NotifyAddress?
  /// How many sockets stand in descriptors from `ActivationSockets.first` on.
  var sockets = 0
  /// Their names, as the manager gives them.
  var socketNames: [String] = []
  /// How many descriptors the manager keeps for the service while none of its processes lives.
  var storeRoom = 0
  /// The service is ended when it gives no sign of life for this long; nil: nobody watches.
  var watchdogMicroseconds: Int64?
  /// Sentences for the log.
  var warnings: [String] = []

  init() {}

  /// - Parameter process: the number of this process. Variables for another one are not ours: a child inherits them.
  init(_ environment: [String: String], process: Int32 = getpid()) throws(StartError) {
    notifyAddress = try Self.notifyAddress(environment["NOTIFY_SOCKET"] ?? "")
    try takeSockets(environment, process)
    try takeWatchdog(environment, process)
    storeRoom = environment["FDSTORE"].flatMap { Int($0) }.map { max(0, $0) } ?? 0
  }

  /// Whether all sockets are those that an earlier process of this service had the manager keep.
  var socketsAreKept: Bool {
    sockets > 0 && socketNames.count == sockets && socketNames.allSatisfy { $0 == ServiceNotifier.kept }
  }

  private static func notifyAddress(_ text: String) throws(StartError) -> NotifyAddress? {
    guard !text.isEmpty else { return nil }
    guard let address = NotifyAddress(text) else {
      throw StartError(
        "NOTIFY_SOCKET must be an absolute path, or '@' and a name, of at most \(NotifyAddress.longest) bytes,"
          + " not '\(printable(text))'.")
    }
    return address
  }

  private mutating func takeSockets(_ environment: [String: String], _ process: Int32) throws(StartError) {
    guard let text = environment["LISTEN_FDS"], !text.isEmpty else { return }
    guard let count = Int(text), (0...1_024).contains(count) else {
      throw StartError("LISTEN_FDS must be a number of sockets up to 1024, not '\(printable(text))'.")
    }
    let owner = environment["LISTEN_PID"] ?? ""
    guard owner == String(process) else {
      warnings.append(
        "LISTEN_FDS is for process \(owner.isEmpty ? "unknown" : printable(owner)), and this one is \(process):"
          + " the sockets are not used. Start seatcast directly, not from a script.")
      return
    }
    sockets = count
    socketNames = (environment["LISTEN_FDNAMES"] ?? "").split(separator: ":").map(String.init)
  }

  private mutating func takeWatchdog(_ environment: [String: String], _ process: Int32) throws(StartError) {
    guard let text = environment["WATCHDOG_USEC"], !text.isEmpty else { return }
    let owner = environment["WATCHDOG_PID"] ?? ""
    guard owner.isEmpty || owner == String(process) else { return }
    guard let microseconds = Int64(text), microseconds > 0 else {
      throw StartError("WATCHDOG_USEC must be a positive number of microseconds, not '\(printable(text))'.")
    }
    watchdogMicroseconds = microseconds
  }
}

/// A datagram socket in the file system, or one with an abstract name (unix(7)).
struct NotifyAddress: Equatable, Sendable {
  /// `sun_path` has 108 bytes, of which a path's last and an abstract name's first are zero.
  static let longest = 107

  /// As `NOTIFY_SOCKET` has it: `/run/systemd/notify`, or `@` and the abstract name.
  let text: String

  init?(_ text: String) {
    guard text.hasPrefix("/") || text.hasPrefix("@"), (2...Self.longest).contains(text.utf8.count),
      !text.utf8.contains(0)
    else { return nil }
    self.text = text
  }

  /// Calls `body` with the address. An abstract name has no zero behind it, so its length counts.
  func withAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    var bytes = Array(text.utf8)
    let isAbstract = bytes[0] == UInt8(ascii: "@")
    if isAbstract { bytes[0] = 0 } else { bytes.append(0) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let size = MemoryLayout<sa_family_t>.size + bytes.count
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, socklen_t(size)) }
    }
  }
}
