import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

@Suite("Pool")
struct PoolTests {
  @Test("every job is done, and closing waits for the last")
  func threads() throws {
    let pool = try Pool("test", contexts: [1, 1, 1], depth: 1000, threads: .own)
    let sum = Atomic(0)
    for _ in 0..<1000 {
      while !pool.offer({ sum.add($0, ordering: .relaxed) }) { pause(milliseconds: 1) }
    }
    pool.close()
    #expect(sum.load(ordering: .relaxed) == 1000)
  }

  @Test("inline, nothing runs until it is pumped, one job at a time")
  func inline() throws {
    let pool = try Pool("test", contexts: ["own"], depth: 2, threads: .inline)
    let log = Monitor<[String]>([])
    #expect(pool.offer { context in log.withLock { $0.append(context + " 1") } })
    #expect(pool.offer { context in log.withLock { $0.append(context + " 2") } })
    #expect(!pool.offer { _ in })
    #expect(log.withLock { $0 }.isEmpty)
    #expect(pool.pump())
    #expect(log.withLock { $0 } == ["own 1"])
    #expect(pool.pump())
    #expect(!pool.pump())
    #expect(log.withLock { $0 } == ["own 1", "own 2"])
  }

  @Test("closing inline does what still waits, and takes nothing more")
  func closingInline() throws {
    let pool = try Pool<Void>("test", contexts: [()], depth: 2, threads: .inline)
    let count = Atomic(0)
    #expect(pool.offer { _ in count.add(1, ordering: .relaxed) })
    pool.close()
    #expect(count.load(ordering: .relaxed) == 1)
    #expect(!pool.offer { _ in })
  }
}
