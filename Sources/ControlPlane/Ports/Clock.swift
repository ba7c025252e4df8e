/// The time of day. `SystemClock` in production, a hand-moved one in tests and simulation.
public protocol Clock: Sendable {
  var now: Instant { get }
}

/// Random numbers for identifiers and keys. `SystemRandom` in production, seeded in simulation.
public protocol IdentifierSource: Sendable {
  /// Cryptographically random outside of tests.
  func randomBytes(_ count: Int) -> [UInt8]
}
