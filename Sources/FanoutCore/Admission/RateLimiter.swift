// The budgets of many keys in a table of fixed size, shared by all loops: 16 bytes per key, no allocation after `init`. The
// limit comes with each question, because a reload may change it: what a key has used stays known.
// A key has eight places to stand in; a newcomer takes one whose budget is whole again, else that of the key that has
// been idle longest. So an attacker with more keys than places can at most get a full budget for each of them.
// Any thread; a lock covers one shard and is held for one look at eight entries.
import Synchronization

/// Rate-limits 64-bit keys.
final class RateLimiter: Sendable {
  /// Makes the places of keys unpredictable to those who choose the keys.
  private let seed: UInt64
  private let shards: [Shard]
  private let capacityPerShard: Int

  private static let shardCount = 16
  private static let ways = 8

  private struct Entry {
    var key: UInt64 = 0
    /// When the key's budget is whole again; in the past for an entry that is free.
    var full: UInt64 = 0
  }

  private final class Shard: Sendable {
    let entries: Mutex<[Entry]>
    init(_ count: Int) { entries = Mutex([Entry](repeating: Entry(), count: count)) }
  }

  /// - Parameter capacity: keys that are told apart, rounded up to a power of two.
  init(capacity: Int = 65_536, seed: UInt64 = .random(in: 0 ... .max)) {
    self.seed = seed
    var perShard = Self.ways
    while perShard * Self.shardCount < capacity { perShard *= 2 }
    shards = (0..<Self.shardCount).map { _ in Shard(perShard) }
    capacityPerShard = perShard
  }

  /// Keys that the table holds at most.
  var capacity: Int { capacityPerShard * Self.shardCount }

  /// Takes one unit of `key`'s budget.
  /// - Parameter now: milliseconds of a monotonic clock.
  func take(_ key: UInt64, of limit: RateLimit, at now: UInt64) -> RateDecision {
    let place = Self.mixed(key ^ seed)
    let first = Int(truncatingIfNeeded: place) & (capacityPerShard - 1) & ~(Self.ways - 1)
    let shard = shards[Int(place >> 60)]
    let moment = now &* 1_000
    return shard.entries.withLock { entries in
      let index = Self.find(key, in: entries, from: first)
      if entries[index].key != key { entries[index] = Entry(key: key) }
      return limit.take(&entries[index].full, at: moment)
    }
  }

  /// The entry of `key`; when it has none, the one to give to it: the entry that is full soonest.
  private static func find(_ key: UInt64, in entries: [Entry], from first: Int) -> Int {
    var oldest = first
    for index in first..<first + ways {
      if entries[index].key == key { return index }
      if entries[index].full < entries[oldest].full { oldest = index }
    }
    return oldest
  }

  /// Keys whose budget is not whole at `now`. For tests: looks at every entry.
  func busyKeys(at now: UInt64) -> Int {
    shards.reduce(0) { sum, shard in
      sum + shard.entries.withLock { $0.count { $0.full > now &* 1_000 } }
    }
  }

  /// The finalizer of SplitMix64: each bit of the key moves about half of the bits of the place.
  static func mixed(_ key: UInt64) -> UInt64 {
    var bits = key &+ 0x9E37_79B9_7F4A_7C15
    bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
    return bits ^ bits >> 31
  }
}
