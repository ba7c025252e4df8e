import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct LoopMailboxTests {
  @Test("answers reach the request that they belong to and nothing else")
  func replies() throws {
    let rig = LoopRig()
    let sockets = (0..<3).map { _ in rig.connect() }
    for socket in sockets { socket.write("GET /later HTTP/1.1\r\nHost: here\r\n\r\n") }
    rig.turn()
    let tickets = rig.inbound.asked.map(\.ticket)
    #expect(Set(tickets).count == 3)
    let wrong = [
      Ticket(loop: LoopID(0), slot: 77, generation: 1, request: 1),
      Ticket(loop: LoopID(0), slot: tickets[0].slot, generation: tickets[0].generation &+ 9, request: 1),
      Ticket(loop: LoopID(0), slot: tickets[0].slot, generation: tickets[0].generation, request: 2),
    ]
    rig.proxy.post(.replies(wrong.map { (ticket: $0, response: HTTPResponse(status: 500)) }))
    rig.proxy.post(
      .replies(
        tickets.enumerated().map { number, ticket in
          (ticket: ticket, response: HTTPResponse(status: 200, body: Array("\(number)".utf8)))
        }))
    rig.turn()
    for (number, socket) in sockets.enumerated() {
      #expect(HTTPAnswers.read(socket.read()).map(\.body) == ["\(number)"])
    }
    #expect(rig.faults() == [])
  }

  @Test("an answer may become an event stream")
  func stream() {
    let rig = LoopRig()
    rig.topics.create(5, head: 3)
    let socket = rig.connect()
    socket.write("GET /later HTTP/1.1\r\nHost: here\r\n\r\n")
    rig.turn()
    let answer = FakeInbound.stream(TopicID(5), .none)
    rig.proxy.post(.replies(rig.inbound.asked.map { (ticket: $0.ticket, response: answer) }))
    rig.settle(3)
    rig.publish(5)
    rig.settle(2)
    let text = String(decoding: socket.read(), as: UTF8.self)
    #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
    #expect(text.contains("Connection: close\r\n"))
    #expect(!text.contains("Content-Length"))
    #expect(
      text.hasSuffix("\r\n\r\nretry: 2000\n\nid: e.3\ndata: connected 5 s 5 3\n\nid: e.4\ndata: n 5 4\n\n"))
    #expect(rig.loop.counters.own.eventStreamsOpen == 1)
    #expect(rig.faults() == [])
  }

  @Test("an event stream that became invalid before it started says why and ends")
  func refusedStream() {
    let rig = LoopRig()
    rig.topics.create(5, head: 3)
    let socket = rig.connect()
    socket.write("GET /later HTTP/1.1\r\nHost: here\r\n\r\n")
    rig.turn()
    var answer = FakeInbound.stream(TopicID(5), .none)
    answer.stream?.refusal = { "logged out" }
    rig.proxy.post(.replies(rig.inbound.asked.map { (ticket: $0.ticket, response: answer) }))
    rig.settle(3)
    rig.publish(5)
    rig.settle(2)
    let text = String(decoding: socket.read(), as: UTF8.self)
    #expect(text.hasSuffix("\r\n\r\nevent: end\ndata: logged out\n\n"))
    #expect(socket.isEnded)
    #expect(rig.loop.counters.own.eventStreamsOpen == 0)
    #expect(rig.topics.everAsked.isEmpty)
    #expect(rig.faults() == [])
  }

  @Test("HEAD of an event stream is a head and the end")
  func headOfStream() {
    let rig = LoopRig()
    rig.topics.create(5)
    let socket = rig.connect()
    socket.write("HEAD /stream/5 HTTP/1.1\r\nHost: here\r\n\r\n")
    rig.settle(3)
    #expect(String(decoding: socket.read(), as: UTF8.self).hasSuffix("\r\n\r\n"))
    #expect(socket.hasEnded)
    #expect(rig.topics.everAsked.isEmpty)
    #expect(rig.faults() == [])
  }

  @Test("news of a topic that the loop does not hold are dropped")
  func strayNews() {
    let rig = LoopRig()
    rig.topics.create(5)
    rig.publisher.grant(TopicID(5), to: LoopID(0), at: FakeTopics.summary(TopicID(5), 0))
    rig.publish(5)
    rig.settle(2)
    #expect(rig.loop.subscribers.topics.count == 0)
    #expect(rig.loop.counters.own.notices == 0)
    #expect(rig.faults() == [])
  }

  @Test("after the listeners were closed idle connections end and busy ones finish")
  func stopAccepting() throws {
    let rig = LoopRig()
    let idle = rig.connect()
    let busy = rig.connect()
    let partial = rig.connect()
    busy.write("GET /later HTTP/1.1\r\nHost: here\r\n\r\n")
    partial.write("GET /small HTTP/1.1\r\n")
    let socket = rig.webSocket()
    rig.proxy.post(.stopAccepting)
    rig.turn()
    #expect(!rig.io.isListening)
    #expect(idle.isEnded)
    #expect(!rig.connect().isOpen)
    #expect(!busy.isEnded)
    #expect(!socket.socket.isEnded)
    partial.write("Host: here\r\n\r\n")
    let ticket = try #require(rig.inbound.asked.first?.ticket)
    rig.proxy.post(.replies([(ticket: ticket, response: HTTPResponse(status: 200))]))
    rig.settle(2)
    for client in [busy, partial] {
      let answers = HTTPAnswers.read(client.read())
      #expect(answers.map(\.status) == [200])
      #expect(answers.first?.head.contains("Connection: close") == true)
      #expect(client.isEnded)
    }
    #expect(rig.observer.incidents.isEmpty)
    #expect(rig.faults() == [])
  }

  @Test("at the end everybody gets what was published, a goodbye and a close frame")
  func closeAll() {
    var limits = Limits()
    limits.cohortSubscribers = 2
    let rig = LoopRig(limits)
    rig.topics.create(5)
    let clients = rig.subscribers(9)
    let stream = rig.connect()
    stream.write("GET /stream/5 HTTP/1.1\r\nHost: here\r\n\r\n")
    let idle = rig.connect()
    rig.settle()
    _ = (clients.map { $0.read() }, stream.read())
    rig.publish(5)
    rig.proxy.post(.closeAll)
    rig.turn()
    var moments: Set<String> = []
    for client in clients {
      let frames = client.read()
      #expect(frames.count == 3)
      #expect(frames.first == .text("n 5 1"))
      #expect(frames.last == .close(1012, "reason 1012"))
      if case .text(let text) = frames[1], text.hasPrefix("draining ") { moments.insert(text) }
    }
    #expect(moments.count == 9)
    let text = String(decoding: stream.read(), as: UTF8.self)
    #expect(text.hasPrefix("id: e.1\ndata: n 5 1\n\ndata: draining "))
    let retry = text.split(separator: "\n").last?.split(separator: " ").last.flatMap { UInt64($0) }
    #expect(retry.map { $0 < limits.reconnectSpread } == true)
    #expect(stream.isEnded && idle.isEnded)
    #expect(!rig.io.isStopped)
    for client in clients { client.socket.write(ClientFrames.close(1012)) }
    rig.settle(2)
    for socket in clients.map(\.socket) + [stream, idle] { socket.end() }
    rig.pass(300)
    #expect(rig.io.isStopped)
    #expect(rig.io.openSockets == 0)
    #expect(rig.faults() == [])
  }

  @Test("event streams are told different moments to come back, too")
  func retrySpread() {
    let rig = LoopRig()
    rig.topics.create(5)
    let streams = (0..<20).map { _ in rig.connect() }
    for stream in streams { stream.write("GET /stream/5 HTTP/1.1\r\nHost: here\r\n\r\n") }
    rig.settle()
    for stream in streams {
      let text = String(decoding: stream.read(), as: UTF8.self)
      #expect(text.contains("\r\n\r\nretry: \(Limits().streamRetry)\n\n"))
    }
    rig.proxy.post(.closeAll)
    rig.turn()
    let texts = streams.map { String(decoding: $0.read(), as: UTF8.self) }
    #expect(texts.allSatisfy { $0.contains("\n\nretry: ") })
    #expect(Set(texts).count == 20)
    #expect(rig.faults() == [])
  }

  /// WebSockets of the clients 9, 9 and 8 and an event stream of client 1, all of topic 5 and greeted.
  private func connectClients(to rig: LoopRig) -> (webSockets: [ScriptedClient], stream: ScriptedSocket) {
    rig.topics.create(5)
    let clients = [9, 9, 8].map { rig.webSocket("/ws/5?client=\($0)") }
    let stream = rig.connect()
    stream.write("GET /stream/5 HTTP/1.1\r\nHost: here\r\n\r\n")
    rig.settle()
    _ = (clients.map { $0.read() }, stream.read())
    return (clients, stream)
  }

  @Test("all connections of a client are closed when it is withdrawn, and nobody else's")
  func withdrawnClient() {
    let rig = LoopRig()
    let (clients, stream) = connectClients(to: rig)
    rig.proxy.post(.withdrawClient(9, .policyViolation, reason: "account closed"))
    rig.turn()
    for client in clients.prefix(2) { #expect(client.read() == [.close(1008, "account closed")]) }
    #expect(clients[2].read() == [] && stream.read().isEmpty)
    rig.proxy.post(.withdrawClient(1, .policyViolation, reason: "account closed"))
    rig.turn()
    #expect(String(decoding: stream.read(), as: UTF8.self) == "event: end\ndata: account closed\n\n")
    #expect(stream.isEnded)
    rig.publish(5)
    rig.settle(2)
    #expect(clients[2].texts() == ["n 5 1"])
    #expect(rig.faults() == [])
  }

  @Test("what was admitted by a credential ends with it, and nothing else does")
  func endedCredential() {
    let rig = LoopRig()
    rig.topics.create(5)
    let clients = ["/ws/5?by=3", "/ws/5?by=4", "/ws/5"].map { rig.webSocket($0) }
    let streams = [3, 4].map { key in
      let stream = rig.connect()
      stream.write("GET /stream/5/by/\(key) HTTP/1.1\r\nHost: here\r\n\r\n")
      return stream
    }
    let renewed = rig.webSocket("/ws/5?by=3")
    renewed.say("until \(rig.io.wallClock + 500_000) by 4")
    rig.settle()
    _ = ((clients + [renewed]).map { $0.read() }, streams.map { $0.read() })
    rig.proxy.post(.endCredential(Credential(3), at: Int64.min))
    rig.pass(1_000)
    #expect(clients[0].read() == [.close(4001, "reason 4001")])
    #expect(
      String(decoding: streams[0].read(), as: UTF8.self).hasPrefix("event: end\n") && streams[0].isEnded)
    #expect((clients[1...] + [renewed]).allSatisfy { $0.read() == [] } && streams[1].read().isEmpty)
    // One that is known to end is told, and ends then; its own earlier end stays.
    let end = rig.io.wallClock + 20_000
    rig.proxy.post(.endCredential(Credential(4), at: end))
    rig.proxy.post(.endCredential(Credential(4), at: end + 1))
    rig.pass(1_000)
    #expect(clients[1].texts() == ["expiring \(end)"] && renewed.texts() == ["expiring \(end)"])
    rig.pass(20_000)
    #expect(clients[1].read() == [.close(4001, "reason 4001")] && streams[1].isEnded)
    #expect(clients[2].read() == [])
    #expect(rig.faults() == [])
  }

  @Test("a private text reaches the WebSockets of one client, between notices, and nobody else")
  func toldClient() {
    let rig = LoopRig()
    let (clients, stream) = connectClients(to: rig)
    rig.publish(5)
    rig.settle(2)
    rig.proxy.post(.tellClient(9, Array("yours".utf8)))
    rig.proxy.post(.tellClient(1, Array("not for streams".utf8)))
    rig.proxy.post(.tellClient(77, Array("nobody's".utf8)))
    rig.turn()
    for client in clients.prefix(2) { #expect(client.texts() == ["n 5 1", "yours"]) }
    #expect(clients[2].texts() == ["n 5 1"])
    #expect(!String(decoding: stream.read(), as: UTF8.self).contains("not for"))
    #expect(rig.faults() == [])
  }

  @Test("no private text follows a close frame, and none goes to a later connection at the same slot")
  func toldAfterClose() {
    let rig = LoopRig()
    let (clients, _) = connectClients(to: rig)
    rig.proxy.post(.withdrawClient(9, .policyViolation, reason: "account closed"))
    rig.proxy.post(.tellClient(9, Array("too late".utf8)))
    rig.turn()
    for client in clients.prefix(2) { #expect(client.read() == [.close(1008, "account closed")]) }
    for client in clients.prefix(2) { client.socket.reset() }
    rig.settle(2)
    let others = (0..<2).map { _ in rig.webSocket("/ws/5?client=8") }
    _ = others.map { $0.read() }
    rig.proxy.post(.tellClient(9, Array("to nobody".utf8)))
    rig.proxy.post(.tellClient(8, Array("yours".utf8)))
    rig.turn()
    for client in others + [clients[2]] { #expect(client.texts() == ["yours"]) }
    #expect(rig.faults() == [])
  }

  @Test("the end waits for those who do not answer only so long")
  func closeAllBounded() {
    let rig = LoopRig()
    rig.topics.create(5)
    let deaf = rig.webSocket("/ws/5", capacity: 300)
    let quiet = rig.webSocket("/ws/5")
    for _ in 0..<50 {
      rig.publish(5)
      rig.settle(2)
    }
    rig.proxy.post(.closeAll)
    rig.pass(Limits().closeTimeout + 500)
    #expect(rig.io.isStopped)
    #expect(!deaf.socket.isOpen && !quiet.socket.isOpen)
    rig.proxy.post(.stopAccepting)
    #expect(rig.proxy.take() == nil)
    #expect(rig.faults() == [])
  }

  @Test(
    "clients that keep a connection for later and do not look at it are not waited for; one that takes nothing is"
  )
  func closeAllKept() {
    let rig = LoopRig()
    let kept = (0..<3).map { _ in rig.connect() }
    for socket in kept { socket.write("GET /small HTTP/1.1\r\nHost: here\r\n\r\n") }
    rig.settle()
    rig.proxy.post(.closeAll)
    rig.turn()
    #expect(
      kept.allSatisfy(\.isEnded) && !rig.io.isStopped, "they have been told, and may read what was sent")
    rig.pass(Limits().lastLinger + 2 * Limits().tick)
    #expect(rig.io.isStopped && rig.io.openSockets == 0)
    #expect(rig.faults() == [])
    let slow = LoopRig()
    let socket = slow.connect(capacity: 300)
    socket.write("GET /size/70000 HTTP/1.1\r\nHost: here\r\n\r\n")
    slow.settle()
    slow.proxy.post(.closeAll)
    slow.pass(Limits().closeTimeout - 500)
    #expect(!slow.io.isStopped)
    slow.pass(1_000)
    #expect(slow.io.isStopped)
  }

  @Test("an empty loop ends at once, and shows its last counts")
  func closeAllEmpty() {
    let rig = LoopRig()
    rig.webSocket().socket.reset()
    rig.turn()
    rig.proxy.post(.closeAll)
    rig.turn()
    #expect(rig.io.isStopped)
    #expect(rig.counters.counts == rig.loop.counters.own)
    #expect(rig.counters.counts.connectionsAccepted == 1)
  }
}
