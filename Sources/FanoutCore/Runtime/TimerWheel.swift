// One timer for a million connections: a ring of buckets, each a doubly linked list through arrays by slot.
// Arming and disarming are constant; a deadline beyond the ring comes round early and is armed again.

/// Deadlines of connection slots, told apart by ticks. One thread.
struct TimerWheel {
  private static let buckets = 1024
  private static let none = UInt32.max

  private let tick: UInt64
  /// The last tick that was handed out.
  private var current: UInt64
  private var heads = [UInt32](repeating: none, count: buckets)
  private var next: [UInt32] = []
  private var previous: [UInt32] = []
  /// The bucket of each slot, or `none`.
  private var bucket: [UInt32] = []

  init(tick: UInt64, now: UInt64) {
    self.tick = tick
    current = now / tick
  }

  /// Replaces the slot's deadline. It is handed out by the first `advance` at or after it, or earlier when it
  /// lies beyond the ring.
  mutating func arm(_ slot: UInt32, at deadline: UInt64) {
    grow(to: slot)
    disarm(slot)
    let due = max(deadline / tick + (deadline % tick == 0 ? 0 : 1), current + 1)
    let index = Int(min(due, current + UInt64(Self.buckets - 1)) % UInt64(Self.buckets))
    bucket[Int(slot)] = UInt32(index)
    previous[Int(slot)] = Self.none
    next[Int(slot)] = heads[index]
    if heads[index] != Self.none { previous[Int(heads[index])] = slot }
    heads[index] = slot
  }

  mutating func disarm(_ slot: UInt32) {
    guard Int(slot) < bucket.count, bucket[Int(slot)] != Self.none else { return }
    let (before, after) = (previous[Int(slot)], next[Int(slot)])
    if before == Self.none { heads[Int(bucket[Int(slot)])] = after } else { next[Int(before)] = after }
    if after != Self.none { previous[Int(after)] = before }
    bucket[Int(slot)] = Self.none
  }

  /// Disarms and returns the slots whose time has come.
  mutating func advance(to now: UInt64) -> [UInt32] {
    let target = now / tick
    var due: [UInt32] = []
    // After a long sleep every bucket is visited once.
    let steps = min(target > current ? target - current : 0, UInt64(Self.buckets))
    for step in 0..<steps {
      let index = Int((target - step) % UInt64(Self.buckets))
      while heads[index] != Self.none {
        due.append(heads[index])
        disarm(heads[index])
      }
    }
    current = max(current, target)
    return due
  }

  private mutating func grow(to slot: UInt32) {
    while bucket.count <= Int(slot) {
      bucket.append(Self.none)
      next.append(Self.none)
      previous.append(Self.none)
    }
  }
}
