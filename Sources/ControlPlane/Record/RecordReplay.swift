// The rules that a record must keep, entry by entry (docs/RECORD.md, "The rules"): nothing is sold beyond the capacity,
// no booking is made or ended twice, each count is what the entries before it make, changes of an event are numbered without
// gaps, and free seats go to whoever waits before they go to others. One thread.

/// What is wrong with an entry, as the end of a sentence.
struct RecordFault: Error, Equatable {
  let sentence: String
  init(_ sentence: String) { self.sentence = sentence }
}

struct RecordReplay {
  struct Counts: Equatable, Sendable {
    var events = 0
    var bookings = 0
    var seats: Int64 = 0
    var ended = 0
    var joined = 0
    var offers = 0
    var passed = 0
  }

  private struct Booking {
    let event: Int64
    let user: String
    let quantity: Int64
    let type: Int64?
    /// nil: confirmed.
    var until: Int64?
    var isExtended = false
    var hasEnded = false
  }

  private final class Event {
    let id: Int64
    var seq: Int64 = 0
    var capacity: Int64
    /// Seats of bookings that have not ended.
    var taken: Int64 = 0
    var isDeleted = false
    var queue = RecordQueue()
    /// Seats were offered to this entry: its hold must be next.
    var offered: RecordQueue.Entry?

    init(id: Int64, capacity: Int64) { (self.id, self.capacity) = (id, capacity) }

    var available: Int64 { capacity - taken }
  }

  private var events: [Int64: Event] = [:]
  private var bookings: [String: Booking] = [:]
  private var lastPlace: Int64 = 0
  private(set) var counts = Counts()

  mutating func apply(_ entry: RecordEntry) throws(RecordFault) {
    switch entry.kind {
    case "event": try make(entry)
    case "booked", "held": try book(entry)
    case "cancelled", "expired": try end(entry)
    case "confirmed", "extended": try change(entry)
    case "capacity", "updated": try update(entry)
    case "joined": try join(entry)
    case "left", "offered", "passed", "dismissed": try leave(entry)
    default: throw RecordFault("is of a kind that this program does not know: \(entry.kind)")
    }
  }

  /// Asks what only the end can tell.
  func finish() throws(RecordFault) {
    for (id, event) in events where event.offered != nil {
      throw RecordFault("ends with seats of event \(id) offered to somebody who did not get them")
    }
  }

  // MARK: Members

  private func need(_ value: Int64?, _ name: String) throws(RecordFault) -> Int64 {
    guard let value else { throw RecordFault("has no number '\(name)'") }
    return value
  }

  /// No event has more: bounds sums, whatever a file says.
  private static let mostSeats: Int64 = 1 << 40

  private func capacity(_ entry: RecordEntry) throws(RecordFault) -> Int64 {
    let capacity = try need(entry.whole("capacity"), "capacity")
    guard (0...Self.mostSeats).contains(capacity) else { throw RecordFault("has \(capacity) as a capacity") }
    return capacity
  }

  private func need(_ value: String?, _ name: String) throws(RecordFault) -> String {
    guard let value else { throw RecordFault("has no text '\(name)'") }
    return value
  }

  private func event(_ entry: RecordEntry) throws(RecordFault) -> Event {
    let id = try need(entry.whole("event"), "event")
    guard let event = events[id] else { throw RecordFault("is about event \(id), which was never made") }
    guard !event.isDeleted else { throw RecordFault("is about event \(id), which was deleted") }
    return event
  }

  // MARK: Events

  private mutating func make(_ entry: RecordEntry) throws(RecordFault) {
    let id = try need(entry.whole("event"), "event")
    guard events[id] == nil else { throw RecordFault("makes event \(id) a second time") }
    events[id] = Event(id: id, capacity: try capacity(entry))
    counts.events += 1
  }

  private mutating func update(_ entry: RecordEntry) throws(RecordFault) {
    let event = try event(entry)
    let capacity = try capacity(entry)
    if entry.kind == "capacity" {
      event.capacity = capacity
    } else {
      event.isDeleted = try need(entry.text("status"), "status") == "deleted"
    }
    guard event.available >= 0 else {
      throw RecordFault("leaves event \(event.id) with \(capacity) seats, of which \(event.taken) are taken")
    }
    try count(entry, event)
  }

  /// The parts that every change of an event's counts has: its number, and what is free after it.
  private func count(_ entry: RecordEntry, _ event: Event) throws(RecordFault) {
    let (seq, capacity) = (try need(entry.whole("seq"), "seq"), try capacity(entry))
    guard seq == event.seq + 1 else {
      throw RecordFault("is change \(seq) of its event, and change \(event.seq + 1) is due")
    }
    event.seq = seq
    let available = try need(entry.whole("available"), "available")
    guard capacity == event.capacity else {
      throw RecordFault("says that the event has \(capacity) seats, and it has \(event.capacity)")
    }
    guard available == event.available else {
      throw RecordFault("says that \(available) seats are free, and \(event.available) are")
    }
    guard event.offered == nil else {
      throw RecordFault("comes before the hold that place \(event.offered?.place ?? 0) was offered")
    }
    guard entry.hasTypes else { return }
    guard let types = entry.types, types.allSatisfy({ (0...available).contains(Int64($0.available)) }) else {
      throw RecordFault("says that more is free of a ticket type than of the event")
    }
  }

  // MARK: Bookings

  private mutating func book(_ entry: RecordEntry) throws(RecordFault) {
    let event = try event(entry)
    let name = try need(entry.text("booking"), "booking")
    let quantity = try need(entry.whole("quantity"), "quantity")
    let booking = Booking(
      event: event.id, user: try need(entry.text("user"), "user"), quantity: quantity,
      type: entry.whole("type"),
      until: entry.kind == "held" ? try need(entry.whole("until"), "until") : nil)
    guard bookings[name] == nil else { throw RecordFault("makes booking \(name) a second time") }
    guard quantity > 0, quantity <= event.available else {
      throw RecordFault("books \(quantity) seats of event \(event.id), which has \(event.available) left")
    }
    try checkTurn(booking, event)
    event.taken += quantity
    try count(entry, event)
    bookings[name] = booking
    counts.bookings += 1
    counts.seats &+= quantity
  }

  /// Seats go to whoever they were offered to, and to others only while nobody waits who could have them.
  private mutating func checkTurn(_ booking: Booking, _ event: Event) throws(RecordFault) {
    if let offered = event.offered {
      guard booking.until != nil, booking.user == offered.user, booking.quantity == offered.quantity,
        offered.type == nil || offered.type == booking.type
      else {
        throw RecordFault("takes seats that were offered to place \(offered.place) of the waiting list")
      }
      event.offered = nil
      counts.offers += 1
      return
    }
    let free = booking.type == nil ? event.available : booking.quantity
    if let first = event.queue.first(wanting: free, ofType: booking.type, orAny: true) {
      throw RecordFault("jumps the queue: place \(first) of the waiting list could have had the seats")
    }
  }

  private mutating func end(_ entry: RecordEntry) throws(RecordFault) {
    let event = try event(entry)
    let name = try need(entry.text("booking"), "booking")
    var booking = try active(name, of: event.id)
    guard try need(entry.whole("quantity"), "quantity") == booking.quantity,
      try need(entry.text("user"), "user") == booking.user, entry.whole("type") == booking.type
    else {
      throw RecordFault("ends booking \(name) with another quantity, user or type than it was made with")
    }
    if entry.kind == "expired" {
      guard let until = booking.until, try need(entry.whole("at"), "at") >= until else {
        throw RecordFault("lets booking \(name) expire, which is no hold whose time was over")
      }
    }
    booking.hasEnded = true
    event.taken -= booking.quantity
    try count(entry, event)
    bookings[name] = booking
    counts.ended += 1
    counts.seats &-= booking.quantity
  }

  private mutating func change(_ entry: RecordEntry) throws(RecordFault) {
    let event = try event(entry)
    let name = try need(entry.text("booking"), "booking")
    var booking = try active(name, of: event.id)
    guard let until = booking.until else { throw RecordFault("is about booking \(name), which is no hold") }
    if entry.kind == "confirmed" {
      booking.until = nil
    } else {
      let later = try need(entry.whole("until"), "until")
      guard !booking.isExtended, later >= until else {
        throw RecordFault("extends hold \(name), which was extended before, or to an earlier moment")
      }
      (booking.until, booking.isExtended) = (later, true)
    }
    bookings[name] = booking
  }

  private func active(_ name: String, of event: Int64) throws(RecordFault) -> Booking {
    guard let booking = bookings[name], booking.event == event else {
      throw RecordFault("is about booking \(name), which was never made in event \(event)")
    }
    guard !booking.hasEnded else { throw RecordFault("is about booking \(name), which had ended before") }
    return booking
  }

  // MARK: Waiting lists

  private mutating func join(_ entry: RecordEntry) throws(RecordFault) {
    let event = try event(entry)
    let waiting = RecordQueue.Entry(
      place: try need(entry.whole("place"), "place"), user: try need(entry.text("user"), "user"),
      quantity: try need(entry.whole("quantity"), "quantity"), type: entry.whole("type"))
    guard waiting.place > lastPlace else {
      throw RecordFault(
        "gives place \(waiting.place) of the waiting lists, and \(lastPlace) was given before")
    }
    guard waiting.quantity > 0, event.queue.add(waiting) else {
      throw RecordFault("lets somebody wait twice for event \(event.id)")
    }
    lastPlace = waiting.place
    counts.joined += 1
  }

  private mutating func leave(_ entry: RecordEntry) throws(RecordFault) {
    let event = try event(entry)
    guard let place = entry.whole("place") else {
      guard entry.kind == "dismissed" else { throw RecordFault("has no number 'place'") }
      return event.queue = RecordQueue()
    }
    guard let waiting = event.queue.remove(place) else {
      throw RecordFault(
        "is about place \(place) of the waiting list of event \(event.id), where nobody stands")
    }
    guard entry.kind == "offered" || entry.kind == "passed" else { return }
    // A party that fits is asked before those behind it that want as much or more of the same.
    if let first = event.queue.first(wanting: waiting.quantity, ofType: waiting.type, orAny: false),
      first < place
    {
      throw RecordFault("jumps the queue: place \(first) of the waiting list stands before \(place)")
    }
    if entry.kind == "passed" { counts.passed += 1 } else { event.offered = waiting }
  }
}
