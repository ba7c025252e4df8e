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
}
