import TestSupport
import Testing

@testable import ControlPlane

@Suite("ReadStore, whatever the database")
struct ReadStoreContractTests {
  private let fixture: LedgerFixture

  init() throws { fixture = try LedgerFixture() }

  @Test("each database is read by the type that is its own", arguments: DatabaseKind.available)
  func types(_ kind: DatabaseKind) throws {
    #expect((try fixture.reader(kind) is SQLiteReadStore) == (kind == .sqlite))
  }

  @Test("events come in pages, in order of their numbers, and by status", arguments: DatabaseKind.available)
  func events(_ kind: DatabaseKind) throws {
    let all = try (0..<5).map { number in
      try fixture.makeEvent(capacity: 1) { $0.status = number % 2 == 0 ? .onSale : .closed }
    }
    let reads = try fixture.reader(kind)
    #expect(try reads.events(after: nil, .all, limit: 3) == Array(all.prefix(3)))
    #expect(try reads.events(after: all[2].id, .all, limit: 3) == Array(all.suffix(2)))
    #expect(try reads.events(after: nil, .status(.closed), limit: 9) == [all[1], all[3]])
    #expect(try reads.events(after: all[1].id, .status(.closed), limit: 9) == [all[3]])
    #expect(try reads.events(after: nil, .status(.cancelled), limit: 9).isEmpty)
    #expect(try reads.events(after: nil, .all, limit: 0).isEmpty)
  }

  @Test(
    "what a cancellation would touch is counted: bookings, holds and who waits, of this event only",
    arguments: DatabaseKind.available)
  func stakes(_ kind: DatabaseKind) throws {
    let event = try fixture.makeEvent(capacity: 6)
    let other = try fixture.makeEvent(capacity: 9)
    try fixture.book(other, user: 1, 3)
    try fixture.book(event, user: 1, 2)
    try fixture.cancel(try fixture.book(event, user: 2, 1).booking.publicID, by: 2)
    try fixture.hold(event, user: 3, 3)
    try fixture.hold(event, user: 4, 1)
    try fixture.join(event, user: 5)
    let expected = EventStakes(sold: 2, held: 4, bookings: 1, holds: 2, waiting: 1)
    let reads = try fixture.reader(kind)
    #expect(try reads.stakes(of: event.id) == expected)
    #expect(try reads.stakes(of: EventID(77)) == nil)
  }

  @Test(
    "bookings come newest first, of a user, of an event, of both or of all, in pages",
    arguments: DatabaseKind.available)
  func bookings(_ kind: DatabaseKind) throws {
    let events = [try fixture.makeEvent(capacity: 100), try fixture.makeEvent(capacity: 100)]
    var all: [BookingOutcome] = []
    for number in 0..<12 {
      all.insert(try fixture.book(events[number % 2], user: UInt64(number % 3 + 1), 1), at: 0)
    }
    all[4] = try fixture.cancel(all[4].booking.publicID, by: 9, .admin)
    let reads = try fixture.reader(kind)
    for user in [nil, UserID(1), UserID(2), UserID(77)] {
      for event in [nil, events[0].id, events[1].id, EventID(77)] {
        let expected = all.filter {
          (user == nil || $0.booking.user == user) && (event == nil || $0.booking.event == event)
        }
        #expect(try pages(user, event, reads) == expected)
      }
    }
  }

  /// All pages of two.
  private func pages(_ user: UserID?, _ event: EventID?, _ reads: any ReadStore) throws -> [BookingOutcome] {
    var found: [BookingOutcome] = []
    while found.count < 100 {
      let page = try reads.bookings(
        of: user, event: event, before: found.last?.booking.publicID, limit: 2)
      if page.isEmpty { break }
      found += page
    }
    return found
  }

  @Test(
    "nothing comes before a booking that is not there or not of the list", arguments: DatabaseKind.available)
  func foreignCursor(_ kind: DatabaseKind) throws {
    let (event, other) = (try fixture.makeEvent(capacity: 9), try fixture.makeEvent(capacity: 9))
    try fixture.book(event)
    let elsewhere = try fixture.book(other).booking.publicID
    let reads = try fixture.reader(kind)
    #expect(try reads.bookings(of: nil, event: event.id, before: elsewhere, limit: 5).isEmpty)
    let nowhere = try #require(PublicBookingID(code: 99))
    #expect(try reads.bookings(of: nil, event: event.id, before: nowhere, limit: 5).isEmpty)
    #expect(try reads.booking(nowhere) == nil)
  }

  @Test(
    "notices come in order between two seqs, with what their bookings say", arguments: DatabaseKind.available)
  func notices(_ kind: DatabaseKind) throws {
    let event = try fixture.makeEvent(capacity: 10)
    let booking = try fixture.book(event, user: 7, 3).booking
    try fixture.patch(event, EventPatch(seatCapacity: 12))
    fixture.clock.advance(by: 5)
    try fixture.cancel(booking.publicID, by: 7)
    let facts = Notice.BookingFacts(booking: booking.publicID, user: Subject(7), quantity: 3)
    let (start, end) = (booking.createdAt, fixture.clock.now)
    let all = [
      Notice(
        event: event.id, seq: 1, change: .bookingCreated(facts), availableSeats: 7, seatCapacity: 10,
        at: start),
      Notice(
        event: event.id, seq: 2, change: .capacityChanged, availableSeats: 9, seatCapacity: 12, at: start),
      Notice(
        event: event.id, seq: 3, change: .bookingCancelled(facts), availableSeats: 12, seatCapacity: 12,
        at: end),
    ]
    let reads = try fixture.reader(kind)
    #expect(try log(event, reads) == all)
    #expect(try reads.notices(of: event.id, after: 1, through: 2, limit: 9) == [all[1]])
    #expect(try reads.notices(of: event.id, after: 0, through: 9, limit: 2) == Array(all.prefix(2)))
    #expect(try reads.notices(of: event.id, after: .max, through: .max, limit: 9).isEmpty)
    #expect(try reads.notices(of: EventID(9), after: 0, through: 9, limit: 9).isEmpty)
  }

  @Test("a notice of an update comes with the public state as it was then", arguments: DatabaseKind.available)
  func updates(_ kind: DatabaseKind) throws {
    let event = try fixture.makeEvent(capacity: 10)
    let first = try fixture.patch(event, EventPatch(name: "One \u{1F3B5}", opensAt: Instant(milliseconds: 7)))
    let second = try fixture.patch(event, EventPatch(status: .cancelled, seatCapacity: 11, maxPerBooking: 3))
    let reads = try fixture.reader(kind)
    let changes = try log(event, reads).map(\.change)
    #expect(changes == [.eventUpdated(first.details), .capacityChanged, .eventUpdated(second.details)])
    #expect(first.details.opensAt == Instant(milliseconds: 7) && first.details.status == .onSale)
    #expect(second.details.status == .cancelled && second.details.maxPerBooking == 3)
    #expect(try log(event, reads).map(\.seatCapacity) == [10, 11, 11])
  }

  @Test("people who are not there are nobody", arguments: DatabaseKind.available)
  func nobody(_ kind: DatabaseKind) throws {
    let reads = try fixture.reader(kind)
    #expect(try reads.user(.local(1)) == nil)
    #expect(try reads.account(EmailKey("x@y.z")) == nil)
    #expect(try reads.event(EventID(1)) == nil)
  }

  private func log(_ event: Event, _ reads: any ReadStore) throws -> [Notice] {
    try reads.notices(of: event.id, after: 0, through: .max, limit: .max)
  }
}
