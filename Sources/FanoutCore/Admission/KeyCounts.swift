// How many of something (connections, handshakes) each key holds now, over all loops. Exact: a key stays as long as it
// holds anything, so the table is bounded by the number of open connections, and entries that count nothing leave.
// Any thread; a lock covers one shard and is held for one look-up.
import Synchronization

/// Counts what 64-bit keys hold, up to a bound per key.
final class KeyCounts: Sendable {
  /// `Int.max`: none; a reload may set one.
  private let bound: Atomic<Int>
  private let shards: [Shard]

  private final class Shard: Sendable {
    let counts = Mutex<[UInt64: Int]>([:])
  }

  /// - Parameters:
  ///   - bound: nil: none.
  ///   - mayChange: whether keys are counted without a bound, too, because one may come.
  init(bound: Int?, mayChange: Bool = false) {
    self.bound = Atomic(bound ?? .max)
    shards = bound == nil && !mayChange ? [] : (0..<64).map { _ in Shard() }
  }

  /// From now on. Keys that hold more keep it, and get no more. Only for counts that may change.
  func use(bound: Int?) { self.bound.store(bound ?? .max, ordering: .relaxed) }

  /// Counts one more for `key`; false: the key holds all it may, and nothing was counted.
  func enter(_ key: UInt64) -> Bool {
    guard !shards.isEmpty else { return true }
    let bound = bound.load(ordering: .relaxed)
    return shard(of: key).counts.withLock { counts in
      let held = counts[key, default: 0]
      guard held < bound else { return false }
      counts[key] = held + 1
      return true
    }
  }

  /// Counts one more for `key` whatever the bound is.
  func add(_ key: UInt64) {
    guard !shards.isEmpty else { return }
    shard(of: key).counts.withLock { $0[key, default: 0] += 1 }
  }

  /// Undoes one `add`, or one `enter` that returned true.
  func leave(_ key: UInt64) {
    guard !shards.isEmpty else { return }
    shard(of: key).counts.withLock { counts in
      guard let held = counts[key] else { return assertionFailure("a key left that had not entered") }
      counts[key] = held > 1 ? held - 1 : nil
    }
  }

  /// What `key` holds. For tests.
  func count(of key: UInt64) -> Int {
    shards.isEmpty ? 0 : shard(of: key).counts.withLock { $0[key, default: 0] }
  }

  /// Keys that hold anything.
  var keys: Int { shards.reduce(0) { $0 + $1.counts.withLock { $0.count } } }

  private func shard(of key: UInt64) -> Shard { shards[Int(RateLimiter.mixed(key) >> 58)] }
}
