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

  @Test("Handshakes under way are bounded per address and per loop, until the first request")
  func handshakeCaps() throws {
    let shared = control { ($0.handshakesPerAddress, $0.handshakesPerLoop) = (2, 3) }
    let admission = admission(shared)
    for slot: UInt32 in 0..<2 {
      #expect(admission.admits(connectionFrom: ann))
      admission.opened(slot, from: ann)
    }
    #expect(!admission.admits(connectionFrom: ann))
    #expect(admission.admits(connectionFrom: bob))
    admission.opened(2, from: bob)
    #expect(!admission.admits(connectionFrom: proxy))
    #expect(refused(.handshakesPerAddress) == 1 && refused(.handshakesPerLoop) == 1)
    _ = admission.client(of: try head(), at: 0, from: ann)
    #expect(admission.admits(connectionFrom: ann))
    admission.left(ann)
    for slot: UInt32 in 0..<3 { admission.left(slot) }
    #expect(shared.handshakes.keys == 0)
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
      #expect(admission.admits(recallAt: slot, from: ann, now: 1))
    }
    #expect(!admission.admits(recallAt: 0, from: ann, now: 1))
    #expect(admission.admits(recallAt: 0, from: ann, now: 1_001))
  }

  @Test("A connection rests once at a time, until its moment")
  func resting() {
    let admission = admission(control { $0.messagesPerConnection = RateLimit(10, per: 1_000) })
    #expect(admission.admits(connectionFrom: ann))
    admission.opened(0, from: ann)
    for _ in 1...10 { admission.tookMessage(0, now: 1_000) }
    #expect(admission.roomForMessage(0, now: 1_000) == 1_100)
    for _ in 1...3 { admission.rest(0, generation: 9, until: 1_100) }
    #expect(admission.isResting(0))
    #expect(admission.endRests(at: 1_099).isEmpty)
    #expect(admission.endRests(at: 1_100).map(\.slot) == [0])
    admission.wake(0)
    #expect(!admission.isResting(0) && admission.roomForMessage(0, now: 1_100) == 1_100)
  }

  @Test("Without limits nothing is kept by slot")
  func unlimited() throws {
    let admission = admission(control { _ in })
    #expect(admission.admits(connectionFrom: ann))
    #expect(admission.client(of: try head("X-Forwarded-For: 6.6.6.6"), at: 99, from: ann).address == ann)
    #expect(admission.refusal(ofJoining: 99, as: ClientTag(id: 7), from: ann) == nil)
    #expect(!admission.isResting(99) && admission.roomForMessage(99, now: 3) == 3)
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
    #expect(frames.contains(.close(1008, "Too many connections")))
    #expect(rig.counters.own.webSocketsOpen >= 2)
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
}
