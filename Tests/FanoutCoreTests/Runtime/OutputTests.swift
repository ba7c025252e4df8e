import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct OutputTests {
  /// A subscriber of topic 5 whose socket holds `capacity` bytes and has been filled to the brim, with the
  /// greeting read.
  private func slowSubscriber(_ rig: LoopRig, capacity: Int) -> ScriptedClient {
    let client = rig.webSocket("/ws/5", capacity: 4096)
    _ = client.read()
    client.socket.capacity = capacity
    return client
  }

  /// A subscriber of topic 5 in the middle of the first notice, of which its socket took `capacity` bytes.
  private func blockedSubscriber(capacity: Int = 3) -> (rig: LoopRig, client: ScriptedClient) {
    let rig = LoopRig()
    rig.topics.create(5)
    let client = slowSubscriber(rig, capacity: capacity)
    rig.publish(5)
    rig.settle(2)
    return (rig, client)
  }

  @Test("a frame that was begun is finished first, and what is missed follows one by one when it is short")
  func finishesFrame() {
    for capacity in 1...20 {
      let (rig, client) = blockedSubscriber(capacity: capacity)
      rig.publish(5, 3)
      rig.settle(2)
      client.socket.capacity = 4096
      rig.settle(3)
      #expect(client.texts() == ["n 5 1", "n 5 2", "n 5 3", "n 5 4"], "capacity \(capacity)")
      #expect(client.frames.offence == nil)
      #expect(rig.loop.counters.own.connectionsBlocked == 0)
      #expect(rig.faults() == [])
    }
  }

  @Test("what is missed is one message when there is much of it, and it names the first and the last")
  func conflates() {
    var limits = Limits()
    limits.pullFrames = 4
    let rig = LoopRig(limits)
    rig.topics.create(5)
    let client = slowSubscriber(rig, capacity: 9)  // one whole notice and the beginning of the second
    rig.publish(5, 2)
    rig.settle(2)
    for _ in 0..<10 {
      rig.publish(5)
      rig.settle(2)
    }
    client.socket.capacity = 4096
    rig.settle(3)
    #expect(client.texts() == ["n 5 1", "n 5 2", "c 5 3 12"])
    #expect(rig.loop.counters.own.conflations == 1)
    rig.publish(5)
    rig.settle(2)
    #expect(client.texts() == ["n 5 13"])
    #expect(rig.faults() == [])
  }

  @Test("few but large missed frames are one message, too")
  func conflatesBytes() {
    var limits = Limits()
    limits.pullBytes = 500
    let rig = LoopRig(limits)
    rig.topics.create(5)
    rig.topics.pad(200)
    let client = slowSubscriber(rig, capacity: 1)
    for _ in 0..<4 {
      rig.publish(5)
      rig.settle(2)
    }
    client.socket.capacity = 4096
    rig.settle(3)
    #expect(client.texts().map { String($0.prefix(7)) } == ["n 5 1 x", "c 5 2 4"])
    #expect(rig.faults() == [])
  }

  @Test("a slow reader that reads byte by byte gets whole frames and ends at the head")
  func byteByByte() {
    let rig = LoopRig()
    rig.topics.create(5)
    let client = slowSubscriber(rig, capacity: 1)
    for _ in 0..<30 {
      rig.publish(5)
      rig.settle(2)
    }
    var texts: [String] = []
    for _ in 0..<2000 {
      texts += client.texts()
      rig.turn()
    }
    #expect(texts.first == "n 5 1")
    #expect(texts.last?.hasSuffix(" 30") == true)
    #expect(client.frames.offence == nil)
    #expect(rig.loop.counters.own.connectionsBlocked == 0)
    #expect(rig.faults() == [])
  }

  @Test("a slow reader keeps nobody else waiting and costs one frame of memory")
  func bounded() {
    let rig = LoopRig()
    rig.topics.create(5)
    let slow = slowSubscriber(rig, capacity: 5)
    let fast = rig.webSocket("/ws/5")
    _ = fast.read()
    for number in 1...500 {
      rig.publish(5)
      rig.turn()
      #expect(fast.texts() == ["n 5 \(number)"])
      #expect((rig.connection(slow.socket)?.waiting ?? 0) < 20)
    }
    #expect(rig.faults() == [])
  }

  @Test("direct replies keep their order among notices")
  func ordered() {
    let (rig, client) = blockedSubscriber()
    client.say("echo one")
    client.socket.write(ClientFrames.ping("p"))
    rig.settle(2)
    rig.publish(5)
    rig.settle(2)
    client.socket.capacity = 4096
    rig.settle(3)
    #expect(
      client.read() == [.text("n 5 1"), .text("echo one"), .pong(Array("p".utf8)), .text("n 5 2")])
    #expect(rig.faults() == [])
  }

  @Test("a client that asks and reads late gets every answer; meanwhile its input waits")
  func readsLate() {
    let rig = LoopRig()
    let client = rig.webSocket("/ws", capacity: 600)
    _ = client.read()
    let text = String(repeating: "x", count: 1000)
    for number in 0..<3000 { client.say("echo \(number) \(text)") }
    for _ in 0..<200 {
      rig.turn()
      #expect((rig.connection(client.socket)?.waiting ?? 0) <= Limits().outboxBytes)
    }
    rig.pass(Limits().stallTimeout / 2)
    var texts: [String] = []
    client.socket.capacity = 20_000
    for _ in 0..<3000 where texts.count < 3000 {
      texts += client.texts()
      rig.turn()
    }
    #expect(texts == (0..<3000).map { "echo \($0) \(text)" })
    #expect(client.socket.isOpen)
    #expect(rig.loop.counters.own.overflowsClosed == 0)
    #expect(rig.faults() == [])
  }

  @Test("a client that asks and takes nothing is closed after the stall timeout and not before")
  func asksAndTakesNothing() {
    let rig = LoopRig()
    let client = rig.webSocket("/ws", capacity: 600)
    for _ in 0..<500 { client.say("echo " + String(repeating: "x", count: 1000)) }
    rig.pass(Limits().stallTimeout - 1000)
    #expect(client.socket.isOpen)
    rig.pass(2000)
    #expect(client.socket.closing == .reset)
    #expect(rig.loop.counters.own.stalledClosed == 1)
    #expect(rig.faults() == [])
  }

  @Test(
    "a client that is far behind with a long resume may still ask for something, and its memory is bounded")
  func longResume() {
    let rig = LoopRig()
    rig.topics.pad(150)
    rig.topics.create(5, head: 900)
    let client = rig.webSocket("/ws/5?since=0", capacity: 5000)
    rig.settle()
    client.socket.write(ClientFrames.ping("p"))
    var frames: [ServerFrames.Frame] = []
    for _ in 0..<400 {
      rig.turn()
      #expect((rig.connection(client.socket)?.waiting ?? 0) <= Limits().outboxBytes)
      frames += client.read()
    }
    #expect(frames.first == .text("connected 5 resumed 0"))
    #expect(frames.contains(.pong(Array("p".utf8))))
    let seqs = frames.compactMap {
      if case .text(let text) = $0 { text.split(separator: " ")[2] } else { nil }
    }
    #expect(seqs.dropFirst() == (1...900).map { Substring("\($0)") }[...])
    #expect(rig.faults() == [])
  }

  @Test("clients that resume and never read cost a bounded piece each")
  func resumesUnread() {
    var limits = Limits()
    limits.stallTimeout = 600_000
    let rig = LoopRig(limits)
    rig.topics.pad(150)
    rig.topics.create(5, head: 999)
    let clients = (0..<30).map { _ in rig.webSocket("/ws/5?since=0", capacity: 600) }
    for _ in 0..<20 {
      rig.pass(200)
      for client in clients {
        #expect((rig.connection(client.socket)?.waiting ?? 0) <= limits.outboxBytes)
      }
    }
    #expect(rig.loop.counters.own.recalls <= 30)
    #expect(rig.faults() == [])
  }

  @Test("when the output memory of the loop is used up the connections that have most of it are closed")
  func shed() {
    var limits = Limits()
    limits.outputBytesPerLoop = 300_000
    let rig = LoopRig(limits)
    let small = rig.connect(capacity: 500)
    small.write("GET /size/20000 HTTP/1.1\r\nHost: here\r\n\r\n")
    let large = (0..<6).map { _ in rig.connect(capacity: 500) }
    for socket in large {
      socket.write("GET /size/70000 HTTP/1.1\r\nHost: here\r\n\r\n")
      rig.turn()
      #expect(rig.loop.counters.own.outputBytes <= limits.outputBytesPerLoop)
    }
    #expect(small.isOpen)
    let closed = large.count { !$0.isOpen }
    #expect(closed > 0 && closed == rig.loop.counters.own.memoryClosed)
    #expect(rig.observer.incidents.contains { if case .outputExhausted = $0 { true } else { false } })
    #expect(rig.faults() == [])
  }

  @Test("ciphertext that waits in the transport counts, too, and decides who is closed")
  func shedsCiphertext() {
    var limits = Limits()
    limits.outputBytesPerLoop = 300_000
    let rig = LoopRig(limits)
    let plain = rig.connect(capacity: 500)
    plain.write("GET /size/100000 HTTP/1.1\r\nHost: here\r\n\r\n")
    let sockets = (0..<3).map { _ in rig.connect() }
    for (socket, count) in zip(sockets, [0, 90_000, 105_000]) {
      rig.io.kept[socket.descriptor] = Unsent(count: count, progressAt: rig.io.now)
    }
    rig.turn()
    #expect(sockets.allSatisfy { $0.isOpen } && plain.isOpen)
    rig.io.kept[sockets[1].descriptor]?.count = 110_000
    rig.turn()
    #expect(sockets.map(\.isOpen) == [true, false, true] && plain.isOpen)
    #expect(sockets[1].closing == .reset)
    #expect(rig.counters.own.memoryClosed == 1)
    #expect(rig.observer.incidents == [.outputExhausted(closed: 1)])
    rig.pass(200)
    #expect(rig.counters.counts.unsentBytes == 105_000)
    #expect(rig.faults() == [])
  }

  @Test("the answers behind a resume leave together, as those before it do")
  func staysCorked() {
    let rig = LoopRig()
    rig.topics.create(5)
    let client = rig.subscribers(1)[0]
    rig.publish(5, 2)
    rig.settle()
    _ = client.read()
    let before = rig.counters.own.sends
    for text in ["echo a", "sub 5 since 0", "echo b", "echo c", "echo d"] { client.say(text) }
    rig.settle(2)
    #expect(
      client.texts() == ["echo a", "subscribed 5 resumed 0", "n 5 1", "n 5 2", "echo b", "echo c", "echo d"])
    #expect(rig.counters.own.sends - before == 3)
    #expect(rig.faults() == [])
  }

  @Test("bytes that many connections are sent at once are counted")
  func countsPings() {
    let rig = LoopRig()
    let clients = (0..<4).map { _ in rig.webSocket() }
    clients[0].socket.capacity = clients[0].socket.unread + 1
    let before = rig.counters.own.bytesSent
    rig.pass(Limits().pingInterval + 1_000)
    #expect(rig.counters.own.bytesSent - before == 3 * 2 + 1)
    #expect(clients[1...].allSatisfy { $0.read().last == .ping([]) })
    #expect(rig.faults() == [])
  }

  @Test("several subscriptions of one slow connection each catch up by themselves")
  func severalTopics() {
    let rig = LoopRig()
    for topic in Int64(1)...3 { rig.topics.create(topic) }
    let client = rig.webSocket()
    for topic in 1...3 { client.say("sub \(topic)") }
    rig.settle()
    #expect(client.texts().count == 4)
    client.socket.capacity = 4
    for _ in 0..<5 {
      for topic in Int64(1)...3 { rig.publish(topic) }
      rig.settle(2)
    }
    var texts: [String] = []
    for _ in 0..<300 {
      texts += client.texts()
      rig.turn()
    }
    for topic in 1...3 {
      #expect(texts.filter { $0.hasPrefix("n \(topic) ") } == (1...5).map { "n \(topic) \($0)" })
    }
    #expect(rig.faults() == [])
  }

  @Test("a peer that breaks off while its outbox is flushed is forgotten")
  func breaksOffBlocked() {
    for failure in [ScriptedTransport.connectionReset, ScriptedTransport.brokenPipe] {
      let (rig, client) = blockedSubscriber()
      client.socket.reset(failure)
      rig.settle(3)
      #expect(!client.socket.isOpen)
      #expect(rig.loop.subscribers.subscriptions.count == 0)
      #expect(rig.faults() == [])
    }
  }

  @Test("a close frame waits behind the frame that was begun")
  func closeWhileBlocked() {
    let (rig, client) = blockedSubscriber()
    client.say("bye 1000 x")
    rig.settle(2)
    rig.publish(5)
    rig.settle(2)
    client.socket.capacity = 4096
    rig.settle(2)
    #expect(client.read() == [.text("n 5 1"), .close(1000, "x")])
    client.socket.write(ClientFrames.close(1000))
    rig.settle(2)
    #expect(client.socket.isEnded)
    #expect(rig.faults() == [])
  }

  @Test("a peer's close on a blocked connection is answered, and then the connection ends")
  func peerClosesWhileBlocked() {
    let (rig, client) = blockedSubscriber()
    client.socket.write(ClientFrames.close(1000))
    rig.settle(2)
    #expect(rig.faults() == [])
    client.socket.capacity = 4096
    rig.settle(3)
    #expect(client.read() == [.text("n 5 1"), .close(1000, "")])
    #expect(client.socket.isEnded)
    #expect(rig.faults() == [])
    rig.pass(Limits().closeTimeout + 500)
    #expect(!client.socket.isOpen)
  }

  @Test("a peer that closes and never reads the rest is let go")
  func peerClosesAndNeverReads() {
    let (rig, client) = blockedSubscriber()
    client.socket.write(ClientFrames.close(1000))
    rig.pass(Limits().stallTimeout + 1000)
    #expect(!client.socket.isOpen)
    #expect(rig.faults() == [])
  }
}
