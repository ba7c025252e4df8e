import Testing

@testable import FanoutCore

@Suite("Rate limit")
struct RateLimitTests {
  private static let second: UInt64 = 1_000_000
  /// A machine that has been up for 49.7 days has counted more milliseconds than 32 bits hold.
  private static let moments: [UInt64] = [
    0, 1, 7 * second, 4_294_967_295 * 1_000, 4_294_967_296 * 1_000, 1 << 60,
  ]

  @Test("A burst is allowed at once and not one more, at any time of the clock", arguments: moments)
  func burst(start: UInt64) {
    let limit = RateLimit(50, per: 1_000, burst: 100)
    var full: UInt64 = 0
    for _ in 1...100 {
      #expect(limit.take(&full, at: start) == RateDecision(isAllowed: true, wait: 0))
    }
    let refused = limit.take(&full, at: start)
    #expect(!refused.isAllowed)
    #expect(refused.wait == 20_000)
    #expect(refused.retryAfter == 1)
  }

  @Test("Units come back one by one, at the rate", arguments: moments)
  func refill(start: UInt64) {
    let limit = RateLimit(30, per: 60_000)
    var full: UInt64 = 0
    for _ in 1...30 { _ = limit.take(&full, at: start) }
    #expect(!limit.take(&full, at: start + 2 * Self.second - 1).isAllowed)
    #expect(limit.take(&full, at: start + 2 * Self.second).isAllowed)
    #expect(limit.take(&full, at: start + 2 * Self.second).wait == 2 * Self.second)
    #expect(limit.take(&full, at: start + 4 * Self.second).isAllowed)
    // A minute later the whole burst is there again, and no more than that.
    let allowed = (1...100).count { _ in limit.take(&full, at: start + 64 * Self.second).isAllowed }
    #expect(allowed == 30)
  }

  @Test(
    "Over a long time as many are allowed as the rate says",
    arguments: [
      RateLimit(50, per: 1_000), RateLimit(3, per: 1_000), RateLimit(5, per: 3_600_000),
      RateLimit(7, per: 60_000, burst: 1), RateLimit(1_000_000, per: 1_000, burst: 10),
    ])
  func longRun(limit: RateLimit) {
    var full: UInt64 = 0
    var allowed = 0
    let periods: UInt64 = 20
    let step = limit.interval / 3 + 1
    var now: UInt64 = 1_000
    while now < 1_000 + periods * limit.period * 1_000, allowed < 200_000 {
      if limit.take(&full, at: now).isAllowed { allowed += 1 }
      now += step
    }
    let expected = Int((now - 1_000) / limit.interval)
    // Steps that are not a divisor of the interval come a little late for some units.
    #expect(allowed >= expected * 99 / 100 - 1 && allowed <= expected + limit.burst + 1)
  }

  @Test("The time to wait is right: one microsecond earlier is too early")
  func waiting() {
    let limit = RateLimit(7, per: 1_000, burst: 3)
    var full: UInt64 = 0
    var now: UInt64 = 5
    for _ in 0..<50 {
      let decision = limit.take(&full, at: now)
      if decision.isAllowed { continue }
      var early = full
      #expect(!limit.take(&early, at: now + decision.wait - 1).isAllowed)
      now += decision.wait
      #expect(limit.take(&full, at: now).isAllowed)
    }
  }

  @Test("The window is the time in which an empty budget fills")
  func window() {
    #expect(RateLimit(50, per: 1_000, burst: 100).window == 2)
    #expect(RateLimit(10, per: 60_000).window == 60)
    #expect(RateLimit(5, per: 3_600_000).window == 3_600)
    #expect(RateLimit(20, per: 1_000, burst: 1).window == 1)
  }

  @Test("No number overflows")
  func extremes() {
    let limits = [
      RateLimit(.max, per: .max, burst: .max), RateLimit(1, per: .max, burst: .max), RateLimit(0, per: 0),
      RateLimit(.min, per: 1, burst: .min), RateLimit(.max, per: 1),
    ]
    for limit in limits {
      #expect(limit.interval >= 1 && limit.burst >= 1)
      var full: UInt64 = 0
      for now: UInt64 in [0, 1, 1 << 40, 1 << 61] { _ = limit.take(&full, at: now) }
      #expect(limit.take(&full, at: 1 << 62).isAllowed)
    }
  }
}
