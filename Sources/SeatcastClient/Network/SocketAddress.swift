// Numeric addresses and their look-up. A name is looked up on a thread of its own, because the C library blocks; a
// numeric address is read at once.
import Glibc

/// An address with a port, as the kernel takes it.
struct SocketAddress: Sendable {
  let family: Int32
  let bytes: [UInt8]

  /// The addresses of a host, in the order in which they are to be tried.
  static func resolve(_ host: String, port: UInt16) async throws -> [SocketAddress] {
    if let numeric = try? look(up: host, port: port, flags: AI_NUMERICHOST) { return numeric }
    return try await withCheckedThrowingContinuation { continuation in
      Self.onThread { continuation.resume(with: Result { try look(up: host, port: port, flags: 0) }) }
    }
  }

  private static func look(up host: String, port: UInt16, flags: Int32) throws(ClientError) -> [SocketAddress]
  {
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = AF_UNSPEC
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = flags | AI_NUMERICSERV
    var first: UnsafeMutablePointer<addrinfo>?
    let failure = unsafe getaddrinfo(host, String(port), &hints, &first)
    guard failure == 0 else {
      let why = unsafe String(cString: gai_strerror(failure))
      throw .connection("The host '\(host)' cannot be found: \(why).")
    }
    defer { unsafe freeaddrinfo(first) }
    var (found, next): ([SocketAddress], UnsafeMutablePointer<addrinfo>?) = unsafe ([], first)
    while let entry = unsafe next {
      if let address = unsafe entry.pointee.ai_addr {
        let bytes = unsafe UnsafeRawBufferPointer(start: address, count: Int(entry.pointee.ai_addrlen))
        found.append(unsafe SocketAddress(family: entry.pointee.ai_family, bytes: Array(bytes)))
      }
      unsafe next = entry.pointee.ai_next
    }
    return found
  }

  /// Runs a body once on a thread that may block.
  private static func onThread(_ body: @escaping @Sendable () -> Void) {
    let box = unsafe Unmanaged.passRetained(ThreadBody(body)).toOpaque()
    var thread = pthread_t()
    let failure = unsafe pthread_create(
      &thread, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, box)
    precondition(failure == 0, "The system gives no thread for looking a host up.")
    pthread_detach(thread)
  }
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
