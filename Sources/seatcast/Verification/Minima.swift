// Tables for questions about intervals: the least value between two places, and the greatest or least seq on one side of a
// time. Pure.

/// The least of consecutive values, in constant time after a table of n log n.
struct Minima {
  /// At row k and place i: the least of 2^k values from i on.
  private var rows: [[Int]]

  init(_ values: [Int]) {
    precondition(!values.isEmpty, "There must be at least one value.")
    rows = [values]
    var width = 1
    while 2 * width <= values.count {
      let last = rows[rows.count - 1]
      rows.append((0...(values.count - 2 * width)).map { min(last[$0], last[$0 + width]) })
      width *= 2
    }
  }

  /// - Parameter range: places of values.
  func least(_ range: ClosedRange<Int>) -> Int {
    let row = Int.bitWidth - 1 - range.count.leadingZeroBitCount
    return min(rows[row][range.lowerBound], rows[row][range.upperBound + 1 - (1 << row)])
  }
}

/// The greatest seq at times before a given one.
struct LatestSeqs {
  private let times: [Int64]
  private let greatest: [UInt64]

  /// - Parameter sorted: by time.
  init(_ sorted: [(time: Int64, seq: UInt64)]) {
    times = sorted.map(\.time)
    var greatest: [UInt64] = []
    for entry in sorted { greatest.append(max(greatest.last ?? 0, entry.seq)) }
    self.greatest = greatest
  }

  /// Nil: there is none.
  func before(_ time: Int64) -> UInt64? {
    let count = times.partition { $0 >= time }
    return count == 0 ? nil : greatest[count - 1]
  }
}

/// The least seq at times after a given one.
struct EarliestSeqs {
  private let times: [Int64]
  private let least: [UInt64]

  init(_ entries: [(time: Int64, seq: UInt64)]) {
    let sorted = entries.sorted { $0.time < $1.time }
    times = sorted.map(\.time)
    var least: [UInt64] = []
    for entry in sorted.reversed() { least.append(min(least.last ?? .max, entry.seq)) }
    self.least = least.reversed()
  }

  /// Nil: there is none.
  func after(_ time: Int64) -> UInt64? {
    let first = times.partition { $0 > time }
    return first == times.count ? nil : least[first]
  }
}

extension Array {
  /// Of what is sorted: the place of the first for which `holds` is true; it is true for all behind it.
  func partition(_ holds: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// Where each value stands, for the question whether one stands between two places.
struct ValuePlaces {
  private var places: [Int: [Int]] = [:]

  init(_ values: [Int]) {
    for (place, value) in values.enumerated() { places[value, default: []].append(place) }
  }

  func has(_ value: Int, in range: ClosedRange<Int>) -> Bool {
    guard let places = places[value] else { return false }
    let first = places.partition { $0 >= range.lowerBound }
    return first < places.count && places[first] <= range.upperBound
  }
}

/// The status of an event behind each change, as far as it was told: before it was told for the first time it may be any.
struct StatusPlaces {
  private var changes: [(place: Int, status: String)] = []

  init(_ start: FactState, _ log: [Fact], _ names: NameTable) {
    if start.status >= 0 { changes.append((0, names.name(start.status))) }
    for (place, fact) in log.enumerated() where fact.state.status >= 0 {
      changes.append((place + 1, names.name(fact.state.status)))
    }
  }

  func has(_ status: String, in range: ClosedRange<Int>) -> Bool {
    guard let first = changes.first, first.place <= range.lowerBound else { return true }
    let next = changes.firstIndex { $0.place > range.lowerBound } ?? changes.count
    return changes[(next - 1)...].prefix { $0.place <= range.upperBound }.contains { $0.status == status }
  }
}
