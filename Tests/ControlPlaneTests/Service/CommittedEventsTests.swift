import Testing

@testable import ControlPlane

@Suite("Committed events")
struct CommittedEventsTests {
  @Test("readers see what was committed, before its announcement and its answer")
  func commits() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    #expect(fixture.events.event(event.id) == event)
    try fixture.book(event, 4)
    #expect(fixture.events.event(event.id)?.availableSeats == 6)
    #expect(fixture.events.event(event.id) == fixture.ledger.events[event.id])
    var patch = EventPatch()
    patch.name = "Other"
    let changed = try fixture.patch(event, patch)
    #expect(fixture.events.event(event.id) == changed)
    let other = try fixture.makeEvent(capacity: 1)
    try fixture.delete(other)
    #expect(fixture.events.event(other.id) == nil)
  }

  @Test("what was not committed is never seen")
  func failures() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    fixture.store.failsCommits = true
    #expect(throws: DomainError.storageUnavailable) { try fixture.book(event, 4) }
    #expect(throws: DomainError.storageUnavailable) { try fixture.makeEvent(capacity: 5) }
    #expect(fixture.events.event(event.id) == event)
    #expect(fixture.events.event(EventID(event.id.rawValue + 1)) == nil)
  }

  @Test("what a read answers is encoded once, and again after a change")
  func replies() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    var encoded: [Int] = []
    let read = { () -> Int? in
      fixture.events.reply(event.id) { event in
        encoded.append(event.availableSeats)
        return Reply(status: event.availableSeats)
      }?.status
    }
    #expect(read() == 10 && read() == 10)
    #expect(encoded == [10])
    try fixture.book(event, 3)
    #expect(read() == 7 && read() == 7)
    #expect(encoded == [10, 7])
    fixture.store.failsCommits = true
    #expect(throws: DomainError.storageUnavailable) { try fixture.book(event, 4) }
    #expect(read() == 7)
    #expect(fixture.events.reply(EventID(99)) { _ in Reply(status: 200) }?.status == nil)
    #expect(fixture.events.reply(event.id) { _ in nil }?.status == 7)
  }

  @Test("a reply that was encoded of an event before its change is not kept")
  func overtaken() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    let first = fixture.events.reply(event.id) { event in
      _ = try? fixture.book(event, 3)
      return Reply(status: event.availableSeats)
    }
    #expect(first?.status == 10)
    #expect(fixture.events.reply(event.id) { Reply(status: $0.availableSeats) }?.status == 7)
  }

  @Test("published is what exists and is no draft")
  func published() throws {
    let fixture = try LedgerFixture()
    #expect(fixture.events.isPublished(try fixture.makeEvent(capacity: 10).id))
    #expect(!fixture.events.isPublished(try fixture.makeEvent(capacity: 10) { $0.status = .draft }.id))
    #expect(!fixture.events.isPublished(EventID(99)))
  }

  @Test("a ledger that starts shows the events of its database")
  func start() throws {
    let first = try LedgerFixture()
    let event = try first.makeEvent(capacity: 10)
    try first.book(event, 3)
    let events = CommittedEvents()
    _ = try Ledger(
      first.store,
      Ledger.Dependencies(
        notices: first.stage, replies: first.stage, texts: PlainTexts(),
        encoder: OutcomeReplies(observer: first.incidents), events: events, observer: first.incidents,
        clock: first.clock, metrics: first.metrics))
    #expect(events.event(event.id)?.availableSeats == 7)
  }

  @Test("with a store that other nodes write there is nothing, also of what a start has read")
  func shared() throws {
    let event = try LedgerFixture().makeEvent(capacity: 10)
    let events = CommittedEvents()
    events.setShared()
    events.apply([(event.id, event)])
    #expect(events.event(event.id) == nil)
    #expect(events.reply(event.id) { .json($0, fields: []) } == nil)
  }
}
