import Testing

@testable import ControlPlane

@Suite("Ticket types")
struct TicketTypeTests {
  private func event(_ drafts: [TicketTypeDraft]) throws -> Event {
    var event = Event.sample(capacity: 100)
    try BookingRules.replaceTypes(of: &event, with: drafts)
    return event
  }

  private func refusal(_ event: Event, _ drafts: [TicketTypeDraft]) -> DomainError? {
    var event = event
    return #expect(throws: DomainError.self) { try BookingRules.replaceTypes(of: &event, with: drafts) }
  }

  @Test("new types get the next numbers, and a number is never given again")
  func numbers() throws {
    var event = try event([.init(name: "A"), .init(name: "B")])
    #expect(event.types.map(\.id) == [1, 2])
    try BookingRules.replaceTypes(of: &event, with: [.init(id: 2, name: "B2"), .init(name: "C")])
    #expect(event.types.map(\.id) == [2, 3])
    #expect(event.types.map(\.name) == ["B2", "C"])
    try BookingRules.replaceTypes(of: &event, with: [])
    try BookingRules.replaceTypes(of: &event, with: [.init(name: "D")])
    #expect(event.types.map(\.id) == [4])
  }

  @Test("what is sold stays, and keeps its type and its capacity from going")
  func inUse() throws {
    var event = try event([.init(name: "A", capacity: 5), .init(name: "B")])
    (event.types[0].sold, event.types[0].held) = (2, 1)
    #expect(refusal(event, [.init(id: 2, name: "B")]) == .ticketTypeInUse(id: 1))
    #expect(
      refusal(event, [.init(id: 1, name: "A", capacity: 2), .init(id: 2, name: "B")])
        == .capacityBelowSold(sold: 2, held: 1))
    #expect(refusal(event, [.init(id: 1, name: "A"), .init(id: 9, name: "X")]) == .unknownTicketType)
    #expect(refusal(event, [.init(id: 1, name: "A"), .init(id: 1, name: "A")]) == .unknownTicketType)
    #expect(
      refusal(
        event,
        [.init(id: 1, name: "A", opensAt: Instant(milliseconds: 2), closesAt: Instant(milliseconds: 2))])
        == .salesWindowInverted)
    try BookingRules.replaceTypes(of: &event, with: [.init(id: 1, name: "A", capacity: 3)])
    #expect(event.types.count == 1 && event.types[0].sold == 2 && event.types[0].held == 1)
  }

  @Test("a type has what it may take and the event still has, whichever is less")
  func available() throws {
    var event = try event([.init(name: "A", capacity: 5), .init(name: "Shared")])
    (event.sold, event.types[0].sold) = (3, 3)
    #expect(event.typeAvailability == [.init(id: 1, available: 2), .init(id: 2, available: 97)])
    event.sold = 99
    #expect(event.typeAvailability == [.init(id: 1, available: 1), .init(id: 2, available: 1)])
    #expect(Event.sample(capacity: 3).typeAvailability.isEmpty)
  }

  @Test("window, limits and seats of a type are its own")
  func rules() throws {
    let event = try event([
      .init(
        name: "A", capacity: 5, maxPerBooking: 3, maxPerUser: 4, opensAt: Instant(milliseconds: 10),
        closesAt: Instant(milliseconds: 20))
    ])
    func refusal(_ quantity: Int, at moment: Int64, booked: Int = 0) -> DomainError? {
      do throws(DomainError) {
        try BookingRules.check(
          event.types[0], of: event, quantity: quantity, at: Instant(milliseconds: moment), booked: booked)
        return nil
      } catch {
        return error
      }
    }
    #expect(refusal(1, at: 9) == .notOpenYet(opensAt: Instant(milliseconds: 10)))
    #expect(refusal(1, at: 20) == .closed(closesAt: Instant(milliseconds: 20)))
    #expect(refusal(4, at: 10) == .quantityLimit(limit: 3, requested: 4))
    #expect(refusal(2, at: 10, booked: 3) == .perUserLimit(limit: 4, booked: 3, requested: 2))
    #expect(refusal(3, at: 10) == nil)
    var full = event
    full.types[0].sold = 4
    #expect(throws: DomainError.soldOut(available: 1, requested: 2)) {
      try BookingRules.check(full.types[0], of: full, quantity: 2, at: Instant(milliseconds: 10), booked: 0)
    }
  }
}
