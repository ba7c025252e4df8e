// How much of something a key may have: so many at once, and so many per period in the long run. The arithmetic is that
// of the generic cell rate algorithm: the state of one key is the moment at which its budget will be whole again.
// Pure; times are microseconds of a monotonic clock in 64 bits, which last for 580,000 years.
// ControlPlane has the same; the planes share no code.

/// A rate: `burst` at once, `count` per `period` afterwards.
public struct RateLimit: Sendable, Equatable {
  public let count: Int
  /// In milliseconds.
  public let period: UInt64
  public let burst: Int
  /// Microseconds in which one unit comes back.
  let interval: UInt64

  /// Numbers below 1 count as 1. More than a million per second are a million per second, more than 2^20 at once are
  /// that many, and a period longer than 49 days is that long, so that no sum overflows.
  public init(_ count: Int, per period: UInt64, burst: Int? = nil) {
    self.count = max(1, count)
    self.period = min(max(1, period), 1 << 32)
    self.burst = min(max(1, burst ?? count), 1 << 20)
    interval = max(1, self.period * 1_000 / UInt64(self.count))
  }

  /// Seconds in which an empty budget fills, rounded up: the window of `RateLimit-Policy`.
  public var window: UInt64 { (interval * UInt64(burst) + 999_999) / 1_000_000 }

  /// When `take` would allow a unit: `now`, or a later moment. In milliseconds, and `full` as for `take`.
  func nextUnitAt(_ full: UInt64, now: UInt64) -> UInt64 {
    let spare = interval * UInt64(burst - 1)
    return max(now, full > spare ? (full - spare + 999) / 1_000 : 0)
  }

  /// Takes one unit at `now`, when there is one.
  /// - Parameter full: when the key's budget is whole again; any moment that has passed means that it is. Set to the
  ///   new moment when a unit was taken.
  func take(_ full: inout UInt64, at now: UInt64) -> RateDecision {
    let owed = full > now ? full - now : 0
    let capacity = interval * UInt64(burst)
    guard owed + interval <= capacity else {
      return RateDecision(isAllowed: false, wait: owed + interval - capacity)
    }
    full = now + owed + interval
    return RateDecision(isAllowed: true, wait: 0)
  }
}

/// What a limiter said to one who asked for a unit.
public struct RateDecision: Sendable, Equatable {
  public let isAllowed: Bool
  /// Microseconds until there is one; 0 when one was taken.
  let wait: UInt64

  var milliseconds: UInt64 { (wait + 999) / 1_000 }

  /// Whole seconds until there is one more, at least 1: the value of `Retry-After`.
  public var retryAfter: UInt64 { max(1, (wait + 999_999) / 1_000_000) }
}
