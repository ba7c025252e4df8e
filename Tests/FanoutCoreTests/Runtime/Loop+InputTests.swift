import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct LoopInputTests {
  private func get(_ path: String, _ fields: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: here\r\n\(fields)\r\n"
  }

  // MARK: HTTP

  @Test("a request is answered, and the connection serves the next one")
  func keepAlive() {
    let rig = LoopRig()
    let socket = rig.connect()
    for path in ["/small/1", "/small/2", "/small/3"] {
      socket.write(get(path))
      rig.turn()
      let answers = HTTPAnswers.read(socket.read())
      #expect(answers.map(\.body) == [path])
      #expect(answers.first?.head.contains("Connection:") == false)
      #expect(answers.first?.head.contains("Date: ") == true)
    }
    #expect(socket.isOpen)
    #expect(rig.loop.counts.requests == 3)
    #expect(rig.faults() == [])
  }

  @Test("a request may come byte by byte")
  func everyByte() {
    let rig = LoopRig()
    let socket = rig.connect()
    for character in get("/small") {
      socket.write(String(character))
      rig.turn()
    }
    #expect(HTTPAnswers.read(socket.read()).map(\.status) == [200])
  }

  @Test("HEAD is answered with the same fields and no body")
  func head() {
    let rig = LoopRig()
    let socket = rig.connect()
    socket.write("HEAD /size/77 HTTP/1.1\r\nHost: here\r\n\r\n" + get("/small"))
    rig.settle(2)
    let text = String(decoding: socket.read(), as: UTF8.self)
    #expect(text.contains("Content-Length: 77\r\n\r\nHTTP/1.1 200"))
  }

  @Test("pipelined requests are answered in order, also when one of them takes time")
  func pipelining() throws {
    let rig = LoopRig()
    let socket = rig.connect()
    socket.write(get("/small/1") + get("/later/2") + get("/small/3") + get("/small/4"))
    rig.settle(3)
    #expect(HTTPAnswers.read(socket.read()).map(\.body) == ["/small/1"])
    let ticket = try #require(rig.inbound.asked.last?.ticket)
    #expect(ticket.request == 2)
    let answer = HTTPResponse(status: 200, body: Array("late".utf8))
    rig.proxy.post(.replies([(ticket: ticket, response: answer)]))
    rig.settle(3)
    #expect(HTTPAnswers.read(socket.read()).map(\.body) == ["late", "/small/3", "/small/4"])
    rig.proxy.post(.replies([(ticket: ticket, response: answer)]))
    rig.settle(3)
    #expect(socket.read().isEmpty)
    #expect(rig.faults() == [])
  }

  @Test("reading pauses when too much is sent ahead, and goes on after the answer")
  func readAhead() throws {
    let rig = LoopRig()
    let socket = rig.connect()
    socket.receiveLimit = 8 * 1024
    socket.write(get("/later"))
    rig.turn()
    let padding = "X-Padding: " + String(repeating: "x", count: 1000) + "\r\n"
    for _ in 0..<100 { socket.write(get("/small", padding)) }
    rig.settle(30)
    let read = rig.loop.counts.bytesReceived
    #expect(read <= Limits().readAheadBytes + 2 * 8 * 1024)
    let ticket = try #require(rig.inbound.asked.first?.ticket)
    rig.proxy.post(.replies([(ticket: ticket, response: HTTPResponse(status: 200))]))
    rig.settle(40)
    #expect(HTTPAnswers.read(socket.read()).count == 101)
    #expect(rig.faults() == [])
  }

  @Test("a client that asks and asks without reading makes the server keep only so much")
  func asksWithoutReading() {
    let rig = LoopRig()
    let socket = rig.connect(capacity: 1000)
    for _ in 0..<2000 { socket.write(get("/size/5000")) }
    for _ in 0..<60 {
      rig.turn()
      let kept = rig.connection(socket)?.waiting ?? 0
      #expect(kept <= 2 * 5200)
    }
    var bytes: [UInt8] = []
    for _ in 0..<40_000 where bytes.count < 2000 * 5100 {
      bytes += socket.read()
      rig.turn()
    }
    #expect(HTTPAnswers.read(Array(bytes.prefix(60_000))).allSatisfy { $0.body.utf8.count == 5000 })
    #expect(rig.loop.counts.requests == 2000)
    #expect(rig.faults() == [])
  }

  @Test("100 Continue is said before the body comes")
  func goesOn() {
    let rig = LoopRig()
    let socket = rig.connect()
    socket.write("POST /small HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
    rig.turn()
    #expect(String(decoding: socket.read(), as: UTF8.self) == "HTTP/1.1 100 Continue\r\n\r\n")
    socket.write("abcd")
    rig.turn()
    #expect(HTTPAnswers.read(socket.read()).map(\.status) == [200])
    #expect(rig.inbound.asked.map(\.body) == [Array("abcd".utf8)])
  }

  @Test("what breaks the grammar is answered and ends the connection")
  func broken() {
    let rig = LoopRig()
    let socket = rig.connect()
    socket.write("nonsense\r\n\r\n" + get("/small"))
    rig.settle(3)
    let answers = HTTPAnswers.read(socket.read())
    #expect(answers.map(\.status) == [400])
    #expect(socket.isEnded)
    #expect(rig.loop.counts.protocolErrors == 1)
    #expect(rig.observer.incidents.count == 1)
    #expect(rig.inbound.asked.isEmpty)
    #expect(rig.faults() == [])
  }

  @Test("Connection: close is honoured, and nothing is answered behind it")
  func close() {
    let rig = LoopRig()
    let socket = rig.connect()
    socket.write(get("/small/1", "Connection: close\r\n") + get("/small/2"))
    rig.settle(3)
    #expect(HTTPAnswers.read(socket.read()).map(\.body) == ["/small/1"])
    #expect(socket.hasEnded)
    #expect(rig.inbound.asked.count == 1)
    #expect(rig.faults() == [])
  }

  @Test("a client that ends its direction behind its request still gets the answer")
  func halfClose() throws {
    let rig = LoopRig()
    let socket = rig.connect()
    socket.write(get("/later"))
    socket.end()
    rig.settle(3)
    #expect(socket.isOpen)
    let ticket = try #require(rig.inbound.asked.first?.ticket)
    rig.proxy.post(.replies([(ticket: ticket, response: HTTPResponse(status: 200))]))
    rig.settle(3)
    #expect(HTTPAnswers.read(socket.read()).map(\.status) == [200])
    #expect(!socket.isOpen)
    #expect(rig.faults() == [])
  }

  @Test("all requests that came before a client ended its direction are answered")
  func halfClosePipelined() throws {
    for rest in ["", "GET /never"] {
      let rig = LoopRig()
      let socket = rig.connect()
      socket.write(get("/later") + get("/small/2") + get("/small/3") + rest)
      socket.end()
      rig.settle(3)
      let ticket = try #require(rig.inbound.asked.first?.ticket)
      rig.proxy.post(.replies([(ticket: ticket, response: HTTPResponse(status: 201))]))
      rig.settle(4)
      #expect(HTTPAnswers.read(socket.read()).map(\.status) == [201, 200, 200])
      #expect(!socket.isOpen)
      #expect(rig.faults() == [])
    }
  }

  @Test("a client that ends its direction and reads slowly gets all of its answer")
  func halfCloseSlow() {
    for closing in ["", "Connection: close\r\n"] {
      let rig = LoopRig()
      let socket = rig.connect(capacity: 300)
      socket.write(get("/size/5000", closing))
      socket.end()
      var bytes: [UInt8] = []
      for _ in 0..<100 {
        rig.turn()
        bytes += socket.read()
      }
      #expect(HTTPAnswers.read(bytes).first?.body.utf8.count == 5000)
      #expect(!socket.isOpen)
      #expect(rig.faults() == [])
    }
  }

  // MARK: Upgrades

  @Test("an upgrade is answered with 101 and greeted")
  func upgrade() {
    let rig = LoopRig()
    let client = rig.webSocket()
    #expect(client.texts() == ["connected"])
    #expect(client.status == 101)
    #expect(client.head.contains("Sec-WebSocket-Accept: scripted:dGhlIHNhbXBsZSBub25\r\n"))
    #expect(rig.loop.counts.webSocketsOpen == 1)
    #expect(rig.faults() == [])
  }

  @Test("an upgrade may be refused with an HTTP answer, and the connection goes on")
  func refused() {
    let rig = LoopRig()
    let socket = rig.connect()
    socket.write(ScriptedClient.upgrade("/refused") + get("/small"))
    rig.settle(2)
    #expect(HTTPAnswers.read(socket.read()).map(\.status) == [403, 200])
    #expect(rig.faults() == [])
  }

  @Test("an upgrade may be accepted only to be closed with a reason")
  func doomed() {
    let rig = LoopRig()
    let client = rig.webSocket("/doomed")
    #expect(client.read() == [.close(1008, "doomed")])
    #expect(client.status == 101)
    client.socket.write(ClientFrames.text("too late") + ClientFrames.close(1008))
    rig.settle(2)
    #expect(client.socket.isEnded)
    #expect(rig.loop.counts.webSocketsOpen == 0)
    #expect(rig.faults() == [])
  }

  @Test("a wrong handshake is answered with what is wrong")
  func wrongHandshake() {
    let rig = LoopRig()
    let socket = rig.connect()
    socket.write("GET /ws HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
    rig.settle(2)
    #expect(HTTPAnswers.read(socket.read()).map(\.status) == [400])
    #expect(rig.inbound.asked.isEmpty)
  }

  @Test("frames that come in one piece with the upgrade are read behind it")
  func framesWithUpgrade() {
    let rig = LoopRig()
    let client = ScriptedClient(rig.connect())
    client.socket.write(
      Array(ScriptedClient.upgrade("/ws").utf8) + ClientFrames.text("echo a") + ClientFrames.ping("p"))
    rig.turn()
    #expect(client.read() == [.text("connected"), .text("echo a"), .pong(Array("p".utf8))])
  }

  @Test("frames may come byte by byte")
  func framesInPieces() {
    let rig = LoopRig()
    let client = rig.webSocket()
    _ = client.read()
    for byte in ClientFrames.text("echo me") {
      client.socket.write([byte])
      rig.turn()
    }
    #expect(client.texts() == ["echo me"])
    #expect(rig.loop.counts.messagesReceived == 1)
  }

  // MARK: Close handshakes

  @Test("a peer's close is answered, and the connection ends")
  func peerCloses() {
    let rig = LoopRig()
    rig.topics.create(5)
    let client = rig.webSocket("/ws/5")
    _ = client.read()
    client.socket.write(ClientFrames.close(1000) + ClientFrames.text("late"))
    rig.settle(2)
    #expect(client.read() == [.close(1000, "")])
    #expect(client.socket.isEnded)
    #expect(rig.loop.counts.subscriptions == 0)
    client.socket.end()
    rig.settle(2)
    #expect(client.socket.closing == .orderly)
    #expect(rig.faults() == [])
  }

  @Test("our close waits for the peer's, and no notice comes between")
  func weClose() {
    let rig = LoopRig()
    rig.topics.create(5)
    let client = rig.webSocket("/ws/5")
    _ = client.read()
    client.say("bye 1000 that was all")
    rig.turn()
    rig.publish(5)
    rig.settle(2)
    #expect(client.read() == [.close(1000, "that was all")])
    #expect(!client.socket.isEnded)
    client.socket.write(ClientFrames.close(1000))
    rig.settle(2)
    #expect(client.socket.isEnded)
    #expect(rig.faults() == [])
  }

  @Test("a peer that never answers our close is let go after the close timeout")
  func peerNeverAnswers() {
    let rig = LoopRig()
    let client = rig.webSocket()
    client.say("bye 1000 x")
    rig.pass(Limits().closeTimeout - 500)
    #expect(client.socket.isOpen)
    rig.pass(1000)
    #expect(!client.socket.isOpen)
    #expect(rig.faults() == [])
  }

  @Test("a frame that breaks the grammar closes with 1002")
  func brokenFrame() {
    let rig = LoopRig()
    let client = rig.webSocket()
    _ = client.read()
    client.socket.write([0x81, 0x01, 0x61])
    rig.settle(2)
    guard case .close(1002, _) = client.read().last else {
      Issue.record("no close frame")
      return
    }
    #expect(client.socket.isEnded)
    #expect(rig.observer.incidents.count == 1)
    #expect(rig.faults() == [])
  }

  @Test("a peer that only ends its direction is gone")
  func endOfInput() {
    let rig = LoopRig()
    rig.topics.create(5)
    let client = rig.webSocket("/ws/5")
    client.socket.end()
    rig.settle(2)
    #expect(!client.socket.isOpen)
    #expect(rig.loop.subscriptions.count == 0)
    #expect(rig.faults() == [])
  }
}
