import ControlPlane
import FanoutCore
import Testing

@testable import seatcast

@Suite("Observers")
struct ObserversTests {
  @Test(
    "Every incident of the data plane is a line that names the peer where there is one",
    arguments: [
      (
        LoopIncident.protocolViolation(peer: PeerAddress(ipv4: 0x0909_0909), "bad opcode"),
        LogKind.protocolViolation
      ),
      (.stalled(peer: PeerAddress(ipv4: 0x0909_0909)), .stalled),
      (.outboxOverflow(peer: PeerAddress(ipv4: 0x0909_0909)), .outboxOverflow),
      (.tooManyResumes(peer: PeerAddress(ipv4: 0x0909_0909)), .tooManyResumes),
    ])
  func loopIncidents(incident: LoopIncident, kind: LogKind) throws {
    let (found, entry) = try #require(Log.rendered(incident))
    #expect(found == kind)
    #expect(entry.facts.first == .init(name: "peer", value: "9.9.9.9"))
    #expect(entry.level == .info)
  }

  @Test("What the operator should act upon is a warning or an error")
  func levels() {
    #expect(Log.rendered(LoopIncident.acceptPaused)?.1.level == .warning)
    #expect(Log.rendered(LoopIncident.connectionRefused)?.1.level == .warning)
    #expect(Log.rendered(LoopIncident.descriptorsShort)?.1.level == .warning)
    #expect(
      Log.rendered(LoopIncident.outputExhausted(closed: 3))?.1.facts == [.init(name: "closed", value: "3")])
    #expect(Log.rendered(ControlIncident.commitFailed("disk full"))?.1.level == .error)
    #expect(Log.rendered(ControlIncident.internalFailure("x"))?.1.level == .error)
    #expect(Log.rendered(ControlIncident.storageFailed("x"))?.1.level == .error)
    #expect(Log.rendered(ControlIncident.commitRecovered)?.1.level == .info)
    #expect(Log.rendered(ControlIncident.followingFailed("x"))?.1.level == .error)
    #expect(Log.rendered(ControlIncident.followingRecovered)?.1.level == .info)
    #expect(Log.rendered(ControlIncident.keysRead(count: 2))?.1.level == .info)
    #expect(Log.rendered(ControlIncident.keysUnreadable("x"))?.1.level == .error)
    #expect(
      Log.rendered(ControlIncident.commitFailed("disk full"))?.1.facts == [
        .init(name: "why", value: "disk full")
      ])
  }

  @Test("A step of the wall clock is a warning that says which way and how far")
  func clockSteps() {
    #expect(
      Log.rendered(ControlIncident.clockStepped(milliseconds: -3_600_000))?.1
        == LogEntry(.warning, "the wall clock was set back", ["milliseconds": "3600000"]))
    #expect(
      Log.rendered(ControlIncident.clockStepped(milliseconds: 2_001))?.1
        == LogEntry(.warning, "the wall clock was set forward", ["milliseconds": "2001"]))
  }

  @Test("Each kind of incident has a budget of its own")
  func budgets() {
    let kept = LinesKept()
    let log = Log(format: .json, output: kept, now: { 0 })
    for _ in 0..<100 { log.observe(LoopIncident.protocolViolation(peer: PeerAddress(ipv4: 1), "x")) }
    log.observe(LoopIncident.stalled(peer: PeerAddress(ipv4: 1)))
    log.observe(ControlIncident.commitFailed("x"))
    #expect(kept.lines.count == LogBudget.burst + 2)
  }
}
