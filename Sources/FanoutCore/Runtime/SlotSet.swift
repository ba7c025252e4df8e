// Slots, a bit each: for a set that has most of a loop's connections or none. Pure values; any thread.

/// Some slots of a loop.
struct SlotSet {
  private var words: [UInt64] = []

  func contains(_ slot: UInt32) -> Bool {
    let word = Int(slot / 64)
    return word < words.count && words[word] & (1 << UInt64(slot % 64)) != 0
  }

  mutating func insert(_ slot: UInt32) {
    while words.count <= Int(slot / 64) { words.append(0) }
    words[Int(slot / 64)] |= 1 << UInt64(slot % 64)
  }

  /// False: it was not in the set.
  mutating func remove(_ slot: UInt32) -> Bool {
    guard contains(slot) else { return false }
    words[Int(slot / 64)] &= ~(1 << UInt64(slot % 64))
    return true
  }
}
