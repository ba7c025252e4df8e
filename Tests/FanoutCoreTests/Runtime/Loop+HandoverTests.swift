import TestSupport
import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

/// From one loop to another, on scripted transports: the sockets are made anew, with what the records say.
@Suite struct LoopHandoverTests {
  @Test("subscribers at the head go on at the head, without a greeting and without a gap")
  func atHead() {
    let (old, new) = (LoopRig(), LoopRig())
    for rig in [old, new] { rig.topics.create(5, head: 7) }
    let clients = old.subscribers(3)
    old.publish(5)
    new.topics.create(5, head: 8)
    let (task, link) = old.handOver(then: .leave)
    #expect(task.step == .left)
    // What was published before is sent before.
    for client in clients { #expect(client.texts() == ["connected 5 s 5 7", "n 5 8"]) }
    #expect(
      link.records.map(\.interests)
        == Array(repeating: [.init(topic: TopicID(5), resume: .after(8), greeting: .given)], count: 3))
    let adopted = new.adopt(link.records)
    new.settle()
    new.publish(5, 2)
    new.settle()
    for client in adopted { #expect(client.texts() == ["n 5 9", "n 5 10"]) }
    #expect(new.loop.connections.count == 3)
    #expect(old.loop.connections.count == 0)
    #expect(old.io.hasLeftListeners)
    #expect(old.faults() + new.faults() == [])
  }

  @Test(
    "a pace holds in the other process, which sends what is missing when its time has come, and asks for nothing"
  )
  func pace() {
    let (old, new) = (LoopRig(), LoopRig())
    old.topics.create(5, head: 7)
    new.topics.create(5, head: 12)
    let client = old.webSocket("/ws/5")
    client.say("pace 1")
    old.settle(2)
    old.publish(5, 2)
    let records = old.handOver(then: .leave).link.records
    #expect(records.map(\.pace) == [Pace(1)])
    #expect(records.first?.interests == [.init(topic: TopicID(5), resume: .after(7), greeting: .given)])
    #expect(client.texts() == ["connected 5 s 5 7"])
    let adopted = new.adopt(records)
    new.settle()
    #expect(adopted[0].texts() == [] && new.faults() == [])
    new.pass(1_300)
    #expect(adopted[0].texts() == ["c 5 8 12"])
    #expect(!new.topics.everAsked.contains { if case .history = $0 { true } else { false } })
    adopted[0].say("pace 0")
    new.publish(5)
    new.settle()
    #expect(adopted[0].texts() == ["n 5 13"] && new.faults() == [])
  }

  @Test("what was committed in between is asked for once, and sent to everybody one by one")
  func gap() {
    let (old, new) = (LoopRig(), LoopRig())
    old.topics.create(5, head: 7)
    new.topics.create(5, head: 10)
    _ = old.subscribers(20)
    let adopted = new.adopt(old.handOver(then: .leave).link.records)
    new.settle()
    for client in adopted { #expect(client.texts() == ["n 5 8", "n 5 9", "n 5 10"]) }
    let histories = new.topics.everAsked.filter { if case .history = $0 { true } else { false } }
    #expect(histories.count == 1)
    new.publish(5)
    new.settle()
    for client in adopted { #expect(client.texts() == ["n 5 11"]) }
    #expect(new.faults() == [])
  }

  @Test("what is published while the gap is read follows behind it, one by one")
  func gapWhilePublishing() {
    let (old, new) = (LoopRig(), LoopRig())
    old.topics.create(5, head: 7)
    new.topics.create(5, head: 10)
    _ = old.subscribers(2)
    let adopted = new.adopt(old.handOver(then: .leave).link.records)
    new.answersAtOnce = false
    // The grant comes, and the gap is asked for.
    new.answer()
    new.settle(2)
    new.publish(5)
    new.settle(2)
    for client in adopted { #expect(client.texts() == []) }
    new.answer()
    new.settle()
    for client in adopted { #expect(client.texts() == ["n 5 8", "n 5 9", "n 5 10", "n 5 11"]) }
    #expect(new.faults() == [])
  }

  @Test("for WebSockets alone the log of event streams keeps nothing of the gap")
  func gapOfOneKind() throws {
    let (old, new) = (LoopRig(), LoopRig())
    old.topics.create(5, head: 7)
    new.topics.create(5, head: 10)
    _ = old.subscribers(1)
    _ = new.adopt(old.handOver(then: .leave).link.records)
    new.settle()
    new.publish(5)
    new.settle()
    let found = new.loop.subscribers.topics.index(of: TopicID(5))
    let live = new.loop.subscribers.topics[try #require(found)].live
    #expect(live.webSocket.log.count == 4)
    #expect(live.eventStream.log.count == 0)
  }

  @Test("when the gap cannot be read, one message stands for it")
  func lostGap() {
    let (old, new) = (LoopRig(), LoopRig())
    old.topics.create(5, head: 7)
    new.topics.create(5, head: 10)
    new.topics.forget(through: 10)
    _ = old.subscribers(2)
    let adopted = new.adopt(old.handOver(then: .leave).link.records)
    new.settle()
    for client in adopted { #expect(client.texts() == ["c 5 8 10"]) }
    #expect(new.faults() == [])
  }

  @Test("a reader that was slow gets the rest of its frame, and then catches up")
  func slow() throws {
    let (old, new) = (LoopRig(), LoopRig())
    for rig in [old, new] { rig.topics.create(5) }
    let client = old.webSocket("/ws/5", capacity: 200)
    _ = client.texts()
    old.topics.pad(150)
    old.publish(5, 3)
    old.settle()
    let before = client.socket.read()
    new.topics.create(5, head: 3)
    new.topics.pad(150)
    let link = old.handOver(then: .leave).link
    let record = try #require(link.records.first)
    #expect(!record.output.isEmpty)
    let adopted = new.adopt(link.records)
    new.settle()
    var frames = ServerFrames()
    let all = frames.take(before + adopted[0].socket.read())
    let texts = all.compactMap { if case .text(let text) = $0 { String(text.prefix(5)) } else { nil } }
    #expect(texts == ["n 5 1", "n 5 2", "n 5 3"])
    #expect(new.faults() == [])
  }

  @Test("half a message goes on where it stopped, and event streams and idle requests go on, too")
  func kinds() {
    let (old, new) = (LoopRig(), LoopRig())
    for rig in [old, new] { rig.topics.create(5, head: 1) }
    let half = old.webSocket()
    let frame = ClientFrames.text("echo me")
    half.socket.write(Array(frame.prefix(9)))
    let stream = old.connect()
    stream.write("GET /stream/5 HTTP/1.1\r\nHost: here\r\n\r\n")
    let idle = old.connect()
    idle.write("GET /small HTTP/1.1\r\nHost: here\r\n\r\n")
    let fresh = old.connect()
    old.settle()
    _ = (half.read(), stream.read(), idle.read(), fresh.read())
    let link = old.handOver(then: .leave).link
    #expect(link.records.map(\.kind) == [.webSocket, .eventStream, .http, .http])
    let adopted = new.adopt(link.records)
    new.settle()
    adopted[0].socket.write(Array(frame.dropFirst(9)))
    adopted[2].socket.write("GET /small HTTP/1.1\r\nHost: here\r\n\r\n")
    adopted[3].socket.write("GET /small HTTP/1.1\r\nHost: here\r\n\r\n")
    new.publish(5)
    new.settle()
    #expect(adopted[0].texts() == ["echo me"])
    #expect(String(decoding: adopted[1].socket.read(), as: UTF8.self).contains("data: n 5 2"))
    for client in adopted[2...] {
      #expect(String(decoding: client.socket.read(), as: UTF8.self).hasPrefix("HTTP/1.1 200"))
    }
    #expect(new.loop.counters.own.webSocketsOpen == 1)
    #expect(new.loop.counters.own.eventStreamsOpen == 1)
    #expect(new.faults() == [])
  }

  @Test("a request under way is answered first, and one that is not answered in time stays")
  func requests() {
    let rig = LoopRig()
    let answered = rig.connect()
    answered.write("GET /later HTTP/1.1\r\nHost: here\r\n\r\nGET /small HTTP/1.1\r\nHost: here\r\n\r\n")
    let stuck = rig.connect()
    stuck.write("GET /later HTTP/1.1\r\nHost: here\r\n\r\n")
    rig.settle()
    let ticket = rig.inbound.asked[0].ticket
    rig.proxy.post(.replies([(ticket, HTTPResponse(status: 204))]))
    let (task, link) = rig.handOver(then: .leave)
    #expect(String(decoding: answered.read(), as: UTF8.self).hasPrefix("HTTP/1.1 204"))
    // The request behind it goes on in the other process.
    #expect(link.records.map { String(decoding: $0.input, as: UTF8.self).prefix(10) } == ["GET /small"])
    #expect(task.step == .left)
    #expect(rig.loop.connections.count == 1)
    rig.proxy.post(.replies([(rig.inbound.asked[1].ticket, HTTPResponse(status: 204))]))
    rig.settle()
    #expect(String(decoding: stuck.read(), as: UTF8.self).hasPrefix("HTTP/1.1 204"))
    #expect(rig.faults() == [])
  }

  @Test(
    "told to go on, or without anybody at the other end, a loop serves as before", arguments: [true, false])
  func goesOn(_ fails: Bool) {
    let rig = LoopRig()
    rig.topics.create(5)
    let clients = rig.subscribers(2)
    let piped = rig.connect()
    rig.settle()
    let (task, _) = rig.handOver(then: .goOn, fails: fails, meanwhile: { rig.publish(5) })
    #expect((task.step == .failed) == fails)
    rig.publish(5)
    piped.write("GET /small HTTP/1.1\r\nHost: here\r\n\r\n")
    rig.settle()
    for client in clients {
      #expect(client.texts() == ["connected 5 s 5 0"] + (1...UInt64(rig.topics.head(5))).map { "n 5 \($0)" })
    }
    #expect(String(decoding: piped.read(), as: UTF8.self).hasPrefix("HTTP/1.1 200"))
    #expect(rig.io.isListening)
    #expect(rig.faults() == [])
  }

  @Test("what comes for clients while they are on their way is told to the next process")
  func late() {
    let rig = LoopRig()
    rig.topics.create(5)
    _ = rig.subscribers(1)
    let (task, _) = rig.handOver(
      then: .leave,
      meanwhile: {
        rig.proxy.post(.withdrawClient(7, .tokenExpired, reason: "logged out"))
        rig.proxy.post(.tellClient(8, [65]))
        rig.proxy.post(.endCredential(Credential(9), at: 10))
      })
    #expect(
      task.late == [
        .withdraw(client: 7, .tokenExpired, reason: "logged out"), .tell(client: 8, [65]),
        .end(Credential(9), at: 10),
      ])
  }

  @Test("connections that speak TLS stay, and leave by the usual end")
  func secure() {
    let rig = LoopRig()
    rig.io.passesConnections = false
    rig.topics.create(5)
    let clients = rig.subscribers(2)
    let (task, link) = rig.handOver(then: .leave)
    #expect(link.records.isEmpty)
    #expect(task.step == .left)
    rig.proxy.post(.closeAll)
    rig.settle()
    for client in clients {
      #expect(client.read().contains { if case .close(1012, _) = $0 { true } else { false } })
    }
    #expect(rig.faults() == [])
  }

  @Test("more subscriptions than can be asked for at once are asked for later")
  func busySource() {
    let (old, new) = (LoopRig(), LoopRig())
    for rig in [old, new] { rig.topics.create(5, head: 2) }
    _ = old.subscribers(2)
    new.topics.setBusy(true)
    let adopted = new.adopt(old.handOver(then: .leave).link.records)
    new.settle()
    new.topics.setBusy(false)
    new.pass(300)
    new.publish(5)
    new.settle()
    for client in adopted { #expect(client.texts() == ["n 5 3"]) }
    #expect(new.faults() == [])
  }

  // MARK: Compression

  private static let agreed = "permessage-deflate; client_no_context_takeover"

  /// In which dialect the only subscription of each client is.
  private func dialects(_ clients: [ScriptedClient], _ rig: LoopRig) -> [Dialect?] {
    clients.map { client in
      client.socket.slot.flatMap { rig.loop.subscribers.at(rig.loop.subscribers.first(of: $0))?.dialect }
    }
  }

  @Test("a compressed subscriber is sent one notice that stands alone, and then shares the window again")
  func compressed() {
    let (old, new) = (LoopRig(), LoopRig())
    old.topics.create(5)
    new.topics.create(5, head: 2)
    let former = (0..<2).map { _ in old.webSocket("/ws/5", extensions: "permessage-deflate") }
    old.publish(5, 2)
    old.settle()
    #expect(dialects(former, old) == [.shared, .shared])
    let records = old.handOver(then: .leave).link.records
    // Clients whose window is empty: what they can read refers to nothing that the former process sent.
    let adopted = new.adopt(records, extensions: Self.agreed)
    new.settle()
    #expect(dialects(adopted, new) == [.standalone, .standalone])
    for seq in 3...5 {
      new.publish(5)
      new.settle()
      for client in adopted { #expect(client.texts() == ["n 5 \(seq)"]) }
      #expect(dialects(adopted, new) == [.shared, .shared])
    }
    #expect(adopted.allSatisfy { $0.frames.deflatedTexts == 3 && $0.frames.offence == nil })
    #expect(new.faults() == [])
  }

  @Test("a second subscription that could be asked for only later takes its connection out of the window")
  func compressedLater() {
    let (old, new) = (LoopRig(), LoopRig())
    for rig in [old, new] { for topic in Int64(5)...6 { rig.topics.create(topic) } }
    let former = old.webSocket("/ws/5", extensions: "permessage-deflate")
    former.say("sub 6")
    old.settle()
    // The new loop holds one of the two topics already.
    _ = new.webSocket("/ws/5")
    new.topics.setBusy(true)
    let adopted = new.adopt(old.handOver(then: .leave).link.records, extensions: Self.agreed)
    new.publish(5)
    new.settle()
    #expect(dialects(adopted, new) == [.shared])
    new.topics.setBusy(false)
    new.pass(300)
    for topic in [Int64(5), 6, 5] {
      new.publish(topic)
      new.settle()
    }
    #expect(adopted.map { $0.texts() } == [["n 5 1", "n 5 2", "n 6 1", "n 5 3"]])
    #expect(adopted[0].frames.offence == nil)
    #expect(new.faults() == [])
  }

  @Test("a topic that was deleted in between ends the connections that have no other")
  func deleted() {
    let (old, new) = (LoopRig(), LoopRig())
    for topic: Int64 in [5, 6] { old.topics.create(topic) }
    new.topics.create(6)
    _ = old.subscribers(1, of: 5)
    let both = old.webSocket("/ws/5")
    both.say("sub 6")
    old.settle()
    let adopted = new.adopt(old.handOver(then: .leave).link.records)
    new.settle()
    new.publish(6)
    new.settle()
    #expect(adopted[0].read().contains { if case .close(4404, _) = $0 { true } else { false } })
    #expect(adopted[1].texts() == ["n 6 1"])
    #expect(new.faults() == [])
  }

  @Test("limits count what was adopted, for whom it was counted before")
  func limits() {
    var limits = AdmissionLimits()
    limits.connectionsPerAddress = 2
    let (old, new) = (LoopRig(admission: limits), LoopRig(admission: limits))
    _ = old.connect()
    old.settle()
    let link = old.handOver(then: .leave).link
    let key = link.records[0].counted?.key
    #expect(key == link.records[0].peer.limitKey)
    #expect(link.records[0].isNew)
    let adopted = new.adopt(link.records + link.records + link.records)
    new.settle()
    // More than the bound, because nobody who is connected is refused.
    #expect(new.loop.connections.count == 3)
    adopted.forEach { $0.socket.end() }
    new.settle()
    #expect(new.loop.connections.count == 0)
    #expect(new.faults() == [])
  }
}
