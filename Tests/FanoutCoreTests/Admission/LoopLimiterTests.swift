import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite("Loop limiter")
struct LoopLimiterTests {
  private let counters = LoopCounters()
  private let observer = RecordingObserver()

  private func admission(_ shared: AdmissionControl) -> LoopLimiter {
    LoopLimiter(counters: counters, observer: observer, shared: shared)
  }

  private func control(_ change: (inout AdmissionLimits) -> Void) -> AdmissionControl {
    var limits = AdmissionLimits()
    change(&limits)
    return AdmissionControl(limits)
  }

  private let ann = PeerAddress(ipv4: 0x7F00_0002)
  private let bob = PeerAddress(ipv4: 0x7F00_0003)
  private let proxy = PeerAddress(ipv4: 0x0A00_0001)

  private func refused(_ limit: AdmissionLimit) -> Int { counters.own.limited[limit.rawValue] }

  private func head(_ lines: String...) throws -> HTTPRequestHead {
    let text = (["GET / HTTP/1.1", "Host: a"] + lines).joined(separator: "\r\n") + "\r\n\r\n"
    return try #require(request(text)).head
  }

  @Test("An address has as many connections as the cap says, on all loops together")
  func connectionCap() {
    let shared = control { $0.connectionsPerAddress = 3 }
    let (one, two) = (admission(shared), admission(shared))
    for slot: UInt32 in 0..<3 {
      let loop = slot == 1 ? two : one
      #expect(loop.admits(connectionFrom: ann))
      loop.opened(slot, from: ann)
    }
    #expect(!one.admits(connectionFrom: ann) && !two.admits(connectionFrom: ann))
    #expect(one.admits(connectionFrom: bob))
    two.left(1 as UInt32)
    #expect(one.admits(connectionFrom: ann))
    #expect(refused(.connectionsPerAddress) == 2)
    #expect(observer.incidents.first == .limited(.connectionsPerAddress, ann))
  }

  @Test("Bounds that change count what is there, and give back what was taken")
  func changedBounds() {
    let shared = control { $0.connectionsPerAddress = 3 }
    let admission = admission(shared)
    for slot: UInt32 in 0..<2 {
      #expect(admission.admits(connectionFrom: ann))
      admission.opened(slot, from: ann)
    }
    var limits = AdmissionLimits()
    (limits.connectionsPerAddress, limits.connectionsPerClient) = (1, 1)
    limits.trustedProxies = TrustedProxies([AddressRange("127.0.0.3")].compactMap(\.self))
    shared.use(limits)
    admission.use(limits)
    #expect(!admission.admits(connectionFrom: ann))
    #expect(admission.refusal(ofJoining: 0, as: ClientTag(id: 7), from: ann) == nil)
    #expect(admission.refusal(ofJoining: 1, as: ClientTag(id: 7), from: ann)?.limit == .connectionsPerClient)
    // A proxy's connections are not counted for it.
    for slot: UInt32 in 2..<5 {
      #expect(admission.admits(connectionFrom: bob))
      admission.opened(slot, from: bob)
    }
    for slot: UInt32 in 0..<5 { admission.left(slot) }
    #expect([shared.addresses, shared.newConnections, shared.clients].allSatisfy { $0.keys == 0 })
  }

  @Test("Where nothing was limited at first, nothing is counted, and other limits have no effect")
  func unlimitedAtFirst() {
    let shared = control { _ in }
    let admission = admission(shared)
    #expect(admission.admits(connectionFrom: ann))
    admission.opened(0, from: ann)
    var limits = AdmissionLimits()
    limits.connectionsPerAddress = 1
    shared.use(limits)
    admission.use(limits)
    #expect(admission.admits(connectionFrom: ann))
    admission.left(0 as UInt32)
    #expect(shared.addresses.keys == 0)
  }

  @Test("Connections without a whole head are bounded per address and per loop")
  func newConnections() throws {
    let shared = control { ($0.newConnectionsPerAddress, $0.newConnectionsPerLoop) = (2, 3) }
    let admission = admission(shared)
    for slot: UInt32 in 0..<2 {
      #expect(admission.admits(connectionFrom: ann))
      admission.opened(slot, from: ann)
    }
    #expect(!admission.admits(connectionFrom: ann))
    #expect(admission.admits(connectionFrom: bob))
    admission.opened(2, from: bob)
    #expect(!admission.admits(connectionFrom: proxy))
    #expect(refused(.newConnectionsPerAddress) == 1 && refused(.newConnectionsPerLoop) == 1)
    _ = admission.client(of: try head(), at: 0, from: ann)
    #expect(admission.admits(connectionFrom: ann))
    admission.left(ann)
    for slot: UInt32 in 0..<3 { admission.left(slot) }
    #expect(shared.newConnections.keys == 0)
  }

  @Test("An authenticated client's connection is counted for the client and no more for its address")
  func clients() throws {
    let shared = control { ($0.connectionsPerAddress, $0.connectionsPerClient) = (2, 2) }
    let admission = admission(shared)
    for slot: UInt32 in 0..<3 {
      #expect(admission.admits(connectionFrom: ann))
      admission.opened(slot, from: ann)
      let refusal = admission.refusal(ofJoining: slot, as: ClientTag(id: 7), from: ann)
      #expect((refusal == nil) == (slot < 2))
      if slot == 2 { #expect(refusal?.limit == .connectionsPerClient) }
    }
    #expect(shared.clients.count(of: 7) == 2)
    #expect(shared.addresses.count(of: ann.limitKey) == 1)
    for slot: UInt32 in 0..<3 { admission.left(slot) }
    #expect(shared.clients.keys == 0 && shared.addresses.keys == 0)
  }

  @Test(
    "A trusted proxy's connections are not counted; what joins without a client is, for the address behind it"
  )
  func proxies() throws {
    let shared = control {
      $0.connectionsPerAddress = 1
      $0.trustedProxies = TrustedProxies(["10.0.0.0/8"].compactMap(AddressRange.init))
    }
    let admission = admission(shared)
    for slot: UInt32 in 0..<4 {
      #expect(admission.admits(connectionFrom: proxy))
      admission.opened(slot, from: proxy)
    }
    let nobody = ClientTag(id: 0)
    for slot: UInt32 in 0..<2 {
      let client = admission.client(of: try head("X-Forwarded-For: 127.0.0.2"), at: slot, from: proxy)
      #expect(client.address == ann)
      #expect((admission.refusal(ofJoining: slot, as: nobody, from: proxy) == nil) == (slot == 0))
    }
    _ = admission.client(of: try head("X-Forwarded-For: 127.0.0.3"), at: 2, from: proxy)
    #expect(admission.refusal(ofJoining: 2, as: nobody, from: proxy) == nil)
    #expect(observer.incidents == [.limited(.connectionsPerAddress, ann)])
    for slot: UInt32 in 0..<4 { admission.left(slot) }
    #expect(shared.addresses.keys == 0)
  }

  @Test("Requests are counted by the client's address on all loops, and the refusal says when to come again")
  func requests() throws {
    let shared = control { $0.requestsPerAddress = RateLimit(1, per: 1_000, burst: 3) }
    let (one, two) = (admission(shared), admission(shared))
    let client = Client(address: ann)
    for loop in [one, two, one] { #expect(loop.refusal(ofRequestFrom: client, now: 5) == nil) }
    let refusal = try #require(two.refusal(ofRequestFrom: client, now: 5))
    #expect(refusal.limit == .requestsPerAddress && refusal.retryAfter == 1 && refusal.milliseconds == 1_000)
    #expect(two.refusal(ofRequestFrom: Client(address: bob), now: 5) == nil)
    #expect(one.refusal(ofRequestFrom: client, now: 1_005) == nil)
  }

  @Test("Recalls are counted for the client on all its connections")
  func recalls() {
    let shared = control { $0.recallsPerClient = RateLimit(1, per: 1_000, burst: 2) }
    let admission = admission(shared)
    for slot: UInt32 in 0..<2 {
      #expect(admission.admits(connectionFrom: ann))
      admission.opened(slot, from: ann)
      #expect(admission.refusal(ofJoining: slot, as: ClientTag(id: 7), from: ann) == nil)
      #expect(admission.judge(recallAt: slot, from: ann, now: 1) == .admitted)
    }
    #expect(admission.judge(recallAt: 0, from: ann, now: 1) == .refused)
    #expect(admission.judge(recallAt: 0, from: ann, now: 1_001) == .admitted)
  }

  @Test(
    "A connection that goes on to ask for recalls beyond its client's budget is to be closed, another is not")
  func recallers() {
    let admission = admission(control { $0.recallsPerClient = RateLimit(1, per: 1_000) })
    for slot: UInt32 in 0..<2 {
      #expect(admission.admits(connectionFrom: ann))
      admission.opened(slot, from: ann)
    }
    #expect(admission.judge(recallAt: 0, from: ann, now: 1) == .admitted)
    for _ in 0..<Limits.resumesRefused {
      #expect(admission.judge(recallAt: 0, from: ann, now: 1) == .refused)
    }
    #expect(admission.judge(recallAt: 1, from: ann, now: 1) == .refused)
    // What is admitted meanwhile makes up for one refusal each.
    #expect(admission.judge(recallAt: 0, from: ann, now: 1_001) == .admitted)
    #expect(admission.judge(recallAt: 0, from: ann, now: 1_001) == .refused)
    #expect(admission.judge(recallAt: 0, from: ann, now: 1_001) == .closing)
    let counts = counters.own
    #expect(counts.recallsRefused == Int(Limits.resumesRefused) + 2 && counts.recallersClosed == 1)
    #expect(refused(.recallsPerClient) == Int(Limits.resumesRefused) + 3)
    #expect(observer.incidents.last == .tooManyResumes(peer: ann))
    // The slot's next connection begins anew.
    admission.left(0 as UInt32)
    #expect(admission.admits(connectionFrom: ann))
    admission.opened(0, from: ann)
    #expect(admission.judge(recallAt: 0, from: ann, now: 1_001) == .refused)
  }

  @Test("A connection is paused once at a time, until its moment")
  func pauses() {
    let admission = admission(control { $0.messagesPerConnection = RateLimit(10, per: 1_000) })
    #expect(admission.admits(connectionFrom: ann))
    admission.opened(0, from: ann)
    for _ in 1...10 { admission.tookMessage(0, now: 1_000) }
    #expect(admission.nextMessageAt(0, now: 1_000) == 1_100)
    for _ in 1...3 { admission.pause(0, generation: 9, until: 1_100) }
    #expect(admission.isPaused(0))
    #expect(admission.takeDuePauses(at: 1_099).isEmpty)
    #expect(admission.takeDuePauses(at: 1_100).map(\.slot) == [0])
    admission.resume(0)
    #expect(!admission.isPaused(0) && admission.nextMessageAt(0, now: 1_100) == 1_100)
  }

  @Test("Without limits nothing is kept by slot")
  func unlimited() throws {
    let admission = admission(control { _ in })
    #expect(admission.admits(connectionFrom: ann))
    #expect(admission.client(of: try head("X-Forwarded-For: 6.6.6.6"), at: 99, from: ann).address == ann)
    #expect(admission.refusal(ofJoining: 99, as: ClientTag(id: 7), from: ann) == nil)
    #expect(!admission.isPaused(99) && admission.nextMessageAt(99, now: 3) == 3)
    admission.left(99 as UInt32)
  }
}

/// The limits as clients of a loop meet them.
@Suite("Limits on a loop")
struct LoopLimitTests {
  private func rig(_ change: (inout AdmissionLimits) -> Void) -> LoopRig {
    var limits = AdmissionLimits()
    change(&limits)
    return LoopRig(admission: limits)
  }

  private let get = "GET /now HTTP/1.1\r\nHost: here\r\n\r\n"

  @Test("Requests over the rate get 429 and never reach the inbound sink, and the connection goes on later")
  func requests() {
    let rig = rig { $0.requestsPerAddress = RateLimit(10, per: 1_000, burst: 2) }
    let socket = rig.connect()
    socket.write(String(repeating: get, count: 4))
    rig.settle()
    #expect(HTTPAnswers.read(socket.read()).map(\.status) == [200, 200, 429])
    #expect(rig.inbound.asked.count == 2)
    rig.pass(200)
    #expect(HTTPAnswers.read(socket.read()).map(\.status) == [200])
    #expect(rig.faults() == [])
  }

  @Test("Connections over the cap are closed at accept, and a close makes room")
  func connections() {
    let rig = rig { $0.connectionsPerAddress = 2 }
    func connect() -> ScriptedSocket {
      let socket = rig.io.makeSocket()
      rig.loop.accept(socket.descriptor, from: PeerAddress(ipv4: 0x7F00_0002))
      rig.turn()
      return socket
    }
    let first = [connect(), connect()]
    let third = connect()
    #expect(rig.connection(third) == nil && rig.connection(first[0]) != nil)
    first[0].end()
    rig.settle()
    let fourth = connect()
    #expect(rig.connection(fourth) != nil)
    #expect(rig.faults() == [])
  }

  @Test("A client's WebSocket over the cap is upgraded and closed with 1008 and a reason")
  func webSockets() {
    let rig = rig { $0.connectionsPerClient = 2 }
    let open = [rig.webSocket(), rig.webSocket()]
    #expect(open.allSatisfy { $0.status == nil || $0.status == 101 })
    let third = rig.webSocket()
    let frames = third.read()
    #expect(frames.contains(.close(1008, "too many: connectionsPerClient")))
    #expect(rig.counters.own.webSocketsOpen >= 2)
    #expect(rig.faults() == [])
  }

  @Test("A connection is new until its first head is whole, not until its body is")
  func newConnections() {
    let rig = rig { $0.newConnectionsPerLoop = 1 }
    let first = rig.connect()
    first.write("POST /now HTTP/1.1\r\nHost: here\r\nContent-Length: 3\r\n")
    rig.turn()
    #expect(!rig.connect().isOpen)
    first.write("\r\n")
    rig.turn()
    #expect(rig.connect().isOpen)
    first.write("abc")
    rig.settle()
    #expect(HTTPAnswers.read(first.read()).map(\.status) == [200])
    #expect(rig.faults() == [])
  }

  @Test(
    "Resumes beyond the budget get the newest state; a socket that goes on is closed, and others are served")
  func recallers() {
    let rig = rig { $0.recallsPerClient = RateLimit(2, per: 1_000, burst: 4) }
    rig.topics.create(5, head: 950)
    let client = rig.webSocket("/ws?client=3")
    let other = rig.webSocket("/ws?client=4")
    _ = (client.read(), other.read())
    var answers: [String] = []
    for _ in 0..<4 + Limits.resumesRefused {
      client.say("sub 5 since 940")
      rig.settle(3)
      answers += client.texts().filter { $0.hasPrefix("subscribed") }
    }
    #expect(answers.prefix(4).allSatisfy { $0 == "subscribed 5 resumed 940" })
    #expect(answers.dropFirst(4).allSatisfy { $0 == "subscribed 5 s 5 950 lost" })
    #expect(answers.count == 4 + Int(Limits.resumesRefused))
    client.say("sub 5 since 940")
    other.say("sub 5 since 948")
    rig.settle()
    #expect(client.read() == [.close(1008, "too many: recallsPerClient")])
    #expect(other.texts() == ["subscribed 5 resumed 948", "n 5 949", "n 5 950"])
    #expect(rig.counters.own.recallersClosed == 1)
    #expect(rig.faults() == [])
  }

  @Test("Thousands of resumes at once are read at most a few times, also at the default rate of messages")
  func burstOfResumes() {
    let rig = rig {
      $0.recallsPerClient = RateLimit(2, per: 1_000, burst: 64)
      $0.messagesPerConnection = RateLimit(20, per: 1_000, burst: 40)
    }
    rig.topics.create(5, head: 950)
    let client = rig.webSocket()
    for _ in 0..<4000 { client.say("sub 5 since 0") }
    var frames: [ServerFrames.Frame] = []
    for _ in 0..<100 where !frames.contains(.close(1008, "too many: recallsPerClient")) {
      rig.pass(100)
      frames += client.read()
    }
    #expect(frames.last == .close(1008, "too many: recallsPerClient"))
    #expect(rig.counters.own.recallersClosed == 1)
    #expect(rig.faults() == [])
  }

  @Test("An event stream over the budget begins at the newest state")
  func streams() {
    let rig = rig { $0.recallsPerClient = RateLimit(1, per: 60_000) }
    rig.topics.create(5, head: 950)
    let texts = (0..<3).map { _ in
      let socket = rig.connect()
      socket.write("GET /stream/5/since/949 HTTP/1.1\r\nHost: here\r\n\r\n")
      rig.settle()
      return String(decoding: socket.read(), as: UTF8.self)
    }
    #expect(texts[0].contains("data: connected 5 resumed 949"))
    #expect(texts.dropFirst().allSatisfy { $0.contains("data: connected 5 s 5 950 lost") })
    #expect(rig.faults() == [])
  }

  @Test("The connections of a client that is withdrawn are closed, and nobody else's")
  func withdrawn() {
    let rig = rig { $0.connectionsPerClient = 2 }
    let clients = [3, 3, 4].map { rig.webSocket("/ws?client=\($0)") }
    for client in clients { _ = client.read() }
    for id in [5, 3] as [UInt64] { rig.proxy.post(.withdrawClient(id, .policyViolation, reason: "gone")) }
    rig.settle()
    #expect(clients.map { $0.read() } == [[.close(1008, "gone")], [.close(1008, "gone")], []])
    #expect(rig.faults() == [])
  }

  @Test("Messages over the rate wait, in order, and the connection stays open")
  func messages() {
    let rig = rig { $0.messagesPerConnection = RateLimit(10, per: 1_000, burst: 5) }
    let client = rig.webSocket()
    _ = client.texts()
    for number in 0..<20 { client.say("echo \(number)") }
    rig.settle()
    #expect(client.texts().count == 5)
    rig.pass(1_000)
    #expect((14...16).contains(5 + client.texts().count))
    rig.pass(600)
    #expect(rig.connection(client.socket) != nil)
    #expect(rig.counters.own.messagesReceived == 20)
    #expect(rig.faults() == [])
  }

  @Test("Other limits hold for who is there from the moment that they come")
  func otherLimits() {
    let rig = rig { $0.messagesPerConnection = RateLimit(10, per: 1_000, burst: 5) }
    let client = rig.webSocket()
    _ = client.texts()
    rig.proxy.post(.settings(AdmissionLimits()))
    rig.settle()
    for number in 0..<20 { client.say("echo \(number)") }
    rig.settle()
    #expect(client.texts().count == 20)
    #expect(rig.faults() == [])
  }
}
