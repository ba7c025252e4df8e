// The checks of `seatcast doctor` that look at the machine: descriptors, io_uring, TLS files, the address, SQLite, the
// clock. Opens what a data plane opens before it listens, and closes it when the process ends.
import CProcess
import ControlPlane
import FanoutCore
import Glibc

enum DoctorMachine {
  static func findings(_ configuration: ServeConfiguration, isServed: Bool) -> [Finding] {
    planeFindings(configuration)
      + (isServed || configuration.address.port == 0 ? [] : [portFinding(configuration.address)])
      + [sqliteFinding] + clockFindings(configuration.dataFolder)
  }

  // MARK: What the data plane needs

  static func planeFindings(_ configuration: ServeConfiguration) -> [Finding] {
    var probe = Assembly.planeConfiguration(configuration)
    probe.loops = 1
    let plane: DataPlane
    do {
      plane = try DataPlane(probe)
    } catch {
      return [.fail("data plane", StartError(telling: error).description)]
    }
    var findings: [Finding] = []
    let tables = configuration.descriptorTables == .perLoop ? configuration.address.loopsHere : 1
    let budget = DescriptorBudget(limit: plane.descriptorLimit, tables: tables)
    findings.append(
      budget.warning.map { .warn("descriptors", $0) }
        ?? .ok("descriptors", "\(budget.text) may be open, one per connection."))
    findings.append(
      plane.senderName == "io_uring"
        ? .ok("io_uring", "The kernel grants it; broadcasts go through it.")
        : .ok("io_uring", "Broadcasts go by send(2): it is not granted, or --sender send says so."))
    if let tls = configuration.address.tls {
      findings.append(
        certificateFinding(tls.certificate, expiry: plane.certificateExpiry ?? 0, at: SystemClock().now))
      findings += DoctorFiles(folder: configuration.dataFolder).privacy(of: tls.key, "TLS")
    }
    return findings
  }

  /// Certificates are renewed a month before they end, so two weeks are late.
  private static let lateSeconds: Int64 = 14 * 86_400

  static func certificateFinding(_ file: String, expiry: Int64, at now: Instant) -> Finding {
    let left = expiry - now.milliseconds / 1_000
    if left <= 0 { return .fail("TLS", "The certificate \(file) has ended; renew it.") }
    return left < lateSeconds
      ? .warn(
        "TLS", "The certificate \(file) ends in \(left / 86_400) days; renew it, and restart the server.")
      : .ok("TLS", "\(file) and its key belong together; it ends in \(left / 86_400) days.")
  }

  /// Whether somebody listens there already. The server's own listeners share a port among themselves, so it is tried
  /// without that.
  private static func portFinding(_ address: ListenAddress) -> Finding {
    let host = address.host == "localhost" ? "127.0.0.1" : address.host
    guard let code = bindFailure(host, UInt16(address.port)) else {
      return .ok("address", "\(host) port \(address.port) is free.")
    }
    let why = unsafe String(cString: strerror(code))
    return .fail(
      "address", "\(host) port \(address.port) cannot be listened on: \(why). Change --host or --port.")
  }

  /// Nil: it can be bound.
  private static func bindFailure(_ host: String, _ port: UInt16) -> Int32? {
    let isV6 = host.utf8.contains(UInt8(ascii: ":"))
    let descriptor = socket(
      isV6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return errno }
    defer { close(descriptor) }
    var on: Int32 = 1
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    let code: Int32
    if isV6 {
      var v6 = sockaddr_in6()
      v6.sin6_family = sa_family_t(AF_INET6)
      v6.sin6_port = port.bigEndian
      _ = unsafe inet_pton(AF_INET6, host, &v6.sin6_addr)
      code = bound(descriptor, v6)
    } else {
      var v4 = sockaddr_in()
      v4.sin_family = sa_family_t(AF_INET)
      v4.sin_port = port.bigEndian
      _ = unsafe inet_pton(AF_INET, host, &v4.sin_addr)
      code = bound(descriptor, v4)
    }
    return code == 0 ? nil : code
  }

  private static func bound<Address>(_ descriptor: Int32, _ address: Address) -> Int32 {
    var address = address
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, socklen_t(MemoryLayout<Address>.size)) == 0 ? 0 : errno
      }
    }
  }

  // MARK: SQLite and the clock

  private static var sqliteFinding: Finding {
    let version = "SQLite \(Checkup.sqliteVersion)"
    return Checkup.hasWALResetFault
      ? .ok(
        "SQLite",
        "\(version) can lose commits when two connections checkpoint; the server has one that does. Let no other program"
          + " open the database of a running server.")
      : .ok("SQLite", "\(version).")
  }

  /// Before this moment nobody ran this program: 2024-01-01.
  private static let beginning: Int64 = 1_704_067_200_000
  /// What a file may be ahead of a clock that is right.
  private static let tolerance: Int64 = 2_000

  private static func clockFindings(_ folder: String) -> [Finding] {
    let now = SystemClock().now.milliseconds
    guard now > beginning else {
      return [
        .fail("clock", "It is in the past; sales windows and tokens are judged by it. Set it, and run NTP.")
      ]
    }
    let written = DoctorFiles.state(of: folder + "/seatcast.db").map { Int64($0.st_mtim.tv_sec) * 1_000 }
    if let written, written > now + tolerance {
      return [.warn("clock", "It is before the last write to the database; it was set back, or is wrong.")]
    }
    switch process_clock_is_synchronized() {
    case 1: return [.ok("clock", "It is synchronized.")]
    case 0: return [.warn("clock", "The kernel does not know it to be synchronized; run NTP.")]
    default: return [.ok("clock", "It is plausible; whether it is synchronized cannot be seen here.")]
    }
  }
}
