import TestSupport
import Testing

@testable import ControlPlane

@Suite("Monitor")
struct MonitorTests {
  @Test("what many threads add is all there")
  func exclusion() throws {
    let sum = Monitor(0)
    _ = try concurrently(4) { _ in
      for _ in 0..<10_000 { sum.withLock { $0 += 1 } }
    }
    #expect(sum.withLock { $0 } == 40_000)
  }

  @Test("a waiter sleeps until its value is there")
  func waiting() throws {
    let box = Monitor<Int?>(nil)
    let waiter = try BackgroundThread { box.wait { $0 } }
    box.withLock { $0 = 7 }
    box.notifyAll()
    #expect(try waiter.join() == 7)
  }

  @Test("a waiter with a time limit gives up")
  func timeLimit() {
    let box = Monitor<Int?>(nil)
    #expect(box.wait(milliseconds: 1) { $0 } == nil)
    #expect(box.wait(milliseconds: 1001) { _ in 5 } == 5)
  }
}
