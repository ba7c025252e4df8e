import TestSupport
import Testing

@testable import ControlPlane

@Suite("Ledger: waiting list")
struct LedgerWaitingTests {
  private let fixture: LedgerFixture

  init() throws { fixture = try LedgerFixture() }

  /// A sold-out event, and the booking that has its seats.
  private func soldOut(_ seats: Int, _ change: (inout EventDraft) -> Void = { _ in }) throws
    -> (Event, PublicBookingID)
  {
    let event = try fixture.makeEvent(capacity: seats) {
      $0.maxPerBooking = 1_000
      change(&$0)
    }
    return (event, try fixture.book(event, user: 99, seats).booking.publicID)
  }

  private func line(_ event: Event) throws -> [String] {
    let list = fixture.ledger.waiting[event.id]
    let reads = try fixture.reader()
    for (index, entry) in list.enumerated() {
      let user = try #require(try reads.userID(of: entry.user))
      let place = try #require(try reads.waitingPlace(of: user, entry.user, in: event.id))
      #expect(place == WaitingPlace(entry: entry, position: index + 1), "the disk says the same")
    }
    return list.map(\.user.subject.description)
  }

  private var told: [String] {
    fixture.stage.happenings.compactMap { if case .told(_, let text) = $0 { text } else { nil } }
  }

  private func bookings(of user: UInt64, _ event: Event) throws -> [BookingStatus] {
    let reads = try fixture.reader()
    guard let id = try reads.userID(of: .local(user)) else { return [] }
    return try reads.bookings(of: id, event: event.id, before: nil, limit: 9).map(\.booking.status)
  }

  @Test("who joins stands at the end, who joins again goes there, who leaves is gone")
  func joining() throws {
    let (event, _) = try soldOut(3)
    #expect(try fixture.join(event, user: 1) == 1)
    #expect(try fixture.join(event, user: 2) == 2)
    #expect(try fixture.join(event, user: 1, 2) == 2)
    #expect(try line(event) == ["2", "1"])
    try fixture.leave(event, user: 2)
    try fixture.leave(event, user: 2)
    #expect(try line(event) == ["1"])
  }

  @Test("nobody waits where seats can be had, and nobody for what the rules would refuse")
  func refusals() throws {
    let free = try fixture.makeEvent(capacity: 3)
    #expect(throws: DomainError.seatsAvailable(3)) { try fixture.join(free, user: 1) }
    #expect(try fixture.join(free, user: 1, 4) == 1, "too few for so many")
    let (event, _) = try soldOut(3) { $0.maxPerUser = 4 }
    #expect(throws: DomainError.perUserLimit(limit: 4, booked: 0, requested: 5)) {
      try fixture.join(event, user: 1, 5)
    }
    #expect(throws: DomainError.unknownTicketType) { try fixture.join(event, user: 1, type: 3) }
    try fixture.patch(event, EventPatch(status: .paused))
    #expect(throws: DomainError.paused) { try fixture.join(event, user: 1) }
    #expect(throws: DomainError.unknownEvent) {
      _ = try fixture.ask {
        .joinWaitlist(JoinWaitlist(event: EventID(77), user: .local(1), quantity: 1), $0)
      }
    }
  }

  @Test("a freed seat is offered to the first as a hold, before anybody can book it, and only they are told")
  func offer() throws {
    let (event, sold) = try soldOut(2)
    _ = (try fixture.join(event, user: 1, 2), try fixture.join(event, user: 2))
    let cancelled = try fixture.cancel(sold, by: 99)
    #expect(cancelled.availableSeats == 2, "the count of its own commit")
    #expect(throws: DomainError.soldOut(available: 0, requested: 1)) { try fixture.book(event, user: 3) }
    #expect(try bookings(of: 1, event) == [.held])
    #expect(try line(event) == ["2"])
    #expect(told == ["2 for 1", "2 is 1."])
    let log = try fixture.log(event)
    #expect(log.map(\.availableSeats) == [0, 2, 0])
  }

  @Test("an offer that nobody takes goes to the next")
  func passedOn() throws {
    let (event, sold) = try soldOut(1)
    _ = (try fixture.join(event, user: 1), try fixture.join(event, user: 2))
    try fixture.cancel(sold, by: 99)
    fixture.clock.advance(by: 600_000)
    fixture.ledger.idle()
    #expect(try bookings(of: 1, event) == [.expired])
    #expect(try bookings(of: 2, event) == [.held])
    #expect(try line(event).isEmpty)
    fixture.clock.advance(by: 600_000)
    #expect(try fixture.book(event, user: 3).availableSeats == 0, "nobody waits any more")
  }

  @Test("a large party is passed over and keeps its place")
  func largeParty() throws {
    let event = try fixture.makeEvent(capacity: 3)
    let sold = try (1...3).map { try fixture.book(event, user: UInt64(90 + $0)).booking.publicID }
    _ = (try fixture.join(event, user: 1, 3), try fixture.join(event, user: 2))
    try fixture.cancel(sold[0], by: 91)
    #expect(try bookings(of: 2, event) == [.held])
    #expect(try line(event) == ["1"])
    try fixture.cancel(sold[1], by: 92)
    #expect(try fixture.book(event, user: 4).availableSeats == 0, "one seat is of no use to three")
    try fixture.patch(event, EventPatch(seatCapacityDelta: 3))
    fixture.ledger.idle()
    #expect(try bookings(of: 1, event) == [.held])
  }

  @Test("more seats than one batch offers are kept for those who wait")
  func manyOffers() throws {
    let (event, sold) = try soldOut(200)
    for user in 1...150 as ClosedRange<UInt64> { try fixture.join(event, user: user) }
    try fixture.cancel(sold, by: 99)
    #expect(try line(event).count == 150 - Ledger.offersPerBatch)
    // The next batch begins with what is due, so only what it leaves can be asked for.
    #expect(throws: DomainError.waitlistFirst(available: 200 - 2 * Ledger.offersPerBatch)) {
      try fixture.book(event, user: 500)
    }
    fixture.ledger.idle()
    #expect(try line(event).isEmpty)
    #expect(try fixture.book(event, user: 500).availableSeats == 49)
    #expect(fixture.ledger.events[event.id]?.held == 150)
  }

  @Test("when the commit fails everybody stands where they stood, and nobody was told")
  func failing() throws {
    let (event, sold) = try soldOut(2)
    _ = (try fixture.join(event, user: 1), try fixture.join(event, user: 2))
    let before = fixture.ledger.waiting[event.id]
    fixture.store.failsCommits = true
    #expect(throws: DomainError.storageUnavailable) { try fixture.cancel(sold, by: 99) }
    #expect(throws: DomainError.storageUnavailable) { try fixture.join(event, user: 1) }
    #expect(throws: DomainError.storageUnavailable) { try fixture.leave(event, user: 2) }
    #expect(fixture.ledger.waiting[event.id] == before && told.isEmpty)
    fixture.store.failsCommits = false
    try fixture.cancel(sold, by: 99)
    #expect(try line(event).isEmpty)
  }

  @Test("whoever moves up is told, and nobody else; a list that ends with its event tells nobody")
  func moving() throws {
    let (event, _) = try soldOut(1)
    for user in 1...30 as ClosedRange<UInt64> { try fixture.join(event, user: user) }
    try fixture.leave(event, user: 25)
    #expect(try fixture.join(event, user: 30) == 29 && told.isEmpty)
    try fixture.leave(event, user: 19)
    #expect(told == ["20 is 19.", "21 is 20."])
    try fixture.patch(event, EventPatch(status: .cancelled))
    for _ in 0..<3 { fixture.ledger.idle() }
    #expect(fixture.ledger.waiting.isEmpty(event.id) && told.count == 2)
  }

  @Test("the list of a deleted event ends, and whoever waited there can be erased")
  func deletedEvent() throws {
    let event = try fixture.makeEvent(capacity: 1)
    let stranger = Identity(issuer: "https://id.example", subject: Subject(7))
    _ = try fixture.ask {
      .joinWaitlist(JoinWaitlist(event: event.id, user: stranger, quantity: 2), $0)
    }
    try fixture.join(event, user: 1, 2)
    let before = fixture.ledger.waiting[event.id]
    fixture.store.failsCommits = true
    #expect(throws: DomainError.storageUnavailable) { try fixture.delete(event) }
    fixture.store.failsCommits = false
    #expect(fixture.ledger.waiting[event.id] == before)
    try fixture.delete(event)
    #expect(try fixture.ledger.waiting.isEmpty(event.id) && fixture.store.allWaiting().isEmpty)
    let admin = Identity(issuer: stranger.issuer, subject: Subject(8))
    _ = try fixture.ask { .erasePerson(Erasure(target: stranger, by: admin), $0) }
  }

  @Test("a ticket type is waited for by its own seats")
  func types() throws {
    let event = try fixture.makeEvent(capacity: 9) {
      $0.types = [.init(name: "A", capacity: 1), .init(name: "B", capacity: 1)]
    }
    let (first, second) = (try fixture.book(event, user: 98), try fixture.book(event, user: 99))
    _ = (try fixture.join(event, user: 1, type: 2), try fixture.join(event, user: 2))
    try fixture.cancel(first.booking.publicID, by: 98)
    #expect(try bookings(of: 2, event) == [.held])
    #expect(try line(event) == ["1"])
    try fixture.cancel(second.booking.publicID, by: 99)
    #expect(try bookings(of: 1, event) == [.held])
  }

  @Test("a freed seat of a type that is not sold now costs nobody the place, and is offered when it is sold")
  func closedType() throws {
    let opensAt = Instant(milliseconds: fixture.clock.now.milliseconds + 60_000)
    let closesAt = Instant(milliseconds: fixture.clock.now.milliseconds + 1_000)
    let event = try fixture.makeEvent(capacity: 2) {
      $0.types = [.init(name: "Early", capacity: 1, closesAt: closesAt), .init(name: "Normal", capacity: 1)]
    }
    let (early, normal) = (try fixture.book(event, user: 98), try fixture.book(event, user: 99))
    for user in 1...3 as ClosedRange<UInt64> { try fixture.join(event, user: user) }
    fixture.clock.advance(by: 1_000)
    #expect(throws: DomainError.closed(closesAt: closesAt)) { try fixture.join(event, user: 4, type: 1) }
    try fixture.cancel(early.booking.publicID, by: 98)
    #expect(try line(event) == ["1", "2", "3"])
    #expect(throws: DomainError.closed(closesAt: closesAt)) { try fixture.book(event, user: 5) }
    try fixture.cancel(normal.booking.publicID, by: 99)
    #expect(try bookings(of: 1, event) == [.held])
    var patch = EventPatch()
    patch.types = [
      .init(id: 1, name: "Late", capacity: 1, opensAt: opensAt), .init(id: 2, name: "Normal", capacity: 1),
    ]
    try fixture.patch(event, patch)
    fixture.ledger.idle()
    #expect(try line(event) == ["2", "3"])
    fixture.clock.advance(by: 59_000)
    fixture.ledger.idle()
    #expect(try bookings(of: 2, event) == [.held])
    #expect(try line(event) == ["3"])
  }

  @Test("who asks for more than a type sells in one booking does not wait for it")
  func typeLimits() throws {
    let event = try fixture.makeEvent(capacity: 4) {
      $0.types = [.init(name: "Pair", capacity: 2, maxPerBooking: 2), .init(name: "Rest", capacity: 2)]
    }
    _ = (try fixture.book(event, user: 98, 2), try fixture.book(event, user: 99, 2))
    #expect(throws: DomainError.quantityLimit(limit: 2, requested: 3)) {
      try fixture.join(event, user: 1, 3, type: 1)
    }
    #expect(try fixture.join(event, user: 1, 3) == 1, "the other type may grow")
  }

  @Test("the line is there after a restart; a pause stops offers, and a cancelled event has no line")
  func lifeCycle() throws {
    let (event, sold) = try soldOut(2)
    for user in 1...3 as ClosedRange<UInt64> { try fixture.join(event, user: user) }
    try fixture.patch(event, EventPatch(status: .paused))
    try fixture.cancel(sold, by: 99)
    let waiting = fixture.ledger.waiting[event.id]
    #expect(waiting.count == 3)
    fixture.database.folder.release()
    let next = try LedgerFixture(fixture.folder, clock: fixture.clock)
    #expect(next.ledger.waiting[event.id] == waiting)
    #expect(!next.ledger.isDue)
    try next.patch(event, EventPatch(status: .onSale))
    next.ledger.idle()
    #expect(next.ledger.waiting[event.id].map(\.user) == [.local(3)])
    try next.patch(event, EventPatch(status: .cancelled))
    while next.ledger.isDue { next.ledger.idle() }
    #expect(next.ledger.waiting[event.id].isEmpty)
    #expect(next.ledger.events[event.id]?.availableSeats == 2)
  }
}
