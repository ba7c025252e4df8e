// Tells the service manager what the server does: sd_notify(3) without libsystemd
// (docs/decisions/0032-sd-notify-without-libsystemd.md). Each message is one datagram. Any thread but a loop's: a send waits for a
// second at most.
import CProcess
import Glibc

struct ServiceNotifier: Sendable {
  /// Nil: nobody wants to be told, and every call does nothing.
  let address: NotifyAddress?

  /// The server answers requests.
  func ready(_ status: String) { send(["READY=1", Self.line(status)]) }

  /// A reload has begun; `ready` ends it. The time tells the manager that the reload is the one it has asked for.
  func reloading(_ status: String) {
    send(["RELOADING=1", "MONOTONIC_USEC=\(Self.monotonicMicroseconds)", Self.line(status)])
  }

  func stopping(_ status: String) { send(["STOPPING=1", Self.line(status)]) }

  /// One line of text, which `systemctl status` shows.
  func tell(_ status: String) { send([Self.line(status)]) }

  /// Another process is the service from now on, and says so itself.
  func hand(to process: Int32) {
    send(["MAINPID=\(process)", Self.line("Handed over to process \(process)")])
  }

  /// The name of the listeners in the manager's store of descriptors.
  static let kept = "seatcast"
  /// Descriptors of one datagram.
  private static let mostDescriptors = 240

  /// The manager keeps these sockets while no process of the service lives, and passes them to the next one.
  func keep(_ descriptors: [Int32]) {
    for start in stride(from: 0, to: descriptors.count, by: Self.mostDescriptors) {
      let end = min(start + Self.mostDescriptors, descriptors.count)
      send(["FDSTORE=1", "FDNAME=\(Self.kept)"], Array(descriptors[start..<end]))
    }
  }

  /// The manager closes the sockets that it keeps.
  func forgetKept() { send(["FDSTOREREMOVE=1", "FDNAME=\(Self.kept)"]) }

  /// A sign of life, without which the manager ends the process.
  func feedWatchdog() { send(["WATCHDOG=1"]) }

  private static func line(_ status: String) -> String { "STATUS=" + LogEntry.plain(status) }

  private static var monotonicMicroseconds: Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
  }

  /// A manager that is gone or does not read is none of the server's troubles, so failures are let go.
  private func send(_ lines: [String], _ descriptors: [Int32] = []) {
    guard let address else { return }
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var patience = timeval(tv_sec: 1, tv_usec: 0)
    _ = unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    let bytes = Array(lines.joined(separator: "\n").utf8)
    unsafe address.withAddress { pointer, size in
      guard descriptors.isEmpty else {
        _ = unsafe process_send_descriptors(
          descriptor, pointer, size, bytes, UInt(bytes.count), descriptors, UInt32(descriptors.count))
        return
      }
      _ = unsafe sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), pointer, size)
    }
  }
}
