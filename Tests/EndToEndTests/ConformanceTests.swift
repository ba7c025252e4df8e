// The few conformance cases that always run, by hand, against `seatcast conformance-echo`; the whole
// Autobahn suite is run by script/conformance.
import TestSupport
import Testing

@Suite("Conformance", .timeLimit(.minutes(30)))
struct ConformanceTests {
  /// An echo server for one test.
  private struct Echo {
    let process: ChildProcess
    let port: Int

    init() throws {
      process = try ChildProcess(ServerProcess.executable(), ["conformance-echo", "--port", "0"])
      port = try ServerProcess.awaitPort(of: process)
    }

    func connect() throws -> WebSocketClient {
      let client = try WebSocketClient(port: port, path: "/")
      client.answersPings = false
      return client
    }
  }

  @Test("text and binary come back as they were, also empty")
  func echoes() throws {
    let echo = try Echo()
    let socket = try echo.connect()
    for text in ["", "hello", "κόσμε 🎟", String(repeating: "x", count: 65_536)] {
      try socket.send(text: text)
      #expect(try socket.next() == .text(text))
    }
    try socket.send(.binary([0, 255, 1]))
    #expect(try socket.next() == .binary([0, 255, 1]))
  }

  @Test("a fragmented message comes back whole, and pings between its fragments are answered at once")
  func fragments() throws {
    let echo = try Echo()
    let socket = try echo.connect()
    try socket.send(.text("one ", fin: false))
    try socket.send(.ping([1]))
    #expect(try socket.next() == .pong([1]))
    try socket.send(.continuation([], fin: false))
    try socket.send(.ping([]))
    #expect(try socket.next() == .pong([]))
    try socket.send(.continuation(Array("two".utf8), fin: true))
    #expect(try socket.next() == .text("one two"))
  }

  @Test("a character may be cut by a fragment's end, and bad UTF-8 fails before the message ends")
  func characters() throws {
    let echo = try Echo()
    let socket = try echo.connect()
    let ticket = Array("🎟".utf8)
    try socket.send(ClientFrame(opcode: 1, payload: Array(ticket[..<2]), fin: false))
    try socket.send(.continuation(Array(ticket[2...]), fin: true))
    #expect(try socket.next() == .text("🎟"))
    let bad = try echo.connect()
    try bad.send(ClientFrame(opcode: 1, payload: [0x61, 0xf4, 0x90], fin: false))
    #expect(try bad.expectClose().code == 1007)
  }

  @Test(
    "a close is answered with its own code, and the server closes the connection",
    arguments: [1_000, 1_001, 3_000, 4_999])
  func closes(_ code: UInt16) throws {
    let echo = try Echo()
    let socket = try echo.connect()
    try socket.send(.close(code, "goodbye"))
    guard case .close(let answered, _) = try socket.next() else {
      Issue.record("no close frame")
      return
    }
    #expect(answered == code)
    #expect(try socket.serverCloses())
  }

  @Test("a close without a code is answered, and nothing is said after a close")
  func emptyClose() throws {
    let echo = try Echo()
    let socket = try echo.connect()
    try socket.send(.close(nil))
    try? socket.send(text: "too late")
    guard case .close = try socket.next() else {
      Issue.record("no close frame")
      return
    }
    #expect(try socket.serverCloses())
  }

  @Test("compressed messages come back compressed where that is shorter, with any window that is agreed on")
  func compressed() throws {
    let echo = try Echo()
    let offers = [
      "permessage-deflate", "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    ]
    for offer in offers + (9...15).map({ "permessage-deflate; server_max_window_bits=\($0)" }) {
      let socket = try WebSocketClient(port: echo.port, path: "/", extensions: offer)
      let peer = try #require(socket.peer)
      for text in ["", "x", String(repeating: "again and again ", count: 2_000)] {
        for _ in 0..<2 {
          var frame = ClientFrame(opcode: 1, payload: peer.deflate(Array(text.utf8)))
          frame.reserved = 4
          try socket.send(frame)
          #expect(try socket.next() == .text(text))
        }
      }
      #expect(socket.deflated == 2)
    }
  }

  @Test("a message of 16 MiB comes back, one byte more is too big")
  func sixteenMebibytes() throws {
    let echo = try Echo()
    let socket = try echo.connect()
    let size = 16 * 1_024 * 1_024
    let payload = [UInt8](repeating: 0x5a, count: size)
    let sender = try BackgroundThread {
      try socket.socket.send(ClientFrame.binary(payload).bytes, within: .seconds(120))
    }
    try sender.join()
    #expect(try socket.next(within: .seconds(120)) == .binary(payload))
    let second = try echo.connect()
    var frame = ClientFrame.binary([])
    frame.declaredLength = UInt64(size) + 1
    try second.send(frame)
    #expect(try second.expectClose().code == 1009)
  }
}
