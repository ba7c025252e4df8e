// A TLS client over memory whose bytes a test carries by hand, to and from a plain socket.
import CTLSClient
import CUVShim
import Glibc
import TestSupport
import Testing

struct TLSOptions {
  static let certificate = SourceTree.root + "/Tests/Certificates/localhost-test-certificate.pem"
  static let key = SourceTree.root + "/Tests/Certificates/localhost-test-key.pem"
  static let otherKey = SourceTree.root + "/Tests/Certificates/other-test-key.pem"

  /// 12 or 13; 0: both.
  var version: Int32 = 0
  var suites: String?
  /// Names separated by commas.
  var `protocol`: String?
  var fragment: Int32 = 0
  var resumed: TLSClient?
}

@safe final class TLSClient {
  let descriptor: Int32
  private let handle: OpaquePointer
  /// Ciphertext that waits until it is carried.
  private(set) var outgoing: [UInt8] = []
  private(set) var received: [UInt8] = []
  private(set) var isShaken = false
  /// close_notify has come.
  private(set) var isClosed = false
  /// The socket has ended, or broken.
  private(set) var isOver = false
  private(set) var failure: String?
  /// A client that does not read leaves everything in the socket.
  var reads = true

  init(descriptor: Int32, _ options: TLSOptions) throws {
    self.descriptor = descriptor
    let created = unsafe withText(TLSOptions.certificate) { trusted in
      unsafe withText(options.suites) { suites in
        unsafe withText(options.protocol) { offered in
          var raw = unsafe ctls_options(
            fd: -1, trusted_file: trusted, version: options.version, suites: suites, protocol: offered,
            fragment: options.fragment, resumed: options.resumed?.handle)
          return unsafe ctls_create(&raw)
        }
      }
    }
    unsafe handle = try #require(unsafe created)
    var yes: Int32 = 1  // each piece leaves at once
    _ = unsafe setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
  }

  deinit {
    unsafe ctls_destroy(handle)
    close(descriptor)
  }

  // MARK: Carrying

  /// Goes on with the handshake or reads, and carries what can be carried.
  func pump() {
    if reads { fetch() }
    think()
    let taken = outgoing.isEmpty ? 0 : unsafe cuv_send(descriptor, outgoing, outgoing.count)
    if taken > 0 { outgoing.removeFirst(taken) }
  }

  /// What the client wants to say, without carrying it.
  func think() {
    if !isShaken && failure == nil { shake() }
    if isShaken && failure == nil { read() }
    collect()
  }

  /// Takes what waits, for the test to carry.
  func takeOutgoing() -> [UInt8] {
    think()
    defer { outgoing = [] }
    return outgoing
  }

  /// Takes in what the socket has, without an answer.
  func listen() {
    fetch()
    think()
  }

  private func fetch() {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe cuv_recv(descriptor, &bytes, bytes.count)
    if count > 0 { unsafe ctls_put(handle, bytes, count) }
    if count == 0 || (count < 0 && count != -Int(EAGAIN)) { isOver = true }
  }

  private func shake() {
    switch unsafe ctls_handshake(handle) {
    case 0: isShaken = true
    case Int32(CTLS_WAITS): break
    default: failure = unsafe String(cString: ctls_failure(handle))
    }
  }

  private func read() {
    var bytes = [UInt8](repeating: 0, count: 20_000)
    while true {
      let count = unsafe ctls_receive(handle, &bytes, bytes.count)
      if count <= 0 {
        if count == 0 { isClosed = true }
        if count == Int(CTLS_FAILED) { failure = unsafe String(cString: ctls_failure(handle)) }
        return
      }
      received += bytes.prefix(count)
    }
  }

  private func collect() {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    while case let count = unsafe ctls_take(handle, &bytes, bytes.count), count > 0 {
      outgoing += bytes.prefix(count)
    }
  }

  // MARK: Saying

  func send(_ text: String) { send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) {
    #expect(unsafe ctls_send(handle, bytes, bytes.count) == bytes.count)
    collect()
  }

  func sendClose() {
    #expect(unsafe ctls_close(handle) == 0)
    collect()
  }

  /// New keys, sent at once.
  func updateKeysNow() {
    updateKeys(alsoPeers: false)
    #expect(unsafe ctls_handshake(handle) == 0)
    collect()
  }

  /// A record that OpenSSL would not send, behind `sequence` others (see `ctls_forge`).
  func forge(_ sequence: UInt64, type: UInt8, _ content: [UInt8]) {
    var record = [UInt8](repeating: 0, count: content.count + 22)
    let count = unsafe ctls_forge(handle, sequence, type, content, content.count, &record)
    #expect(count == record.count)
    outgoing += record
  }

  /// Asks for a handshake inside the connection (TLS 1.2).
  func renegotiate() {
    #expect(unsafe ctls_renegotiate(handle) == 0)
    _ = unsafe ctls_handshake(handle)
    collect()
  }

  func updateKeys(alsoPeers: Bool) { #expect(unsafe ctls_update_keys(handle, alsoPeers ? 1 : 0) == 0) }

  // MARK: Facts

  var text: String { String(decoding: received, as: UTF8.self) }
  var version: Int { Int(unsafe ctls_version(handle)) }
  var suite: String { unsafe String(cString: ctls_suite(handle)) }
  var wasResumed: Bool { unsafe ctls_was_resumed(handle) != 0 }
  var keyUpdates: Int { Int(unsafe ctls_key_updates(handle)) }
  var tickets: Int { Int(unsafe ctls_tickets(handle)) }

  var chosenProtocol: String {
    var name = [CChar](repeating: 0, count: 256)
    let count = unsafe ctls_protocol(handle, &name)
    return String(decoding: name.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  func resetSocket() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    let size = socklen_t(MemoryLayout.size(ofValue: linger))
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, size)
    let nothing = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
    dup2(nothing, descriptor)  // closes the socket and keeps the number for the end
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    close(nothing)
  }
}

private func withText<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
  guard let text else { return body(nil) }
  return unsafe text.withCString { unsafe body($0) }
}
