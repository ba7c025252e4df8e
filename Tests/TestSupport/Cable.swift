// A relay of TCP connections on loopback that can be cut and slowed down: what a test puts between a node and PostgreSQL or NATS.
// Cut, it swallows what is sent and closes nothing, as a dead switch does; new connections are taken and hear nothing.
import Glibc

/// Passes connections from a port of its own on to another. Any thread.
public final class Cable: Sendable {
  public let port: Int
  private let relay: BackgroundThread<Void>
  private let state = Guarded<(isCut: Bool, delay: Int, isClosed: Bool)>((false, 0, false))

  /// - Parameter target: a port of 127.0.0.1.
  public init(to target: Int) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0
          ? getsockname(descriptor, $0, &length) : -1
      }
    }
    guard result == 0 else { throw TestFailure("no cable: errno \(errno)") }
    port = Int(UInt16(bigEndian: address.sin_port))
    let (relay, state) = (Relay(listener: descriptor, target: target), state)
    self.relay = try BackgroundThread { relay.run { state.withLock { $0 } } }
  }

  deinit {
    state.withLock { $0.isClosed = true }
    try? relay.join()
  }

  /// Nothing passes any more, in either direction, and nobody is told.
  public func cut() { state.withLock { $0.isCut = true } }
  /// What passes now arrives; what was swallowed is lost, and with it the connections that it belonged to.
  public func mend() { state.withLock { $0.isCut = false } }
  /// Each piece arrives so much later.
  public func delay(milliseconds: Int) { state.withLock { $0.delay = milliseconds } }
}

/// The relay's thread and what it alone has.
private final class Relay: Sendable {
  private struct Piece {
    let due: ContinuousClock.Instant
    var bytes: [UInt8]
  }

  /// One direction of a connection. When it has lost something, the connection is of no use any more: TCP would have kept it, but a
  /// relay has acknowledged it already.
  private struct Way {
    let from: Int32
    let to: Int32
    var waiting: [Piece] = []
    var hasEnded = false
    var hasLost = false
  }

  private let listener: Int32
  private let target: Int

  init(listener: Int32, target: Int) { (self.listener, self.target) = (listener, target) }

  func run(_ state: () -> (isCut: Bool, delay: Int, isClosed: Bool)) {
    // Ways come in pairs: 2n and 2n + 1 are the two directions of a connection.
    var ways: [Way] = []
    while true {
      var entries = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
      entries += ways.map { pollfd(fd: $0.hasEnded ? -1 : $0.from, events: Int16(POLLIN), revents: 0) }
      let waits = ways.contains { !$0.waiting.isEmpty }
      _ = unsafe poll(&entries, nfds_t(entries.count), waits ? 1 : 20)
      // Only now: what was set while it waited counts for what comes next.
      let now = state()
      if now.isClosed { break }
      for index in ways.indices where entries[index + 1].revents != 0 { receive(&ways[index], now) }
      if !now.isCut { for index in ways.indices { pass(&ways[index]) } }
      if entries[0].revents != 0 { accept(&ways) }
      drop(&ways, isCut: now.isCut)
    }
    for way in ways { close(way.from) }
    close(listener)
  }

  private func accept(_ ways: inout [Way]) {
    let near = Glibc.accept(listener, nil, nil)
    guard near >= 0 else { return }
    _ = fcntl(near, F_SETFD, FD_CLOEXEC)
    guard let far = connected() else {
      close(near)
      return
    }
    ways += [Way(from: near, to: far), Way(from: far, to: near)]
  }

  private func connected() -> Int32? {
    let far = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(clamping: target).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var one: Int32 = 1
    _ = unsafe setsockopt(far, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    let failed = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(far, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if failed == 0 { return far }
    close(far)
    return nil
  }

  private func receive(_ way: inout Way, _ state: (isCut: Bool, delay: Int, isClosed: Bool)) {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe recv(way.from, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    if count <= 0 {
      way.hasEnded = true
    } else if state.isCut {
      way.hasLost = true
    } else {
      let due = ContinuousClock.now + .milliseconds(state.delay)
      way.waiting.append(Piece(due: due, bytes: Array(buffer[..<count])))
    }
  }

  private func pass(_ way: inout Way) {
    while let first = way.waiting.first, first.due <= .now {
      let count = unsafe send(
        way.to, first.bytes, first.bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
      if count < 0 {
        if errno != EAGAIN && errno != EINTR { (way.hasEnded, way.waiting) = (true, []) }
        return
      }
      if count == first.bytes.count {
        way.waiting.removeFirst()
      } else {
        way.waiting[0].bytes.removeFirst(count)
      }
    }
  }

  /// Closes what one side has ended, and behind a cut what has lost something; while cut, nobody hears of an end.
  private func drop(_ ways: inout [Way], isCut: Bool) {
    if isCut { return }
    var kept: [Way] = []
    for index in stride(from: 0, to: ways.count, by: 2) {
      let pair = ways[index...(index + 1)]
      let isOver = pair.contains { ($0.hasEnded && $0.waiting.isEmpty) || $0.hasLost }
      if isOver { for way in pair { close(way.from) } } else { kept += pair }
    }
    ways = kept
  }
}
