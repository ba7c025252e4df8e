import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct LoopAdmissionTests {
  private func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: here\r\n\r\n" }

  /// A loop whose table has room for `room` connections and four reserved ones.
  private func rig(room: Int) -> LoopRig {
    var limits = Limits()
    limits.reservedDescriptors = 4
    return LoopRig(limits, descriptors: limits.otherDescriptors + 4 + room)
  }

  // MARK: Connections

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
    rig.pass(Limits().reservedHeadTimeout + 200)
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

  // MARK: Resumes

  @Test("a client that resumes again and again is answered with the newest state, and then closed with 1008")
  func resumes() {
    var limits = Limits()
    limits.resumesPerConnection = 4
    limits.resumesRefused = 3
    let rig = LoopRig(limits)
    rig.topics.create(5, head: 900)
    let client = rig.webSocket()
    _ = client.read()
    var answers: [String] = []
    for _ in 0..<7 {
      client.say("sub 5 since 890")
      rig.settle()
      answers += client.texts().filter { $0.hasPrefix("subscribed") }
    }
    #expect(answers[..<4].allSatisfy { $0 == "subscribed 5 resumed 890" })
    #expect(answers[4...].allSatisfy { $0 == "subscribed 5 s 5 900 lost" })
    client.say("sub 5 since 890")
    rig.settle()
    #expect(client.read() == [.close(1008, "too many resumes")])
    let counts = rig.loop.counters.own
    #expect(counts.recallsRefused == 3 && counts.recallersClosed == 1)
    #expect(rig.observer.incidents.contains { if case .tooManyResumes = $0 { true } else { false } })
    #expect(rig.faults() == [])
  }

  @Test("a burst of thousands of resumes is read at most a few times")
  func burst() {
    let rig = LoopRig()
    rig.topics.create(5, head: 950)
    rig.answersAtOnce = false
    let client = rig.webSocket()
    for _ in 0..<4000 { client.say("sub 5 since 0") }
    for _ in 0..<100 {
      rig.turn()
      rig.answer()
    }
    #expect(rig.loop.counters.own.recallersClosed == 1)
    #expect(rig.loop.counters.own.recalls <= 20)
    #expect(rig.faults() == [])
  }

  @Test("the budget of resumes comes back with time")
  func budgetComesBack() {
    var limits = Limits()
    limits.resumesPerConnection = 1
    let rig = LoopRig(limits)
    rig.topics.create(5, head: 900)
    let client = rig.webSocket()
    _ = client.read()
    for _ in 0..<3 {
      client.say("sub 5 since 890")
      rig.settle()
      #expect(client.texts().first == "subscribed 5 resumed 890")
      rig.pass(limits.resumeInterval)
    }
    #expect(rig.faults() == [])
  }
}
