import TestSupport
import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct LoopGateTests {
  private var parts: LoopParts {
    LoopParts(
      inbound: FakeInbound(), apart: FakeInbound(), sessions: FakeSessionHandler(), topics: FakeTopics(),
      observer: RecordingObserver(), eventIDPrefix: [1])
  }

  @Test("whoever waits at a LoopGate gets what it was opened with, also later")
  func opens() throws {
    let gate = LoopGate()
    let waiter = try BackgroundThread { gate.wait()?.eventIDPrefix }
    gate.open(parts)
    #expect(try waiter.join() == [1])
    gate.close()
    #expect(gate.wait()?.eventIDPrefix == [1])
  }

  @Test("a closed LoopGate sends everybody away")
  func closes() throws {
    let gate = LoopGate()
    let waiter = try BackgroundThread { gate.wait() == nil }
    gate.close()
    gate.open(parts)
    #expect(try waiter.join())
  }
}
