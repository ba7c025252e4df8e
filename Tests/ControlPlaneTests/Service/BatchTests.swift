import Testing

@testable import ControlPlane

@Suite("Batch")
struct BatchTests {
  private let at = Instant(milliseconds: 1)

  private func event(_ id: Int64) -> ControlPlane.Event {
    var event = Event.sample(capacity: 9)
    event.id = EventID(id)
    return event
  }

  private func notice(_ event: Int64, _ seq: UInt64) -> Notice {
    Notice(
      event: EventID(event), seq: seq, change: .capacityChanged, availableSeats: 1, seatCapacity: 1, at: at)
  }

  @Test("of an event that only sells, the counts before the batch are kept, once, and its counts are saved")
  func selling() {
    var batch = Batch(.at(at))
    let before = event(1)
    var sold = before
    (sold.sold, sold.seq) = (3, 4)
    #expect(batch.willSell(before) == 0)
    #expect(batch.willSell(sold) == 0)
    #expect(batch.touched.map(\.before) == [.counts(before.counts)])
    #expect(batch.touched.map(\.unsaved) == [.counts])
  }

  @Test("an event that changes is kept whole, as it was before it sold, and is saved whole")
  func changing() {
    var batch = Batch(.at(at))
    let before = event(1)
    var (sold, renamed) = (before, before)
    (sold.sold, sold.seq) = (3, 4)
    renamed.name = "Other"
    _ = batch.willSell(before)
    _ = batch.willChange(sold)
    _ = batch.willChange(renamed)
    _ = batch.willSell(renamed)
    #expect(batch.touched.map(\.before) == [.whole(before)])
    #expect(batch.touched.map(\.unsaved) == [.whole])
  }

  @Test("an event that was made in the batch was absent, whatever happens to it then")
  func creating() {
    var batch = Batch(.at(at))
    batch.didCreate(EventID(1))
    #expect(batch.touched.map(\.unsaved) == [.nothing])
    _ = batch.willSell(event(2))
    _ = batch.willSell(event(1))
    _ = batch.willChange(event(1))
    #expect(batch.touched.map(\.id) == [EventID(1), EventID(2)])
    #expect(batch.touched[0].before == .absent)
    #expect(batch.touched[0].unsaved == .whole)
  }

  @Test("a row that is gone again is not saved")
  func deleting() {
    var batch = Batch(.at(at))
    var last = event(1)
    last.seq = 5
    _ = batch.willChange(event(1))
    #expect(batch.willDelete(event(1), leaving: last) == 0)
    #expect(batch.touched[0].before == .whole(event(1)))
    #expect(batch.touched[0].unsaved == .nothing)
    #expect(batch.touched[0].deleted == last)
  }

  @Test("notices are kept per event, and events in the order of their first notice")
  func notices() {
    var batch = Batch(.at(at))
    batch.didCreate(EventID(3))
    let (seven, three) = (batch.willSell(event(7)), batch.willSell(event(3)))
    #expect(!batch.hasWritten)
    for (position, id, seq) in [(seven, 7, 1), (three, 3, 1), (seven, 7, 2)] as [(Int, Int64, UInt64)] {
      batch.add(notice(id, seq), at: position, isWatched: { _ in true })
    }
    #expect(batch.announced == [seven, three])
    #expect(batch.touched[seven].notices.map(\.seq) == [1, 2])
    #expect(batch.touched[three].notices.map(\.seq) == [1])
    #expect(batch.hasWritten)
  }

  @Test("a batch that fails refuses all its commands and keeps all its watches")
  func failing() {
    var batch = Batch(.at(at))
    batch.watches = [.begin(EventID(1), Watcher(1))]
    batch.settlements = [.eventDeleted(Settled(.silent(1), .success(EventID(1))))]
    batch.fail([
      .watch(EventID(1), Watcher(1)), .deleteEvent(EventID(1), ifMatch: nil, .silent(1)),
      .unwatch(EventID(2), Watcher(2)), .deleteEvent(EventID(2), ifMatch: nil, .silent(2)),
    ])
    #expect(batch.watches == [.begin(EventID(1), Watcher(1)), .end(EventID(2), Watcher(2))])
    #expect(batch.settlements.count == 2)
    for settlement in batch.settlements {
      guard case .eventDeleted(let settled) = settlement, case .failure(.storageUnavailable) = settled.result
      else {
        Issue.record("it is settled otherwise")
        continue
      }
    }
  }

  @Test("notices of an event that nobody watches are counted, and it is asked about once")
  func unwatched() {
    var batch = Batch(.at(at))
    var asked: [EventID] = []
    let position = batch.willSell(event(1))
    for seq in 1...3 as ClosedRange<UInt64> {
      batch.add(notice(1, seq), at: position) { id in
        asked.append(id)
        return false
      }
    }
    #expect(asked == [EventID(1)])
    #expect(batch.touched[position].notices.isEmpty && batch.touched[position].noticeCount == 3)
    #expect(batch.announced == [position])
  }
}
