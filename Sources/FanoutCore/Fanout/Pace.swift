// At most so many messages per topic and second: what a connection asks of all its subscriptions
// (docs/decisions/0037-a-pace-is-a-time-to-wait.md). Pure arithmetic on the loop's milliseconds.

/// How often a subscription may be sent something.
public struct Pace: Equatable, Hashable, Sendable {
  /// Messages per topic and second; 0: as many as there are.
  public let perSecond: UInt8

  /// The highest pace; whoever wants more wants all.
  public static let highest = 60
  /// Every notice as it comes.
  public static let all = Pace(perSecond: 0)

  private init(perSecond: UInt8) { self.perSecond = perSecond }

  /// Nil: not of `0...highest`.
  public init?(_ perSecond: Int) {
    guard (0...Self.highest).contains(perSecond) else { return nil }
    self.perSecond = UInt8(perSecond)
  }

  /// Milliseconds between two messages, rounded up: so no second has more of them.
  var interval: UInt64 { perSecond == 0 ? 0 : (1_000 + UInt64(perSecond) - 1) / UInt64(perSecond) }

  /// When the next message may follow one that is sent now: after an interval, and up to an eighth of one later, so that those
  /// who were sent something at nearly the same time are served together from then on.
  func next(after now: UInt64) -> UInt64 {
    let step = max(interval / 8, 1)
    return (now + interval + step - 1) / step * step
  }
}
