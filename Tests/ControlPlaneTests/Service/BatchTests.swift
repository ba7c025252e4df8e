import Testing

@testable import ControlPlane

@Suite("Batch")
struct BatchTests {
  private let at = Instant(milliseconds: 1)

  private func notice(_ event: Int64, _ seq: UInt64) -> Notice {
    Notice(
      event: EventID(event), seq: seq, change: .capacityChanged, availableSeats: 1, seatCapacity: 1, at: at)
  }

  @Test("what an event was before the batch is kept once, also that it was not")
  func originals() {
    var batch = Batch(.at(at))
    let before = Event.sample(capacity: 1)
    var changed = before
    changed.sold = 1
    batch.keepOriginal(before.id, before)
    batch.keepOriginal(before.id, changed)
    batch.keepOriginal(EventID(2), nil)
    batch.keepOriginal(EventID(2), changed)
    #expect(batch.originals == [before.id: before, EventID(2): nil])
  }

  @Test("notices are kept per event, and events in the order of their first notice")
  func notices() {
    var batch = Batch(.at(at))
    for (event, seq) in [(7, 1), (3, 1), (7, 2)] as [(Int64, UInt64)] { batch.add(notice(event, seq)) }
    #expect(batch.order == [EventID(7), EventID(3)])
    #expect(batch.notices[EventID(7)]?.map(\.seq) == [1, 2])
    #expect(batch.notices[EventID(3)]?.map(\.seq) == [1])
  }

  @Test("a row that is gone again is not saved")
  func unsaved() {
    var batch = Batch(.at(at))
    var event = Event.sample(capacity: 1)
    event.id = EventID(1)
    batch.markUnsaved(EventID(1))
    batch.markUnsaved(EventID(2))
    batch.markDeleted(event)
    #expect(batch.unsaved == [EventID(2)])
    #expect(batch.deleted == [EventID(1): event])
  }
}
