import TestSupport
import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct WebSocketDriverTests {
  private func get(_ path: String, _ fields: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: here\r\n\(fields)\r\n"
  }

  // MARK: Positions

  private func positions(_ client: ScriptedClient, _ rig: LoopRig) -> [String] {
    client.say("ping")
    rig.settle(2)
    return client.texts()
  }

  private func judge(_ rig: LoopRig, _ verdict: UpgradeVerdict) throws {
    let last = rig.sessions.asked.withLock(\.last)
    let ticket = try #require(last)
    rig.proxy.post(.replies([(ticket: ticket, response: HTTPResponse(judging: { verdict }))]))
    rig.settle(4)
  }

  @Test("an upgrade that is judged later waits, and goes on with what came behind it")
  func judgedLater() throws {
    let rig = LoopRig()
    let client = ScriptedClient(rig.connect())
    client.socket.write(ScriptedClient.upgrade("/asked"))
    client.say("echo early")
    rig.settle(4)
    #expect(client.socket.read().isEmpty && client.socket.isOpen)
    try judge(rig, .accept(Admission(client: ClientTag(id: 7))))
    #expect(client.read() == [.text("connected"), .text("echo early")])
    #expect(client.status == 101)
    client.say("echo late")
    rig.settle(4)
    #expect(client.read() == [.text("echo late")])
    #expect(rig.faults() == [])
  }

  @Test("what is judged later can be refused, or accepted only to be told why not")
  func refusedLater() throws {
    let rig = LoopRig()
    let refused = ScriptedClient(rig.connect())
    refused.socket.write(ScriptedClient.upgrade("/asked"))
    rig.settle(4)
    try judge(rig, .refuse(HTTPResponse(status: 403)))
    _ = refused.read()
    #expect(refused.status == 403 && refused.socket.isOpen)
    rig.sessions.asked.withLock { $0 = [] }
    let closed = ScriptedClient(rig.connect())
    closed.socket.write(ScriptedClient.upgrade("/asked"))
    rig.settle(4)
    try judge(rig, .acceptThenClose(.policyViolation, reason: "used", subprotocol: nil))
    #expect(closed.read() == [.close(1008, "used")])
    #expect(closed.status == 101)
    #expect(rig.faults() == [])
  }

  @Test("more upgrades than may wait are turned away, and one whose client has gone is judged for nobody")
  func fullOrGone() throws {
    let rig = LoopRig()
    let (first, second) = (ScriptedClient(rig.connect()), ScriptedClient(rig.connect()))
    first.socket.write(ScriptedClient.upgrade("/asked"))
    rig.settle(4)
    second.socket.write(ScriptedClient.upgrade("/asked"))
    rig.settle(4)
    _ = second.read()
    #expect(second.status == 503)
    first.socket.reset()
    rig.settle(4)
    try judge(rig, .accept(Admission(client: ClientTag(id: 7))))
    #expect(rig.faults() == [])
  }

  @Test("a ping is answered with how far each topic was sent, the oldest subscription first")
  func pong() {
    let rig = LoopRig()
    for topic in Int64(5)...7 { rig.topics.create(topic, head: UInt64(topic)) }
    let client = rig.webSocket()
    #expect(positions(client, rig) == ["connected", "pong"])
    for topic in 5...7 { client.say("sub \(topic)") }
    rig.settle()
    _ = client.read()
    #expect(positions(client, rig) == ["pong 5:5 6:6 7:7"])
    rig.publish(6, 2)
    rig.settle(2)
    #expect(positions(client, rig) == ["n 6 7", "n 6 8", "pong 5:5 6:8 7:7"])
    client.say("unsub 5")
    #expect(positions(client, rig) == ["unsubscribed 5", "pong 6:8 7:7"])
    #expect(rig.faults() == [])
  }

  @Test("what was published and not sent to this connection yet is not among its positions")
  func pongBeforeThePass() {
    let rig = LoopRig()
    rig.topics.create(5)
    let client = rig.webSocket("/ws/5")
    _ = client.read()
    // The input of a turn is taken before its mailbox and its pass.
    rig.publish(5)
    client.say("ping")
    rig.settle(2)
    #expect(client.texts() == ["pong 5:0", "n 5 1"])
    #expect(rig.faults() == [])
  }

  @Test(
    "a subscription that waits for its grant, or is not greeted, has no position; one that resumes has the last sent"
  )
  func pongWhileResuming() {
    var limits = Limits()
    (limits.logFrames, limits.pullFrames, limits.recallNotices) = (2, 1, 3)
    let rig = LoopRig(limits)
    rig.topics.create(5, head: 20)
    rig.answersAtOnce = false
    let client = rig.webSocket("/ws/5?since=10")
    #expect(positions(client, rig) == ["pong"])
    // The grant comes, and what was missed is asked for.
    rig.answer()
    rig.settle(2)
    #expect(positions(client, rig) == ["pong"])
    rig.answer()
    rig.settle(2)
    #expect(client.texts() == ["connected 5 resumed 10", "n 5 11", "n 5 12", "n 5 13"])
    #expect(positions(client, rig) == ["pong 5:13"])
    rig.answersAtOnce = true
    rig.settle()
    #expect(client.texts().last == "n 5 20")
    #expect(positions(client, rig) == ["pong 5:20"])
    #expect(rig.faults() == [])
  }

  @Test("a slow reader's position is the frame that its socket has begun, and the pong comes behind it")
  func pongWhileBlocked() {
    let rig = LoopRig()
    rig.topics.create(5)
    rig.topics.pad(50)
    let client = rig.webSocket("/ws/5", capacity: 300)
    _ = client.read()
    rig.publish(5, 10)
    rig.settle(2)
    #expect(rig.connection(client.socket)?.isBlocked == true)
    client.say("ping")
    rig.settle(2)
    client.socket.capacity = 1 << 20
    var (texts, rounds) = (client.texts(), 0)
    while texts.last?.hasPrefix("n 5 10") != true, rounds < 10 {
      rig.settle(2)
      texts += client.texts()
      rounds += 1
    }
    let pong = texts.firstIndex { $0.hasPrefix("pong") } ?? 0
    #expect(pong > 0 && texts[pong] == "pong 5:\(pong)", "\(texts.map { $0.prefix(8) })")
    #expect(rig.faults() == [])
  }

  // MARK: Upgrades

  @Test("an upgrade is answered with 101 and greeted")
  func upgrade() {
    let rig = LoopRig()
    let client = rig.webSocket()
    #expect(client.texts() == ["connected"])
    #expect(client.status == 101)
    #expect(client.head.contains("Sec-WebSocket-Accept: scripted:dGhlIHNhbXBsZSBub25\r\n"))
    #expect(rig.loop.counters.own.webSocketsOpen == 1)
    #expect(rig.faults() == [])
  }

  @Test("an upgrade may be refused with an HTTP answer, and the connection goes on")
  func refused() {
    let rig = LoopRig()
    let socket = rig.connect()
    socket.write(ScriptedClient.upgrade("/refused") + get("/small"))
    rig.settle(2)
    #expect(HTTPAnswers.read(socket.read()).map(\.status) == [403, 200])
    #expect(rig.faults() == [])
  }

  @Test("an upgrade may be accepted only to be closed with a reason")
  func doomed() {
    let rig = LoopRig()
    let client = rig.webSocket("/doomed")
    #expect(client.read() == [.close(1008, "doomed")])
    #expect(client.status == 101)
    client.socket.write(ClientFrames.text("too late") + ClientFrames.close(1008))
    rig.settle(2)
    #expect(client.socket.isEnded)
    #expect(rig.loop.counters.own.webSocketsOpen == 0)
    #expect(rig.faults() == [])
  }

  @Test("a wrong handshake is answered with what is wrong")
  func wrongHandshake() {
    let rig = LoopRig()
    let socket = rig.connect()
    socket.write("GET /ws HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
    rig.settle(2)
    #expect(HTTPAnswers.read(socket.read()).map(\.status) == [400])
    #expect(rig.inbound.asked.isEmpty)
  }

  @Test("frames that come in one piece with the upgrade are read behind it")
  func framesWithUpgrade() {
    let rig = LoopRig()
    let client = ScriptedClient(rig.connect())
    client.socket.write(
      Array(ScriptedClient.upgrade("/ws").utf8) + ClientFrames.text("echo a") + ClientFrames.ping("p"))
    rig.turn()
    #expect(client.read() == [.text("connected"), .text("echo a"), .pong(Array("p".utf8))])
  }

  @Test("frames may come byte by byte")
  func framesInPieces() {
    let rig = LoopRig()
    let client = rig.webSocket()
    _ = client.read()
    for byte in ClientFrames.text("echo me") {
      client.socket.write([byte])
      rig.turn()
    }
    #expect(client.texts() == ["echo me"])
    #expect(rig.loop.counters.own.messagesReceived == 1)
  }

  // MARK: Close handshakes

  @Test("a peer's close is answered, and the connection ends")
  func peerCloses() {
    let rig = LoopRig()
    rig.topics.create(5)
    let client = rig.webSocket("/ws/5")
    _ = client.read()
    client.socket.write(ClientFrames.close(1000) + ClientFrames.text("late"))
    rig.settle(2)
    #expect(client.read() == [.close(1000, "")])
    #expect(client.socket.isEnded)
    #expect(rig.loop.counters.own.subscriptions == 0)
    client.socket.end()
    rig.settle(2)
    #expect(client.socket.closing == .orderly)
    #expect(rig.faults() == [])
  }

  @Test("our close waits for the peer's, and no notice comes between")
  func weClose() {
    let rig = LoopRig()
    rig.topics.create(5)
    let client = rig.webSocket("/ws/5")
    _ = client.read()
    client.say("bye 1000 that was all")
    rig.turn()
    rig.publish(5)
    rig.settle(2)
    #expect(client.read() == [.close(1000, "that was all")])
    #expect(!client.socket.isEnded)
    client.socket.write(ClientFrames.close(1000))
    rig.settle(2)
    #expect(client.socket.isEnded)
    #expect(rig.faults() == [])
  }

  @Test("a peer that never answers our close is let go after the close timeout")
  func peerNeverAnswers() {
    let rig = LoopRig()
    let client = rig.webSocket()
    client.say("bye 1000 x")
    rig.pass(Limits().closeTimeout - 500)
    #expect(client.socket.isOpen)
    rig.pass(1000)
    #expect(!client.socket.isOpen)
    #expect(rig.faults() == [])
  }

  @Test("a frame that breaks the grammar closes with 1002")
  func brokenFrame() {
    let rig = LoopRig()
    let client = rig.webSocket()
    _ = client.read()
    client.socket.write([0x81, 0x01, 0x61])
    rig.settle(2)
    guard case .close(1002, _) = client.read().last else {
      Issue.record("no close frame")
      return
    }
    #expect(client.socket.isEnded)
    #expect(rig.observer.incidents.count == 1)
    #expect(rig.faults() == [])
  }

  @Test("a peer that only ends its direction is gone")
  func endOfInput() {
    let rig = LoopRig()
    rig.topics.create(5)
    let client = rig.webSocket("/ws/5")
    client.socket.end()
    rig.settle(2)
    #expect(!client.socket.isOpen)
    #expect(rig.loop.subscribers.subscriptions.count == 0)
    #expect(rig.faults() == [])
  }

  @Test("an admission may be for some topics only, on this connection and no later one in its place")
  func someTopics() {
    let rig = LoopRig()
    rig.topics.create(5)
    rig.topics.create(6)
    let client = rig.webSocket("/ws?only=5")
    _ = client.read()
    client.say("sub 6")
    client.say("sub 5")
    rig.settle()
    let texts = client.texts()
    #expect(texts.first == "notAllowed 6" && texts.last?.hasPrefix("subscribed 5") == true)
    client.socket.end()
    rig.settle()
    let other = rig.webSocket()
    other.say("sub 6")
    rig.settle()
    #expect(other.texts().last?.hasPrefix("subscribed 6") == true)
    #expect(rig.faults() == [])
  }
}
