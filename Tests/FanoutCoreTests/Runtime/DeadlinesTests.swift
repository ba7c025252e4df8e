import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct DeadlinesTests {
  @Test("a quiet WebSocket is pinged, and stays when it answers")
  func ping() {
    let rig = LoopRig()
    let client = rig.webSocket()
    _ = client.read()
    var pings = 0
    for _ in 0..<30 {
      rig.pass(Limits().pingInterval / 5)
      for frame in client.read() where frame == .ping([]) {
        pings += 1
        client.socket.write(ClientFrames.pong())
      }
    }
    #expect((5...7).contains(pings))
    #expect(client.socket.isOpen)
    #expect(rig.faults() == [])
  }

  @Test("a WebSocket that is silent for two periods is closed")
  func silence() {
    let rig = LoopRig()
    let client = rig.webSocket()
    _ = client.read()
    rig.pass(Limits().pingInterval * 2 - Limits().pingInterval / 4 - 1000)
    #expect(client.read() == [.ping([])])
    rig.pass(Limits().pingInterval / 4 + 2000)
    #expect(client.read() == [.close(1001, "reason 1001")])
    rig.pass(Limits().closeTimeout + 500)
    #expect(!client.socket.isOpen)
    #expect(rig.faults() == [])
  }

  @Test("an admission that ends closes the connection with 4001")
  func expiry() {
    let rig = LoopRig()
    let client = rig.webSocket("/ws?expires=\(rig.io.wallClock + 20_000)")
    rig.pass(19_000)
    #expect(client.texts() == ["connected", "expiring \(rig.io.wallClock + 1_000)"])
    rig.pass(1_500)
    #expect(client.read() == [.close(4001, "reason 4001")])
    client.socket.write(ClientFrames.close(4001))
    rig.settle(2)
    #expect(client.socket.isEnded)
    #expect(rig.faults() == [])
  }

  @Test("a client is told once, a minute before, that its admission ends")
  func warning() {
    let rig = LoopRig()
    let end = rig.io.wallClock + 200_000
    let client = rig.webSocket("/ws?expires=\(end)")
    func texts(after milliseconds: UInt64) -> [String] {
      for _ in 0..<10 {
        rig.pass(milliseconds / 10)
        client.socket.write(ClientFrames.pong())
      }
      return client.texts()
    }
    #expect(texts(after: 139_000) == ["connected"])
    #expect(texts(after: 2_000) == ["expiring \(end)"])
    #expect(texts(after: 58_000) == [])
    rig.pass(2_000)
    #expect(client.read() == [.close(4001, "reason 4001")])
    #expect(rig.faults() == [])
  }

  @Test("the warning of a short admission comes behind the greeting")
  func warningAfterGreeting() {
    let rig = LoopRig()
    rig.topics.create(5)
    let client = rig.webSocket("/ws/5?expires=\(rig.io.wallClock + 20_000)")
    rig.pass(1_000)
    let texts = client.texts()
    #expect(texts.count == 2 && texts[0].hasPrefix("connected 5") && texts[1].hasPrefix("expiring"))
  }

  @Test("a renewed admission ends at its new moment, with a warning of its own")
  func renewal() {
    let rig = LoopRig()
    let (first, second) = (rig.io.wallClock + 20_000, rig.io.wallClock + 90_000)
    let client = rig.webSocket("/ws?expires=\(first)")
    rig.pass(1_000)
    #expect(client.texts() == ["connected", "expiring \(first)"])
    client.say("until \(second)")
    rig.pass(20_000)
    #expect(client.texts() == ["until \(second)"])
    rig.pass(10_000)
    #expect(client.texts() == ["expiring \(second)"])
    client.socket.write(ClientFrames.pong())
    // A shorter one counts, too.
    client.say("until \(rig.io.wallClock + 5_000)")
    rig.pass(6_000)
    #expect(client.read().last == .close(4001, "reason 4001"))
    #expect(rig.loop.counters.own.expiredClosed == 1)
    #expect(rig.faults() == [])
  }

  @Test(
    "an admission may end at any moment that a number can name",
    arguments: [Int64.min, -1, 0, Int64.max])
  func oddExpiry(expires: Int64) {
    let rig = LoopRig()
    let client = rig.webSocket("/ws?expires=\(expires)")
    rig.pass(1000)
    let closed = client.read().contains(.close(4001, "reason 4001"))
    #expect(closed == (expires != .max))
    #expect(rig.faults() == [])
  }

  @Test("an event stream ends with its admission, and says so")
  func streamExpiry() {
    let rig = LoopRig()
    rig.topics.create(5)
    let stream = rig.connect()
    stream.write("GET /stream/5/expires/\(rig.io.wallClock + 20_000) HTTP/1.1\r\nHost: here\r\n\r\n")
    rig.settle()
    _ = stream.read()
    rig.pass(19_000)
    #expect(stream.read().isEmpty)
    rig.pass(1_500)
    #expect(String(decoding: stream.read(), as: UTF8.self) == "event: end\ndata: reason 4001\n\n")
    #expect(stream.isEnded)
    #expect(rig.loop.counters.own.expiredClosed == 1)
    rig.publish(5)
    rig.pass(Limits().closeTimeout + 500)
    #expect(!stream.isOpen)
    #expect(rig.faults() == [])
  }

  @Test("after a standstill of the loop what has arrived is read before deadlines are judged")
  func standstill() {
    let get = "GET /small HTTP/1.1\r\nHost: here\r\n\r\n"
    let rig = LoopRig()
    rig.topics.create(5)
    let quiet = rig.webSocket()
    let slow = rig.webSocket("/ws/5")
    let (half, idle, fresh) = (rig.connect(), rig.connect(), rig.connect())
    half.write("GET /small HTTP/1.1\r\n")
    idle.write(get)
    rig.settle()
    _ = (quiet.read(), slow.read(), idle.read())
    slow.socket.capacity = 3
    rig.publish(5)
    rig.settle(2)
    // The loop stands still; the clients go on.
    rig.io.advance(by: 100_000)
    slow.socket.capacity = 4096
    half.write("Host: here\r\n\r\n")
    idle.write(get)
    fresh.write(get)
    rig.loop.tick()
    for socket in [half, idle, fresh] { #expect(HTTPAnswers.read(socket.read()).map(\.status) == [200]) }
    #expect(slow.texts() == ["n 5 1"])
    #expect(quiet.read() == [.ping([])])
    quiet.socket.write(ClientFrames.pong())
    slow.socket.write(ClientFrames.pong())
    rig.pass(Limits().pingInterval / 2)
    #expect(quiet.socket.isOpen && slow.socket.isOpen)
    #expect(rig.loop.counters.own.silentClosed == 0 && rig.loop.counters.own.requestTimeouts == 0)
    #expect(rig.faults() == [])
  }

  @Test("a quiet event stream is kept alive with comments")
  func comments() {
    let rig = LoopRig()
    rig.topics.create(5)
    let socket = rig.connect()
    socket.write("GET /stream/5 HTTP/1.1\r\nHost: here\r\n\r\n")
    rig.settle()
    _ = socket.read()
    rig.pass(Limits().pingInterval * 3)
    let text = String(decoding: socket.read(), as: UTF8.self)
    #expect((2...4).contains(text.split(separator: ":\n\n", omittingEmptySubsequences: false).count - 1))
    #expect(rig.faults() == [])
  }

  @Test("a subscriber that takes nothing is given up, and nobody else notices")
  func stalled() {
    let rig = LoopRig()
    rig.topics.create(5)
    let slow = rig.webSocket("/ws/5", capacity: 400)
    let fast = rig.webSocket("/ws/5")
    for _ in 0..<200 {
      rig.publish(5)
      rig.pass(200)
      _ = fast.texts()
    }
    #expect(slow.socket.closing == .reset)
    #expect(rig.loop.counters.own.stalledClosed == 1)
    #expect(
      rig.observer.incidents.contains(.stalled(peer: PeerAddress(ipv4: UInt32(slow.socket.descriptor)))))
    rig.publish(5)
    rig.settle(2)
    #expect(fast.texts() == ["n 5 201"])
    #expect(rig.faults() == [])
  }

  @Test("a blocked reader whose ciphertext the kernel goes on taking has not stalled")
  func slowThroughTLS() {
    let rig = LoopRig()
    rig.topics.create(5)
    let slow = rig.webSocket("/ws/5", capacity: 400)
    func pass(_ seconds: Int, progress: Bool) {
      for _ in 0..<seconds {
        rig.publish(5)
        slow.socket.write(ClientFrames.pong())
        rig.pass(1000)
        if progress { rig.io.kept[slow.socket.descriptor] = Unsent(count: 9_000, progressAt: rig.io.now) }
      }
    }
    pass(80, progress: true)
    #expect(slow.socket.isOpen)
    pass(40, progress: false)
    #expect(slow.socket.closing == .reset)
    #expect(rig.loop.counters.own.stalledClosed == 1)
    #expect(rig.faults() == [])
  }

  @Test("an answer that leaves slowly is not cut off by the end of the idle time or of a half-close")
  func slowAnswer() {
    let rig = LoopRig()
    for last in [false, true] {
      let socket = rig.connect()
      socket.write("GET /small HTTP/1.1\r\nHost: here\r\n\(last ? "Connection: close\r\n" : "")\r\n")
      rig.settle()
      #expect(!socket.read().isEmpty)
      for _ in 0..<20 {
        rig.io.kept[socket.descriptor] = Unsent(count: 50_000, progressAt: rig.io.now)
        rig.pass(Limits().stallTimeout / 3)
      }
      #expect(socket.isOpen)
      rig.io.kept[socket.descriptor] = nil
      rig.pass(Limits().keepAliveTimeout + 1000)
      #expect(!socket.isOpen)
    }
    #expect(rig.faults() == [])
  }

  @Test("an answer of which the kernel takes nothing more is given up")
  func stalledAnswer() {
    let rig = LoopRig()
    let socket = rig.connect()
    socket.write("GET /small HTTP/1.1\r\nHost: here\r\n\r\n")
    rig.settle()
    rig.io.kept[socket.descriptor] = Unsent(count: 50_000, progressAt: rig.io.now)
    rig.pass(Limits().stallTimeout + Limits().keepAliveTimeout)
    #expect(!socket.isOpen)
    #expect(rig.loop.counters.own.stalledClosed == 1)
  }

  @Test("a subscriber that is sent notices needs no pings, and is pinged once they stop")
  func noticesAreEnough() {
    let rig = LoopRig()
    rig.topics.create(5)
    let client = rig.webSocket("/ws/5")
    _ = client.read()
    for _ in 0..<20 {
      rig.publish(5)
      rig.pass(Limits().pingInterval / 2)
      #expect(!client.read().contains(.ping([])))
    }
    rig.pass(Limits().pingInterval / 2 + 1000)
    #expect(client.read() == [.ping([])])
    #expect(client.socket.isOpen)
    #expect(rig.faults() == [])
  }

  @Test("a ping that was not answered before a notice is not forgotten over it")
  func silentReader() {
    let rig = LoopRig()
    rig.topics.create(5)
    let client = rig.webSocket("/ws/5")
    _ = client.read()
    rig.pass(Limits().pingInterval + 1000)
    #expect(client.read() == [.ping([])])
    rig.publish(5)
    rig.pass(Limits().pingInterval * 2 + 1000)
    #expect(client.read().last == .close(1001, "reason 1001"))
    #expect(rig.faults() == [])
  }

  @Test("those who were sent the same notice are not pinged together")
  func spreadAfterNotice() {
    let rig = LoopRig()
    rig.topics.create(5)
    let clients = rig.subscribers(200)
    rig.publish(5)
    rig.settle(4)
    for client in clients { _ = client.read() }
    var most = 0
    var pings = 0
    let ticks = Limits().pingInterval / Limits().tick
    for _ in 0..<ticks + 5 {
      rig.pass(Limits().tick)
      let now = clients.count { $0.read().contains(.ping([])) }
      most = max(most, now)
      pings += now
    }
    #expect(pings == clients.count)
    #expect(most <= 20, "\(most) of 200 in one tick")
    #expect(rig.faults() == [])
  }

  @Test("the pings of a tick are one batch, and a full socket among them gets the rest later")
  func batch() {
    var limits = Limits()
    limits.tick = 1000
    let coarse = LoopRig(limits)
    let clients = (0..<50).map { _ in coarse.webSocket() }
    for client in clients { _ = client.read() }
    clients[7].socket.capacity = 1
    let before = coarse.io.batches
    coarse.pass(limits.pingInterval + 1000)
    #expect(coarse.io.batches - before <= Int(limits.pingInterval / 4 / limits.tick) + 2)
    for (number, client) in clients.enumerated() where number != 7 { #expect(client.read() == [.ping([])]) }
    #expect(clients[7].read() == [])
    clients[7].socket.capacity = 1 << 20
    coarse.settle(2)
    #expect(clients[7].read() == [.ping([])])
    #expect(coarse.faults() == [])
  }
}
