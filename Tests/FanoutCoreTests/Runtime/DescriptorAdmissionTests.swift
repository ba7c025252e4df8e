import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct DescriptorAdmissionTests {
  private func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: here\r\n\r\n" }

  /// A loop whose table has room for `room` connections and four reserved ones.
  private func rig(room: Int) -> LoopRig {
    var limits = Limits()
    limits.reservedDescriptors = 4
    return LoopRig(limits, descriptors: limits.otherDescriptors + 4 + room)
  }

  @Test("a loop takes no more connections than its limit")
  func limit() {
    var limits = Limits()
    limits.connectionsPerLoop = 2
    let rig = LoopRig(limits)
    let sockets = (0..<3).map { _ in rig.connect() }
    #expect(sockets.map(\.isOpen) == [true, true, false])
    #expect(rig.observer.incidents == [.connectionRefused])
    #expect(rig.loop.counters.own.connectionsRefused == 1)
    sockets[0].reset()
    rig.turn()
    #expect(rig.connect().isOpen)
    #expect(rig.faults() == [])
  }

  @Test("when descriptors run short the longest idle HTTP connection is closed for a new one")
  func oldestIdleFirst() {
    let rig = rig(room: 12)
    let subscriber = rig.webSocket()
    let busy = rig.connect()
    busy.write(get("/later"))
    var idle: [ScriptedSocket] = []
    for number in 0..<10 {
      let socket = rig.connect()
      if number % 3 == 1 { socket.write(get("/small")) }
      if number % 3 == 2 { socket.write("GET /small HT") }
      rig.pass(100)
      idle.append(socket)
    }
    #expect(idle.allSatisfy { $0.isOpen })
    for number in 0..<5 {
      #expect(rig.connect().isOpen)
      #expect(idle.map(\.isOpen) == (0..<10).map { $0 > number })
    }
    #expect(subscriber.socket.isOpen && busy.isOpen)
    #expect(rig.loop.counters.own.idleClosed == 5)
    #expect(rig.observer.incidents.contains(.descriptorsShort))
    #expect(rig.faults() == [])
  }

  @Test(
    "when nobody is idle a reserve is left for health checks; others get 503, and all of them a short time")
  func reserve() {
    let rig = rig(room: 12)
    let subscribers = (0..<12).map { _ in rig.webSocket() }
    let health = rig.connect()
    health.write(get("/health"))
    let other = rig.connect()
    other.write(get("/small"))
    let upgrade = rig.connect()
    upgrade.write(ScriptedClient.upgrade("/ws"))
    let silent = rig.connect()
    #expect(!rig.connect().isOpen)
    rig.settle()
    #expect(HTTPAnswers.read(health.read()).map(\.status) == [200])
    #expect(HTTPAnswers.read(other.read()).map(\.status) == [503])
    #expect(HTTPAnswers.read(upgrade.read()).map(\.status) == [503])
    for socket in [health, other, upgrade] {
      #expect(socket.isEnded)
      socket.end()
    }
    rig.pass(Limits().reservedRequestTimeout + 200)
    #expect(!silent.isOpen)
    #expect(rig.loop.counters.own.reservedAccepted == 4)
    #expect(rig.loop.counters.own.connectionsRefused == 1)
    #expect(subscribers.allSatisfy { $0.socket.isOpen })
    subscribers[0].socket.reset()
    rig.settle(2)
    let next = rig.connect()
    next.write(get("/small"))
    rig.settle(2)
    #expect(HTTPAnswers.read(next.read()).map(\.status) == [200])
    #expect(rig.faults() == [])
  }

  @Test(
    "a reserved descriptor is held for two seconds from its accept, however much of a request comes meanwhile",
    arguments: [
      "G", "POST /health HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\n",
      "POST /health HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n",
    ])
  func reserveIsShort(_ beginning: String) {
    let rig = rig(room: 12)
    let subscribers = (0..<12).map { _ in rig.webSocket() }
    let socket = rig.connect()
    rig.pass(1_500)
    socket.write(beginning)
    rig.pass(400)
    #expect(!socket.isEnded)
    rig.pass(200)
    #expect(HTTPAnswers.read(socket.read()).map(\.status).last == 408)
    #expect(socket.isEnded)
    rig.pass(2_300)
    #expect(!socket.isOpen)
    #expect(rig.counters.own.reservedAccepted == 1)
    #expect(subscribers.allSatisfy { $0.socket.isOpen })
    #expect(rig.faults() == [])
  }

  @Test("whoever does not read the answer loses a reserved descriptor after two seconds")
  func reserveIsReadFrom() {
    let rig = rig(room: 12)
    let subscribers = (0..<12).map { _ in rig.webSocket() }
    let socket = rig.connect(capacity: 20)
    socket.write(get("/health"))
    rig.pass(1_900)
    #expect(socket.isOpen && socket.unread == 20)
    rig.pass(400)
    #expect(socket.closing == .reset)
    #expect(rig.counters.own.reservedAccepted == 1 && rig.counters.own.stalledClosed == 1)
    #expect(subscribers.allSatisfy { $0.socket.isOpen })
    #expect(rig.faults() == [])
  }

  @Test("loops that share a table share its room; a table too small for the reserve has room for a few")
  func table() {
    let limits = Limits()
    let table = DescriptorTable(limit: 1000, limits)
    #expect(table.roomWithReserve == 1000 - limits.otherDescriptors)
    #expect(table.room == table.roomWithReserve - limits.reservedDescriptors)
    table.take()
    table.take()
    table.giveBack()
    #expect(table.count == 1)
    #expect(DescriptorTable(limit: 10, limits).room == 8)
  }

  @Test("all connections are looked through once per tick when hardly any is idle, however many are accepted")
  func searches() {
    let rig = rig(room: 12)
    let subscribers = (0..<12).map { _ in rig.webSocket() }
    #expect(rig.counters.own.idleSearches == 0)
    for _ in 0..<8 { _ = rig.connect() }
    #expect(rig.counters.own.idleSearches == 1)
    rig.pass(rig.loop.limits.tick)
    for _ in 0..<8 { _ = rig.connect() }
    #expect(rig.counters.own.idleSearches == 2)
    #expect(subscribers.allSatisfy { $0.socket.isOpen })
    #expect(rig.faults() == [])
  }

  @Test("when most are idle they make room for any number of new ones within a tick")
  func manyAtOnce() {
    let rig = rig(room: 40)
    let sockets = (0..<400).map { _ in rig.connect() }
    #expect(sockets.suffix(40).allSatisfy { $0.isOpen } && !sockets.dropLast(40).contains { $0.isOpen })
    let counts = rig.counters.own
    #expect(counts.reservedAccepted == 0 && counts.connectionsRefused == 0 && counts.idleClosed == 360)
    #expect(counts.idleSearches == 9)
    #expect(rig.faults() == [])
  }

  @Test(
    "a search that found more idle connections than it keeps is followed by another when these are closed")
  func searchesOn() {
    let count = Limits.idleCandidates + 20
    let rig = rig(room: count)
    let idle = (0..<count).map { _ in rig.connect() }
    rig.pass(rig.loop.limits.tick)
    for number in 0..<count {
      #expect(rig.connect().isOpen)
      #expect(!idle[number].isOpen)
    }
    #expect(rig.counters.own.idleSearches == 2)
    #expect(rig.counters.own.reservedAccepted == 0)
    #expect(rig.faults() == [])
  }
}
