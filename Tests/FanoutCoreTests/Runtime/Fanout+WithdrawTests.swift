import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

/// Topics that are no more.
@Suite struct FanoutWithdrawTests {
  @Test("subscribers of a withdrawn topic get what was published, then 4404 when they watch nothing else")
  func withdrawn() {
    var limits = Limits()
    limits.cohortSubscribers = 2
    let rig = LoopRig(limits)
    for topic in Int64(5)...6 { rig.topics.create(topic) }
    let only = rig.subscribers(7)
    let both = rig.webSocket("/ws/5")
    both.say("sub 6")
    let stream = rig.connect()
    stream.write("GET /stream/5 HTTP/1.1\r\nHost: here\r\n\r\n")
    rig.settle()
    _ = (only.map { $0.read() }, both.read(), stream.read())
    rig.publish(5)
    rig.publisher.withdraw(TopicID(5))
    rig.settle(20)
    for client in only { #expect(client.read() == [.text("n 5 1"), .close(4404, "reason 4404")]) }
    #expect(both.read() == [.text("n 5 1")])
    let text = String(decoding: stream.read(), as: UTF8.self)
    #expect(text == "id: e.1\ndata: n 5 1\n\nevent: end\ndata: reason 4404\n\n")
    #expect(stream.isEnded)
    #expect(rig.loop.subscribers.topics.count == 1)
    #expect(!rig.io.isBusy)
    rig.publish(6)
    rig.settle(2)
    #expect(both.texts() == ["n 6 1"])
    #expect(rig.faults() == [])
  }

  @Test(
    "a slow subscriber gets the last notice before it loses the topic, and nobody new is admitted meanwhile")
  func slow() {
    let rig = LoopRig()
    rig.topics.create(5)
    let slow = rig.webSocket("/ws/5")
    _ = slow.read()
    slow.socket.capacity = 3
    rig.publish(5)
    rig.settle(2)
    rig.publish(5)
    rig.publisher.withdraw(TopicID(5))
    rig.settle(4)
    #expect(!rig.io.isBusy)
    #expect(rig.loop.subscribers.topics.count == 1)
    #expect(rig.webSocket("/ws/5").read() == [.close(4404, "reason 4404")])
    let other = rig.webSocket()
    other.say("sub 5")
    rig.settle(2)
    #expect(other.texts() == ["connected", "unknownTopic 5"])
    slow.socket.capacity = 4096
    rig.settle(4)
    #expect(slow.read() == [.text("n 5 1"), .text("n 5 2"), .close(4404, "reason 4404")])
    #expect(rig.loop.subscribers.topics.count == 0)
    #expect(!rig.topics.everAsked.contains(.close(TopicID(5), LoopID(0))))
    #expect(rig.faults() == [])
  }

  @Test("a connection that loses two topics at once is closed once, and a turn ends a cohort's worth")
  func twoTopics() {
    var limits = Limits()
    limits.cohortSubscribers = 4
    let rig = LoopRig(limits)
    for topic in Int64(5)...6 { rig.topics.create(topic) }
    let clients = rig.subscribers(6)
    for client in clients { client.say("sub 6") }
    rig.settle()
    for client in clients { _ = client.read() }
    for topic in Int64(5)...6 { rig.publisher.withdraw(TopicID(topic)) }
    rig.turn()
    #expect(rig.loop.counters.own.subscriptions == 8)
    #expect(rig.io.isBusy)
    rig.turn()
    rig.turn()
    for client in clients { #expect(client.read() == [.close(4404, "reason 4404")]) }
    #expect(rig.loop.subscribers.topics.count == 0)
    #expect(!rig.io.isBusy)
    #expect(rig.faults() == [])
  }

  @Test("a withdrawn topic that nobody subscribes to is closed at once")
  func lingering() {
    let rig = LoopRig()
    rig.topics.create(5)
    rig.webSocket("/ws/5").socket.reset()
    rig.settle(2)
    rig.publisher.withdraw(TopicID(5))
    rig.settle(2)
    #expect(rig.loop.subscribers.topics.count == 0)
    rig.pass(Limits().topicLinger + 1000)
    #expect(!rig.topics.everAsked.contains(.close(TopicID(5), LoopID(0))))
    #expect(rig.faults() == [])
  }
}
