// Who waits for one event, as a record tells it: found by place, and by what is wanted the first of those who could be served.
// A record may be anybody's, with as many wishes as entries, so each step takes no more than the logarithm of their number.
//
// Invariant: places come in ascending order; whoever reads the record checks it. Pure values; any thread.

struct RecordQueue {
  struct Entry {
    let place: Int64
    let user: String
    let quantity: Int64
    /// nil: any type.
    let type: Int64?
  }

  private var entries: [Int64: Entry] = [:]
  private var users: Set<String> = []
  /// By the type that is wanted.
  private var lines: [Int64?: RecordLine] = [:]

  /// False: the user waits already.
  /// - Parameter entry: behind all who were added before; wants at least one seat.
  mutating func add(_ entry: Entry) -> Bool {
    guard users.insert(entry.user).inserted else { return false }
    entries[entry.place] = entry
    lines[entry.type, default: RecordLine()].append(entry.place, wanting: UInt64(entry.quantity))
    return true
  }

  /// Nil: nobody stands there.
  mutating func remove(_ place: Int64) -> Entry? {
    guard let entry = entries.removeValue(forKey: place) else { return nil }
    users.remove(entry.user)
    lines[entry.type]?.remove(place)
    return entry
  }

  /// The first place that wants this type, or any where `orAny`, and no more seats than these; nil: none does.
  func first(wanting seats: Int64, ofType type: Int64?, orAny: Bool) -> Int64? {
    let types = orAny && type != nil ? [type, nil] : [type]
    return types.compactMap { lines[$0]?.first(wanting: UInt64(max(seats, 0))) }.min()
  }
}

/// Places in ascending order, under a tree whose nodes have the fewest seats that anybody below wants.
private struct RecordLine {
  /// Those who left included, until there is no room.
  private var places: [Int64] = []
  /// The root is 1, the nodes below i are 2i and 2i + 1, the leaf of place i is `room` + i.
  private var fewest: [UInt64] = []
  private var room = 0
  private static let nobody = UInt64.max

  mutating func append(_ place: Int64, wanting seats: UInt64) {
    if places.count == room { grow() }
    places.append(place)
    set(places.count - 1, seats)
  }

  mutating func remove(_ place: Int64) {
    var (low, high) = (0, places.count)
    while low < high {
      let middle = (low + high) / 2
      if places[middle] < place { low = middle + 1 } else { high = middle }
    }
    if low < places.count, places[low] == place { set(low, Self.nobody) }
  }

  /// Nil: everybody wants more.
  func first(wanting seats: UInt64) -> Int64? {
    guard room > 0, fewest[1] <= seats else { return nil }
    var node = 1
    while node < room { node = fewest[2 * node] <= seats ? 2 * node : 2 * node + 1 }
    return places[node - room]
  }

  private mutating func set(_ index: Int, _ seats: UInt64) {
    var node = room + index
    fewest[node] = seats
    while node > 1 {
      node /= 2
      fewest[node] = min(fewest[2 * node], fewest[2 * node + 1])
    }
  }

  /// Drops those who left, and makes room for as many again as stay.
  private mutating func grow() {
    let there = places.indices.filter { fewest[room + $0] != Self.nobody }
    let (kept, wishes) = (there.map { places[$0] }, there.map { fewest[room + $0] })
    while room < max(8, 2 * kept.count) { room = max(8, 2 * room) }
    places = kept
    fewest = [UInt64](repeating: Self.nobody, count: 2 * room)
    for (index, seats) in wishes.enumerated() { fewest[room + index] = seats }
    for node in stride(from: room - 1, to: 0, by: -1) {
      fewest[node] = min(fewest[2 * node], fewest[2 * node + 1])
    }
  }
}
