import TestSupport
import Testing

@testable import ControlPlane

@Suite("Ledger: holds")
struct LedgerHoldsTests {
  private let fixture: LedgerFixture

  init() throws { fixture = try LedgerFixture() }

  private func counts(_ event: Event) throws -> [Int] {
    let event = try #require(fixture.ledger.events[event.id])
    #expect(try fixture.reader().event(event.id) == event)
    return [event.sold, event.held, event.availableSeats]
  }

  private func refusal(_ body: () throws -> BookingOutcome) -> DomainError? {
    #expect(throws: DomainError.self) { _ = try body() }
  }

  @Test("a hold has its seats at once, and its notice is that of a booking")
  func held() throws {
    let event = try fixture.makeEvent(capacity: 10)
    fixture.stage.watch(event.id)
    let hold = try fixture.hold(event, 3)
    #expect(hold.booking.status == .held && hold.seq == 1 && hold.availableSeats == 7)
    #expect(hold.booking.expiresAt?.milliseconds == fixture.clock.now.milliseconds + 600_000)
    #expect(try counts(event) == [0, 3, 7])
    #expect(fixture.stage.announced.map(\.words) == ["1: +3 by 1, 7 free"])
    #expect(try fixture.reader().booking(hold.booking.publicID) == hold)
  }

  @Test("confirming sells the seats, changes no count and announces nothing; again is the same")
  func confirm() throws {
    let event = try fixture.makeEvent(capacity: 10)
    fixture.stage.watch(event.id)
    let hold = try fixture.hold(event, 3)
    let confirmed = try fixture.change(hold.booking.publicID, .confirm)
    #expect(confirmed.booking.status == .confirmed && confirmed.seq == 1 && !confirmed.replayed)
    #expect(try counts(event) == [3, 0, 7])
    let again = try fixture.change(hold.booking.publicID, .confirm)
    #expect(again.replayed && again.booking == confirmed.booking)
    #expect(fixture.stage.announced.count == 1)
    fixture.clock.advance(by: 700_000)
    fixture.ledger.idle()
    #expect(try counts(event) == [3, 0, 7], "a confirmed hold does not expire")
    #expect(fixture.metrics.snapshot.confirmations == 1)
  }

  @Test("a hold that nobody confirms expires by itself, once, and is 410 from then on")
  func expiry() throws {
    let event = try fixture.makeEvent(capacity: 10)
    fixture.stage.watch(event.id)
    let hold = try fixture.hold(event, 3)
    fixture.clock.advance(by: 599_999)
    fixture.ledger.idle()
    #expect(try counts(event) == [0, 3, 7])
    fixture.clock.advance(by: 1)
    #expect(fixture.ledger.pause(atMost: 1_000) == 0)
    fixture.ledger.idle()
    #expect(try counts(event) == [0, 0, 10])
    #expect(fixture.stage.announced.map(\.words) == ["1: +3 by 1, 7 free", "2: -3 by 1, 10 free"])
    let gone = DomainError.holdExpired(expiresAt: hold.booking.expiresAt)
    #expect(refusal { try fixture.change(hold.booking.publicID, .confirm) } == gone)
    #expect(refusal { try fixture.change(hold.booking.publicID, .extend) } == gone)
    let cancelled = try fixture.cancel(hold.booking.publicID)
    #expect(cancelled.replayed && cancelled.booking.status == .expired)
    #expect(try fixture.log(event).count == 2)
    #expect(fixture.metrics.snapshot.expiries == 1)
  }

  @Test("an expired hold is counted out by the first who needs its seats, before the timer comes")
  func lazily() throws {
    let event = try fixture.makeEvent(capacity: 5)
    for user in 1...5 as ClosedRange<UInt64> { try fixture.hold(event, user: user) }
    let other = try fixture.makeEvent(capacity: 1)
    #expect(refusal { try fixture.book(event, user: 9) } == .soldOut(available: 0, requested: 1))
    fixture.clock.advance(by: 600_000)
    // More is due elsewhere than one batch does.
    #expect(try fixture.book(event, user: 9, 5).availableSeats == 0)
    #expect(try counts(event) == [5, 0, 0])
    #expect(try fixture.log(event).count == 11)
    #expect(try counts(other) == [0, 0, 1])
  }

  @Test("confirmed too late, a hold expires at that moment, for good")
  func lateConfirmation() throws {
    let event = try fixture.makeEvent(capacity: 5) { $0.holdSeconds = 1 }
    let hold = try fixture.hold(event, 2)
    fixture.clock.advance(by: 1_000)
    let gone = DomainError.holdExpired(expiresAt: hold.booking.expiresAt)
    #expect(refusal { try fixture.change(hold.booking.publicID, .confirm) } == gone)
    #expect(try counts(event) == [0, 0, 5])
    fixture.clock.step(by: -60_000)
    #expect(refusal { try fixture.change(hold.booking.publicID, .confirm) } == gone)
    #expect(try counts(event) == [0, 0, 5])
  }

  @Test("a hold is extended once, by the event's rule, from its end and not from now")
  func extended() throws {
    let event = try fixture.makeEvent(capacity: 5) { $0.holdExtensionSeconds = 60 }
    let hold = try fixture.hold(event)
    let until = try #require(hold.booking.expiresAt)
    fixture.clock.advance(by: 100_000)
    let extended = try fixture.change(hold.booking.publicID, .extend)
    #expect(extended.booking.expiresAt?.milliseconds == until.milliseconds + 60_000)
    #expect(try fixture.reader().booking(hold.booking.publicID) == extended)
    #expect(refusal { try fixture.change(hold.booking.publicID, .extend) } == .extensionUsed)
    fixture.clock.advance(by: 500_000)
    fixture.ledger.idle()
    #expect(try counts(event) == [0, 1, 4], "its first end has passed")
    fixture.clock.advance(by: 60_000)
    fixture.ledger.idle()
    #expect(try counts(event) == [0, 0, 5])
    let rigid = try fixture.makeEvent(capacity: 5) { $0.holdExtensionSeconds = 0 }
    let other = try fixture.hold(rigid)
    #expect(refusal { try fixture.change(other.booking.publicID, .extend) } == .extensionsNotOffered)
  }

  @Test("let go, a hold is cancelled, and can be neither confirmed nor extended")
  func released() throws {
    let event = try fixture.makeEvent(capacity: 5)
    let hold = try fixture.hold(event, 2)
    #expect(try fixture.cancel(hold.booking.publicID).booking.status == .cancelled)
    #expect(try counts(event) == [0, 0, 5])
    #expect(refusal { try fixture.change(hold.booking.publicID, .confirm) } == .bookingCancelled)
    #expect(refusal { try fixture.change(hold.booking.publicID, .extend) } == .bookingCancelled)
    let sold = try fixture.book(event)
    #expect(refusal { try fixture.change(sold.booking.publicID, .extend) } == .notHeld)
    #expect(try fixture.change(sold.booking.publicID, .confirm).replayed)
  }

  @Test("only its owner and admins may confirm; an event may have no holds")
  func rules() throws {
    let event = try fixture.makeEvent(capacity: 5)
    let hold = try fixture.hold(event)
    #expect(refusal { try fixture.change(hold.booking.publicID, .confirm, by: 2) } == .unknownBooking)
    #expect(try fixture.change(hold.booking.publicID, .confirm, by: 2, .admin).booking.status == .confirmed)
    let without = try fixture.makeEvent(capacity: 5) { $0.holdSeconds = 0 }
    #expect(refusal { try fixture.hold(without) } == .holdsNotOffered)
    let limited = try fixture.makeEvent(capacity: 9) { $0.maxPerUser = 3 }
    try fixture.hold(limited, 2)
    #expect(
      refusal { try fixture.book(limited, 2) } == .perUserLimit(limit: 3, booked: 2, requested: 2),
      "held seats count for the limit")
  }

  @Test("a hold outlives a pause of sales, and its key tells it again as it was made")
  func pausedAndAgain() throws {
    let event = try fixture.makeEvent(capacity: 5)
    let hold = try fixture.hold(event, key: "k")
    try fixture.patch(event, EventPatch(status: .paused))
    #expect(refusal { try fixture.hold(event) } == .paused)
    try fixture.change(hold.booking.publicID, .extend)
    try fixture.change(hold.booking.publicID, .confirm)
    let again = try fixture.hold(event, key: "k")
    #expect(again.replayed && again.booking == hold.booking && again.seq == hold.seq)
    #expect(refusal { try fixture.book(event, key: "k") } == .idempotencyMismatch)
  }

  @Test("holds survive a restart: those whose time came meanwhile expire at the start")
  func restart() throws {
    let event = try fixture.makeEvent(capacity: 5)
    try fixture.hold(event, user: 1)
    fixture.clock.advance(by: 300_000)
    let later = try fixture.hold(event, user: 2)
    fixture.ledger.finish()
    fixture.database.folder.release()
    fixture.clock.advance(by: 400_000)
    let next = try LedgerFixture(fixture.folder, clock: fixture.clock)
    #expect(next.ledger.pause(atMost: 1_000) == 0)
    next.ledger.idle()
    let found = try #require(next.ledger.events[event.id])
    #expect(found.held == 1 && found.seq == 3)
    #expect(try next.change(later.booking.publicID, .confirm, by: 2).booking.status == .confirmed)
  }

  @Test("when the commit fails nothing has expired, and it is done when the disk works again")
  func failing() throws {
    let event = try fixture.makeEvent(capacity: 5)
    try fixture.hold(event, 2)
    fixture.clock.advance(by: 600_000)
    fixture.store.failsCommits = true
    fixture.ledger.idle()
    #expect(fixture.ledger.events[event.id]?.held == 2)
    #expect(fixture.ledger.pause(atMost: 200) == 200, "no loop around a full disk")
    fixture.store.failsCommits = false
    fixture.ledger.idle()
    fixture.ledger.idle()
    #expect(try counts(event) == [0, 0, 5])
  }

  @Test("a clock set forward ends holds, set back it gives no seat twice")
  func clockSteps() throws {
    let event = try fixture.makeEvent(capacity: 2)
    let first = try fixture.hold(event, 2)
    fixture.clock.step(by: 3_600_000)
    fixture.ledger.idle()
    fixture.ledger.idle()
    #expect(try counts(event) == [0, 0, 2])
    fixture.clock.step(by: -7_200_000)
    fixture.ledger.idle()
    #expect(
      refusal { try fixture.change(first.booking.publicID, .confirm) }
        == .holdExpired(expiresAt: first.booking.expiresAt))
    try fixture.book(event, user: 3, 2)
    #expect(try counts(event) == [2, 0, 0])
  }
}
