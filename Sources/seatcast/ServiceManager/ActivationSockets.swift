// The listening sockets that a service manager has opened (socket activation, sd_listen_fds(3)). They are inspected before
// anything else is opened, so that a wrong unit is a sentence and not a server that nobody can reach. Main thread.
import Glibc

struct ActivationSockets: Equatable, Sendable {
  /// Each a listening TCP socket, which is closed on exec.
  let descriptors: [Int32]
  /// The address of the first one.
  let host: String
  let port: Int

  /// The number of the first one (SD_LISTEN_FDS_START).
  static let first: Int32 = 3

  /// - Parameter count: how many there are; none: nil.
  /// - Throws: a sentence that names the descriptor which cannot be served.
  static func take(_ count: Int, from first: Int32 = first) throws(StartError) -> ActivationSockets? {
    guard count > 0 else { return nil }
    let descriptors = (0..<Int32(count)).map { first + $0 }
    for descriptor in descriptors { try check(descriptor) }
    for descriptor in descriptors { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    let address = address(of: first)
    return ActivationSockets(descriptors: descriptors, host: address.host, port: address.port)
  }

  /// Whether they listen where a process with this address would.
  func fit(_ wanted: ListenAddress) -> Bool {
    wanted.port == port && (wanted.host == "localhost" ? "127.0.0.1" : wanted.host) == host
  }

  /// They are not served.
  func discard() { for descriptor in descriptors { close(descriptor) } }

  private static func check(_ descriptor: Int32) throws(StartError) {
    let name = "The socket that the service manager passed as descriptor \(descriptor)"
    guard fcntl(descriptor, F_GETFD) >= 0 else {
      throw StartError("\(name) is not open; LISTEN_FDS is wrong.")
    }
    guard let type = option(SO_TYPE, of: descriptor) else {
      throw StartError("\(name) is no socket; use ListenStream= in the socket unit.")
    }
    let domain = option(SO_DOMAIN, of: descriptor)
    guard type == Int32(SOCK_STREAM.rawValue), domain == AF_INET || domain == AF_INET6 else {
      throw StartError(
        "\(name) is no TCP socket; use ListenStream= with a port, or with an address and a port.")
    }
    guard option(SO_ACCEPTCONN, of: descriptor) == 1 else {
      throw StartError("\(name) does not listen; use Accept=no in the socket unit.")
    }
  }

  private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
    var (value, size) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
    return unsafe getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
  }

  private static func address(of descriptor: Int32) -> (host: String, port: Int) {
    var (storage, size) = (sockaddr_storage(), socklen_t(MemoryLayout<sockaddr_storage>.size))
    return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
      let general = unsafe UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: sockaddr.self)
      var (host, port) = ([CChar](repeating: 0, count: 64), [CChar](repeating: 0, count: 8))
      guard unsafe getsockname(descriptor, general, &size) == 0,
        unsafe getnameinfo(
          general, size, &host, 64, &port, 8, Int32(NI_NUMERICHOST | NI_NUMERICSERV)) == 0
      else { return ("", 0) }
      return (text(host), Int(text(port)) ?? 0)
    }
  }

  private static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
