// When a lost connection is opened again: after a random time up to a bound that doubles (full jitter), so that clients
// which lost their server together do not come back together; or in the slot that the server gave. Pure.

struct Backoff: Sendable, Equatable {
  /// The bound of the first attempt, of which each further one has the double.
  static let first = Duration.milliseconds(500)
  static let longest = Duration.seconds(30)

  private var attempts = 0
  /// What the server asked for: already spread over its clients.
  private var slot: Duration?

  /// The connection stood: the next loss is the first again.
  mutating func succeeded() { self = Backoff() }

  /// The server told when to come back.
  mutating func obey(slot: Duration) { self.slot = min(slot, .seconds(300)) }

  /// How long to wait now.
  /// - Parameter fraction: a random number from 0 to 1.
  mutating func next(fraction: Double = .random(in: 0...1)) -> Duration {
    let bound = min(Self.longest, Self.first * (1 << min(attempts, 10)))
    attempts += 1
    if let slot {
      self.slot = nil
      return slot
    }
    return bound * fraction
  }
}
