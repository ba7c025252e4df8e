// The waiting lists that the ledger holds in memory, in order of joining, and how to take back what a batch did to them.
// Bounded: `most` entries per event, one per user. The ledger's thread only.

struct WaitingLists {
  /// Entries of one event at most.
  static let most = 50_000

  private var lists: [EventID: [WaitingEntry]] = [:]

  /// One change, for `undo`.
  enum Change {
    case joined(EventID)
    case left(WaitingEntry, at: Int)
  }

  init(_ entries: [WaitingEntry] = []) {
    for entry in entries.sorted(by: { $0.id < $1.id }) { lists[entry.event, default: []].append(entry) }
  }

  subscript(event: EventID) -> [WaitingEntry] { lists[event] ?? [] }

  func isEmpty(_ event: EventID) -> Bool { lists[event] == nil }

  func index(of user: Identity, in event: EventID) -> Int? { lists[event]?.firstIndex { $0.user == user } }

  /// Looks at every list: for what is rare.
  func events(of user: Identity) -> [EventID] { lists.keys.filter { index(of: user, in: $0) != nil } }

  /// The first for whom seats are free.
  func firstFitting(_ event: Event) -> Int? {
    guard let list = lists[event.id], event.availableSeats > 0 else { return nil }
    return list.firstIndex { event.hasSeats(for: $0.quantity, of: $0.type) }
  }

  mutating func append(_ entry: WaitingEntry) -> Change {
    lists[entry.event, default: []].append(entry)
    return .joined(entry.event)
  }

  mutating func remove(at index: Int, of event: EventID) -> Change {
    let entry = lists[event, default: []].remove(at: index)
    if lists[event]?.isEmpty == true { lists[event] = nil }
    return .left(entry, at: index)
  }

  /// Takes changes back; the last comes first.
  mutating func undo(_ changes: [Change]) {
    for change in changes.reversed() {
      switch change {
      case .joined(let event):
        lists[event]?.removeLast()
        if lists[event]?.isEmpty == true { lists[event] = nil }
      case .left(let entry, let index): lists[entry.event, default: []].insert(entry, at: index)
      }
    }
  }
}
