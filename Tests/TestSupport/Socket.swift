// A blocking TCP socket with deadlines: every send and receive waits in `poll` and gives up in time.
// One thread at a time.
import Glibc

/// One TCP connection to a server on this machine.
public final class Socket: @unchecked Sendable {
  public private(set) var descriptor: Int32

  /// Connects to a port of 127.0.0.1 (or another loopback address, in host byte order).
  /// - Parameter receiveBuffer: bytes of SO_RCVBUF, for peers that are to be slow; segments are small then too.
  /// - Parameter source: the loopback address that the connection comes from, like `127.0.0.2`.
  public init(
    port: Int, from source: String? = nil, receiveBuffer: Int? = nil,
    within patience: Duration = usualPatience
  ) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw TestFailure("no socket: errno \(errno)") }
    if let receiveBuffer {
      set(SO_RCVBUF, to: Int32(clamping: receiveBuffer), level: SOL_SOCKET)
      // The kernel sizes the server's send buffer in segments, which on loopback have 64 KiB.
      set(TCP_MAXSEG, to: 536, level: Int32(IPPROTO_TCP))
    }
    set(TCP_NODELAY, to: 1, level: Int32(IPPROTO_TCP))
    do {
      if let source { try bind(to: source) }
      try connect(to: UInt16(clamping: port))
    } catch {
      close()
      throw error
    }
  }

  deinit { close() }

  private func connect(to port: UInt16) throws {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let failed = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe Glibc.connect(descriptor, $0, length)
      }
    }
    if failed != 0 { throw TestFailure("no connection to port \(port): errno \(errno)") }
  }

  private func bind(to source: String) throws {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    guard unsafe inet_pton(AF_INET, source, &address.sin_addr) == 1 else {
      throw TestFailure("no address: \(source)")
    }
    set(IP_BIND_ADDRESS_NO_PORT, to: 1, level: Int32(IPPROTO_IP))
    let length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let failed = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe Glibc.bind(descriptor, $0, length)
      }
    }
    if failed != 0 { throw TestFailure("cannot connect from \(source): errno \(errno)") }
  }

  private func set(_ option: Int32, to value: Int32, level: Int32) {
    var value = value
    _ = unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  private var sendFlags: Int32 { Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT) }

  /// Whether the socket becomes ready for these poll events in time.
  public func wait(for events: Int32, until deadline: Deadline) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0)
    while true {
      let ready = unsafe poll(&entry, 1, deadline.milliseconds)
      if ready > 0 { return true }
      if ready == 0 || errno != EINTR { return false }
    }
  }

  /// Sends all bytes, or throws when the peer does not take them in time.
  public func send(_ bytes: [UInt8], within patience: Duration = usualPatience) throws {
    let deadline = Deadline(patience)
    var sent = 0
    while sent < bytes.count {
      guard wait(for: POLLOUT, until: deadline) else { throw TestFailure("the peer takes no more bytes") }
      let count = unsafe bytes.withUnsafeBytes { raw in
        unsafe Glibc.send(
          descriptor, raw.baseAddress! + sent, bytes.count - sent, sendFlags)
      }
      if count >= 0 {
        sent += count
      } else if errno != EAGAIN && errno != EINTR {
        throw ConnectionLost(code: errno)
      }
    }
  }

  /// What has arrived, at most `limit` bytes; empty when the peer has closed its side.
  public func receive(upTo limit: Int = 65_536, within patience: Duration = usualPatience) throws -> [UInt8] {
    let deadline = Deadline(patience)
    while true {
      guard wait(for: POLLIN, until: deadline) else { throw Silence(patience: patience) }
      var buffer = [UInt8](repeating: 0, count: limit)
      let count = unsafe recv(descriptor, &buffer, limit, Int32(MSG_DONTWAIT))
      if count >= 0 { return Array(buffer[0..<count]) }
      if errno != EAGAIN && errno != EINTR { throw ConnectionLost(code: errno) }
    }
  }

  /// Tells the peer that nothing more will be sent.
  public func finishSending() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

  public func close() {
    guard descriptor >= 0 else { return }
    _ = Glibc.close(descriptor)
    descriptor = -1
  }
}

/// Nothing came for as long as the caller was willing to wait.
public struct Silence: Error, CustomStringConvertible, Sendable {
  public let patience: Duration
  public var description: String { "nothing arrived within \(patience)" }
}

/// The connection was reset or is otherwise gone.
public struct ConnectionLost: Error, CustomStringConvertible, Sendable {
  public let code: Int32
  public var description: String { "the connection is lost: errno \(code)" }
}
