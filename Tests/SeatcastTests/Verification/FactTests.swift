import Testing

@testable import seatcast

@Suite("Fact")
struct FactTests {
  private func state(_ change: (inout Telling) -> Void) -> FactState {
    var telling = Telling(seq: 4)
    (telling.availableSeats, telling.seatCapacity) = (5, 9)
    change(&telling)
    var names = NameTable()
    return FactState(telling, epoch: 0, isAnswer: false, &names)
  }

  @Test("Two tellings go together unless both tell something and it differs")
  func contradictions() {
    let bare = state { _ in }
    let full = state {
      ($0.change, $0.quantity, $0.typeID) = (.created, 2, 1)
      $0.types = [TypeSeats(id: 1, available: 3)]
    }
    #expect(bare.contradiction(full) == nil && full.contradiction(full) == nil)
    #expect(bare.contradiction(state { $0.availableSeats = 4 }) == "the seats left")
    #expect(bare.contradiction(state { $0.seatCapacity = 8 }) == "the capacity")
    #expect(full.contradiction(state { $0.change = .cancelled }) == "what happened")
    #expect(full.contradiction(state { $0.quantity = 3 }) == "the quantity")
    #expect(full.contradiction(state { $0.typeID = 2 }) == "the ticket type")
    // Seats below none are told, too.
    #expect(state { $0.availableSeats = -1 }.contradiction(bare) == "the seats left")
    #expect(!state { $0.availableSeats = nil }.hasAvailable)
  }

  @Test("What one does not tell is taken from the other")
  func added() {
    var one = state { ($0.availableSeats, $0.seatCapacity) = (nil, nil) }
    one.add(state { ($0.change, $0.quantity) = (.created, 2) })
    #expect(one.available == 5 && one.capacity == 9 && one.change == .created && one.quantity == 2)
  }

  @Test("A fact that is told again is counted, and the greatest seq of an epoch is known")
  func told() {
    var record = EventRecord()
    for at in Int64(1)...3 { record.tell(state { _ in }, line: Int(at), at: at, stamp: nil) }
    #expect(record.facts.count == 1 && record.facts[0].count == 3 && record.facts[0].at == 1)
    #expect(record.heads == [0: 4])
    let fact: Fact = record.facts[0]
    #expect(fact.line == 1)
  }
}
