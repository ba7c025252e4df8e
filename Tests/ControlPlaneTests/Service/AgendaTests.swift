import Testing

@testable import ControlPlane

@Suite("Agenda")
struct AgendaTests {
  private func at(_ milliseconds: Int64) -> Instant { Instant(milliseconds: milliseconds) }
  private func hold(_ milliseconds: Int64, _ booking: Int64) -> Hold {
    Hold(expiresAt: at(milliseconds), booking: BookingID(booking))
  }
  private struct Unexpected: Error {}

  @Test("an event is due at the moment that it was set to last, once")
  func moments() {
    var agenda = Agenda()
    agenda.set(EventID(1), to: at(10))
    agenda.set(EventID(2), to: at(5))
    agenda.set(EventID(2), to: at(20))
    #expect(agenda.first == at(10))
    #expect(agenda.popDue(at: at(9)) == nil)
    #expect(agenda.popDue(at: at(10)) == EventID(1))
    #expect(agenda.popDue(at: at(19)) == nil)
    #expect(agenda.popDue(at: at(20)) == EventID(2))
    #expect(agenda.first == nil)
    agenda.set(EventID(1), to: at(1))
    agenda.set(EventID(1), to: nil)
    #expect(agenda.first == nil)
  }

  @Test("an event that is set again and again takes no more room")
  func bounded() {
    var agenda = Agenda()
    for moment in 0..<Int64(10_000) { agenda.set(EventID(1), to: at(100_000 - moment)) }
    for moment in 0..<Int64(10_000) { agenda.set(EventID(1), to: at(200_000 + moment)) }
    #expect(agenda.first == at(209_999))
    #expect(
      Mirror(reflecting: agenda).children.first { $0.label == "entries" }.map {
        ($0.value as? any Countable)?.count ?? 0 <= 70
      } == true)
  }

  @Test("holds come in the order of their ends, per event, and may be put back")
  func holds() throws {
    var agenda = Agenda()
    for (moment, booking) in [(30, 1), (10, 2), (20, 3)] as [(Int64, Int64)] {
      try agenda.add(hold(moment, booking), of: EventID(1)) { [] }
    }
    #expect(agenda.firstHold(of: EventID(2)) == nil)
    #expect(agenda.firstHold(of: EventID(1)) == hold(10, 2))
    agenda.popHold(of: EventID(1))
    #expect(agenda.firstHold(of: EventID(1)) == hold(20, 3))
    agenda.restore(hold(10, 2), of: EventID(1))
    #expect(agenda.firstHold(of: EventID(1)) == hold(10, 2))
    for _ in 0..<3 { agenda.popHold(of: EventID(1)) }
    #expect(agenda.firstHold(of: EventID(1)) == nil)
  }

  @Test("when most holds have ended by themselves, the store is asked which are left")
  func crowded() throws {
    var agenda = Agenda()
    var asked = 0
    for number in 0..<Int64(5_000) {
      try agenda.add(hold(10_000 - number, number), of: EventID(1)) {
        asked += 1
        return [hold(3, 7)]
      }
    }
    #expect(asked == 4)
    #expect(agenda.firstHold(of: EventID(1)) == hold(3, 7))
  }
}

private protocol Countable { var count: Int { get } }
extension Heap: Countable {}
