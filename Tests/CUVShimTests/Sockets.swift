// The other ends: plain sockets of the C library, read and written by the test itself.
import CUVShim
import Glibc
import Testing

/// Two connected non-blocking stream sockets of this machine.
func socketPair() throws -> (Int32, Int32) {
  var pair: [Int32] = [0, 0]
  let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
  let result = unsafe socketpair(AF_UNIX, kind, 0, &pair)
  try #require(result == 0)
  return (pair[0], pair[1])
}

/// A blocking TCP connection to a listener on the loopback; the kernel completes it before anybody accepts.
func dial(port: Int, host: String = "127.0.0.1") throws -> Int32 {
  let (descriptor, result) = tryDial(port: port, host: host)
  try #require(result == 0)
  return descriptor
}

/// The descriptor and 0 or an errno (then the descriptor is closed and -1).
func tryDial(port: Int, host: String = "127.0.0.1") -> (descriptor: Int32, error: Int32) {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  guard descriptor >= 0 else { return (-1, errno) }
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = UInt16(port).bigEndian
  _ = unsafe inet_pton(AF_INET, host, &address.sin_addr)
  let result = unsafe withUnsafePointer(to: &address) { pointer in
    unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
      unsafe connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
  guard result != 0 else { return (descriptor, 0) }
  let error = errno
  close(descriptor)
  return (-1, error)
}

/// A server's and a client's end of one TCP connection, made without a loop.
func tcpPair() throws -> (server: Int32, client: Int32) {
  let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  defer { close(listener) }
  try #require(Glibc.listen(listener, 1) == 0)  // listening unbound takes a free port on any address
  var address = sockaddr_in()
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  let named = unsafe withUnsafeMutablePointer(to: &address) { pointer in
    unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
      unsafe getsockname(listener, generic, &size)
    }
  }
  try #require(named == 0)
  let client = try dial(port: Int(UInt16(bigEndian: address.sin_port)))
  let server = accept(listener, nil, nil)
  try #require(server >= 0)
  _ = fcntl(server, F_SETFD, FD_CLOEXEC)
  return (server, client)
}

func sendText(_ text: String, to descriptor: Int32) {
  let bytes = Array(text.utf8)
  #expect(unsafe cuv_send(descriptor, bytes, bytes.count) == bytes.count)
}

/// What is there now: a text, "" at the end of the stream, nil when nothing or an error is there.
func receiveText(from descriptor: Int32) -> String? {
  var bytes = [UInt8](repeating: 0, count: 4096)
  let count = unsafe cuv_recv(descriptor, &bytes, bytes.count)
  return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
}

/// Waits until something can be read, then receives.
func awaitText(from descriptor: Int32) -> String? {
  var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
  #expect(unsafe poll(&entry, 1, 60_000) == 1, "nothing came within a minute")
  return receiveText(from: descriptor)
}

/// Makes the socket's buffers as small as the kernel allows.
func shrinkBuffers(of descriptor: Int32) {
  var size: Int32 = 1
  _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
}

/// Fills the socket until the kernel takes nothing more.
func fill(_ descriptor: Int32) {
  let block = [UInt8](repeating: 0x2e, count: 65_536)
  while unsafe cuv_send(descriptor, block, block.count) > 0 {}
  while unsafe cuv_send(descriptor, block, 1) > 0 {}
}

func openDescriptors() -> Int {
  guard let folder = unsafe opendir("/proc/self/fd") else { return -1 }
  defer { unsafe closedir(folder) }
  var count = 0
  while unsafe readdir(folder) != nil { count += 1 }
  return count
}
