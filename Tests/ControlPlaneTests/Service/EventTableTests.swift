import Testing

@testable import ControlPlane

@Suite("Event table")
struct EventTableTests {
  private func event(_ id: Int64) -> ControlPlane.Event {
    var event = Event.sample(capacity: Int(id))
    event.id = EventID(id)
    return event
  }

  @Test("events are found by their ids and changed where they stand")
  func places() throws {
    var table = EventTable([event(7), event(3)])
    let place = try #require(table.place(of: EventID(3)))
    table[place].sold = 2
    #expect(table[EventID(3)]?.sold == 2)
    #expect(table[EventID(7)] == event(7))
    #expect(table[EventID(9)] == nil && table.place(of: EventID(9)) == nil)
    #expect(table.all.count == 2)
  }

  @Test("the place of an event that is gone is used again, and no other event moves")
  func reuse() throws {
    var table = EventTable([event(1), event(2), event(3)])
    let (one, three) = (table.place(of: EventID(1)), table.place(of: EventID(3)))
    let two = try #require(table.place(of: EventID(2)))
    table.remove(EventID(2))
    table.remove(EventID(2))
    #expect(table[EventID(2)] == nil && table.all.count == 2)
    #expect(table.insert(event(4)) == two)
    #expect(table.insert(event(5)) == 3)
    #expect(table.place(of: EventID(1)) == one && table.place(of: EventID(3)) == three)
    #expect(table[EventID(4)] == event(4) && table[EventID(5)] == event(5))
  }
}
