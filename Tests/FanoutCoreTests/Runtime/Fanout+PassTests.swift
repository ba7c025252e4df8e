import TestSupport
import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct FanoutPassTests {
  @Test("what was published together is one send per subscriber")
  func oneSend() {
    let rig = LoopRig()
    rig.topics.create(5)
    let clients = rig.subscribers(10)
    _ = clients.map { $0.texts() }
    let before = rig.io.sends
    for _ in 0..<5 { rig.publish(5, 2) }
    rig.settle(2)
    #expect(rig.io.sends - before == 10)
    for client in clients { #expect(client.texts() == (1...10).map { "n 5 \($0)" }) }
    #expect(rig.loop.counters.own.framesDelivered == 100)
    #expect(rig.loop.counters.own.notices == 10)
    #expect(rig.faults() == [])
  }

  @Test("later cohorts get more at once, and everybody gets everything once and in order")
  func rolling() {
    let (rig, clients) = LoopRig.crowd(20, cohorts: 3)
    var texts = [[String]](repeating: [], count: 20)
    for _ in 0..<40 {
      rig.publish(5)
      rig.turn()
      #expect(rig.faults() == [])
      for (number, client) in clients.enumerated() { texts[number] += client.texts() }
    }
    rig.settle(20)
    for (number, client) in clients.enumerated() {
      #expect(texts[number] + client.texts() == (1...40).map { "n 5 \($0)" })
    }
  }

  @Test("a small topic does not wait for the end of a large one")
  func fairness() {
    var limits = Limits()
    limits.cohortSubscribers = 2
    let rig = LoopRig(limits)
    rig.topics.create(1)
    rig.topics.create(2)
    let large = rig.subscribers(40, of: 1)
    let small = rig.webSocket("/ws/2")
    _ = (large + [small]).map { $0.texts() }
    rig.publish(1)
    rig.publish(2)
    rig.settle(3)
    #expect(small.texts() == ["n 2 1"])
    #expect(large.contains { $0.socket.unread == 0 })
    rig.settle(40)
    #expect(large.allSatisfy { $0.texts() == ["n 1 1"] })
  }

  @Test("the pass takes as much time at once as others took between two pieces of it, up to a bound")
  func share() {
    let (rig, clients) = LoopRig.crowd(30, cohorts: 1)
    func served() -> Int { clients.count { !$0.texts().isEmpty } }
    rig.publish(5)
    rig.turn()
    #expect(served() == 1)
    // Nothing came between: one piece.
    rig.turn()
    #expect(served() == 1)
    rig.io.batchTime = 2
    rig.io.advance(by: 5)
    rig.turn()
    #expect(served() == 3)
    rig.io.advance(by: 60_000)
    rig.turn()
    #expect(served() == 5)
    rig.io.batchTime = 0
    rig.io.advance(by: 1)
    rig.turn()
    #expect(served() == 20)
    #expect(rig.faults() == [])
  }

  @Test("a cohort that the log has outrun gets one message that declares what it missed")
  func outrun() {
    var limits = Limits()
    limits.logFrames = 4
    limits.pullFrames = 4
    let rig = LoopRig(limits)
    rig.topics.create(5)
    let client = rig.webSocket("/ws/5")
    _ = client.texts()
    rig.publish(5, 9)
    rig.settle(2)
    #expect(client.texts() == ["c 5 1 9"])
    rig.publish(5, 2)
    rig.settle(2)
    #expect(client.texts() == ["n 5 10", "n 5 11"])
    #expect(rig.faults() == [])
  }

  @Test("WebSockets and event streams of one topic get the same notices, each in its own way")
  func dialects() {
    let rig = LoopRig()
    rig.topics.create(5)
    let socket = rig.webSocket("/ws/5")
    let stream = rig.connect()
    stream.write("GET /stream/5 HTTP/1.1\r\nHost: here\r\n\r\n")
    rig.settle()
    _ = (socket.read(), stream.read())
    rig.publish(5, 2)
    rig.settle(2)
    #expect(socket.texts() == ["n 5 1", "n 5 2"])
    #expect(
      String(decoding: stream.read(), as: UTF8.self) == "id: e.1\ndata: n 5 1\n\nid: e.2\ndata: n 5 2\n\n")
    #expect(rig.faults() == [])
  }

  @Test("sockets that are lost in a batch leave the others as they are")
  func lostInBatch() {
    var random = SeededRandom(seed: 4)
    for round in 0..<30 {
      let rig = LoopRig()
      rig.topics.create(5)
      let clients = rig.subscribers(12)
      _ = clients.map { $0.texts() }
      // The publisher is faster than the loop's look at its sockets.
      rig.publish(5)
      let lost = Set((0..<12).filter { _ in Int.random(in: 0..<3, using: &random) == 0 })
      for number in lost { clients[number].socket.reset(ScriptedTransport.brokenPipe) }
      rig.loop.turn()
      #expect(rig.faults() == [], "round \(round)")
      for (number, client) in clients.enumerated() {
        #expect(client.socket.isOpen == !lost.contains(number))
        if !lost.contains(number) { #expect(client.texts() == ["n 5 1"]) }
      }
      #expect(rig.loop.counters.own.framesDelivered == 12 - lost.count)
      rig.publish(5)
      rig.settle(2)
      #expect(rig.loop.subscribers.subscriptions.count == 12 - lost.count)
      #expect(rig.faults() == [], "round \(round)")
    }
  }

  @Test("full, cut and lost sockets in one batch each go their own way")
  func mixedBatch() {
    let rig = LoopRig()
    rig.topics.create(5)
    let clients = rig.subscribers(9)
    _ = clients.map { $0.texts() }
    for (number, client) in clients.enumerated() {
      switch number % 3 {
      case 0: client.socket.capacity = number == 0 ? 0 : 4
      case 1: client.socket.reset()
      default: break
      }
    }
    rig.publish(5, 2)
    rig.loop.turn()
    #expect(rig.faults() == [])
    #expect(rig.loop.counters.own.connectionsBlocked == 3)
    #expect(rig.loop.connections.count == 6)
    for client in clients where client.socket.isOpen { client.socket.capacity = 4096 }
    rig.settle(3)
    for client in clients where client.socket.isOpen { #expect(client.texts() == ["n 5 1", "n 5 2"]) }
    #expect(rig.faults() == [])
  }

  @Test("a subscription that ends in the middle of a pass takes nobody's place")
  func leavesDuringPass() {
    var limits = Limits()
    limits.cohortSubscribers = 2
    let rig = LoopRig(limits)
    rig.topics.create(5)
    let clients = rig.subscribers(10)
    _ = clients.map { $0.texts() }
    rig.publish(5)
    rig.turn()
    clients[3].say("unsub 5")
    clients[8].say("bye 1000 x")
    clients[5].socket.reset()
    rig.settle(20)
    #expect(rig.faults() == [])
    for number in [0, 1, 2, 4, 6, 7, 9] { #expect(clients[number].texts() == ["n 5 1"]) }
    #expect(clients[8].texts().filter { $0 != "n 5 1" }.isEmpty)
  }

  @Test("news on thousands of topics at once is sent in bounded pieces, and new clients get in between")
  func manyTopics() throws {
    var limits = Limits()
    limits.cohortSubscribers = 16
    let rig = LoopRig(limits)
    let topics = Int64(2_000)
    for topic in 1...topics { rig.topics.create(topic) }
    let clients = (0..<40).map { _ in rig.webSocket() }
    for topic in 1...topics { clients[Int(topic) % clients.count].say("sub \(topic)") }
    rig.settle(20)
    _ = clients.map { $0.texts() }
    for topic in 1...topics { rig.publish(topic) }
    var turns = 0
    var late: ScriptedClient?
    repeat {
      let before = rig.io.sends
      rig.turn()
      turns += 1
      // A cohort's worth, and at most one more cohort begun with the last of it.
      #expect(rig.io.sends - before <= 2 * limits.cohortSubscribers + 2)
      if turns == 10 {
        late = ScriptedClient(rig.connect())
        late?.socket.write(ScriptedClient.upgrade("/ws"))
      }
      if turns == 12 { #expect(late?.texts() == ["connected"]) }
    } while !rig.loop.fanout.passIsOver
    #expect(turns >= Int(topics) / (2 * limits.cohortSubscribers))
    for (number, client) in clients.enumerated() {
      let own = (1...topics).filter { Int($0) % clients.count == number }
      #expect(Set(client.texts()) == Set(own.map { "n \($0) 1" }))
    }
    #expect(rig.faults() == [])
  }

  @Test("the times from commit to wire and to the last cohort are counted once per notice")
  func deliveryTimes() {
    var limits = Limits()
    limits.cohortSubscribers = 2
    let rig = LoopRig(limits)
    rig.topics.create(5)
    let clients = rig.subscribers(6)
    let committed = rig.io.nanoseconds
    rig.topics.publish(5, 3, committedAt: committed, to: rig.publisher)
    rig.io.advance(by: 2)
    rig.turn()
    // One cohort per turn: the first has been sent it, the last has not.
    let (toWire, toLast) = (rig.counters.toWire, rig.counters.toLast)
    #expect(toWire.read().count == 3 && toWire.read().sum == 3 * 2_000_000)
    #expect(toLast.read().count == 0)
    rig.io.advance(by: 5)
    rig.settle(4)
    #expect(toWire.read().count == 3)
    #expect(toLast.read().count == 3 && toLast.read().sum == 3 * 7_000_000)
    #expect(clients.allSatisfy { $0.texts().suffix(3) == ["n 5 1", "n 5 2", "n 5 3"] })
    #expect(rig.faults() == [])
  }

  @Test("what nobody is sent has no time")
  func unsent() {
    let rig = LoopRig()
    rig.topics.create(5)
    let client = rig.webSocket("/ws/5")
    client.socket.end()
    rig.settle()
    rig.topics.publish(5, committedAt: rig.io.nanoseconds, to: rig.publisher)
    rig.settle()
    #expect(rig.counters.toWire.read().count == 0 && rig.counters.toLast.read().count == 0)
  }

  @Test("subscriptions in cohorts are counted, and the largest topics are found")
  func survey() {
    let rig = LoopRig()
    rig.topics.create(5)
    rig.topics.create(6)
    _ = rig.subscribers(3, of: 5)
    let slow = rig.subscribers(2, of: 6)
    slow[0].socket.capacity = 0
    rig.publish(6)
    rig.settle()
    rig.pass(200)
    #expect(rig.counters.own.subscriptions == 5 && rig.counters.own.following == 4)
    #expect(
      rig.counters.topics == [
        TopicCount(topic: TopicID(5), subscribers: 3, behind: 0),
        TopicCount(topic: TopicID(6), subscribers: 2, behind: 1),
      ])
  }
}
