import TestSupport
import Testing

@testable import ControlPlane

@Suite("Rate limiter")
struct RateLimiterTests {
  @Test("Each key has a budget of its own, and without a limit there is none")
  func keys() {
    let limiter = RateLimiter(RateLimit(3, per: 60_000), capacity: 1_024)
    for key: UInt64 in [0, 1, .max] {
      #expect((0..<10).count { _ in limiter.take(key, at: 5)?.isAllowed ?? true } == 3)
    }
    #expect(limiter.busyKeys(at: 5) == 3)
    #expect(limiter.busyKeys(at: 60_005) == 0)
    #expect(RateLimiter(nil).take(1, at: 5) == nil)
  }

  @Test("Threads that share a key get no more together than one would")
  func contention() throws {
    let limiter = RateLimiter(RateLimit(1_000, per: 3_600_000), capacity: 1_024)
    let allowed = try concurrently(8) { _ in
      (0..<1_000).count { _ in limiter.take(7, at: 1)?.isAllowed ?? true }
    }
    #expect(allowed.reduce(0, +) == 1_000)
  }
}

@Suite("Key table")
struct KeyTableTests {
  private struct Mark: Forgettable {
    var uselessAt: UInt64 = 0
    static let none = Mark()
  }

  @Test("Many keys take no more places than there are")
  func boundedMemory() {
    let table = KeyTable<Mark>(capacity: 2_048)
    #expect(table.capacity == 2_048)
    for key: UInt64 in 0..<200_000 { table.with(key) { $0.uselessAt = key + 1 } }
    #expect(table.usefulCount(at: 0) <= 2_048)
  }

  @Test("A full table forgets the value that becomes useless first")
  func forgetting() {
    let table = KeyTable<Mark>(capacity: 128, seed: 3)
    table.with(7) { $0.uselessAt = .max }
    for key: UInt64 in 1_000..<9_000 { table.with(key) { $0.uselessAt = key } }
    #expect(table.with(7) { $0.uselessAt } == .max)
    #expect(table.with(1_000) { $0.uselessAt } == 0)
  }

  @Test("Keys are made of all their parts, the same within one process")
  func hashing() {
    #expect(KeyHash.of("a", 1) == KeyHash.of("a", 1))
    #expect(KeyHash.of("a", 1) != KeyHash.of("a", 2) && KeyHash.of("a", 1) != KeyHash.of("b", 1))
    #expect(KeyHash.of("a") == KeyHash.of("a"))
  }
}
