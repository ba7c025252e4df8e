import TestSupport
import Testing

@testable import FanoutCore

@Suite("Rate limiter")
struct RateLimiterTests {
  @Test("Each key has a budget of its own")
  func keys() {
    let (limiter, limit) = (RateLimiter(capacity: 1_024), RateLimit(3, per: 60_000))
    for key: UInt64 in [0, 1, 2, .max] {
      #expect((0..<10).count { _ in limiter.take(key, of: limit, at: 5).isAllowed } == 3)
    }
    #expect(limiter.busyKeys(at: 5) == 4)
    #expect(limiter.busyKeys(at: 60_005) == 0)
  }

  @Test("Threads that share a key get no more together than one would")
  func contention() throws {
    let (limiter, limit) = (RateLimiter(capacity: 1_024), RateLimit(1_000, per: 3_600_000))
    let allowed = try concurrently(8) { thread in
      (0..<2_000).count { _ in limiter.take(7, of: limit, at: 1).isAllowed }
        + (0..<100).count { limiter.take(UInt64(1_000 * (thread + 1) + $0), of: limit, at: 1).isAllowed }
    }
    #expect(allowed.reduce(0, +) == 1_000 + 800)
  }

  @Test("A million keys take no more places than there are")
  func boundedMemory() {
    let (limiter, limit) = (RateLimiter(capacity: 4_096), RateLimit(1, per: 60_000))
    #expect(limiter.capacity == 4_096)
    let allowed = (0..<1_000_000 as Range<UInt64>).count {
      limiter.take($0, of: limit, at: $0 / 10_000).isAllowed
    }
    #expect(allowed == 1_000_000)
    #expect(limiter.busyKeys(at: 100) <= 4_096)
    #expect(limiter.busyKeys(at: 100) > 4_000)
  }

  @Test("A newcomer takes the place of who is whole again, else of who has been idle longest")
  func eviction() {
    let (limiter, limit) = (RateLimiter(capacity: 128, seed: 42), RateLimit(2, per: 1_000_000))
    // The attacked key stays because it goes on asking: others are idle for longer.
    for key: UInt64 in 1_000..<9_000 {
      _ = limiter.take(key, of: limit, at: key)
      _ = limiter.take(7, of: limit, at: key)
    }
    #expect(!limiter.take(7, of: limit, at: 9_000).isAllowed)
  }

  @Test("What a key has used counts for another limit, too")
  func changedLimit() {
    let limiter = RateLimiter(capacity: 128)
    let (tight, wide) = (RateLimit(2, per: 60_000), RateLimit(6, per: 60_000))
    #expect((0..<3).count { _ in limiter.take(7, of: tight, at: 5).isAllowed } == 2)
    // Two units of thirty seconds each are six of ten.
    #expect(!limiter.take(7, of: wide, at: 5).isAllowed)
    #expect(limiter.take(7, of: wide, at: 10_005).isAllowed)
    #expect(limiter.take(8, of: wide, at: 5).isAllowed)
  }

  @Test("The capacity is rounded up, and small tables work")
  func capacity() {
    #expect(RateLimiter(capacity: 1).capacity == 128)
    #expect(RateLimiter(capacity: 129).capacity == 256)
    #expect(RateLimiter().capacity == 65_536)
  }
}
