// Input that no honest client sends. Each gets the answer the contracts name, or a closed connection; after
// each the server is alive and serves the next client.
import TestSupport
import Testing

@Suite("Bad input", .timeLimit(.minutes(30)))
struct BadInputTests {
  /// The server still answers, and a subscriber still hears.
  private func expectAlive(_ server: TestServer, _ event: Int, _ what: String) throws {
    #expect(try server.server.client().get("/readyz").status == 200, "after \(what)")
    let (socket, greeting) = try server.watch(event)
    let booking = try server.person(1).book(event)
    let notice = try socket.expect("booking_created")
    #expect(try notice.number("seq") == greeting.number("seq") + 1, "after \(what)")
    #expect(notice["bookingId"] == booking["bookingId"], "after \(what)")
    #expect(server.server.process.poll() == nil, "after \(what)")
  }

  @Test("malformed requests are answered with a status of their own and the connection is closed")
  func malformedHTTP() throws {
    let server = try TestServer()
    let event = try server.event(seats: 1_000)
    let host = "Host: x\r\n"
    let cases: [(String, Set<Int>)] = [
      ("GET\r\n\r\n", [400]), ("GET / HTTP/1.1\r\n\r\n", [400]), ("G\u{1}T / HTTP/1.1\r\n\(host)\r\n", [400]),
      ("GET / HTTP/2.0\r\n\(host)\r\n", [400, 505]), ("GET  / HTTP/1.1\r\n\(host)\r\n", [400]),
      ("GET / HTTP/1.1\r\n\(host) folded\r\n\r\n", [400]),
      ("GET / HTTP/1.1\r\n\(host)Bad Name: x\r\n\r\n", [400]),
      ("GET / HTTP/1.1\r\n\(host)Name : x\r\n\r\n", [400]),
      ("GET / HTTP/1.1\r\n\(host)X: a\u{0}b\r\n\r\n", [400]),
      ("GET / HTTP/1.1\r\n\(host)\(host)\r\n", [400]),
      ("POST /api/bookings HTTP/1.1\r\n\(host)Content-Length: -1\r\n\r\n", [400]),
      ("POST /api/bookings HTTP/1.1\r\n\(host)Content-Length: 1\r\nContent-Length: 2\r\n\r\n", [400]),
      ("POST /api/bookings HTTP/1.1\r\n\(host)Content-Length: 99999999999999999999\r\n\r\n", [400, 413]),
      (
        "POST /api/bookings HTTP/1.1\r\n\(host)Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        [400]
      ),
      ("POST /api/bookings HTTP/1.1\r\n\(host)Transfer-Encoding: gzip\r\n\r\n", [400, 501]),
      ("POST /api/bookings HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\nzz\r\n", [400]),
      (
        "POST /api/bookings HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
        [400, 413]
      ),
      ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\r\n\r\n", [400]),
      ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400, 505]),
    ]
    for (text, statuses) in cases {
      let client = server.server.client()
      try client.send(raw: Array(text.utf8))
      let status = try client.answer().status
      #expect(statuses.contains(status), "\(text.debugDescription) gave \(status)")
      #expect(try client.serverCloses(), "\(text.debugDescription)")
    }
    try expectAlive(server, event, "malformed requests")
  }

  @Test("bare garbage, of many seeds, never harms the server")
  func garbage() throws {
    let server = try TestServer()
    let event = try server.event(seats: 1_000)
    for seed in 1...40 {
      var random = SeededRandom(seed: UInt64(seed))
      let bytes = random.bytes(Int.random(in: 1...3_000, using: &random))
      let client = server.server.client()
      try? client.send(raw: bytes)
      client.disconnect()
      let socket = try server.connect()
      try? socket.socket.send(bytes)
      socket.drop()
    }
    try expectAlive(server, event, "garbage")
  }

  @Test("upgrade requests of a bad form are refused with the status that HTTP has for it")
  func badUpgrades() throws {
    let server = try TestServer()
    let event = try server.event(seats: 1_000)
    let token = server.mint.token(user: 1)
    let good = [
      ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Key", WebSocketClient.key),
      ("Sec-WebSocket-Version", "13"),
    ]
    let cases: [(String, String?, Set<Int>)] = [
      ("Sec-WebSocket-Version", "8", [426]), ("Sec-WebSocket-Key", "short", [400]),
      ("Sec-WebSocket-Key", nil, [400]),
      ("Sec-WebSocket-Version", nil, [400, 426]), ("Upgrade", nil, [426, 400]),
      ("Connection", "close", [426, 400]),
    ]
    for (name, value, statuses) in cases {
      let fields = good.compactMap { field -> (String, String)? in
        field.0 == name ? value.map { (name, $0) } : field
      }
      let answer = try server.server.client().get("/ws?token=\(token)", fields: fields)
      #expect(statuses.contains(answer.status), "\(name): \(value ?? "none") gave \(answer.status)")
    }
    try expectAlive(server, event, "bad upgrades")
  }

  @Test("frames that a client must not send close the connection with the code for it")
  func badFrames() throws {
    let server = try TestServer()
    let event = try server.event(seats: 1_000)
    func changed(_ frame: ClientFrame, _ change: (inout ClientFrame) -> Void) -> ClientFrame {
      var frame = frame
      change(&frame)
      return frame
    }
    let cases: [(String, [ClientFrame], UInt16)] = [
      ("unmasked", [changed(.text("x")) { $0.mask = nil }], 1002),
      ("reserved bits", [changed(.text("x")) { $0.reserved = 4 }], 1002),
      ("opcode 3", [ClientFrame(opcode: 3)], 1002), ("opcode 11", [ClientFrame(opcode: 11)], 1002),
      ("a cut ping", [changed(.ping()) { $0.fin = false }], 1002),
      ("a long ping", [.ping([UInt8](repeating: 1, count: 126))], 1002),
      ("a continuation of nothing", [.continuation([1], fin: true)], 1002),
      ("a message inside another", [.text("a", fin: false), .text("b")], 1002),
      ("binary data", [.binary([1, 2, 3])], 1003),
      ("bad UTF-8", [ClientFrame(opcode: 1, payload: [0xc3, 0x28])], 1007),
      ("a cut character", [ClientFrame(opcode: 1, payload: [0xe2, 0x82])], 1007),
      ("a long message", [.text(String(repeating: "x", count: 4_097))], 1009),
      ("a declared giant", [changed(.text("x")) { $0.declaredLength = 1 << 40 }], 1009),
      (
        "long fragments",
        [
          .text(String(repeating: "x", count: 3_000), fin: false),
          .continuation([UInt8](repeating: 120, count: 3_000), fin: true),
        ], 1009
      ),
      ("a length with its top bit", [changed(.text("x")) { $0.declaredLength = 1 << 63 }], 1002),
      ("close code 1005", [.close(1_005)], 1002), ("close code 999", [.close(999)], 1002),
      ("half a close code", [ClientFrame(opcode: 8, payload: [3])], 1002),
      ("a close reason in bad UTF-8", [ClientFrame(opcode: 8, payload: [3, 0xe8, 0xff])], 1007),
    ]
    for (what, frames, code) in cases {
      let socket = try server.connect()
      for frame in frames { try socket.send(frame) }
      let closed = try socket.closeOrEnd()
      #expect(closed == code, "\(what) was closed with \(closed.map(String.init) ?? "nothing")")
      #expect(try socket.serverCloses(), "\(what)")
    }
    try expectAlive(server, event, "bad frames")
  }

  @Test("a handshake and a message may come byte by byte")
  func byteByByte() throws {
    let server = try TestServer()
    let event = try server.event(seats: 1_000)
    let target = WebSocketClient.target("/ws", token: server.mint.token(user: 1))
    let bytes =
      WebSocketClient.handshake(port: server.port, target: target)
      + ClientFrame.text(#"{"type":"ping"}"#).bytes
    let slow = try Socket(port: server.port)
    for byte in bytes { try slow.send([byte]) }
    var received: [UInt8] = []
    while !String(decoding: received, as: UTF8.self).contains("\"pong\"") { received += try slow.receive() }
    try expectAlive(server, event, "a handshake byte by byte")
  }

  @Test("a handshake and a message may be split in two at any place")
  func splitAnywhere() throws {
    let server = try TestServer()
    let event = try server.event(seats: 1_000)
    let target = WebSocketClient.target("/ws", token: server.mint.token(user: 1))
    let bytes =
      WebSocketClient.handshake(port: server.port, target: target)
      + ClientFrame.text(#"{"type":"ping"}"#).bytes
    for place in stride(from: 1, to: bytes.count, by: 7) {
      let socket = try Socket(port: server.port)
      try socket.send(Array(bytes[..<place]))
      pause(milliseconds: 1)
      try socket.send(Array(bytes[place...]))
      var received: [UInt8] = []
      while !String(decoding: received, as: UTF8.self).contains("\"pong\"") {
        received += try socket.receive()
      }
      socket.close()
    }
    try expectAlive(server, event, "split handshakes")
  }

  @Test("a client that asks and never reads is let go, and the others go on")
  func neverReads() throws {
    let server = try TestServer()
    let event = try server.event(seats: 1_000)
    let rude = try WebSocketClient(
      port: server.port, path: "/ws", token: server.mint.token(user: 1), receiveBuffer: 2_048)
    let pings = [UInt8]((0..<1_000).flatMap { _ in ClientFrame.text(#"{"type":"ping"}"#).bytes })
    let before = try server.server.residentBytes()
    do {
      for _ in 0..<400 { try rude.socket.send(pings, within: .seconds(3)) }
    } catch {
      // Refused or cut off: both are right.
    }
    let grown = try server.server.residentBytes() - before
    #expect(grown < 32 * 1_024 * 1_024, "the server grew by \(grown) bytes")
    try expectAlive(server, event, "a client that never reads")
  }
}
