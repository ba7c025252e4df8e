// One connection to a server: a socket that never blocks, with or without TLS, what waits to be sent and what has come
// and was not yet asked for. Belongs to the network's thread. Both buffers are bounded: reading pauses, and whoever
// sends more than fits is refused.
import Glibc

/// Bytes that came, with the time at which they were read from the socket. No bytes: the server has ended the connection.
package struct Arrival: Sendable {
  package let bytes: [UInt8]
  /// Milliseconds since 1970, by this machine's clock.
  package let at: Int64
}

final class Link {
  enum Stage {
    case connecting, handshake, open, ended
  }

  /// Unread bytes at which reading pauses.
  static let receivedLimit = 256 * 1024
  /// Unsent bytes at which sending is refused.
  static let outputLimit = 1024 * 1024

  /// Whoever waits for the link: for its opening, or for bytes.
  struct Waiter {
    let continuation: CheckedContinuation<Arrival, any Error>
    /// On the monotonic clock, in milliseconds; nil: as long as it takes.
    let deadline: Int64?
  }

  let descriptor: Int32
  private(set) var stage = Stage.connecting
  private let tls: TLSSession?
  private(set) var output: [UInt8] = []
  private var received: [UInt8] = []
  private var receivedAt: Int64 = 0
  /// Why nothing more comes; told to whoever asks next.
  private(set) var failure: ClientError?
  var waiter: Waiter?

  /// Begins to connect.
  init(_ address: SocketAddress, tls: TLSSession?) throws(ClientError) {
    self.tls = tls
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    descriptor = socket(address.family, kind, 0)
    guard descriptor >= 0 else {
      throw .connection(
        errno == EMFILE || errno == ENFILE
          ? "This process has no descriptor left for another connection." : Self.sentence("No socket", errno))
    }
    var one: Int32 = 1
    _ = unsafe setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    let result = unsafe address.bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return Int32(-1) }
      return unsafe connect(
        descriptor, base.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
    }
    if result != 0, errno != EINPROGRESS {
      failure = .connection(Self.sentence("The server cannot be reached", errno))
      stage = .ended
    }
  }

  deinit { close(descriptor) }

  private static func sentence(_ what: String, _ code: Int32) -> String {
    unsafe "\(what): \(String(cString: strerror(code)))."
  }

  // MARK: What is watched

  var wantsToRead: Bool { stage == .handshake || stage == .open && received.count < Self.receivedLimit }
  var wantsToWrite: Bool { stage == .connecting || !output.isEmpty && stage != .ended }

  // MARK: Sending

  func send(_ bytes: [UInt8]) throws(ClientError) {
    if let failure { throw failure }
    guard stage == .open else { throw .connection("The connection is not open.") }
    guard output.count + bytes.count <= Self.outputLimit else {
      throw .connection("The server takes nothing any more.")
    }
    if let tls { try tls.write(bytes) } else { output += bytes }
    flush()
  }

  private func flush() {
    tls?.drain(into: &output)
    var sent = 0
    while sent < output.count {
      let count = unsafe output[sent...].withUnsafeBytes {
        unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      if count < 0, errno != EAGAIN { fail(.connection(Self.sentence("The connection broke", errno))) }
      if count <= 0 { break }
      sent += count
    }
    output.removeFirst(min(sent, output.count))
  }

  /// Says that nothing follows, as far as the kernel takes it at once.
  func finish() {
    if stage == .open { tls?.close() }
    if stage != .ended { flush() }
  }

  // MARK: What the kernel says

  func ready(_ readiness: Readiness, at time: Int64) {
    if stage == .connecting { return connected() }
    if readiness.isWritable { flush() }
    if readiness.isReadable, stage != .ended { receive(at: time) }
  }

  private func connected() {
    var (code, size) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
    _ = unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
    guard code == 0 else { return fail(.connection(Self.sentence("The server cannot be reached", code))) }
    stage = tls == nil ? .open : .handshake
    if tls != nil { handshake() }
  }

  private func handshake() {
    do throws(ClientError) {
      if try tls?.handshake() ?? true { stage = .open }
      flush()
    } catch {
      // The alert tells the server why.
      flush()
      fail(error)
    }
  }

  private func receive(at time: Int64) {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while wantsToRead {
      let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN { return }
      guard count > 0 else {
        return fail(
          count == 0
            ? .connection("The server closed the connection.")
            : .connection(Self.sentence("The connection broke", errno)))
      }
      if received.isEmpty { receivedAt = time }
      take(buffer.span.extracting(..<count))
      if count < buffer.count { return }
    }
  }

  private func take(_ bytes: Span<UInt8>) {
    guard let tls else {
      received.append(bytes)
      return
    }
    do throws(ClientError) {
      try tls.feed(bytes)
      if stage == .handshake { handshake() }
      guard stage == .open else { return }
      while case .bytes(let plain) = try tls.read() { received += plain }
      flush()
    } catch {
      fail(error)
    }
  }

  func fail(_ error: ClientError) {
    if failure == nil { failure = error }
    stage = .ended
  }

  // MARK: Giving

  /// What whoever waits is to be told now; nil: nothing yet.
  func outcome(isOpening: Bool) -> Result<Arrival, ClientError>? {
    if isOpening {
      if stage == .open { return .success(Arrival(bytes: [], at: 0)) }
      return failure.map { .failure($0) }
    }
    if !received.isEmpty {
      defer { received = [] }
      return .success(Arrival(bytes: received, at: receivedAt))
    }
    return failure.map { .failure($0) }
  }
}
