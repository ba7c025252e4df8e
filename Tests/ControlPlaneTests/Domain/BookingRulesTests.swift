import Testing

@testable import ControlPlane

@Suite("BookingRules")
struct BookingRulesTests {
  private let now = Instant(milliseconds: 1_000_000)

  private func check(_ event: Event, _ quantity: Int, booked: Int = 0) throws(DomainError) {
    try BookingRules.check(event, quantity: quantity, at: now, booked: booked)
  }

  // MARK: Selling

  @Test("the last seats are sold, one more is not")
  func soldOut() throws {
    var event = Event.sample(capacity: 10)
    (event.sold, event.held) = (5, 2)
    try check(event, 3)
    #expect(throws: DomainError.soldOut(available: 3, requested: 4)) { try check(event, 4) }
  }

  @Test("a quantity lies between one and the event's limit", arguments: [Int.min, -1, 0, 11, Int.max])
  func quantityLimit(_ quantity: Int) {
    #expect(throws: DomainError.quantityLimit(limit: 10, requested: quantity)) {
      try check(.sample(capacity: 100), quantity)
    }
  }

  @Test("a user has no more than the event allows")
  func perUserLimit() throws {
    var event = Event.sample(capacity: 100)
    event.maxPerUser = 4
    try check(event, 2, booked: 2)
    #expect(throws: DomainError.perUserLimit(limit: 4, booked: 2, requested: 3)) {
      try check(event, 3, booked: 2)
    }
  }

  @Test("a limit that was lowered below what a user has refuses everything more")
  func loweredLimit() {
    var event = Event.sample(capacity: 100)
    event.maxPerUser = 1
    #expect(throws: DomainError.perUserLimit(limit: 1, booked: 5, requested: 1)) {
      try check(event, 1, booked: 5)
    }
  }

  @Test("sales begin at opensAt")
  func opening() throws {
    var event = Event.sample(capacity: 10)
    event.opensAt = now
    try check(event, 1)
    event.opensAt = Instant(milliseconds: now.milliseconds + 1)
    #expect(throws: DomainError.notOpenYet(opensAt: Instant(milliseconds: 1_000_001))) {
      try check(event, 1)
    }
  }

  @Test("sales end before closesAt")
  func closing() throws {
    var event = Event.sample(capacity: 10)
    event.closesAt = Instant(milliseconds: now.milliseconds + 1)
    try check(event, 1)
    event.closesAt = now
    #expect(throws: DomainError.closed(closesAt: now)) { try check(event, 1) }
  }

  @Test("only an event on sale sells")
  func status() {
    var event = Event.sample(capacity: 10)
    event.status = .closed
    #expect(throws: DomainError.closed(closesAt: nil)) { try check(event, 1) }
    event.status = .cancelled
    #expect(throws: DomainError.eventCancelled) { try check(event, 1) }
  }

  // MARK: Patching

  @Test("a patch changes what it names and makes the next version")
  func patch() throws {
    var event = Event.sample(capacity: 10)
    event.opensAt = now
    event.closesAt = Instant(milliseconds: 2_000_000)
    let patched = try BookingRules.apply(
      EventPatch(name: "Renamed", opensAt: .some(nil), maxPerUser: 3), to: event)
    var expected = event
    (expected.name, expected.opensAt, expected.maxPerUser, expected.version) = ("Renamed", nil, 3, 2)
    #expect(patched == expected)
  }

  @Test("a patch that changes nothing makes no version")
  func emptyPatch() throws {
    let event = Event.sample(capacity: 10)
    #expect(try BookingRules.apply(EventPatch(name: event.name), to: event) == event)
  }

  @Test("capacity does not sink below what is sold and held")
  func capacityBelowSold() throws {
    var event = Event.sample(capacity: 10)
    (event.sold, event.held) = (5, 2)
    #expect(try BookingRules.apply(EventPatch(seatCapacity: 7), to: event).seatCapacity == 7)
    #expect(throws: DomainError.capacityBelowSold(sold: 5, held: 2)) {
      try BookingRules.apply(EventPatch(seatCapacity: 6), to: event)
    }
  }

  @Test("nothing leaves the status cancelled, everything else can change there")
  func cancelledIsFinal() throws {
    var event = Event.sample(capacity: 10)
    (event.status, event.shown) = (.cancelled, .cancelled)
    #expect(try BookingRules.apply(EventPatch(name: "Gone"), to: event).name == "Gone")
    #expect(throws: DomainError.eventCancelled) {
      try BookingRules.apply(EventPatch(status: .onSale), to: event)
    }
  }

  @Test("sales cannot end before they begin")
  func invertedWindow() {
    var event = Event.sample(capacity: 10)
    event.opensAt = now
    #expect(throws: DomainError.salesWindowInverted) {
      try BookingRules.apply(EventPatch(closesAt: .some(now)), to: event)
    }
  }
}

extension Event {
  /// On sale, never changed.
  static func sample(capacity: Int) -> Event {
    let born = Instant(milliseconds: 1)
    return Event(id: EventID(1), name: "Sample", seatCapacity: capacity, createdAt: born, updatedAt: born)
  }
}
