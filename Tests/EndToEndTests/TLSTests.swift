// The whole way through TLS: a request, a subscription, a broadcast, and what is said when TLS cannot be.
import CTLSClient
import Glibc
import TestSupport
import Testing

/// A TLS client over a plain socket.
@safe private final class SecureConnection {
  private let socket: Socket
  private let tls: OpaquePointer

  /// - Parameter protocols: offered by ALPN, separated by commas; empty: none.
  /// - Parameter trusted: the certificate that the server must show.
  init(port: Int, version: Int32, protocols: String = "", trusted: String = TLSTests.certificate) throws {
    socket = try Socket(port: port)
    let created = unsafe trusted.withCString { trusted in
      unsafe protocols.withCString { protocols in
        var options = unsafe ctls_options()
        unsafe options.fd = -1
        unsafe options.trusted_file = trusted
        unsafe options.version = version
        unsafe options.protocol = protocols
        return unsafe ctls_create(&options)
      }
    }
    unsafe tls = try #require(unsafe created)
    while true {
      let result = unsafe ctls_handshake(tls)
      try flush()
      if result == 0 { return }
      guard result == Int32(CTLS_WAITS) else { throw failure }
      try fetch()
    }
  }

  deinit { unsafe ctls_destroy(tls) }

  private var failure: TestFailure {
    TestFailure("TLS failed: \(unsafe ctls_failure(tls).map { unsafe String(cString: $0) } ?? "")")
  }

  func send(_ text: String) throws {
    let bytes = Array(text.utf8)
    guard unsafe ctls_send(tls, bytes, bytes.count) == bytes.count else { throw failure }
    try flush()
  }

  /// Reads on until `text` has come; everything that came.
  func read(until text: String) throws -> String {
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while !String(decoding: received, as: UTF8.self).contains(text) {
      let count = unsafe ctls_receive(tls, &buffer, buffer.count)
      if count > 0 {
        received += buffer.prefix(count)
      } else if count == Int(CTLS_WAITS) {
        try flush()
        try fetch()
      } else {
        throw failure
      }
    }
    return String(decoding: received, as: UTF8.self)
  }

  private func flush() throws {
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = unsafe ctls_take(tls, &buffer, buffer.count)
      if count == 0 { return }
      try socket.send(Array(buffer.prefix(count)))
    }
  }

  private func fetch() throws {
    let bytes = try socket.receive()
    guard !bytes.isEmpty else { throw TestFailure("the server has ended the connection") }
    unsafe ctls_put(tls, bytes, bytes.count)
  }
}

@Suite("TLS", .timeLimit(.minutes(30)))
struct TLSTests {
  static let certificate = SourceTree.root + "/Tests/Certificates/localhost-test-certificate.pem"
  private static let key = SourceTree.root + "/Tests/Certificates/localhost-test-key.pem"
  private static let otherKey = SourceTree.root + "/Tests/Certificates/other-test-key.pem"

  private func secureOptions(sender: String = "auto", records: String? = nil) -> ServerOptions {
    var options = ServerOptions()
    options.demo = true
    options.arguments = ["--tls-cert", Self.certificate, "--tls-key", Self.key, "--sender", sender]
    if let records { options.arguments += ["--tls-records", records] }
    return options
  }

  private func book(_ connection: SecureConnection, port: Int, token: String) throws -> String {
    let body = #"{"eventId":1,"quantity":1}"#
    try connection.send(
      "POST /api/bookings HTTP/1.1\r\nHost: localhost:\(port)\r\nAuthorization: Bearer \(token)\r\n"
        + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    return try connection.read(until: "\"seq\":")
  }

  @Test(
    "bookings made through TLS reach everybody who watches through TLS, in order",
    arguments: [(12, "openssl"), (13, "openssl"), (13, "compact")] as [(Int32, String)], ["send", "auto"])
  func broadcast(spoken: (version: Int32, records: String), sender: String) throws {
    let server = try TestServer(secureOptions(sender: sender, records: spoken.records))
    let (port, token) = (server.port, server.mint.token(user: 77))
    let target = WebSocketClient.target("/ws/events/1", token: token)
    let upgrade = String(decoding: WebSocketClient.handshake(port: port, target: target), as: UTF8.self)
    let watchers = try (0..<20).map { _ in
      let watcher = try SecureConnection(port: port, version: spoken.version)
      try watcher.send(upgrade)
      #expect(try watcher.read(until: "connection_established").hasPrefix("HTTP/1.1 101 "))
      return watcher
    }
    let booker = try SecureConnection(port: port, version: spoken.version)
    for seq in 1...5 {
      let booked = try book(booker, port: port, token: token)
      #expect(booked.hasPrefix("HTTP/1.1 201 "))
      #expect(booked.contains("\r\nStrict-Transport-Security: max-age="))
      for watcher in watchers {
        let heard = try watcher.read(until: "\"seq\":\(seq)}")
        #expect(heard.contains("\"availableSeats\":\(50 - seq),"), "\(heard)")
      }
    }
    #expect(try server.server.terminate() == .exited(0))
  }

  @Test("at a take-over connections that speak TLS are told to come back, and find the next process")
  func takeOver() throws {
    let server = try TestServer(secureOptions())
    let token = server.mint.token(user: 77)
    let target = WebSocketClient.target("/ws/events/1", token: token)
    let upgrade = String(
      decoding: WebSocketClient.handshake(port: server.port, target: target), as: UTF8.self)
    let watcher = try SecureConnection(port: server.port, version: 13)
    try watcher.send(upgrade)
    _ = try watcher.read(until: "connection_established")
    #expect(try server.server.takeOver() == .exited(0))
    _ = try watcher.read(until: "server_draining")
    let next = try SecureConnection(port: server.port, version: 13)
    try next.send(upgrade)
    _ = try next.read(until: "connection_established")
    let booker = try SecureConnection(port: server.port, version: 13)
    _ = try book(booker, port: server.port, token: token)
    _ = try next.read(until: "booking_created")
    #expect(try server.server.terminate() == .exited(0))
  }

  @Test("plain HTTP on a TLS port gets one plain sentence, and nobody else notices")
  func plain() throws {
    let server = try TestServer(secureOptions())
    let socket = try Socket(port: server.port)
    try socket.send(Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
    var answer: [UInt8] = []
    while case let more = try socket.receive(), !more.isEmpty { answer += more }
    let text = String(decoding: answer, as: UTF8.self)
    #expect(text.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
    #expect(text.hasSuffix("\r\n\r\nThis port speaks TLS; use https://.\n"))
    let secure = try SecureConnection(port: server.port, version: 13)
    try secure.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try secure.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
  }

  @Test("a client that offers only http/1.0 is served")
  func oldProtocol() throws {
    let server = try TestServer(secureOptions())
    let client = try SecureConnection(port: server.port, version: 0, protocols: "http/1.0")
    try client.send("GET /livez HTTP/1.0\r\n\r\n")
    #expect(try client.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
  }

  @Test("compact records refuse a client that speaks only TLS 1.2")
  func compactNeedsTLS13() throws {
    let server = try TestServer(secureOptions(records: "compact"))
    let failure = #expect(throws: TestFailure.self) { try SecureConnection(port: server.port, version: 12) }
    #expect(failure?.description.contains("protocol version") == true)
  }

  @Test("a key that does not fit, and half of the pair, are refused with a sentence")
  func refused() throws {
    let folder = try TemporaryFolder()
    func start(_ words: [String]) throws -> (TestSupport.ExitStatus, String) {
      var options = ServerOptions()
      options.arguments = words
      let process = try ChildProcess(
        ServerProcess.executable(), ServerProcess.words(options, folder: folder.path, port: 0),
        environment: ServerProcess.environment(options))
      let ending = try process.wait()
      try process.waitForOutput()
      return (ending, process.standardError)
    }
    let wrong = try start(["--tls-cert", Self.certificate, "--tls-key", Self.otherKey])
    #expect(wrong.0 != .exited(0))
    #expect(wrong.1.contains("other-test-key.pem"))
    let half = try start(["--tls-cert", Self.certificate])
    #expect(half.0 == .exited(64))
    #expect(half.1.contains("--tls-key"))
  }

  @Test("SIGHUP takes a new certificate for new connections, and keeps the old one when the new one is bad")
  func reload() throws {
    let folder = try TemporaryFolder()
    let (certificate, key) = (folder.path + "/certificate.pem", folder.path + "/key.pem")
    func install(_ certificateFile: String, _ keyFile: String) throws {
      try put(String(decoding: contents(of: certificateFile) ?? [], as: UTF8.self), at: certificate)
      try put(String(decoding: contents(of: keyFile) ?? [], as: UTF8.self), at: key)
    }
    try install(Self.certificate, Self.key)
    var options = ServerOptions()
    options.arguments = ["--tls-cert", certificate, "--tls-key", key]
    let server = try TestServer(options)
    func log(_ sentence: String, _ count: Int = 1) throws {
      try eventually("the log has: \(sentence)") {
        server.server.process.standardError.split(separator: "\n").filter { $0.contains(sentence) }.count
          == count
      }
    }
    let before = try SecureConnection(port: server.port, version: 13)

    try install(Self.certificate, Self.otherKey)
    server.server.process.signal(SIGHUP)
    try log("the TLS certificate cannot be read again; the one before stays in use")
    _ = try SecureConnection(port: server.port, version: 13)

    let other = SourceTree.root + "/Tests/Certificates/other-test-certificate.pem"
    try install(other, Self.otherKey)
    server.server.process.signal(SIGHUP)
    try log("the TLS certificate was read again")
    _ = try SecureConnection(port: server.port, version: 13, trusted: other)
    _ = try SecureConnection(port: server.port, version: 12, trusted: other)
    #expect(throws: TestFailure.self) { try SecureConnection(port: server.port, version: 13) }
    // A connection from before goes on.
    try before.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try before.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
  }
}
