import Testing

@testable import ControlPlane

@Suite("Rate limit")
struct RateLimitTests {
  private static let second: UInt64 = 1_000_000
  /// A machine that has been up for 49.7 days has counted more milliseconds than 32 bits hold.
  private static let moments: [UInt64] = [0, 1, 7 * second, 4_294_967_296 * 1_000, 1 << 60]

  @Test("A burst is allowed at once and not one more, and it comes back at the rate", arguments: moments)
  func burst(start: UInt64) {
    let limit = RateLimit(30, per: 60_000)
    var full: UInt64 = 0
    for taken in 1...30 { #expect(limit.take(&full, at: start).remaining == 30 - taken) }
    #expect(
      limit.take(&full, at: start) == RateDecision(isAllowed: false, remaining: 0, wait: 2 * Self.second))
    #expect(!limit.take(&full, at: start + 2 * Self.second - 1).isAllowed)
    #expect(limit.take(&full, at: start + 2 * Self.second).isAllowed)
    #expect((1...100).count { _ in limit.take(&full, at: start + 62 * Self.second).isAllowed } == 30)
  }

  @Test("A rate with a burst of its own allows the burst first and the rate afterwards")
  func ownBurst() {
    let limit = RateLimit(20, per: 1_000, burst: 40)
    var full: UInt64 = 0
    #expect((1...100).count { _ in limit.take(&full, at: 0).isAllowed } == 40)
    #expect((1...100).count { _ in limit.take(&full, at: Self.second).isAllowed } == 20)
    #expect(limit.window == 2)
  }

  @Test("What must be left is not taken, and the wait is until there is one more than that")
  func leaving() {
    let limit = RateLimit(10, per: 10_000)
    var full: UInt64 = 0
    #expect((1...100).count { _ in limit.take(&full, leaving: 4, at: 0).isAllowed } == 6)
    #expect(
      limit.take(&full, leaving: 4, at: 0) == RateDecision(isAllowed: false, remaining: 0, wait: Self.second))
    #expect(limit.take(&full, at: 0).remaining == 3)
    #expect(limit.take(&full, leaving: 9, at: 7 * Self.second).isAllowed)
  }

  @Test("Waiting is told in whole seconds, and never as none")
  func retryAfter() {
    #expect(RateDecision(isAllowed: false, remaining: 0, wait: 0).retryAfter == 1)
    #expect(RateDecision(isAllowed: false, remaining: 0, wait: 1_000_001).retryAfter == 2)
    #expect(RateDecision(isAllowed: false, remaining: 0, wait: 2_000_000).retryAfter == 2)
  }

  @Test("No number overflows")
  func extremes() {
    for limit in [
      RateLimit(.max, per: .max, burst: .max), RateLimit(1, per: .max, burst: .max), RateLimit(0, per: 0),
    ] {
      var full: UInt64 = 0
      for now: UInt64 in [0, 1, 1 << 40, 1 << 61] { _ = limit.take(&full, at: now) }
      #expect(limit.take(&full, at: 1 << 62).isAllowed)
    }
  }
}
