// When a connection is pinged and when it is given up. Pure arithmetic on the loop's milliseconds.

/// What the clock says about a WebSocket or an event stream.
struct Liveness {
  /// When something was last heard from the peer (for an event stream: sent to it); once it is pinged: since when.
  private(set) var since: UInt64
  /// Whether a ping is unanswered.
  private(set) var isPinged = false

  enum Verdict: Equatable {
    /// Nothing to do before this moment.
    case wait(until: UInt64)
    case ping
    /// A ping was not answered for a whole interval.
    case silent
  }

  /// The first ping comes up to a quarter early, spread by `salt`, so that connections that came together
  /// are not pinged together.
  init(now: UInt64, interval: UInt64, salt: UInt32) {
    let early = scattered(salt, within: interval / 4)
    since = now > early ? now - early : 0
  }

  /// As another process left it.
  /// - Parameter quiet: milliseconds since `since`.
  init(now: UInt64, quiet: UInt64, isPinged: Bool) {
    (since, self.isPinged) = (now - min(quiet, now), isPinged)
  }

  mutating func heard(at now: UInt64) { (since, isPinged) = (now, false) }

  mutating func pinged(at now: UInt64) { (since, isPinged) = (now, true) }

  /// - Parameter lastSent: when a notice was sent to it last. It keeps the way open like a ping, and a peer that is gone
  ///   does not acknowledge it either, which TCP finds out. Counted up to a quarter early, spread by `salt`, so that
  ///   those who were sent the same are not pinged together.
  func verdict(now: UInt64, interval: UInt64, lastSent: UInt64 = 0, salt: UInt32 = 0) -> Verdict {
    let early = scattered(salt, within: interval / 4)
    let quiet = max(since, lastSent > early ? lastSent - early : 0) + interval
    if now < quiet { return .wait(until: quiet) }
    return isPinged ? .silent : .ping
  }
}

/// A moment in `0..<span` that looks random and is the same for the same `salt`: neighbours come out far apart
/// (Fibonacci hashing), so that what came together is not served together.
func scattered(_ salt: UInt32, within span: UInt64) -> UInt64 {
  UInt64(salt &* 2_654_435_769).multipliedFullWidth(by: span << 32).high
}
