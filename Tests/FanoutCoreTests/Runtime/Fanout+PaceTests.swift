// Connections that ask for a pace, on a whole loop.
import TestSupport
import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct FanoutPaceTests {
  private func rig(_ limits: Limits = Limits(), topics: ClosedRange<Int64> = 5...5) -> LoopRig {
    let rig = LoopRig(limits)
    for topic in topics { rig.topics.create(topic) }
    return rig
  }

  /// A WebSocket that subscribes to topic 5 and has asked for this pace.
  private func paced(
    _ rig: LoopRig, _ pace: Int = 1, capacity: Int = 1 << 20, extensions: String? = nil
  ) -> ScriptedClient {
    let client = rig.webSocket("/ws/5", capacity: capacity, extensions: extensions)
    client.say("pace \(pace)")
    rig.settle(2)
    _ = client.read()
    return client
  }

  private func dialect(_ rig: LoopRig, _ client: ScriptedClient) -> Dialect? {
    client.socket.slot.flatMap { rig.loop.subscribers.at(rig.loop.subscribers.first(of: $0))?.dialect }
  }

  @Test("a paced connection is sent one message a second, others are sent every notice at once")
  func oneASecond() {
    let rig = rig()
    let hidden = paced(rig)
    let shown = rig.webSocket("/ws/5")
    _ = shown.read()
    var (told, sentAt): ([String], [UInt64]) = ([], [])
    let begin = rig.io.now
    for round in 1...500 {
      rig.io.advance(by: 10)
      rig.publish(5)
      rig.turn()
      #expect(shown.texts() == ["n 5 \(round)"])
      let texts = hidden.texts()
      told += texts
      sentAt += texts.map { _ in rig.io.now }
    }
    #expect((4...5).contains(told.count) && rig.counters.own.pacedConflations == told.count)
    #expect(zip([begin] + sentAt, sentAt).allSatisfy { $1 - $0 >= 1_000 && $1 - $0 <= 1_125 + 10 })
    rig.pass(1_200)
    told += hidden.texts()
    // They tile: each begins behind the one before it, and the last ends at the head.
    var next = 1
    for text in told {
      let words = text.split(separator: " ")
      #expect(words[0] == "c" && Int(words[2]) == next)
      next = (Int(words[3]) ?? 0) + 1
    }
    #expect(next == 501)
    #expect(rig.counters.own.conflations == 0 && rig.counters.own.pacedSubscriptions == 1)
    #expect(rig.faults() == [])
  }

  @Test("a single notice is sent as it is: after a quiet second at once, within one when it is over")
  func single() {
    let rig = rig()
    let client = paced(rig)
    rig.pass(1_500)
    rig.publish(5)
    rig.settle(2)
    #expect(client.texts() == ["n 5 1"])
    rig.publish(5)
    rig.settle(2)
    #expect(client.texts() == [])
    rig.pass(900)
    #expect(client.texts() == [])
    rig.pass(400)
    #expect(client.texts() == ["n 5 2"])
    #expect(!rig.io.isBusy && rig.loop.subscribers.passIsOver)
    #expect(rig.faults() == [])
  }

  @Test("without a pace what is missing is sent at once, as it is when it is short")
  func paceEnds() {
    let rig = rig()
    let client = paced(rig)
    rig.publish(5, 3)
    rig.settle(2)
    #expect(client.texts() == [])
    client.say("pace 0")
    client.say("ping")
    rig.settle(2)
    #expect(client.texts() == ["n 5 1", "n 5 2", "n 5 3", "pong 5:3"])
    rig.publish(5)
    rig.settle(2)
    #expect(client.texts() == ["n 5 4"])
    #expect(dialect(rig, client) == .webSocket && rig.counters.own.pacedSubscriptions == 0)
    // The same pace again changes nothing.
    client.say("pace 0")
    rig.settle(2)
    #expect(client.texts() == [] && rig.faults() == [])
  }

  @Test("a pong tells what has been sent")
  func positions() {
    let rig = rig()
    let client = paced(rig)
    rig.publish(5, 7)
    client.say("ping")
    rig.settle(2)
    #expect(client.texts() == ["pong 5:0"])
    rig.pass(1_300)
    client.say("ping")
    rig.settle(2)
    #expect(client.texts() == ["c 5 1 7", "pong 5:7"])
    #expect(rig.loop.subscribers.report(TopicID(5))?.behind == 0)
  }

  @Test("the pace holds for each subscription of the connection by itself, and for those made later")
  func allSubscriptions() {
    let rig = rig(topics: 1...64)
    let client = rig.webSocket()
    for topic in 1...32 { client.say("sub \(topic)") }
    client.say("pace 1")
    for topic in 33...64 { client.say("sub \(topic)") }
    rig.settle(8)
    #expect(client.texts().count == 65)
    for _ in 0..<3 {
      for topic in Int64(1)...64 { rig.publish(topic) }
      rig.settle(2)
    }
    #expect(client.texts() == [])
    rig.pass(1_300)
    #expect(Set(client.texts()) == Set((1...64).map { "c \($0) 1 3" }))
    #expect(rig.counters.own.pacedSubscriptions == 64 && rig.faults() == [])
    client.say("unsub 7")
    rig.settle(2)
    #expect(rig.counters.own.pacedSubscriptions == 63 && rig.faults() == [])
  }

  @Test("another pace holds from the last message on")
  func otherPace() {
    let rig = rig()
    let client = paced(rig)
    rig.publish(5, 2)
    rig.pass(600)
    client.say("pace 10")
    rig.settle(2)
    #expect(client.texts() == [])
    rig.pass(200)
    #expect(client.texts() == ["c 5 1 2"])
    #expect(rig.faults() == [])
  }

  @Test("whoever resumes with a pace is recovered, and what it missed is one message in its time")
  func resume() {
    let rig = rig()
    rig.publish(5, 400)
    let client = rig.webSocket()
    client.say("pace 1")
    client.say("sub 5 since 3")
    rig.settle(4)
    #expect(client.texts() == ["connected", "subscribed 5 resumed 3"])
    rig.pass(1_300)
    #expect(client.texts() == ["c 5 4 400"])
    #expect(rig.counters.own.recalls == 0 && rig.faults() == [])
  }

  @Test("a pace ends a resume that is under way: it is answered, and one message stands for the rest")
  func duringResume() {
    let rig = rig()
    rig.publish(5, 400)
    rig.answersAtOnce = false
    let client = rig.webSocket("/ws/5?since=3")
    rig.answer()
    rig.settle(2)
    client.say("pace 1")
    rig.settle(2)
    #expect(client.texts() == ["connected 5 resumed 3"])
    rig.answer()
    rig.settle(2)
    #expect(client.texts() == [])
    rig.pass(1_300)
    #expect(client.texts() == ["c 5 4 400"])
    #expect(rig.faults() == [])
  }

  @Test("a pace that is asked for while the topic's grant is under way holds from the greeting on")
  func beforeGrant() {
    let rig = rig()
    rig.answersAtOnce = false
    let client = rig.webSocket("/ws/5")
    client.say("pace 1")
    rig.settle(2)
    #expect(rig.faults() == [])
    rig.answersAtOnce = true
    rig.settle(4)
    #expect(client.texts() == ["connected 5 s 5 0"])
    rig.publish(5, 2)
    rig.settle(2)
    #expect(client.texts() == [] && dialect(rig, client) == .paced)
    rig.pass(1_300)
    #expect(client.texts() == ["c 5 1 2"] && rig.faults() == [])
  }

  @Test("a reader with a pace that is blocked is not brought to the head early, and keeps its place")
  func blocked() {
    let rig = rig()
    let client = paced(rig, capacity: 1 << 20)
    rig.pass(1_500)
    client.socket.capacity = 3
    rig.publish(5)
    rig.settle(2)
    rig.publish(5, 3)
    rig.settle(2)
    #expect(rig.counters.own.connectionsBlocked == 1)
    client.socket.capacity = 1 << 20
    rig.settle(4)
    #expect(client.texts() == ["n 5 1"] && rig.counters.own.connectionsBlocked == 0)
    #expect(rig.faults() == [])
    rig.pass(1_300)
    #expect(client.texts() == ["c 5 2 4"])
    // A pace that is asked for, or given up, while nothing can be sent.
    client.socket.capacity = 3
    rig.publish(5)
    rig.settle(2)
    rig.pass(1_300)
    client.say("pace 0")
    rig.settle(2)
    rig.publish(5)
    rig.settle(2)
    #expect(rig.faults() == [])
    client.socket.capacity = 1 << 20
    rig.settle(4)
    #expect(client.texts() == ["n 5 5", "n 5 6"] && rig.faults() == [])
  }

  @Test("a paced reader that waits is neither lagging nor stalled, and is pinged as others are")
  func liveness() {
    let rig = rig()
    let client = paced(rig)
    for _ in 0..<100 {
      rig.publish(5, 2)
      rig.pass(1_200)
      for frame in client.read() { if case .ping = frame { client.socket.write(ClientFrames.pong()) } }
    }
    #expect(rig.connection(client.socket)?.isBlocked == false)
    #expect(rig.counters.own.stalledClosed == 0 && rig.counters.own.silentClosed == 0)
    #expect(rig.counters.own.following == 1 && rig.faults() == [])
  }

  @Test("a paced connection is sent plain notices, and goes back to compressed ones")
  func compressed() {
    let rig = rig()
    rig.topics.pad(60)
    let tail = " " + String(repeating: "x", count: 60)
    let client = rig.webSocket("/ws/5", extensions: "permessage-deflate; client_max_window_bits")
    rig.publish(5)
    rig.settle(2)
    #expect(client.texts().count == 2 && dialect(rig, client) == .shared)
    client.say("pace 1")
    rig.settle(2)
    #expect(dialect(rig, client) == .paced && rig.faults() == [])
    let made = rig.counters.own.framesDeflated
    rig.publish(5)
    rig.pass(1_300)
    #expect(client.texts() == ["n 5 2\(tail)"] && client.frames.deflatedTexts == 1)
    #expect(rig.counters.own.framesDeflated == made, "nobody reads compressed notices")
    client.say("pace 0")
    rig.settle(2)
    #expect(dialect(rig, client) == .standalone)
    rig.publish(5)
    rig.settle(2)
    #expect(dialect(rig, client) == .shared)
    rig.publish(5)
    rig.settle(2)
    #expect(client.texts() == ["n 5 3\(tail)", "n 5 4\(tail)"] && client.frames.deflatedTexts == 3)
    #expect(rig.faults() == [])
  }

  @Test("a compressed connection that subscribes with a pace finds its compressed feed without one")
  func compressedLater() {
    let rig = rig()
    let client = rig.webSocket("/ws", extensions: "permessage-deflate")
    client.say("pace 5")
    client.say("sub 5")
    rig.settle(4)
    client.say("pace 0")
    rig.settle(2)
    rig.publish(5)
    rig.settle(2)
    #expect(client.texts() == ["connected", "subscribed 5 s 5 0", "n 5 1"])
    #expect(client.frames.deflatedTexts == 1 && rig.faults() == [])
  }

  @Test("texts without a seq come to paced subscribers as to all")
  func texts() {
    let rig = rig()
    let client = paced(rig)
    rig.publish(5)
    rig.proxy.post(.tellTopics([TopicText(topic: TopicID(5), text: Array("viewers 1".utf8))]))
    rig.settle(3)
    #expect(client.texts() == ["viewers 1"])
    rig.pass(1_300)
    #expect(client.texts() == ["n 5 1"] && rig.faults() == [])
  }

  @Test("a topic that is withdrawn ends for a paced subscriber once its time has come")
  func withdrawn() {
    let rig = rig()
    let client = paced(rig)
    rig.publish(5)
    rig.publisher.withdraw(TopicID(5))
    rig.settle(4)
    #expect(client.read() == [] && !rig.io.isBusy)
    rig.pass(1_300)
    #expect(client.read() == [.text("n 5 1"), .close(4404, "reason 4404")])
    #expect(rig.loop.subscribers.topics.count == 0 && rig.loop.subscribers.awaited.isEmpty)
    #expect(rig.faults() == [])
  }

  @Test("a paced connection that ends leaves nothing, and the next at its slot has no pace")
  func ends() {
    let rig = rig()
    let first = paced(rig)
    let slot = first.socket.slot
    rig.publish(5)
    first.socket.reset()
    rig.settle(3)
    #expect(rig.counters.own.pacedSubscriptions == 0 && rig.faults() == [])
    let second = rig.webSocket("/ws/5")
    #expect(second.socket.slot == slot)
    rig.publish(5)
    rig.settle(2)
    #expect(second.texts() == ["connected 5 s 5 1", "n 5 2"])
    rig.pass(2_000)
    #expect(rig.loop.subscribers.awaited.isEmpty && rig.faults() == [])
  }

  @Test("what was published before the end is sent before the end, whatever the pace")
  func shutdown() {
    let rig = rig()
    let client = paced(rig)
    rig.publish(5, 2)
    rig.settle(2)
    rig.proxy.post(.closeAll)
    rig.settle(2)
    let frames = client.read()
    #expect(frames.first == .text("c 5 1 2") && frames.count == 3)
    #expect(rig.faults() == [])
  }

  @Test("a crowd of hidden tabs costs one send each and second, in full cohorts")
  func crowd() {
    var limits = Limits()
    limits.cohortSubscribers = 64
    let rig = rig(limits)
    let clients = rig.subscribers(640)
    for client in clients {
      client.say("pace 1")
      rig.publish(5)
      rig.turn()
    }
    rig.pass(3_000)
    for client in clients { _ = client.read() }
    let (sends, batches) = (rig.counters.own.sends, rig.io.batches)
    for _ in 0..<500 {
      rig.io.advance(by: 10)
      rig.publish(5, 5)
      rig.turn()
    }
    #expect(rig.counters.own.sends - sends <= 5 * 640)
    #expect(rig.counters.own.sends - sends >= 4 * 640)
    #expect(rig.io.batches - batches <= 5 * 640 / 64 * 2)
    #expect(rig.faults() == [])
  }
}
