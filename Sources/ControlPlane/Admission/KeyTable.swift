// A table of fixed size from 64-bit keys to small values, which forgets what matters least when it is full: each key
// has eight places to stand in, and a newcomer takes the place of the value that became useless first. No allocation
// after `init`. Any thread; a lock covers one shard and is held for one look at eight entries.

/// A value that a full table may forget.
protocol Forgettable: Sendable {
  /// What a key has that is not in the table.
  static var none: Self { get }
  /// From this moment on (microseconds of a monotonic clock) the value says no more than `none`.
  var uselessAt: UInt64 { get }
}

final class KeyTable<Value: Forgettable>: Sendable {
  /// Makes the places of keys unpredictable to those who choose the keys.
  private let seed: UInt64
  private let shards: [Monitor<[Entry]>]
  private let capacityPerShard: Int

  private struct Entry: Sendable {
    var key: UInt64 = 0
    var value = Value.none
  }

  /// - Parameter capacity: keys that are told apart, rounded up to a power of two.
  init(capacity: Int, seed: UInt64 = .random(in: 0 ... .max)) {
    var perShard = KeyHash.ways
    while perShard * KeyHash.shards < capacity { perShard *= 2 }
    capacityPerShard = perShard
    self.seed = seed
    shards = (0..<KeyHash.shards).map { _ in Monitor(Array(repeating: Entry(), count: perShard)) }
  }

  /// Keys that the table holds at most.
  var capacity: Int { capacityPerShard * KeyHash.shards }

  /// Reads and changes the value of `key`, which is `.none` for a key that the table has not or has forgotten.
  func with<Result>(_ key: UInt64, _ body: (inout Value) -> Result) -> Result {
    let place = SplitMix64.mixed((key ^ seed) &+ SplitMix64.step)
    let first = Int(truncatingIfNeeded: place) & (capacityPerShard - 1) & ~(KeyHash.ways - 1)
    return shards[Int(place >> 60)].withLock { entries in
      let index = Self.find(key, in: entries, from: first)
      if entries[index].key != key { entries[index] = Entry(key: key) }
      return body(&entries[index].value)
    }
  }

  /// The entry of `key`; when it has none, the one to give to it.
  private static func find(_ key: UInt64, in entries: [Entry], from first: Int) -> Int {
    var oldest = first
    for index in first..<first + KeyHash.ways {
      if entries[index].key == key { return index }
      if entries[index].value.uselessAt < entries[oldest].value.uselessAt { oldest = index }
    }
    return oldest
  }

  /// Values that still say something at `now`. For tests: looks at every entry.
  func usefulCount(at now: UInt64) -> Int {
    shards.reduce(0) { sum, shard in sum + shard.withLock { $0.count { $0.value.uselessAt > now } } }
  }
}

enum KeyHash {
  static let shards = 16
  static let ways = 8

  /// A key made of one or two things, by SipHash with a secret of this process.
  static func of(_ part: some Hashable) -> UInt64 { UInt64(bitPattern: Int64(part.hashValue)) }

  static func of(_ first: some Hashable, _ second: some Hashable) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(first)
    hasher.combine(second)
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }
}
