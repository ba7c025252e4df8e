import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct TopicTextsTests {
  private func tell(_ rig: LoopRig, _ text: String, of topic: Int64 = 5) {
    rig.proxy.post(.tellTopics([TopicText(topic: TopicID(topic), text: Array(text.utf8))]))
  }

  @Test("a text reaches every subscriber of its topic once, WebSockets and event streams, and nobody else")
  func everybody() {
    let rig = LoopRig()
    for topic in Int64(5)...6 { rig.topics.create(topic) }
    let clients = rig.subscribers(3)
    let other = rig.webSocket("/ws/6")
    let stream = rig.connect()
    stream.write("GET /stream/5 HTTP/1.1\r\nHost: here\r\n\r\n")
    rig.settle()
    for client in clients + [other] { _ = client.read() }
    _ = stream.read()
    tell(rig, "v 4")
    rig.settle(2)
    for client in clients { #expect(client.texts() == ["v 4"]) }
    #expect(other.texts() == [])
    #expect(String(decoding: stream.read(), as: UTF8.self) == "data: v 4\n\n")
    #expect(rig.faults() == [])
  }

  @Test(
    "a text of a topic that the loop does not hold is dropped; one that comes before the grant follows the greeting"
  )
  func unknown() {
    let rig = LoopRig()
    rig.topics.create(5)
    tell(rig, "early", of: 5)
    tell(rig, "nowhere", of: 99)
    rig.turn()
    rig.answersAtOnce = false
    let client = rig.webSocket("/ws/5")
    tell(rig, "asked for", of: 5)
    rig.turn()
    rig.answer()
    rig.settle(2)
    #expect(client.texts() == ["connected 5 s 5 0", "asked for"])
    #expect(rig.faults() == [])
  }

  @Test("whoever comes later is told the newest text behind the greeting, also when it resumes")
  func newcomers() {
    let rig = LoopRig()
    rig.topics.create(5)
    let first = rig.webSocket("/ws/5")
    tell(rig, "v 1")
    tell(rig, "v 2")
    rig.publish(5, 2)
    rig.settle(2)
    #expect(Set(first.texts()) == ["connected 5 s 5 0", "v 2", "n 5 1", "n 5 2"])
    #expect(rig.webSocket("/ws/5").texts() == ["connected 5 s 5 2", "v 2"])
    #expect(rig.webSocket("/ws/5?since=1").texts() == ["connected 5 resumed 1", "n 5 2", "v 2"])
    #expect(rig.faults() == [])
  }

  @Test("a blocked connection is passed over and is told only the newest text when it is clear")
  func blocked() {
    let rig = LoopRig()
    rig.topics.create(5)
    rig.topics.pad(60)
    let slow = rig.webSocket("/ws/5", capacity: 400)
    let quick = rig.webSocket("/ws/5")
    _ = slow.read()
    _ = quick.read()
    rig.publish(5, 8)
    rig.settle(2)
    #expect(rig.connection(slow.socket)?.isBlocked == true)
    for number in 1...3 {
      rig.pass(1_000)
      tell(rig, "v \(number)")
      rig.settle(2)
    }
    let waiting = rig.connection(slow.socket)?.waiting ?? 0
    #expect(waiting < 100, "nothing waits for it but the rest of a frame")
    #expect(quick.texts().filter { $0.hasPrefix("v") } == ["v 1", "v 2", "v 3"])
    slow.socket.capacity = 1 << 20
    var texts: [String] = []
    for _ in 0..<4 {
      texts += slow.texts()
      rig.settle(2)
    }
    #expect(texts.filter { $0.hasPrefix("v") } == ["v 3"])
    // It missed nothing since.
    rig.publish(5)
    rig.settle(2)
    #expect(slow.texts().filter { $0.hasPrefix("v") } == [])
    #expect(rig.faults() == [])
  }

  @Test("a connection that takes only a part of a text finishes it before anything else")
  func partly() {
    let rig = LoopRig()
    rig.topics.create(5)
    let client = rig.webSocket("/ws/5", capacity: 1 << 20)
    _ = client.read()
    client.socket.capacity = 4
    tell(rig, "a long text")
    rig.settle(2)
    rig.publish(5)
    rig.settle(2)
    client.socket.capacity = 1 << 20
    var texts = client.texts()
    rig.settle(2)
    texts += client.texts()
    #expect(texts.first == "a long text")
    #expect(texts.contains("n 5 1"))
    #expect(client.frames.offence == nil)
    #expect(rig.faults() == [])
  }

  @Test("a large topic is sent its text in pieces, and the newest replaces one that is under way")
  func pieces() {
    let (rig, clients) = LoopRig.crowd(9, cohorts: 2)
    tell(rig, "v 1")
    rig.turn()
    #expect(rig.io.isBusy, "the rest waits for the next turns")
    tell(rig, "v 2")
    rig.settle()
    let heard = clients.map { $0.texts() }
    #expect(heard.allSatisfy { $0.last == "v 2" })
    #expect(heard.contains(["v 2"]), "whose turn had not come is told the newest alone")
    #expect(!rig.io.isBusy)
    #expect(rig.faults() == [])
  }

  @Test("who unsubscribes or leaves while a text is under way is not told")
  func leaving() {
    let (rig, clients) = LoopRig.crowd(4, cohorts: 1)
    tell(rig, "v 4")
    rig.turn()
    clients[3].say("unsub 5")
    clients[2].socket.reset()
    rig.settle()
    #expect(clients[0].texts() == ["v 4"])
    let last = clients[3].texts()
    #expect(last == ["unsubscribed 5"] || last == ["v 4", "unsubscribed 5"])
    #expect(rig.faults() == [])
  }

  @Test("whoever is blocked when its turn comes is told when it is clear, also when the text came before")
  func blockedMeanwhile() {
    let (rig, clients) = LoopRig.crowd(4, cohorts: 1)
    rig.topics.pad(60)
    tell(rig, "v 4")
    rig.turn()
    let waiting = clients.filter { $0.socket.unread == 0 }
    #expect(waiting.count == 3)
    rig.io.advance(by: 10)
    for client in waiting { client.socket.capacity = 10 }
    rig.publish(5)
    rig.settle()
    for client in waiting { client.socket.capacity = 1 << 20 }
    var texts = waiting.map { $0.texts() }
    rig.settle(4)
    for (index, client) in waiting.enumerated() { texts[index] += client.texts() }
    #expect(texts.allSatisfy { $0.contains("v 4") }, "\(texts)")
    #expect(rig.faults() == [])
  }

  @Test("a topic whose loop has no text for newcomers says so")
  func untold() {
    let rig = LoopRig()
    rig.topics.create(5)
    _ = rig.webSocket("/ws/5")
    rig.pass(100)
    #expect(rig.counters.takeSubscribers() == [TopicID(5): SubscriberCount(1, isUntold: true)])
    tell(rig, "v 1")
    rig.settle(2)
    _ = rig.webSocket("/ws/5")
    rig.pass(100)
    #expect(rig.counters.takeSubscribers() == [TopicID(5): SubscriberCount(2)])
  }

  @Test("the loop tells how many subscribe to each topic, and each change once")
  func counted() {
    let rig = LoopRig()
    for topic in Int64(5)...6 { rig.topics.create(topic) }
    let clients = rig.subscribers(3)
    let both = rig.webSocket("/ws/6")
    both.say("sub 5")
    rig.settle()
    rig.pass(100)
    func counts() -> [TopicID: Int] { rig.counters.takeSubscribers().mapValues(\.subscribers) }
    #expect(counts() == [TopicID(5): 4, TopicID(6): 1])
    rig.pass(100)
    #expect(counts() == [:])
    clients[0].socket.reset()
    clients[1].say("unsub 5")
    both.say("sub 5")
    rig.settle()
    rig.pass(100)
    #expect(counts() == [TopicID(5): 2])
    both.socket.reset()
    rig.pass(100)
    #expect(counts() == [TopicID(5): 1, TopicID(6): 0])
    #expect(rig.faults() == [])
  }
}
