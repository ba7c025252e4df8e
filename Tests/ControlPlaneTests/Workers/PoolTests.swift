import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

@Suite("Pool")
struct PoolTests {
  @Test("every job is done, and closing waits for the last")
  func threads() throws {
    let sum = Atomic(0)
    let pool = try Pool<Int, Int>("test", contexts: [1, 1, 1], depth: 1000, most: 7, threads: .own) {
      jobs, context in
      sum.add(jobs.count * context, ordering: .relaxed)
      return jobs.count
    }
    for job in 0..<1000 { while !pool.offer(job) { pause(milliseconds: 1) } }
    pool.close()
    #expect(sum.load(ordering: .relaxed) == 1000)
  }

  @Test("jobs that a thread gives back are done all the same, each once")
  func givingBack() throws {
    let done = Monitor<[Int]>([])
    let pool = try Pool<Int, Void>("test", contexts: [(), ()], depth: 1000, most: 16, threads: .own) {
      jobs, _ in
      done.withLock { $0.append(jobs[0]) }
      return 1
    }
    #expect(pool.offer(contentsOf: Array(0..<500)) == 500)
    pool.close()
    #expect(done.withLock { $0 }.sorted() == Array(0..<500))
  }

  @Test("inline, nothing runs until it is pumped, one job at a time")
  func inline() throws {
    let log = Monitor<[String]>([])
    let pool = try Pool<Int, String>("test", contexts: ["own"], depth: 2, most: 9, threads: .inline) {
      jobs, context in
      log.withLock { $0 += jobs.map { "\(context) \($0)" } }
      return jobs.count
    }
    #expect(pool.offer(contentsOf: [1, 2, 3]) == 2)
    #expect(!pool.offer(3))
    #expect(pool.depth == 2)
    #expect(log.withLock { $0 }.isEmpty)
    #expect(pool.pump())
    #expect(log.withLock { $0 } == ["own 1"])
    #expect(pool.pump())
    #expect(!pool.pump())
    #expect(log.withLock { $0 } == ["own 1", "own 2"])
  }

  @Test("closing inline does what still waits, and takes nothing more")
  func closingInline() throws {
    let count = Atomic(0)
    let pool = try Pool("test", threads: 1, depth: 2, mode: .inline)
    #expect(pool.offer { count.add(1, ordering: .relaxed) })
    pool.close()
    #expect(count.load(ordering: .relaxed) == 1)
    #expect(!pool.offer {})
  }

  @Test("a paused pool takes nothing, and is idle when everything it took is done")
  func paused() throws {
    let pool = try Pool<Int, Void>("test", contexts: [()], depth: 9, most: 2, threads: .own) { jobs, _ in
      pause(milliseconds: 2)
      return jobs.count
    }
    #expect(pool.isIdle)
    #expect(pool.offer(contentsOf: [1, 2, 3]) == 3)
    pool.pause(true)
    #expect(!pool.offer(4) && pool.offer(contentsOf: [4, 5]) == 0)
    try eventually("it is idle") { pool.isIdle }
    pool.pause(false)
    #expect(pool.offer(4))
    try eventually("it is idle") { pool.isIdle }
    pool.close()
  }
}
