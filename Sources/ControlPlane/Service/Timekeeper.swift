// The ledger's view of the machine's clocks, read once per batch (docs/decisions/0012-three-kinds-of-time.md). Rules are
// judged by the wall clock as it is; stamps are the wall clock too, but do not go back by small steps; lifetimes of
// idempotency keys are counted in service time, which nobody can set. Owned by the ledger; its thread only.

struct Timekeeper {
  /// What one batch sees.
  struct Reading: Sendable, Equatable {
    /// The wall clock as it is: sale windows are judged by this.
    let now: Instant
    /// What rows and notices of the batch are stamped with: `now`, or at most `greatestClamp` later.
    let stamp: Instant
    /// The age of idempotency keys is the distance to this.
    let served: ServiceTime
    /// Milliseconds by which the wall clock was set since the last reading; nil: it was not.
    let step: Int64?
  }

  /// Steps of the wall clock up to this many milliseconds are hidden from stamps and not reported.
  static let greatestClamp: Int64 = 2_000
  /// The two clocks may drift apart by this part of the time between two readings: twice what NTP slews.
  private static let driftDivisor: Int64 = 1_000

  /// Between two readings service time advances by no more than this. A ledger reads its clocks once a second at least;
  /// when it did not, the process was frozen, or the machine slept, or its clocks cannot be trusted.
  static let greatestPause: Int64 = 10_000

  private let clock: any Clock
  private var served: Int64
  private var last: (now: Instant, uptime: Int64)
  private var lastStamp: Instant

  /// - Parameters:
  ///   - served: the service time that earlier runs reached.
  ///   - stamps: those of the rows that exist. Of those that lie ahead, the ones within the clamp are not undercut;
  ///     those further ahead were made while the clock was wrong, and count for nothing.
  init(_ clock: any Clock, served: ServiceTime, stamps: some Sequence<Instant>) {
    self.clock = clock
    let (now, uptime) = (clock.now, clock.uptime)
    self.served = served.milliseconds
    last = (now, uptime)
    let latest = Instant(milliseconds: now.milliseconds + Self.greatestClamp)
    lastStamp = stamps.lazy.filter { $0 <= latest }.max() ?? now
  }

  mutating func read() -> Reading {
    let (now, uptime) = (clock.now, clock.uptime)
    defer { last = (now, uptime) }
    served += min(max(0, uptime - last.uptime), Self.greatestPause)
    return Reading(
      now: now, stamp: stamp(at: now), served: ServiceTime(milliseconds: served), step: step(to: now, uptime))
  }

  private mutating func stamp(at now: Instant) -> Instant {
    if lastStamp < now || lastStamp.milliseconds - now.milliseconds > Self.greatestClamp { lastStamp = now }
    return lastStamp
  }

  private func step(to now: Instant, _ uptime: Int64) -> Int64? {
    let elapsed = uptime - last.uptime
    let step = now.milliseconds - last.now.milliseconds - elapsed
    return abs(step) > Self.greatestClamp + elapsed / Self.driftDivisor ? step : nil
  }
}
