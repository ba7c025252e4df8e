/// The two clocks of a machine. `SystemClock` in production, scripted ones in tests and simulation.
public protocol Clock: Sendable {
  /// The wall clock. It can be wrong, and whoever sets it right makes it jump, backwards too.
  var now: Instant { get }
  /// Milliseconds since some moment of the past. Cannot be set and never goes back; it runs on while the process is
  /// frozen or the machine sleeps. A restart of the machine begins anew.
  var uptime: Int64 { get }
  /// Nanoseconds of a clock that only goes forwards, for measurements; the data plane's has the same origin.
  var nanoseconds: UInt64 { get }
}

extension Clock {
  /// For clocks that nobody sets.
  public var uptime: Int64 { now.milliseconds }
  /// As exact as `uptime`.
  public var nanoseconds: UInt64 { UInt64(max(0, uptime)) &* 1_000_000 }
}

/// Random numbers for identifiers and keys. `SystemRandom` in production, seeded in simulation.
public protocol IdentifierSource: Sendable {
  /// Cryptographically random outside of tests.
  func randomBytes(_ count: Int) -> [UInt8]
}
