// Rate limit of log lines: a token bucket per kind, so that a thousand bad clients cost ten lines and a count, and
// other kinds are still logged. Pure: the caller passes the time.

struct LogBudget: Sendable {
  /// Lines of one kind that may be written at once.
  static let burst = 10
  /// After a burst, one line per this many milliseconds.
  static let refillMilliseconds: Int64 = 1_000

  private struct Bucket: Sendable {
    var tokens = LogBudget.burst
    var refilledAt: Int64
    var suppressed = 0
  }

  private var buckets: [LogKind: Bucket] = [:]

  /// Nil: suppress the line. Otherwise write it, together with the number of lines suppressed before it.
  mutating func admit(_ kind: LogKind, at milliseconds: Int64) -> Int? {
    var bucket = buckets[kind] ?? Bucket(refilledAt: milliseconds)
    defer { buckets[kind] = bucket }
    let elapsed = milliseconds - bucket.refilledAt
    if elapsed < 0 {
      bucket.refilledAt = milliseconds  // the wall clock was set back
    } else {
      let (refill, rest) = elapsed.quotientAndRemainder(dividingBy: Self.refillMilliseconds)
      bucket.tokens = min(Self.burst, bucket.tokens + Int(min(refill, Int64(Self.burst))))
      bucket.refilledAt = milliseconds - rest
    }
    guard bucket.tokens > 0 else {
      bucket.suppressed += 1
      return nil
    }
    bucket.tokens -= 1
    defer { bucket.suppressed = 0 }
    return bucket.suppressed
  }

  /// The kinds with suppressed lines that no later line has reported; resets their counts.
  mutating func drainSuppressed() -> [(kind: LogKind, count: Int)] {
    let left = buckets.filter { $0.value.suppressed > 0 }.map { (kind: $0.key, count: $0.value.suppressed) }
    for kind in buckets.keys { buckets[kind]?.suppressed = 0 }
    return left.sorted { $0.kind.rawValue < $1.kind.rawValue }
  }
}

/// The kinds of lines that clients or failures can cause in large numbers.
enum LogKind: String, Hashable, Sendable {
  case protocolViolation = "protocol violations"
  case stalled = "stalled subscribers"
  case outboxOverflow = "overflowing clients"
  case acceptPaused = "pauses of accepting"
  case connectionRefused = "refused connections"
  case tooManyResumes = "clients with too many resumes"
  case outputExhausted = "shortages of output memory"
  case descriptorsShort = "shortages of descriptors"
  case commitFailed = "failed commits"
  case storageFailed = "storage failures"
  case commitRecovered = "recovered commits"
  case followingFailed = "failures of following other nodes"
  case followingRecovered = "recoveries of following other nodes"
  case clockStepped = "steps of the wall clock"
  case internalFailure = "internal failures"
  case keysRead = "changes of public keys"
  case backupMade = "backups"
  case backupFailed = "failed backups"
  case clockDiffers = "differences of clocks"
  case registry = "changes of the table of nodes"
  case keysDiffer = "differences of secrets"
  case bus = "changes of the bus"
  case keysUnreadable = "unreadable public keys"
}
