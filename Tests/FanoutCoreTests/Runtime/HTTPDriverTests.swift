import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct HTTPDriverTests {
  private func get(_ path: String, _ fields: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: here\r\n\(fields)\r\n"
  }

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
    #expect(rig.loop.counters.own.requests == 3)
    #expect(rig.faults() == [])
  }

  @Test("every answer has the common lines, and an answer to a request with an Origin the lines for it")
  func furtherLines() throws {
    let rig = LoopRig()
    let socket = rig.connect()
    let origin = "Origin: http://there\r\n"
    socket.write(get("/small") + get("/small", origin) + get("/later", origin) + get("/small"))
    rig.settle(3)
    let ticket = try #require(rig.inbound.asked.last?.ticket)
    rig.proxy.post(.replies([(ticket: ticket, response: HTTPResponse(status: 200))]))
    rig.settle(3)
    socket.write("GET nonsense\r\n\r\n")
    rig.turn()
    let heads = HTTPAnswers.read(socket.read()).map(\.head)
    #expect(heads.count == 5)
    #expect(heads.allSatisfy { $0.contains("Common: yes") })
    #expect(heads.map { $0.contains("For: http://there") } == [false, true, true, false, false])
  }

  @Test(
    "what is refused before it is whole has the lines for its Origin, if that had come",
    arguments: [
      ("POST / HTTP/1.1\r\nHost: here\r\nOrigin: o\r\nContent-Length: 99999999\r\n\r\n", 413, true),
      ("POST / HTTP/1.1\r\nHost: here\r\nOrigin: o\r\nContent-Length: x\r\n\r\n", 400, true),
      ("POST / HTTP/1.1\r\nHost: here\r\nOrigin: o\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400, true),
      ("GET / HTTP/1.1\r\nOrigin: o\r\nHost: here\r\nHost: there\r\n\r\n", 400, true),
      ("GET / HTTP/1.1\r\nHost: here\r\nHost: there\r\nOrigin: o\r\n\r\n", 400, false),
      ("POST / HTTP/1.1\r\nHost: here\r\nOrigin: o\r\nContent-Length: 5\r\n\r\nab", 408, true),
      ("GET / HTTP/1.1\r\nHost: here\r\nOrigin: o\r\nAccept: ", 408, true),
      ("GET / HTTP/1.1\r\nHost: here\r\nOri", 408, false),
    ])
  func linesOfRefusals(request: String, status: Int, hasLines: Bool) {
    let rig = LoopRig()
    let socket = rig.connect()
    socket.write(request)
    rig.turn()
    if status == 408 { rig.pass(max(Limits().headTimeout, Limits().bodyTimeout) + 1_000) }
    let answers = HTTPAnswers.read(socket.read())
    #expect(answers.map(\.status) == [status])
    #expect(answers.first?.head.contains("For: o\r\n") == hasLines)
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

  @Test("the requests of one turn are handed over together, in order of arrival")
  func handOver() {
    let rig = LoopRig()
    let sockets = (0..<3).map { _ in rig.connect() }
    rig.turn()
    for socket in sockets { socket.write(get("/later")) }
    rig.turn()
    #expect(rig.inbound.turns.map(\.count) == [3])
    #expect(rig.inbound.turns.first == rig.inbound.asked.map(\.ticket))
    rig.settle(3)
    #expect(rig.inbound.turns.count == 1, "a turn without requests hands over nothing")
  }

  @Test("requests that are not taken are answered at once, and their connections go on")
  func overloaded() {
    let rig = LoopRig(room: 1)
    let (taken, refused) = (rig.connect(), rig.connect())
    rig.turn()
    taken.write(get("/later/1"))
    refused.write(get("/later/2") + get("/small/3") + get("/later/4"))
    rig.settle(4)
    #expect(taken.read().isEmpty)
    let answers = HTTPAnswers.read(refused.read())
    #expect(answers.map(\.status) == [503, 200], "the last one was taken, in a turn of its own")
    #expect(rig.inbound.turns.map(\.count) == [2, 1])
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
    let read = rig.loop.counters.own.bytesReceived
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
      #expect(kept <= Limits().outboxBytes)
    }
    var bytes: [UInt8] = []
    for _ in 0..<40_000 where bytes.count < 2000 * 5100 {
      bytes += socket.read()
      rig.turn()
    }
    #expect(HTTPAnswers.read(Array(bytes.prefix(60_000))).allSatisfy { $0.body.utf8.count == 5000 })
    #expect(rig.loop.counters.own.requests == 2000)
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
    #expect(rig.loop.counters.own.protocolErrors == 1)
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
    #expect(rig.inbound.abandoned == [ticket], "what only waits need not wait on")
    rig.proxy.post(.replies([(ticket: ticket, response: HTTPResponse(status: 200))]))
    rig.settle(3)
    #expect(HTTPAnswers.read(socket.read()).map(\.status) == [200])
    #expect(!socket.isOpen)
    #expect(rig.faults() == [])
  }

  @Test("a request is given up when its connection breaks, and an answered one is not")
  func brokenConnection() {
    let rig = LoopRig()
    let (waiting, idle) = (rig.connect(), rig.connect())
    waiting.write(get("/later"))
    idle.write(get("/small"))
    rig.settle(3)
    idle.end()
    waiting.reset()
    rig.settle(3)
    let tickets = rig.inbound.asked.filter { $0.target == "/later" }.map(\.ticket)
    #expect(tickets.count == 1 && rig.inbound.abandoned == tickets)
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
}
