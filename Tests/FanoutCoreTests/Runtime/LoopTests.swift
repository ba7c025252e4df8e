import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct LoopTests {
  @Test("a loop with nothing to do sleeps; one whose pass is not over does not")
  func busy() {
    var limits = Limits()
    limits.cohortSubscribers = 2
    let rig = LoopRig(limits)
    rig.topics.create(5)
    let clients = rig.subscribers(7)
    rig.settle()
    #expect(!rig.io.isBusy)
    rig.publish(5)
    rig.turn()
    #expect(rig.io.isBusy)
    rig.settle()
    #expect(!rig.io.isBusy)
    #expect(clients.allSatisfy { $0.texts().last == "n 5 1" })
    #expect(rig.faults() == [])
  }

  @Test("what a tick finds to do is done in the next turn, without a wait for the poll")
  func busyAfterTick() {
    var admission = AdmissionLimits()
    admission.requestsPerAddress = RateLimit(5, per: 1_000, burst: 1)
    let rig = LoopRig(admission: admission)
    let socket = rig.connect()
    for path in ["now", "now", "later"] { socket.write("GET /\(path) HTTP/1.1\r\nHost: here\r\n\r\n") }
    rig.settle()
    #expect(!rig.io.isBusy)
    while rig.inbound.asked.count < 2 {
      #expect(!rig.io.isBusy)
      rig.io.advance(by: rig.loop.limits.tick)
      rig.turn()
    }
    #expect(rig.io.isBusy)
    #expect(rig.inbound.turns.isEmpty)
    rig.turn()
    #expect(rig.inbound.turns.map(\.count) == [1])
    #expect(!rig.io.isBusy)
    #expect(rig.faults() == [])
  }

  @Test("between two pieces of a pass the loop looks at its sockets")
  func looksAround() {
    let (rig, clients) = LoopRig.crowd(20, cohorts: 1)
    rig.publish(5)
    rig.turn()
    clients[19].say("echo me")
    rig.turn()
    #expect(clients[19].texts() == ["echo me"])
    rig.settle(30)
    #expect(clients[19].texts() == ["n 5 1"])
    #expect(clients[18].texts() == ["n 5 1"])
  }

  @Test("readiness for a slot that is gone is no matter")
  func staleReadiness() {
    let rig = LoopRig()
    rig.loop.ready(0, .readable, hangup: false)
    rig.loop.ready(99, [.readable, .writable], hangup: true)
    #expect(rig.faults() == [])
  }

  @Test("a tick shows the counts to other threads")
  func counters() {
    let rig = LoopRig()
    _ = rig.connect()
    rig.turn()
    #expect(rig.counters.counts.connectionsOpen == 0)
    rig.pass(200)
    #expect(rig.counters.counts.connectionsOpen == 1)
    #expect(rig.counters.counts == rig.loop.counters.own)
  }

  @Test("the date is that of the second")
  func date() {
    let rig = LoopRig()
    rig.io.wallClock = 784_111_777_000
    #expect(rig.loop.http.currentDate() == Array("Sun, 06 Nov 1994 08:49:37 GMT".utf8))
    rig.io.wallClock += 999
    #expect(rig.loop.http.currentDate() == Array("Sun, 06 Nov 1994 08:49:37 GMT".utf8))
    rig.io.wallClock += 1
    #expect(rig.loop.http.currentDate() == Array("Sun, 06 Nov 1994 08:49:38 GMT".utf8))
  }
}
