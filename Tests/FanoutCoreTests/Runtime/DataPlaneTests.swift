import TestSupport
import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

/// Runs on loopback with real sockets and threads; each test has a plane and a port of its own.
@Suite struct DataPlaneTests {
  private func withPlane(
    _ configuration: DataPlane.Configuration = DataPlaneFixture.configuration(),
    _ body: (DataPlaneFixture) throws -> Void
  ) throws {
    let bench = try DataPlaneFixture(configuration)
    let outcome = Result { try body(bench) }
    try bench.close()
    try outcome.get()
  }

  @Test("a data plane serves HTTP on a port that the system chose")
  func http() throws {
    try withPlane { bench in
      #expect(bench.port > 0)
      let client = HTTPClient(port: bench.port)
      let small = try client.get("/small")
      #expect(small.text == "/small")
      #expect(try client.get("/size/300000").body == FakeInbound.body(300_000))
      #expect(try client.request("HEAD", "/size/77").field("Content-Length") == "77")
      #expect(bench.inbound.asked.map(\.peer.description) == ["127.0.0.1", "127.0.0.1", "127.0.0.1"])
    }
  }

  @Test("an answer may come later, from another thread")
  func later() throws {
    try withPlane { bench in
      let thread = try BackgroundThread {
        try eventually("the request arrives") { !bench.inbound.asked.isEmpty }
        let answer = HTTPResponse(status: 202, body: Array("late".utf8))
        bench.plane.reply(bench.inbound.asked.map { (ticket: $0.ticket, response: answer) })
      }
      #expect(try HTTPClient(port: bench.port).get("/later").text == "late")
      try thread.join()
    }
  }

  @Test(
    "what is published reaches every subscriber, in order, by either sender and over any number of loops",
    arguments: [(1, SenderKind.send), (1, .automatic), (3, .automatic)])
  func publish(loops: Int, sender: SenderKind) throws {
    try withPlane(DataPlaneFixture.configuration(loops: loops, sender: sender)) { bench in
      bench.topics.create(5)
      let clients = try (0..<20).map { _ in try bench.webSocket("/ws/5", greeting: "connected 5 s 5 0") }
      for _ in 0..<10 { bench.publish(5, 3) }
      for client in clients {
        for seq in 1...30 { #expect(try client.next() == .text("n 5 \(seq)")) }
      }
      for client in clients { client.drop() }
    }
  }

  @Test("event streams get what WebSockets get")
  func eventStream() throws {
    try withPlane { bench in
      bench.topics.create(5, head: 2)
      let stream = try EventStreamClient(port: bench.port, path: "/stream/5", token: nil)
      #expect(try stream.next().data == "connected 5 s 5 2")
      bench.publish(5)
      let event = try stream.next()
      #expect(event.id == "3")
      #expect(event.data == "n 5 3")
    }
  }

  @Test("a resume that is older than the loop's log is read from the publisher's table")
  func history() throws {
    try withPlane(DataPlaneFixture.configuration(loops: 2)) { bench in
      bench.topics.create(5, head: 300)
      let client = try bench.webSocket("/ws/5?since=290", greeting: "connected 5 resumed 290")
      for seq in 291...300 { #expect(try client.next() == .text("n 5 \(seq)")) }
    }
  }

  @Test("a subscriber that reads nothing keeps nobody waiting and catches up when it reads")
  func slowReader() throws {
    try withPlane { bench in
      bench.topics.create(5)
      bench.topics.pad(2_000)
      let slow = try WebSocketClient(port: bench.port, path: "/ws/5", receiveBuffer: 4_096)
      #expect(try slow.next() == .text("connected 5 s 5 0"))
      let fast = try bench.webSocket("/ws/5", greeting: "connected 5 s 5 0")
      var seq = 0
      for _ in 0..<2_000 where bench.plane.counts()[0].connectionsBlocked == 0 {
        bench.publish(5)
        seq += 1
        guard case .text(let text) = try fast.next() else { throw TestFailure("no text") }
        #expect(text.hasPrefix("n 5 \(seq) "))
      }
      #expect(bench.plane.counts()[0].connectionsBlocked == 1)
      bench.publish(5)
      var last = ""
      while !last.hasPrefix("n 5 \(seq + 1) ") && last != "c 5 \(seq + 1) \(seq + 1)" {
        guard case .text(let text) = try slow.next() else { throw TestFailure("no text") }
        last = text
        if text.hasPrefix("c ") && text.hasSuffix(" \(seq + 1)") { break }
      }
      #expect(!last.isEmpty)
    }
  }

  @Test("a port that somebody else has is a sentence, not a crash")
  func portInUse() throws {
    try withPlane { bench in
      var configuration = DataPlaneFixture.configuration()
      configuration.port = bench.port
      let second = try DataPlane(configuration)
      let failure = #expect(throws: DataPlaneFailure.self) {
        _ = try second.start(
          inbound: FakeInbound(), sessions: FakeSessionHandler(), topics: FakeTopics(),
          observer: RecordingObserver())
      }
      let sentence = failure?.description ?? ""
      #expect(sentence.contains("cannot listen on 127.0.0.1 port \(bench.port)"))
      second.closeAll()
    }
  }

  @Test("an address that is none, too many loops and contradictory limits are sentences")
  func badConfiguration() throws {
    var configuration = DataPlaneFixture.configuration()
    configuration.host = "not an address"
    let plane = try DataPlane(configuration)
    #expect(throws: DataPlaneFailure.self) {
      _ = try plane.start(
        inbound: FakeInbound(), sessions: FakeSessionHandler(), topics: FakeTopics(),
        observer: RecordingObserver())
    }
    for port in [-1, 65_536, Int.max] {
      var wrong = DataPlaneFixture.configuration()
      wrong.port = port
      #expect(throws: DataPlaneFailure.self) { _ = try DataPlane(wrong) }
    }
    var many = DataPlaneFixture.configuration()
    many.loops = 0
    #expect(throws: DataPlaneFailure.self) { _ = try DataPlane(many) }
    var odd = DataPlaneFixture.configuration()
    odd.limits.pullFrames = odd.limits.logFrames + 1
    let failure = #expect(throws: DataPlaneFailure.self) { _ = try DataPlane(odd) }
    #expect(failure?.description.contains("pullFrames") == true)
  }

  @Test("at the end everybody is told, those who answer go at once, and the threads are gone")
  func closeAll() throws {
    let bench = try DataPlaneFixture(DataPlaneFixture.configuration(loops: 2))
    bench.topics.create(5)
    let clients = try (0..<6).map { _ in try bench.webSocket("/ws/5", greeting: "connected 5 s 5 0") }
    let readers = try clients.map { client in
      try BackgroundThread {
        guard case .text(let text) = try client.next() else { throw TestFailure("no goodbye") }
        let (code, reason) = try client.expectClose()
        client.drop()
        return "\(text.prefix(8)) \(code ?? 0) \(reason)"
      }
    }
    try bench.close()
    for reader in readers { #expect(try reader.join() == "draining 1012 reason 1012") }
    #expect(throws: (any Error).self) { _ = try Socket(port: bench.port) }
    bench.plane.reply([])
    bench.plane.stopAccepting()
    bench.plane.closeAll()
    #expect(bench.plane.counts().allSatisfy { $0.connectionsOpen == 0 })
  }

  @Test("the end does not wait for those who do not answer")
  func closeAllWithDeafClients() throws {
    let bench = try DataPlaneFixture()
    let deaf = try bench.webSocket("/ws", greeting: "connected")
    let silent = try Socket(port: bench.port)
    try eventually("both are connected") { bench.plane.counts()[0].connectionsOpen == 2 }
    try bench.close()
    #expect(bench.plane.counts()[0].connectionsOpen == 0)
    deaf.drop()
    silent.close()
  }

  @Test("after stopAccepting nobody new is let in, and a running request is still answered")
  func stopAccepting() throws {
    try withPlane { bench in
      let client = HTTPClient(port: bench.port)
      try client.send(raw: Array("GET /later HTTP/1.1\r\nHost: here\r\n\r\n".utf8))
      try eventually("the request arrives") { !bench.inbound.asked.isEmpty }
      bench.plane.stopAccepting()
      try eventually("nobody is let in") { (try? Socket(port: bench.port)) == nil }
      bench.plane.reply(bench.inbound.asked.map { (ticket: $0.ticket, response: HTTPResponse(status: 200)) })
      let answer = try client.answer()
      #expect(answer.status == 200)
      #expect(answer.field("Connection") == "close")
    }
  }

  @Test("what is closed in any way leaves no connection behind")
  func leavesNothing() throws {
    try withPlane { bench in
      bench.topics.create(5)
      for round in 0..<30 {
        let client = try bench.webSocket("/ws/5", greeting: "connected 5 s 5 0")
        if round % 3 == 0 { try client.send(.close(1000)) }
        if round % 3 == 1 { client.socket.finishSending() }
        client.drop()
      }
      try eventually("all are gone") {
        let counts = bench.plane.counts()[0]
        return counts.connectionsAccepted == 30 && counts.connectionsOpen == 0
      }
      let counts = bench.plane.counts()[0]
      #expect(counts.subscriptions == 0 && counts.webSocketsOpen == 0)
    }
  }
}
