import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct FanoutTests {
  @Test("who comes first makes the loop ask for the topic; who comes later is welcomed from memory")
  func greeting() {
    let rig = LoopRig()
    rig.topics.create(5, head: 41)
    let first = rig.webSocket("/ws/5")
    #expect(first.texts() == ["connected 5 s 5 41"])
    #expect(rig.topics.everAsked == [.open(TopicID(5), LoopID(0))])
    rig.publish(5, 2)
    rig.settle(2)
    let second = rig.webSocket("/ws/5")
    #expect(second.texts() == ["connected 5 s 5 43"])
    #expect(rig.topics.everAsked.count == 1)
    rig.publish(5)
    rig.settle(2)
    #expect(first.texts() == ["n 5 42", "n 5 43", "n 5 44"])
    #expect(second.texts() == ["n 5 44"])
    #expect(rig.faults() == [])
  }

  @Test("everybody who came while the topic was asked for is welcomed when it is granted")
  func waiting() {
    let rig = LoopRig()
    rig.topics.create(5, head: 7)
    rig.answersAtOnce = false
    let clients = rig.subscribers(5)
    clients[1].socket.reset()
    clients[3].say("unsub 5")
    rig.settle(2)
    #expect(rig.topics.everAsked.count == 1)
    rig.answer()
    rig.publish(5)
    rig.settle(3)
    for number in [0, 2, 4] { #expect(clients[number].texts() == ["connected 5 s 5 7", "n 5 8"]) }
    #expect(clients[3].texts() == ["unsubscribed 5"])
    #expect(rig.faults() == [])
  }

  @Test("a slot that is used again while the topic is asked for is welcomed once")
  func reuseWhileWaiting() {
    let rig = LoopRig()
    rig.topics.create(5)
    rig.answersAtOnce = false
    rig.webSocket("/ws/5").socket.reset()
    rig.turn()
    let second = rig.webSocket("/ws/5")
    rig.answer()
    rig.settle(2)
    #expect(second.texts() == ["connected 5 s 5 0"])
    #expect(rig.faults() == [])
  }

  @Test("a client that subscribes again while the topic is asked for is answered once, known or not")
  func twiceWhileWaiting() {
    let rig = LoopRig()
    rig.topics.create(5)
    rig.answersAtOnce = false
    let client = rig.webSocket()
    for topic in [5, 404, 5, 404, 404] { client.say("sub \(topic)") }
    rig.settle(2)
    rig.answer()
    rig.settle(2)
    #expect(client.texts().sorted() == ["connected", "subscribed 5 s 5 0", "unknownTopic 404"])
    #expect(rig.loop.subscribers.subscriptions.count == 1)
    #expect(rig.faults() == [])
  }

  @Test("an unknown topic closes a connection that was opened for it with 4404")
  func refusedAtOnce() {
    let rig = LoopRig()
    let client = rig.webSocket("/ws/404")
    #expect(client.read() == [.close(4404, "reason 4404")])
    #expect(rig.loop.subscribers.topics.count == 0)
    #expect(rig.faults() == [])
  }

  @Test("an unknown topic is an error message to a connection that asks for it later")
  func refusedLater() {
    let rig = LoopRig()
    rig.topics.create(5)
    let client = rig.webSocket("/ws/5")
    client.say("sub 404")
    rig.settle()
    #expect(client.texts() == ["connected 5 s 5 0", "unknownTopic 404"])
    rig.publish(5)
    rig.settle(2)
    #expect(client.texts() == ["n 5 1"])
    #expect(rig.faults() == [])
  }

  @Test("an event stream of an unknown topic ends")
  func refusedStream() {
    let rig = LoopRig()
    let socket = rig.connect()
    socket.write("GET /stream/404 HTTP/1.1\r\nHost: here\r\n\r\n")
    rig.settle()
    #expect(socket.isEnded)
    #expect(rig.faults() == [])
  }

  @Test("when the other plane has no time the client is told to come again")
  func unavailable() {
    let rig = LoopRig()
    rig.topics.create(5)
    let client = rig.webSocket()
    rig.topics.setBusy(true)
    client.say("sub 5")
    rig.settle()
    #expect(client.texts() == ["connected", "unavailable 5"])
    #expect(rig.webSocket("/ws/5").read() == [.close(1013, "reason 1013")])
    rig.topics.setBusy(false)
    client.say("sub 5")
    rig.settle()
    #expect(client.texts() == ["subscribed 5 s 5 0"])
    #expect(rig.faults() == [])
  }

  @Test("a loop holds no more topics than its limit")
  func topicLimit() {
    var limits = Limits()
    limits.topicsPerLoop = 2
    let rig = LoopRig(limits)
    for topic in Int64(1)...3 { rig.topics.create(topic) }
    let client = rig.webSocket()
    for topic in 1...3 { client.say("sub \(topic)") }
    rig.settle()
    #expect(client.texts() == ["connected", "unavailable 3", "subscribed 1 s 1 0", "subscribed 2 s 2 0"])
    #expect(rig.faults() == [])
  }

  @Test("one connection has several subscriptions, up to the limit")
  func several() {
    var limits = Limits()
    limits.subscriptionsPerConnection = 3
    let rig = LoopRig(limits)
    for topic in Int64(1)...4 { rig.topics.create(topic) }
    let client = rig.webSocket("/ws/1")
    for topic in 2...4 { client.say("sub \(topic)") }
    rig.settle()
    #expect(client.texts().contains("tooMany 4"))
    for topic in Int64(1)...4 { rig.publish(topic) }
    rig.settle(2)
    #expect(Set(client.texts()) == ["n 1 1", "n 2 1", "n 3 1"])
    client.say("unsub 2")
    client.say("sub 4")
    rig.settle()
    #expect(client.texts() == ["unsubscribed 2", "subscribed 4 s 4 1"])
    #expect(rig.faults() == [])
  }

  @Test("a connection that nobody has authenticated has a limit of its own")
  func anonymous() {
    var limits = Limits()
    limits.anonymousSubscriptions = 2
    let rig = LoopRig(limits)
    for topic in Int64(1)...3 { rig.topics.create(topic) }
    for (path, refused) in [("/ws/1?client=0", true), ("/ws/1?client=5", false)] {
      let client = rig.webSocket(path)
      for topic in 2...3 { client.say("sub \(topic)") }
      rig.settle()
      #expect(client.texts().contains("tooMany 3") == refused, "\(path)")
    }
    #expect(rig.faults() == [])
  }

  @Test("unsubscribing ends the notices, and doing it twice is an error")
  func unsubscribe() {
    let rig = LoopRig()
    for topic in Int64(1)...3 { rig.topics.create(topic) }
    let client = rig.webSocket()
    for topic in 1...3 { client.say("sub \(topic)") }
    rig.settle()
    _ = client.texts()
    for topic in [2, 1, 3] {
      client.say("unsub \(topic)")
      rig.settle(2)
      #expect(rig.faults() == [])
    }
    client.say("unsub 2")
    rig.settle(2)
    #expect(client.texts() == ["unsubscribed 2", "unsubscribed 1", "unsubscribed 3", "notSubscribed 2"])
    for topic in Int64(1)...3 { rig.publish(topic) }
    rig.settle(2)
    #expect(client.texts() == [])
    #expect(rig.loop.subscribers.subscriptions.count == 0)
  }

  @Test("a second subscription of the same topic starts anew")
  func twice() {
    let rig = LoopRig()
    rig.topics.create(5)
    let client = rig.webSocket("/ws/5")
    rig.publish(5, 2)
    rig.settle(2)
    client.say("sub 5 since 1")
    rig.settle(2)
    #expect(client.texts() == ["connected 5 s 5 0", "n 5 1", "n 5 2", "subscribed 5 resumed 1", "n 5 2"])
    #expect(rig.loop.subscribers.subscriptions.count == 1)
    #expect(rig.faults() == [])
  }

  // MARK: Resume

  @Test("a resume that the log reaches gets exactly what was missed")
  func resumeFromLog() {
    let rig = LoopRig()
    rig.topics.create(5, head: 10)
    let witness = rig.webSocket("/ws/5")
    rig.publish(5, 5)
    rig.settle(2)
    for since in UInt64(10)...15 {
      let client = rig.webSocket("/ws/5?since=\(since)")
      let missed = since < 15 ? ((since + 1)...15).map { "n 5 \($0)" } : []
      #expect(client.texts() == ["connected 5 resumed \(since)"] + missed)
    }
    #expect(rig.topics.everAsked.count == 1)
    #expect(witness.texts().count == 6)
    #expect(rig.faults() == [])
  }

  @Test("an older resume gets what was missed from the notice table, and then what came meanwhile")
  func resumeFromHistory() {
    let rig = LoopRig()
    rig.topics.create(5, head: 10)
    rig.answersAtOnce = false
    let client = rig.webSocket("/ws/5?since=4")
    rig.answer()
    rig.settle(2)
    #expect(client.texts() == [])
    rig.publish(5, 2)
    rig.settle(2)
    #expect(client.texts() == [])
    rig.answer()
    rig.settle(2)
    #expect(client.texts() == ["connected 5 resumed 4"] + (5...12).map { "n 5 \($0)" })
    rig.publish(5)
    rig.settle(2)
    #expect(client.texts() == ["n 5 13"])
    #expect(rig.loop.counters.own.recalls == 1)
    #expect(rig.faults() == [])
  }

  @Test("an event stream resumes in the same way, and each event has its id")
  func streamResumes() {
    let rig = LoopRig()
    rig.topics.create(5, head: 3)
    let socket = rig.connect()
    socket.write("GET /stream/5/since/1 HTTP/1.1\r\nHost: here\r\n\r\n")
    rig.settle()
    let text = String(decoding: socket.read(), as: UTF8.self)
    #expect(
      text.hasSuffix(
        "\r\n\r\nretry: 2000\n\nid: e.1\ndata: connected 5 resumed 1\n\nid: e.2\ndata: n 5 2\n\n"
          + "id: e.3\ndata: n 5 3\n\n"))
    #expect(rig.faults() == [])
  }

  @Test("what is not to be had becomes the newest state, and says so")
  func notRecovered() {
    let rig = LoopRig()
    rig.topics.create(5, head: 5000)
    rig.topics.forget(through: 4500)
    // Too old for a history, gone from the table, from the future, and of another epoch.
    for since in ["100", "4400", "5001", "18446744073709551615", "lost"] {
      let client = rig.webSocket("/ws/5?since=\(since)")
      // A position that may still come is waited for.
      rig.pass(AheadOfHead.patience)
      rig.settle()
      #expect(client.texts() == ["connected 5 s 5 5000 lost"], "since \(since)")
    }
    rig.topics.setBusy(true)
    #expect(rig.webSocket("/ws/5?since=4990").texts() == ["connected 5 s 5 5000 lost"])
    #expect(rig.faults() == [])
  }

  @Test("what has left the log while an older part was read is read, too")
  func historyTooShort() {
    var limits = Limits()
    limits.logFrames = 4
    limits.pullFrames = 4
    let rig = LoopRig(limits)
    rig.topics.create(5, head: 10)
    rig.answersAtOnce = false
    let client = rig.webSocket("/ws/5?since=8")
    rig.answer()
    rig.settle(2)
    rig.publish(5, 9)
    rig.settle(2)
    rig.answer()
    rig.settle(2)
    #expect(client.texts() == ["connected 5 resumed 8", "n 5 9", "n 5 10"])
    rig.answer()
    rig.settle(2)
    #expect(client.texts() == (11...19).map { "n 5 \($0)" })
    rig.publish(5)
    rig.settle(2)
    #expect(client.texts() == ["n 5 20"])
    #expect(rig.faults() == [])
  }

  @Test("a history for a subscription that is gone or was replaced reaches nobody")
  func staleHistory() {
    let rig = LoopRig()
    rig.topics.create(5, head: 10)
    rig.answersAtOnce = false
    let client = rig.webSocket("/ws/5?since=8")
    rig.answer()
    rig.settle(2)
    client.say("unsub 5")
    client.say("sub 5 since 9")
    rig.settle(2)
    #expect(client.texts() == ["unsubscribed 5"])
    rig.answer()
    rig.settle(2)
    #expect(client.texts() == [])
    rig.answer()
    rig.settle(2)
    #expect(client.texts() == ["subscribed 5 resumed 9", "n 5 10"])
    #expect(rig.faults() == [])
  }

  @Test("a resume of a blocked connection waits behind what it has begun")
  func resumeWhileBlocked() {
    let rig = LoopRig()
    rig.topics.create(5, head: 10)
    rig.topics.create(6)
    let client = rig.webSocket("/ws/6")
    _ = client.texts()
    client.socket.capacity = 3
    rig.publish(6)
    rig.settle(2)
    client.say("sub 5 since 8")
    rig.settle(3)
    rig.publish(5)
    rig.settle(2)
    client.socket.capacity = 4096
    rig.settle(3)
    #expect(client.texts() == ["n 6 1", "subscribed 5 resumed 8", "n 5 9", "n 5 10", "n 5 11"])
    #expect(rig.faults() == [])
  }

  @Test("a resume whose rest is not to be had declares the skip, as for a slow reader")
  func restIsGone() {
    var limits = Limits()
    limits.recallNotices = 2
    let rig = LoopRig(limits)
    rig.topics.create(5, head: 10)
    rig.answersAtOnce = false
    let client = rig.webSocket("/ws/5?since=4")
    rig.answer()
    rig.settle(2)
    rig.answer()
    rig.settle(2)
    #expect(client.texts() == ["connected 5 resumed 4", "n 5 5", "n 5 6"])
    rig.topics.forget(through: 9)
    rig.answer()
    rig.settle(2)
    #expect(client.texts() == ["c 5 7 10"])
    rig.publish(5)
    rig.settle(2)
    #expect(client.texts() == ["n 5 11"])
    #expect(rig.faults() == [])
  }

  @Test(
    "one recall of a connection is under way at a time; a newer resume replaces an older before it is read")
  func oneRecall() {
    let rig = LoopRig()
    for topic in Int64(1)...3 { rig.topics.create(topic, head: 900) }
    rig.answersAtOnce = false
    let client = rig.webSocket()
    for topic in 1...3 { client.say("sub \(topic) since 890") }
    rig.settle(2)
    rig.answer()
    rig.settle(2)
    for since in 800..<850 { client.say("sub 3 since \(since)") }
    rig.settle(4)
    #expect(rig.topics.waiting.count == 1)
    for _ in 0..<4 {
      rig.answer()
      rig.settle(2)
      #expect(rig.topics.waiting.count <= 1)
    }
    let texts = client.texts()
    for topic in [1, 2] { #expect(texts.contains("subscribed \(topic) resumed 890")) }
    #expect(texts.filter { $0.hasPrefix("subscribed 3") } == ["subscribed 3 resumed 849"])
    #expect(rig.loop.counters.own.recallsSuperseded >= 49)
    #expect(rig.faults() == [])
  }

  // MARK: Topics without subscribers

  @Test("a topic that nobody wants any more is kept for a while and then given back")
  func linger() {
    let rig = LoopRig()
    rig.topics.create(5)
    rig.webSocket("/ws/5").socket.reset()
    rig.settle(2)
    rig.pass(Limits().topicLinger - 1000)
    #expect(rig.loop.subscribers.topics.count == 1)
    rig.pass(2000)
    #expect(rig.loop.subscribers.topics.count == 0)
    #expect(rig.topics.everAsked == [.open(TopicID(5), LoopID(0)), .close(TopicID(5), LoopID(0))])
    #expect(!rig.publisher.isWatched(TopicID(5)))
    let again = rig.webSocket("/ws/5")
    rig.publish(5)
    rig.settle(2)
    #expect(again.texts() == ["connected 5 s 5 0", "n 5 1"])
    #expect(rig.faults() == [])
  }

  @Test("a topic that is wanted again in time stays")
  func lingerThenWanted() {
    let rig = LoopRig()
    rig.topics.create(5)
    rig.webSocket("/ws/5").socket.reset()
    rig.pass(Limits().topicLinger / 2)
    let client = rig.webSocket("/ws/5")
    for _ in 0..<5 {
      rig.pass(Limits().topicLinger / 2)
      client.socket.write(ClientFrames.pong())
    }
    #expect(rig.loop.subscribers.topics.count == 1)
    #expect(rig.topics.everAsked.count == 1)
    #expect(rig.faults() == [])
  }

  @Test("a topic that cannot be given back now is given back later")
  func lingerWhileBusy() {
    let rig = LoopRig()
    rig.topics.create(5)
    rig.webSocket("/ws/5").socket.reset()
    rig.turn()
    rig.topics.setBusy(true)
    rig.pass(Limits().topicLinger * 2)
    #expect(rig.loop.subscribers.topics.count == 1)
    rig.topics.setBusy(false)
    rig.pass(500)
    #expect(rig.loop.subscribers.topics.count == 0)
    #expect(rig.faults() == [])
  }

  @Test("a topic that is asked for again before it was given back hears only what follows its new grant")
  func reopenedBeforeReleased() {
    let rig = LoopRig()
    rig.topics.create(5)
    rig.webSocket("/ws/5").socket.reset()
    rig.settle(2)
    rig.answersAtOnce = false
    rig.pass(Limits().topicLinger + 1000)
    let client = rig.webSocket("/ws/5")
    rig.publish(5)  // the publisher has not heard of the release yet
    rig.settle(2)
    #expect(client.texts() == [])
    rig.answer()
    rig.publish(5)
    rig.settle(2)
    #expect(client.texts() == ["connected 5 s 5 1", "n 5 2"])
    #expect(rig.faults() == [])
  }
}
