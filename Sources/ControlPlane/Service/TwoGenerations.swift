// A dictionary of bounded size that keeps what is in use: new entries go to the young generation; when that is full
// it becomes the old one and the former old one is forgotten. An entry found in the old generation is young again.
// A value; whoever shares it between threads locks it.

struct TwoGenerations<Key: Hashable, Value> {
  typealias Generation = [Key: Value]

  /// Entries of one generation; at most twice as many are held.
  let capacity: Int
  private var young: Generation = [:]
  private var old: Generation = [:]

  init(capacity: Int) { self.capacity = max(1, capacity) }

  var count: Int { young.count + old.count }

  /// Returns what is forgotten over it, so that the caller can give the memory back after a lock.
  @discardableResult
  mutating func insert(_ value: Value, for key: Key) -> Generation {
    var forgotten: Generation = [:]
    if young.count >= capacity {
      forgotten = old
      old = young
      young = [:]
    }
    young[key] = value
    return forgotten
  }

  /// The value and, as for `insert`, what is forgotten over the search.
  mutating func find(_ key: Key) -> (value: Value, forgotten: Generation)? {
    if let value = young[key] { return (value, [:]) }
    guard let value = old.removeValue(forKey: key) else { return nil }
    return (value, insert(value, for: key))
  }

  mutating func remove(_ key: Key) {
    young[key] = nil
    old[key] = nil
  }
}
