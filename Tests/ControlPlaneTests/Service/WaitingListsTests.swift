import Glibc
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
    let first = { (event: Event) in lists.firstFitting(event, at: Instant(milliseconds: 0))?.id }
    #expect(first(event) == nil)
    event.sold = 9
    #expect(first(event) == 3)
    event.sold = 8
    #expect(first(event) == 2)
    event.sold = 6
    #expect(first(event) == 1)
    let second = lists.entry(of: .local(2), in: EventID(1))
    #expect(second?.id == 2 && second.map(lists.position) == 2)
    #expect(lists.entry(of: .local(9), in: EventID(1)) == nil)
    #expect(lists.last(of: EventID(1))?.id == 3 && lists.first(2, of: EventID(1)).map(\.id) == [1, 2])
    #expect(lists[EventID(7)].isEmpty && lists.isEmpty(EventID(7)))
  }

  @Test("whatever a batch does is taken back to the entry", arguments: 1...20 as ClosedRange<UInt64>)
  func undo(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var lists = WaitingLists((1...5).map { entry($0, user: UInt64($0)) })
    let before = lists[EventID(1)]
    var changes: [WaitingLists.Change] = []
    for number in 6...30 as ClosedRange<Int64> {
      if let leaver = lists[EventID(1)].randomElement(using: &random), Bool.random(using: &random) {
        changes.append(lists.remove(leaver))
      } else {
        changes.append(lists.append(entry(number, user: UInt64(number), 1 + Int(number % 3))))
      }
      #expect(lists.count(of: EventID(1)) == lists[EventID(1)].count)
    }
    if seed % 2 == 0 { changes += lists.removeAll(of: EventID(1)) }
    lists.undo(changes)
    #expect(lists[EventID(1)] == before)
    let event = Event.sample(capacity: 1)
    for entry in before {
      #expect(lists.firstFitting(event, at: event.createdAt) == entry)
      _ = lists.remove(entry)
    }
    #expect(lists.isEmpty(EventID(1)))
  }

  /// Of the processor, so that other tests do not count.
  private func threadSeconds() -> Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec
  }

  @Test("a full list is joined, searched and left without a look at each entry")
  func rush() {
    var lists = WaitingLists()
    let event = Event.sample(capacity: 1)
    let most = Int64(WaitingLists.most)
    let begun = threadSeconds()
    for number in 1...most {
      _ = lists.append(entry(number, user: UInt64(number), 2))
      if lists.firstFitting(event, at: event.createdAt) != nil { break }
    }
    for number in 1...most {
      guard let found = lists.entry(of: .local(UInt64(number)), in: EventID(1)) else { break }
      _ = lists.remove(found)
    }
    let seconds = threadSeconds() - begun
    #expect(lists.isEmpty(EventID(1)))
    // Takes less than one; a walk through the list each time would be more than a billion looks.
    #expect(seconds < 10)
  }
}
