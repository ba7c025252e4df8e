// Deadlines and patience. Tests never assert how long something took; they only give up at some point.
// Every wait takes a duration that is generous for a debug build on a busy machine.
import Glibc

/// A point on the monotonic clock after which a wait gives up.
public struct Deadline: Sendable {
  public let instant: ContinuousClock.Instant

  public init(_ patience: Duration) { instant = ContinuousClock.now + patience }

  /// What remains, in whole milliseconds as `poll` takes them: 0 when the deadline has passed.
  public var milliseconds: Int32 {
    let left = ContinuousClock.now.duration(to: instant).components
    guard left.seconds >= 0, left.attoseconds >= 0 else { return 0 }
    let total = left.seconds * 1_000 + left.attoseconds / 1_000_000_000_000_000 + 1
    return Int32(clamping: total)
  }

  public var hasPassed: Bool { ContinuousClock.now >= instant }
}

/// The patience of helpers that were told nothing else.
public let usualPatience = Duration.seconds(30)

/// Blocks the calling thread.
public func pause(milliseconds: Int) {
  usleep(UInt32(clamping: milliseconds * 1_000))
}

/// Asks again every 10 ms until the condition holds; throws with the sentence when it does not in time.
public func eventually(
  within patience: Duration = usualPatience, _ sentence: String, _ condition: () throws -> Bool
) throws {
  let deadline = Deadline(patience)
  while true {
    if try condition() { return }
    if deadline.hasPassed { throw TestFailure("not within \(patience): \(sentence)") }
    pause(milliseconds: 10)
  }
}
