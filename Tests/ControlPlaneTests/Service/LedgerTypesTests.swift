// What the ledger does with ticket types (Ledger+Decisions.swift).
import TestSupport
import Testing

@testable import ControlPlane

@Suite("Ledger: ticket types")
struct LedgerTypesTests {
  private let fixture: LedgerFixture

  init() throws { fixture = try LedgerFixture() }

  private func event(_ drafts: [TicketTypeDraft], capacity: Int = 10) throws -> Event {
    try fixture.makeEvent(capacity: capacity) { $0.types = drafts }
  }

  private func book(
    _ event: Event, _ type: Int?, _ quantity: Int = 1, user: UInt64 = 1, hold: Bool = false,
    key: String? = nil
  ) throws -> BookingOutcome {
    var command = CreateBooking(event.id, user, quantity, key)
    (command.type, command.hold) = (type, hold)
    return try fixture.ask { .createBooking(command, $0) }
  }

  private func free(_ event: Event) throws -> [Int] {
    let now = try #require(fixture.ledger.events[event.id])
    #expect(try fixture.reader().event(event.id) == now, "the row says the same")
    #expect(now.types.map { $0.sold + $0.held }.reduce(0, +) == now.sold + now.held)
    return now.typeAvailability.map(\.available)
  }

  @Test("a booking counts for its type and for the event, and its notice tells both")
  func counts() throws {
    let event = try event([.init(name: "Gold", capacity: 4), .init(name: "Free seating")])
    fixture.stage.watch(event.id)
    let booked = try book(event, 1, 3)
    #expect(booked.booking.type == 1 && booked.availableSeats == 7)
    #expect(try free(event) == [1, 7])
    #expect(try fixture.log(event)[0].types == [.init(id: 1, available: 1), .init(id: 2, available: 7)])
    #expect(try fixture.log(event)[0].change == .bookingCreated(booked.booking.facts))
    #expect(throws: DomainError.soldOut(available: 1, requested: 2)) { try book(event, 1, 2) }
    try fixture.cancel(booked.booking.publicID)
    #expect(try free(event) == [4, 10])
    #expect(throws: DomainError.unknownTicketType) { try book(event, 3) }
    let plain = try fixture.makeEvent(capacity: 3)
    #expect(throws: DomainError.unknownTicketType) { try book(plain, 1) }
  }

  @Test("who names no type gets the first that takes the booking")
  func unnamed() throws {
    let later = Instant(milliseconds: fixture.clock.now.milliseconds + 1_000)
    let event = try event([
      .init(name: "Later", opensAt: later), .init(name: "Small", capacity: 2), .init(name: "Rest"),
    ])
    #expect(try fixture.book(event).booking.type == 2)
    #expect(try fixture.book(event, 2).booking.type == 3)
    fixture.clock.advance(by: 1_000)
    #expect(try fixture.book(event).booking.type == 1)
    let full = try self.event([.init(name: "A", capacity: 1), .init(name: "B", capacity: 1)])
    _ = (try fixture.book(full), try fixture.book(full))
    #expect(throws: DomainError.soldOut(available: 0, requested: 1)) { try fixture.book(full) }
  }

  @Test("holds of a type are confirmed, extended and expire within it")
  func holds() throws {
    let event = try event([.init(name: "A", capacity: 3)])
    let (kept, lost) = (try book(event, 1, hold: true), try book(event, 1, 2, hold: true))
    #expect(try free(event) == [0])
    try fixture.change(kept.booking.publicID, .confirm)
    #expect(fixture.ledger.events[event.id]?.types[0].sold == 1)
    fixture.clock.advance(by: 600_000)
    #expect(try book(event, 1, 2, user: 2).availableSeats == 7, "an expired hold of the type gives its seats")
    #expect(try free(event) == [0])
    #expect(throws: DomainError.holdExpired(expiresAt: lost.booking.expiresAt)) {
      try fixture.change(lost.booking.publicID, .confirm)
    }
  }

  @Test("limits of a type count its own seats")
  func limits() throws {
    let event = try event([.init(name: "A", maxPerUser: 2), .init(name: "B")])
    _ = (try book(event, 1, 2), try book(event, 2, 3))
    #expect(throws: DomainError.perUserLimit(limit: 2, booked: 2, requested: 1)) { try book(event, 1) }
    _ = try book(event, 1, user: 2)
    #expect(try book(event, nil).booking.type == 2)
  }

  @Test("a key tells the same booking again, whether or not the type is named, and no other type")
  func keys() throws {
    let event = try event([.init(name: "A"), .init(name: "B")])
    let first = try book(event, nil, key: "k")
    #expect(try book(event, nil, key: "k").booking == first.booking)
    #expect(try book(event, 1, key: "k").replayed)
    #expect(throws: DomainError.idempotencyMismatch) { try book(event, 2, key: "k") }
  }

  @Test(
    "types are changed together with what is sold, undone with a failed commit, and there after a restart")
  func changes() throws {
    let event = try event([.init(name: "A", capacity: 5)])
    _ = try book(event, 1, 2)
    let before = try #require(fixture.ledger.events[event.id])
    fixture.store.failsCommits = true
    let more = EventPatch(types: [.init(id: 1, name: "A", capacity: 3), .init(name: "B")])
    #expect(throws: DomainError.storageUnavailable) { try fixture.patch(event, more) }
    #expect(throws: DomainError.storageUnavailable) { try book(event, 1) }
    #expect(fixture.ledger.events[event.id] == before)
    fixture.store.failsCommits = false
    let changed = try fixture.patch(event, more)
    #expect(try free(event) == [1, 8])
    #expect(changed.seq == 2 && changed.types.map(\.id) == [1, 2])
    #expect(throws: DomainError.ticketTypeInUse(id: 1)) { try fixture.patch(event, EventPatch(types: [])) }
    fixture.database.folder.release()
    let next = try LedgerFixture(fixture.folder, clock: fixture.clock)
    #expect(next.ledger.events[event.id] == changed)
  }

  @Test("cancelling the event gives the seats of its types back")
  func cancelled() throws {
    let event = try event([.init(name: "A", capacity: 5)])
    _ = (try book(event, 1, 2), try book(event, 1, hold: true))
    try fixture.patch(event, EventPatch(status: .cancelled))
    fixture.ledger.idle()
    #expect(try free(event) == [5])
  }
}
