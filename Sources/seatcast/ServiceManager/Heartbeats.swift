// Judges whether threads make progress, by numbers that each of them counts up. A value; pure.

struct Heartbeats: Equatable, Sendable {
  /// Milliseconds for which a number may stand still.
  let patience: Int64
  private var seen: [Seen] = []
  private var lookedAt: Int64?

  private struct Seen: Equatable, Sendable {
    var beats: UInt64
    var since: Int64
  }

  init(patience: Int64) { self.patience = patience }

  /// - Parameters:
  ///   - beats: the number of each thread, always in the same order.
  ///   - now: milliseconds of a clock that cannot be set.
  /// - Returns: the positions of those that have stood still for too long.
  mutating func judge(_ beats: [UInt64], at now: Int64) -> [Int] {
    // A process that was frozen, or a machine that slept, stood still as a whole: its threads begin anew.
    let wasFrozen = lookedAt.map { now - $0 > patience } ?? true
    lookedAt = now
    if wasFrozen || seen.count != beats.count { seen = beats.map { Seen(beats: $0, since: now) } }
    for (index, count) in beats.enumerated() where seen[index].beats != count {
      seen[index] = Seen(beats: count, since: now)
    }
    return seen.indices.filter { now - seen[$0].since > patience }
  }
}
