import Testing

@testable import ControlPlane

@Suite("Early refusals")
struct EarlyRefusalsTests {
  private let fixture: LedgerFixture
  private let refusals: EarlyRefusals

  init() throws {
    fixture = try LedgerFixture()
    refusals = EarlyRefusals(events: fixture.events, clock: fixture.clock, metrics: fixture.metrics)
  }

  /// What is said of a booking before the ledger, and what the ledger says of it right afterwards.
  private func judge(_ command: CreateBooking) -> (early: DomainError?, ledger: DomainError?) {
    let early = refusals.refusal(of: .createBooking(command, .call { _ in }))
    do {
      let _: BookingOutcome = try fixture.ask { .createBooking(command, $0) }
      return (early, nil)
    } catch {
      return (early, error as? DomainError)
    }
  }

  /// The refusal, which must be the ledger's; nil: the ledger is asked.
  private func refusal(
    _ event: EventID, _ quantity: Int = 1, _ change: (inout CreateBooking) -> Void = { _ in }
  )
    -> DomainError?
  {
    var command = CreateBooking(event, 7, quantity)
    change(&command)
    let (early, ledger) = judge(command)
    if let early { #expect(ledger == early) }
    return early
  }

  @Test("Of an event that does not exist, is a draft or does not sell now, with the ledger's words")
  func sales() throws {
    let now = fixture.clock.now.milliseconds
    let opens = Instant(milliseconds: now + 1_000)
    let closes = Instant(milliseconds: now + 2_000)
    #expect(refusal(EventID(99)) == .unknownEvent)
    #expect(refusal(try fixture.makeEvent(capacity: 5) { $0.status = .draft }.id) == .unknownEvent)
    #expect(refusal(try fixture.makeEvent(capacity: 5) { $0.status = .paused }.id) == .paused)
    let event = try fixture.makeEvent(capacity: 5) { ($0.opensAt, $0.closesAt) = (opens, closes) }
    #expect(refusal(event.id) == .notOpenYet(opensAt: opens))
    fixture.clock.advance(by: 1_000)
    #expect(refusal(event.id) == nil)
    fixture.clock.advance(by: 1_000)
    #expect(refusal(event.id) == .closed(closesAt: closes))
    #expect(refusal(event.id, 11) == .closed(closesAt: closes))
  }

  @Test("Of a sold out event, until a cancellation is committed")
  func soldOut() throws {
    let event = try fixture.makeEvent(capacity: 2)
    let booked = try fixture.book(event)
    #expect(refusal(event.id, 2) == nil, "one seat is free, which a waiting list may want")
    #expect(refusal(event.id) == nil)
    #expect(refusal(event.id) == .soldOut(available: 0, requested: 1))
    #expect(refusal(event.id) { $0.hold = true } == .soldOut(available: 0, requested: 1))
    #expect(refusal(event.id) { $0.type = 3 } == .soldOut(available: 0, requested: 1))
    #expect(refusal(event.id, 11) == .quantityLimit(limit: 10, requested: 11))
    try fixture.cancel(booked.booking.publicID)
    #expect(refusal(event.id) == nil)
  }

  @Test("Not with a key, which may stand for a booking that was made")
  func keys() throws {
    let event = try fixture.makeEvent(capacity: 1)
    try fixture.book(event, user: 7, key: "k")
    #expect(judge(CreateBooking(event.id, 7, 1, "k")) == (nil, nil))
    #expect(judge(CreateBooking(event.id, 7, 1, "other")) == (nil, .soldOut(available: 0, requested: 1)))
  }

  @Test("Not while holds may be over, and not where ticket types or a limit per user are told first")
  func undecided() throws {
    let held = try fixture.makeEvent(capacity: 1)
    try fixture.hold(held)
    #expect(refusal(held.id) == nil)
    fixture.clock.advance(by: 3_600_000)
    #expect(judge(CreateBooking(held.id, 7, 1)) == (nil, nil), "the hold's seat is free")

    let limited = try fixture.makeEvent(capacity: 1) { $0.maxPerUser = 1 }
    try fixture.book(limited, user: 7)
    #expect(refusal(limited.id) == nil)
    #expect(judge(CreateBooking(limited.id, 7, 1)).ledger == .perUserLimit(limit: 1, booked: 1, requested: 1))

    let typed = try fixture.makeEvent(capacity: 1) { $0.types = [TicketTypeDraft(name: "One", capacity: 1)] }
    try fixture.book(typed)
    #expect(refusal(typed.id) == nil)
  }

  @Test("Not of other commands")
  func others() {
    #expect(refusals.refusal(of: .deleteEvent(EventID(99), ifMatch: nil, .call { _ in })) == nil)
  }
}
