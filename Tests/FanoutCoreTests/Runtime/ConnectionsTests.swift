import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct ConnectionsTests {
  private let get = "GET /small HTTP/1.1\r\nHost: here\r\n\r\n"

  @Test("a connection that the world cannot open leaves nothing behind")
  func cannotOpen() {
    let rig = LoopRig()
    rig.io.refusesToOpen = true
    let socket = rig.connect()
    #expect(!socket.isOpen)
    #expect(rig.loop.connections.count == 0)
    #expect(rig.loop.counters.own.connectionsOpen == 0)
    #expect(rig.loop.counters.own.pollFailures == 1)
    #expect(rig.faults() == [])
  }

  @Test("a connection whose socket cannot be watched is closed and counted")
  func cannotWatch() {
    let rig = LoopRig()
    let socket = rig.connect(capacity: 100)
    rig.io.refusesToWatch = true
    socket.write("GET /size/5000 HTTP/1.1\r\nHost: here\r\n\r\n")
    rig.turn()
    rig.io.refusesToWatch = false
    rig.pass(200)
    #expect(socket.closing == .reset)
    #expect(rig.loop.counters.own.pollFailures == 1)
    #expect(rig.faults() == [])
  }

  @Test("a pause in accepting is told once and counted")
  func acceptPaused() {
    let rig = LoopRig()
    rig.io.acceptFailures = 3
    rig.pass(1000)
    #expect(rig.observer.incidents == [.acceptPaused])
    #expect(rig.loop.counters.own.acceptFailures == 3)
  }

  @Test("a connection that says nothing is closed without a word")
  func silentFromTheStart() {
    let rig = LoopRig()
    let socket = rig.connect()
    rig.pass(Limits().headTimeout - 200)
    #expect(socket.isOpen)
    rig.pass(400)
    #expect(!socket.isOpen)
    #expect(socket.unread == 0)
    #expect(rig.faults() == [])
  }

  @Test("a head that trickles in is answered with 408")
  func slowHead() {
    let rig = LoopRig()
    let socket = rig.connect()
    for character in "GET / HTTP/1.1\r\nHost: a-server-far-away" {
      socket.write(String(character))
      rig.pass(500)
    }
    let answers = HTTPAnswers.read(socket.read())
    #expect(answers.map(\.status) == [408])
    #expect(answers.first?.head.contains("Connection: close") == true)
    #expect(socket.hasEnded)
    #expect(rig.faults() == [])
  }

  @Test("a second head that trickles in gets no more time than the first")
  func slowSecondHead() {
    let rig = LoopRig()
    let socket = rig.connect()
    socket.write(get + "GET / HT")
    rig.settle(2)
    #expect(HTTPAnswers.read(socket.read()).map(\.status) == [200])
    rig.pass(Limits().headTimeout + 500)
    #expect(HTTPAnswers.read(socket.read()).map(\.status) == [408])
    #expect(rig.faults() == [])
  }

  @Test("a body that does not come is answered with 408 after its own time")
  func slowBody() {
    let rig = LoopRig()
    let socket = rig.connect()
    socket.write("POST /small HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\nabc")
    rig.pass(Limits().bodyTimeout - 500)
    #expect(socket.read().isEmpty)
    socket.write("d")
    rig.pass(1000)
    #expect(HTTPAnswers.read(socket.read()).map(\.status) == [408])
    #expect(rig.faults() == [])
  }

  @Test("an idle connection between two requests is closed without a word")
  func keepAlive() {
    let rig = LoopRig()
    let socket = rig.connect()
    socket.write(get)
    rig.settle(2)
    _ = socket.read()
    rig.pass(Limits().keepAliveTimeout - 500)
    #expect(socket.isOpen)
    rig.pass(1000)
    #expect(!socket.isOpen)
    #expect(socket.unread == 0)
    #expect(rig.faults() == [])
  }

  @Test("a request that takes long to answer is waited for")
  func slowAnswer() throws {
    let rig = LoopRig()
    let socket = rig.connect()
    socket.write("GET /later HTTP/1.1\r\nHost: here\r\n\r\n")
    rig.pass(Limits().keepAliveTimeout * 2)
    #expect(socket.isOpen)
    let ticket = try #require(rig.inbound.asked.first?.ticket)
    rig.proxy.post(.replies([(ticket: ticket, response: HTTPResponse(status: 201))]))
    rig.turn()
    #expect(HTTPAnswers.read(socket.read()).map(\.status) == [201])
    #expect(rig.faults() == [])
  }

  @Test("a slow reader gets the whole answer, however long that takes, as long as it reads")
  func slowReaderOfAnswer() {
    for closing in ["", "Connection: close\r\n"] {
      let rig = LoopRig()
      let socket = rig.connect(capacity: 500)
      socket.write("GET /size/20000 HTTP/1.1\r\nHost: here\r\n\(closing)\r\n")
      var bytes: [UInt8] = []
      for _ in 0..<60 {
        rig.pass(5_000)
        bytes += socket.read()
      }
      let answers = HTTPAnswers.read(bytes)
      #expect(answers.map(\.status) == [200])
      #expect(answers.first?.body.utf8.count == 20_000)
      #expect(rig.loop.counters.own.stalledClosed == 0)
      #expect(rig.faults() == [])
    }
  }

  @Test("an answer that nobody reads is given up after the stall timeout")
  func stalledAnswer() {
    let rig = LoopRig()
    let socket = rig.connect(capacity: 500)
    socket.write("GET /size/20000 HTTP/1.1\r\nHost: here\r\n\r\n")
    rig.pass(Limits().stallTimeout + 500)
    #expect(socket.closing == .reset)
    #expect(rig.loop.counters.own.stalledClosed == 1)
    #expect(rig.faults() == [])
  }

  @Test("a peer that hangs up is forgotten, whatever its connection was doing")
  func hangups() {
    let rig = LoopRig()
    rig.topics.create(5)
    let idle = rig.connect()
    let asking = rig.connect()
    asking.write("GET /later HTTP/1.1\r\nHost: here\r\n\r\n")
    let subscriber = rig.webSocket("/ws/5")
    let stream = rig.connect()
    stream.write("GET /stream/5 HTTP/1.1\r\nHost: here\r\n\r\n")
    let slow = rig.webSocket("/ws/5", capacity: 300)
    slow.say(String(repeating: "x", count: 400))
    rig.settle()
    #expect(rig.loop.connections.count == 5)
    for socket in [idle, asking, subscriber.socket, stream, slow.socket] { socket.reset() }
    rig.settle()
    #expect(rig.loop.connections.count == 0)
    #expect(rig.loop.subscribers.subscriptions.count == 0)
    #expect(rig.faults() == [])
  }

  @Test("our direction ends first, then the rest when the peer has ended its own")
  func lingers() {
    let rig = LoopRig()
    let socket = rig.connect()
    socket.write("GET /small HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
    rig.settle(2)
    #expect(socket.isEnded)
    #expect(socket.isOpen)
    socket.write("nobody reads this")
    rig.settle(2)
    #expect(socket.isOpen)
    socket.end()
    rig.settle(2)
    #expect(socket.closing == .orderly)
    #expect(rig.faults() == [])
  }

  @Test("a peer that does not end its direction is waited for only so long")
  func lingersBounded() {
    let rig = LoopRig()
    let socket = rig.connect()
    socket.write("GET /small HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
    rig.pass(Limits().closeTimeout + 500)
    #expect(socket.closing != nil)
    #expect(rig.faults() == [])
  }

  @Test("a descriptor and a slot that are used again are another connection")
  func generations() throws {
    let rig = LoopRig()
    let first = rig.connect()
    first.write("GET /later HTTP/1.1\r\nHost: here\r\n\r\n")
    rig.turn()
    first.reset()
    rig.turn()
    let second = rig.connect()
    #expect(second.descriptor == first.descriptor)
    #expect(second.slot == first.slot)
    second.write("GET /later HTTP/1.1\r\nHost: here\r\n\r\n")
    rig.turn()
    let tickets = rig.inbound.asked.map(\.ticket)
    #expect(tickets.count == 2)
    rig.proxy.post(.replies([(ticket: tickets[0], response: HTTPResponse(status: 500))]))
    rig.turn()
    #expect(second.read().isEmpty)
    rig.proxy.post(.replies([(ticket: tickets[1], response: HTTPResponse(status: 200))]))
    rig.turn()
    #expect(HTTPAnswers.read(second.read()).map(\.status) == [200])
  }
}
