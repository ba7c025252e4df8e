import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

/// Viewers that come back with a position which their loop has not reached.
@Suite struct FanoutAheadTests {
  private func rig(head: UInt64 = 7) -> LoopRig {
    let rig = LoopRig()
    rig.topics.create(5, head: head)
    // Somebody else, so that the loop holds the topic.
    _ = rig.webSocket("/ws/5")
    rig.settle()
    return rig
  }

  @Test("a viewer that heard a notice from another loop is greeted where it was, once the notice is here")
  func comes() {
    let rig = rig()
    let client = rig.webSocket("/ws/5?since=9")
    let stream = rig.connect()
    stream.write("GET /stream/5/since/8 HTTP/1.1\r\nHost: here\r\n\r\n")
    rig.settle()
    #expect(client.texts() == [])
    rig.publish(5)
    rig.settle()
    #expect(client.texts() == [], "8 is not 9 yet")
    #expect(String(decoding: stream.read(), as: UTF8.self).contains("resumed 8"))
    rig.publish(5)
    rig.settle()
    #expect(client.texts() == ["connected 5 resumed 9"])
    rig.publish(5)
    rig.settle()
    #expect(client.texts() == ["n 5 10"])
    #expect(rig.faults() == [])
  }

  @Test("the grant of a topic may come before the notice that a viewer has heard")
  func grantFirst() {
    let rig = LoopRig()
    rig.topics.create(5, head: 7)
    let client = rig.webSocket("/ws/5?since=8")
    rig.settle()
    #expect(client.texts() == [])
    rig.publish(5, 2)
    rig.settle()
    #expect(client.texts() == ["connected 5 resumed 8", "n 5 9"])
    #expect(rig.faults() == [])
  }

  @Test("a position that does not come is answered with the newest state, after a bounded time")
  func neverComes() {
    let rig = rig()
    let client = rig.webSocket("/ws/5?since=9")
    rig.pass(AheadOfHead.patience - 100)
    #expect(client.texts() == [])
    rig.publish(5)
    rig.pass(100)
    #expect(client.texts() == ["connected 5 s 5 8 lost"])
    rig.publish(5)
    rig.settle()
    #expect(client.texts() == ["n 5 9"])
    #expect(rig.faults() == [])
  }

  @Test("whoever leaves, breaks off or asks again while it waits is greeted for nothing that has ended")
  func ends() {
    let rig = rig()
    let leaver = rig.webSocket()
    leaver.say("sub 5 since 9")
    let broken = rig.webSocket("/ws/5?since=9")
    let again = rig.webSocket()
    again.say("sub 5 since 9")
    rig.settle()
    _ = (leaver.texts(), broken.texts(), again.texts())
    leaver.say("unsub 5")
    broken.socket.reset()
    again.say("sub 5 since 7")
    rig.settle()
    #expect(leaver.texts() == ["unsubscribed 5"])
    #expect(again.texts() == ["subscribed 5 resumed 7"])
    // At the slot of the one that broke off.
    let next = rig.webSocket("/ws/5?since=10")
    rig.publish(5, 2)
    rig.settle()
    #expect(again.texts() == ["n 5 8", "n 5 9"])
    #expect(next.texts() == [] && leaver.texts() == [])
    rig.publish(5)
    rig.settle()
    #expect(next.texts() == ["connected 5 resumed 10"])
    #expect(rig.faults() == [])
  }

  @Test("a viewer that waits goes over to another process, where it is greeted")
  func handedOver() {
    let (old, new) = (rig(), LoopRig())
    new.topics.create(5, head: 9)
    _ = old.webSocket("/ws/5?since=9")
    old.settle()
    let clients = new.adopt(old.handOver(then: .leave).link.records)
    new.settle()
    #expect(Set(clients.map { $0.texts() }) == [["connected 5 resumed 9"], ["n 5 8", "n 5 9"]])
    #expect(new.faults() == [])
  }

  @Test("as many wait as may; one more is greeted at once")
  func bounded() {
    var ahead = AheadOfHead()
    let waiter = AheadOfHead.Waiter(slot: 1, generation: 2, index: SubscriptionIndex(3), until: 4)
    for _ in 0..<AheadOfHead.most { #expect(ahead.add(waiter) == true) }
    #expect(ahead.add(waiter) == false)
    #expect(ahead.takeAll().count == AheadOfHead.most && ahead.isEmpty)
    #expect(ahead.add(waiter) == true)
  }
}
