import TestSupport
import Testing

@testable import ControlPlane

@Suite("Waiting lists")
struct WaitingListsTests {
  private func entry(_ id: Int64, user: UInt64, _ quantity: Int = 1, type: Int? = nil) -> WaitingEntry {
    WaitingEntry(
      id: id, event: EventID(1), user: .local(user), quantity: quantity, type: type,
      joinedAt: Instant(milliseconds: 0))
  }

  @Test("the first who fits is the first in order for whom enough seats are free")
  func fitting() {
    let lists = WaitingLists([entry(3, user: 3, 1), entry(1, user: 1, 4), entry(2, user: 2, 2)])
    var event = Event.sample(capacity: 10)
    event.sold = 10
    #expect(lists.firstFitting(event) == nil)
    event.sold = 9
    #expect(lists.firstFitting(event) == 2)
    event.sold = 8
    #expect(lists.firstFitting(event) == 1)
    event.sold = 6
    #expect(lists.firstFitting(event) == 0)
    #expect(
      lists.index(of: .local(2), in: EventID(1)) == 1 && lists.index(of: .local(9), in: EventID(1)) == nil)
    #expect(lists[EventID(7)].isEmpty && lists.isEmpty(EventID(7)))
  }

  @Test("whatever a batch does is taken back to the entry", arguments: 1...20 as ClosedRange<UInt64>)
  func undo(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var lists = WaitingLists((1...5).map { entry($0, user: UInt64($0)) })
    let before = lists[EventID(1)]
    var changes: [WaitingLists.Change] = []
    for number in 6...30 as ClosedRange<Int64> {
      if let index = lists[EventID(1)].indices.randomElement(using: &random), Bool.random(using: &random) {
        changes.append(lists.remove(at: index, of: EventID(1)))
      } else {
        changes.append(lists.append(entry(number, user: UInt64(number))))
      }
    }
    lists.undo(changes)
    #expect(lists[EventID(1)] == before)
  }
}
