// The events that the ledger holds in memory: rows in one array, found by their ids. A place stays an event's own for
// as long as the event exists. The ledger's thread only.

struct EventTable {
  private var rows: [Event] = []
  private var places: [EventID: Int] = [:]
  /// Places of events that are gone, for new ones.
  private var free: [Int] = []

  init(_ events: [Event]) {
    rows.reserveCapacity(events.count)
    for event in events { _ = insert(event) }
  }

  func place(of id: EventID) -> Int? { places[id] }

  subscript(id: EventID) -> Event? { places[id].map { rows[$0] } }

  /// The event at a place, changed where it stands. Read by a plain getter: what a coroutine yields ends with its frame.
  subscript(place: Int) -> Event {
    get { rows[place] }
    _modify { yield &rows[place] }
  }

  /// - Returns: the new event's place.
  mutating func insert(_ event: Event) -> Int {
    let place = free.popLast() ?? rows.count
    if place == rows.count { rows.append(event) } else { rows[place] = event }
    places[event.id] = place
    return place
  }

  mutating func remove(_ id: EventID) {
    if let place = places.removeValue(forKey: id) { free.append(place) }
  }

  var ids: some Collection<EventID> { places.keys }

  /// All events, for tests.
  var all: [EventID: Event] { places.mapValues { rows[$0] } }
}
