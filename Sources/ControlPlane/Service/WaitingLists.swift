// The waiting lists that the ledger holds in memory, and how to take back what a batch did to them. Bounded: `most` entries
// per event, one per user. In a rush thousands join, leave and ask while a seat is free that fits nobody, so no look-up
// goes through a list: users are found by their identity, and whoever fits by what they wish. The numbers of entries
// ascend in the order of joining. The ledger's thread only.

struct WaitingLists {
  /// Entries of one event at most.
  static let most = 50_000

  private var lists: [EventID: WaitingList] = [:]

  /// One change, for `undo`.
  enum Change {
    case joined(WaitingEntry)
    case left(WaitingEntry)
  }

  init(_ entries: [WaitingEntry] = []) {
    for entry in entries.sorted(by: { $0.id < $1.id }) { insert(entry) }
  }

  /// All of an event, in order; for what is rare.
  subscript(event: EventID) -> [WaitingEntry] { first(.max, of: event) }

  func isEmpty(_ event: EventID) -> Bool { lists[event] == nil }

  func count(of event: EventID) -> Int { lists[event]?.ids.count ?? 0 }

  func entry(of user: Identity, in event: EventID) -> WaitingEntry? { lists[event]?.entry(of: user) }

  /// Looks at every list: for what is rare.
  func events(of user: Identity) -> [EventID] { lists.keys.filter { entry(of: user, in: $0) != nil } }

  func first(_ count: Int, of event: EventID) -> [WaitingEntry] { lists[event]?.first(count) ?? [] }

  func last(of event: EventID) -> WaitingEntry? { lists[event]?.last }

  /// From 1.
  func position(of entry: WaitingEntry) -> Int { (lists[entry.event]?.ids.rank(of: entry.id) ?? 0) + 1 }

  /// The first for whom seats are free.
  func firstFitting(_ event: Event, at moment: Instant) -> WaitingEntry? {
    guard event.availableSeats > 0 else { return nil }
    return lists[event.id]?.firstFitting(event, at: moment)
  }

  // MARK: Changes

  mutating func append(_ entry: WaitingEntry) -> Change {
    insert(entry)
    return .joined(entry)
  }

  mutating func remove(_ entry: WaitingEntry) -> Change {
    delete(entry)
    return .left(entry)
  }

  mutating func removeAll(of event: EventID) -> [Change] {
    lists.removeValue(forKey: event)?.first(.max).map { .left($0) } ?? []
  }

  /// The list as the store has it.
  mutating func replace(_ event: EventID, with entries: [WaitingEntry]) {
    lists[event] = nil
    for entry in entries { insert(entry) }
  }

  /// Takes changes back; the last comes first.
  mutating func undo(_ changes: [Change]) {
    for change in changes.reversed() {
      switch change {
      case .joined(let entry): delete(entry)
      case .left(let entry): insert(entry)
      }
    }
  }

  private mutating func insert(_ entry: WaitingEntry) {
    lists[entry.event, default: WaitingList()].insert(entry)
  }

  private mutating func delete(_ entry: WaitingEntry) {
    lists[entry.event]?.remove(entry)
    if lists[entry.event]?.ids.isEmpty == true { lists[entry.event] = nil }
  }
}

/// Who waits for seats of one event.
private struct WaitingList {
  /// What somebody waits for.
  private struct Wish: Hashable {
    let quantity: Int
    let type: Int?
  }

  /// In order of joining.
  private(set) var ids: ArraySlice<Int64> = []
  private var entries: [Int64: WaitingEntry] = [:]
  private var users: [Identity: Int64] = [:]
  /// The same wishes stand in order of joining too. There are few: the quantities that one booking may have, by types.
  private var wishes: [Wish: ArraySlice<Int64>] = [:]

  var last: WaitingEntry? { ids.last.flatMap { entries[$0] } }

  func entry(of user: Identity) -> WaitingEntry? { users[user].flatMap { entries[$0] } }

  func first(_ count: Int) -> [WaitingEntry] { ids.prefix(count).compactMap { entries[$0] } }

  func firstFitting(_ event: Event, at moment: Instant) -> WaitingEntry? {
    var first: Int64?
    for (wish, ids) in wishes {
      guard let id = ids.first, id < first ?? .max,
        event.hasSeats(for: wish.quantity, of: wish.type, at: moment)
      else { continue }
      first = id
    }
    return first.flatMap { entries[$0] }
  }

  mutating func insert(_ entry: WaitingEntry) {
    ids.insertInOrder(entry.id)
    wishes[wish(of: entry), default: []].insertInOrder(entry.id)
    entries[entry.id] = entry
    users[entry.user] = entry.id
  }

  mutating func remove(_ entry: WaitingEntry) {
    ids.removeInOrder(entry.id)
    let wish = wish(of: entry)
    wishes[wish]?.removeInOrder(entry.id)
    if wishes[wish]?.isEmpty == true { wishes[wish] = nil }
    entries[entry.id] = nil
    users[entry.user] = nil
  }

  private func wish(of entry: WaitingEntry) -> Wish { Wish(quantity: entry.quantity, type: entry.type) }
}

/// Ascending numbers. A slice, so that taking the first moves none of the others.
extension ArraySlice<Int64> {
  /// How many are smaller.
  fileprivate func rank(of id: Int64) -> Int {
    var (low, high) = (startIndex, endIndex)
    while low < high {
      let middle = low + (high - low) / 2
      if self[middle] < id { low = middle + 1 } else { high = middle }
    }
    return low - startIndex
  }

  fileprivate mutating func insertInOrder(_ id: Int64) {
    if last ?? .min < id { append(id) } else { insert(id, at: startIndex + rank(of: id)) }
  }

  fileprivate mutating func removeInOrder(_ id: Int64) {
    if first == id { return self = dropFirst() }
    let place = startIndex + rank(of: id)
    if place < endIndex, self[place] == id { remove(at: place) }
  }
}
