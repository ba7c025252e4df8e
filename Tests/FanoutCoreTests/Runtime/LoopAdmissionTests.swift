import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct LoopAdmissionTests {
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
}
