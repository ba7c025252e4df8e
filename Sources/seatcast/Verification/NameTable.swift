// Numbers for words and for lists of ticket types, so that a record of a history is a few numbers and two records are compared by
// comparing those. A value.

struct NameTable {
  /// The number of nothing.
  static let none: Int32 = -1

  private var numbers: [String: Int32] = [:]
  private var names: [String] = []
  private var lists: [[TypeSeats]: Int32] = [:]
  private var seats: [[TypeSeats]] = []

  mutating func number(_ name: String?) -> Int32 {
    guard let name else { return Self.none }
    if let number = numbers[name] { return number }
    let number = Int32(names.count)
    numbers[name] = number
    names.append(name)
    return number
  }

  /// The number of a name that is known; `none` for others.
  func known(_ name: String) -> Int32 { numbers[name] ?? Self.none }

  func name(_ number: Int32) -> String { number < 0 ? "?" : names[Int(number)] }

  /// - Parameter list: in any order; empty: an event that is not divided, or of which it is not told.
  mutating func number(_ list: [TypeSeats]) -> Int32 {
    guard !list.isEmpty else { return Self.none }
    if let number = lists[list] { return number }
    let number = Int32(seats.count)
    lists[list] = number
    seats.append(list)
    return number
  }

  func types(_ number: Int32) -> [TypeSeats] { number < 0 ? [] : seats[Int(number)] }
}
