// The Unix socket in the data folder by which commands reach a running server, and what its two ends share: addresses,
// and reading and writing with a deadline. Blocking calls; never on a loop's thread.
import Glibc

enum AdminSocket {
  static let name = "admin.sock"
  /// `sun_path` has 108 bytes, with the zero at its end (unix(7)).
  static let longestPath = 107

  static func path(in folder: String) -> String { folder + "/" + name }

  /// Calls `body` with the address of a path; nil when the path is too long.
  static func withAddress<Result>(
    of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result? {
    let bytes = Array(path.utf8)
    guard bytes.count <= longestPath else { return nil }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  /// A new socket that never blocks, or -1.
  static func make() -> Int32 {
    socket(
      AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
  }
}

/// One end of a connection: lines in both directions. Closed by whoever made it.
struct AdminChannel {
  let descriptor: Int32
  /// Becomes readable when waiting must end at once; -1: nothing ends it.
  var alarm: Int32 = -1

  enum Failure: Error {
    case ended, tooLong, timedOut
  }

  /// A line without its line break.
  /// - Parameter milliseconds: for the whole line; nil: as long as it takes.
  func readLine(atMost bytes: Int, within milliseconds: Int?) throws(Failure) -> [UInt8] {
    let deadline = milliseconds.map { Self.now + $0 }
    var (line, chunk): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 16_384))
    while true {
      try wait(for: POLLIN, until: deadline)
      let count = unsafe read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EAGAIN || errno == EINTR { continue }
      guard count > 0 else { throw .ended }
      if let end = chunk[..<count].firstIndex(of: UInt8(ascii: "\n")) { return line + chunk[..<end] }
      line += chunk[..<count]
      if line.count > bytes { throw .tooLong }
    }
  }

  func write(line: [UInt8], within milliseconds: Int) throws(Failure) {
    let deadline = Self.now + milliseconds
    var rest = (line + [UInt8(ascii: "\n")])[...]
    while !rest.isEmpty {
      try wait(for: POLLOUT, until: deadline)
      // A peer that is gone is an error here and no signal: SIGPIPE is ignored.
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EAGAIN || errno == EINTR { continue }
      guard count > 0 else { throw .ended }
      rest.removeFirst(count)
    }
  }

  private func wait(for event: Int32, until deadline: Int?) throws(Failure) {
    while true {
      var watched = [
        pollfd(fd: descriptor, events: Int16(event), revents: 0),
        pollfd(fd: alarm, events: Int16(POLLIN), revents: 0),
      ]
      let left = deadline.map { max(0, $0 - Self.now) } ?? -1
      let count = unsafe poll(&watched, 2, Int32(clamping: left))
      if count < 0, errno == EINTR { continue }
      if watched[1].revents != 0 { throw .ended }
      guard count != 0 else { throw .timedOut }
      return
    }
  }

  private static var now: Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
  }
}
