// The clock of a node: the machine's, put right by what the database's clock shows, so that all nodes mean the same moment by the
// same number. Only the wall clock is put right; times that are measured are the machine's own. Any thread.
import Synchronization

final class SharedClock: Clock {
  private let base: any Clock
  /// Milliseconds to add.
  private let correction = Atomic<Int64>(0)

  init(_ base: any Clock) { self.base = base }

  var now: Instant {
    Instant(milliseconds: base.now.milliseconds + correction.load(ordering: .relaxed))
  }
  var uptime: Int64 { base.uptime }
  var nanoseconds: UInt64 { base.nanoseconds }

  /// The machine's own.
  var unshared: Instant { base.now }

  /// By how much the machine's clock is behind the database's; negative: before it.
  var offset: Int64 {
    get { correction.load(ordering: .relaxed) }
    set { correction.store(newValue, ordering: .relaxed) }
  }
}

/// One look at the database's clock.
struct ClockReading: Sendable, Equatable {
  /// The machine's clock before the question and after the answer, and the database's in between.
  var before: Instant
  var after: Instant
  var database: Instant

  /// The answer was made somewhere between the question and its arrival: in the middle, as far as anybody knows.
  var offset: Int64 {
    database.milliseconds - (before.milliseconds + after.milliseconds) / 2
  }
  /// By how much that can be wrong.
  var doubt: Int64 { max(0, after.milliseconds - before.milliseconds) / 2 + 1 }
}

/// Chooses of several readings the one that is least in doubt, and tells when the offset has really changed.
struct ClockJudge: Sendable {
  /// Readings of one judgement: ten seconds at one a second.
  static let readings = 10
  /// An offset of so many milliseconds is worth a line in the log.
  static let notable: Int64 = 100

  private var best: ClockReading?
  private var count = 0
  private(set) var offset: Int64 = 0

  init() {}

  /// - Returns: another offset, which holds from now on; nil: it is as it was.
  mutating func take(_ reading: ClockReading) -> Int64? {
    if best.map({ reading.doubt < $0.doubt }) ?? true { best = reading }
    count += 1
    guard count >= Self.readings else { return nil }
    defer { (best, count) = (nil, 0) }
    return best.flatMap { settle($0) }
  }

  /// The first one, at once.
  mutating func begin(_ reading: ClockReading) -> Int64 {
    offset = reading.offset
    return offset
  }

  /// Within the doubt nothing is changed, so that the clock does not tremble.
  private mutating func settle(_ reading: ClockReading) -> Int64? {
    guard abs(reading.offset - offset) > reading.doubt else { return nil }
    offset = reading.offset
    return offset
  }
}
