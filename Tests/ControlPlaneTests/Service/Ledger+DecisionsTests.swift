// What each command does, one command per batch unless the batch is the point.

import TestSupport
import Testing

@testable import ControlPlane

@Suite("Ledger+Decisions")
struct LedgerDecisionsTests {
  // MARK: Bookings

  @Test("a booking takes its seats and has the event's next seq")
  func booking() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    let outcome = try fixture.book(event, user: 5, 4)
    #expect(outcome.availableSeats == 6)
    #expect(outcome.seq == 1)
    #expect(!outcome.replayed)
    #expect(outcome.booking.subject == Subject(5))
    #expect(outcome.booking.status == .confirmed)
    #expect(try fixture.reader().booking(outcome.booking.publicID) == outcome)
    #expect(try fixture.reader().event(event.id)?.sold == 4)
  }

  @Test("an event that is not there cannot be booked")
  func unknownEvent() throws {
    let fixture = try LedgerFixture()
    #expect(throws: DomainError.unknownEvent) {
      _ = try fixture.ask { .createBooking(.init(EventID(9), 1, 1), $0) } as BookingOutcome
    }
  }

  @Test("within one batch, each command sees what the ones before it did")
  func withinABatch() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 5) { $0.maxPerUser = 4 }
    let asked = (0..<4).map { _ in Question<BookingOutcome>() }
    fixture.ledger.perform([
      .createBooking(.init(event.id, 1, 3), asked[0].answering),
      .createBooking(.init(event.id, 1, 2), asked[1].answering),
      .createBooking(.init(event.id, 2, 3), asked[2].answering),
      .createBooking(.init(event.id, 2, 2), asked[3].answering),
    ])
    #expect(try asked[0].result().availableSeats == 2)
    #expect(throws: DomainError.perUserLimit(limit: 4, booked: 3, requested: 2)) {
      try asked[1].result()
    }
    #expect(throws: DomainError.soldOut(available: 2, requested: 3)) { try asked[2].result() }
    #expect(try asked[3].result().seq == 2)
  }

  // MARK: Idempotency

  @Test("the same key and request tell the first outcome again, whatever happened since")
  func replay() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    var first = try fixture.book(event, 4, key: "k")
    try fixture.book(event, user: 2, 6)
    try fixture.cancel(first.booking.publicID)
    first.replayed = true
    #expect(try fixture.book(event, 4, key: "k") == first)
    #expect(try fixture.log(event).count == 3)
  }

  @Test("the same key with another request is refused")
  func mismatch() throws {
    let fixture = try LedgerFixture()
    let (event, other) = (try fixture.makeEvent(capacity: 10), try fixture.makeEvent(capacity: 10))
    try fixture.book(event, 4, key: "k")
    #expect(throws: DomainError.idempotencyMismatch) { try fixture.book(event, 3, key: "k") }
    #expect(throws: DomainError.idempotencyMismatch) { try fixture.book(other, 4, key: "k") }
  }

  @Test("a key is one user's own")
  func keyScope() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    try fixture.book(event, user: 1, 4, key: "k")
    #expect(try !fixture.book(event, user: 2, 4, key: "k").replayed)
  }

  @Test("a twin in the same batch tells the first one's outcome")
  func replayWithinABatch() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    let (first, twin) = (Question<BookingOutcome>(), Question<BookingOutcome>())
    fixture.ledger.perform([
      .createBooking(.init(event.id, 1, 3, "k"), first.answering),
      .createBooking(.init(event.id, 1, 3, "k"), twin.answering),
    ])
    var expected = try first.result()
    expected.replayed = true
    #expect(try twin.result() == expected)
    #expect(fixture.ledger.events[event.id]?.sold == 3)
  }

  @Test("a refusal is not kept: the same key is judged anew")
  func refusalsAreNotKept() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 2)
    #expect(throws: DomainError.soldOut(available: 2, requested: 3)) {
      try fixture.book(event, 3, key: "k")
    }
    try fixture.patch(event, EventPatch(seatCapacity: 3))
    #expect(try fixture.book(event, 3, key: "k").availableSeats == 0)
  }

  @Test("after 24 hours of service a key is free again")
  func keyExpiry() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    try fixture.book(event, key: "k")
    fixture.serve(for: Ledger.keyLifetime - 1)
    #expect(try fixture.book(event, key: "k").replayed)
    fixture.clock.advance(by: 1)
    #expect(try !fixture.book(event, key: "k").replayed)
    #expect(try fixture.book(event, key: "k").seq == 2)
  }

  // MARK: Cancelling

  @Test("cancelling frees the seats, and a second time changes and announces nothing")
  func cancelling() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    fixture.stage.watch(event.id)
    let booking = try fixture.book(event, 4).booking.publicID
    var first = try fixture.cancel(booking)
    #expect(first.availableSeats == 10)
    #expect(first.booking.status == .cancelled)
    #expect(first.booking.cancelledSeq == 2)
    try fixture.book(event, user: 3, 1)
    first.replayed = true
    #expect(try fixture.cancel(booking) == first)
    #expect(fixture.stage.announced.map(\.seq) == [1, 2, 3])
  }

  @Test("twice in one batch cancels once")
  func cancellingTwiceInABatch() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    let booking = try fixture.book(event, 4).booking.publicID
    let command = CancelBooking(booking: booking, by: .init(user: .local(1), role: .user))
    let (first, second) = (Question<BookingOutcome>(), Question<BookingOutcome>())
    fixture.ledger.perform([
      .cancelBooking(command, first.answering), .cancelBooking(command, second.answering),
    ])
    #expect(try !first.result().replayed)
    #expect(try second.result().replayed)
    #expect(fixture.ledger.events[event.id]?.sold == 0)
  }

  @Test("only the owner and admins cancel")
  func ownership() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    let booking = try fixture.book(event, user: 1).booking.publicID
    #expect(throws: DomainError.unknownBooking) { try fixture.cancel(booking, by: 2) }
    #expect(try fixture.cancel(booking, by: 2, .admin).availableSeats == 10)
  }

  @Test("a booking that is not there cannot be cancelled")
  func unknownBooking() throws {
    let fixture = try LedgerFixture()
    let nobody = try #require(PublicBookingID(code: 12345))
    #expect(throws: DomainError.unknownBooking) { try fixture.cancel(nobody) }
  }

  @Test("freed seats are sold again, and a user's limit counts only what the user has")
  func reselling() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 2) { $0.maxPerUser = 2 }
    let booking = try fixture.book(event, 2).booking.publicID
    #expect(throws: DomainError.perUserLimit(limit: 2, booked: 2, requested: 1)) { try fixture.book(event) }
    try fixture.cancel(booking)
    #expect(try fixture.book(event, 2).availableSeats == 0)
  }

  // MARK: Events

  @Test("a new event has what was asked for")
  func createEvent() throws {
    let fixture = try LedgerFixture()
    let draft = EventDraft(
      name: "Name\u{0} with ü", seatCapacity: 7, description: "D", venue: "V",
      startsAt: Instant(milliseconds: 3), opensAt: Instant(milliseconds: -5),
      closesAt: Instant(milliseconds: 9), status: .closed, maxPerBooking: 2, maxPerUser: 3,
      holdSeconds: 4)
    let event: Event = try fixture.ask { .createEvent(draft, $0) }
    let now = fixture.clock.now
    #expect(
      event
        == Event(
          id: EventID(1), name: "Name\u{0} with ü", description: "D", venue: "V",
          startsAt: Instant(milliseconds: 3), opensAt: Instant(milliseconds: -5),
          closesAt: Instant(milliseconds: 9), status: .closed, shown: .closed, seatCapacity: 7,
          maxPerBooking: 2,
          maxPerUser: 3, holdSeconds: 4, createdAt: now, updatedAt: now))
    #expect(try fixture.reader().event(event.id) == event)
  }

  @Test("a new event whose sales end before they begin is refused")
  func createInverted() throws {
    let fixture = try LedgerFixture()
    #expect(throws: DomainError.salesWindowInverted) {
      try fixture.makeEvent(capacity: 1) {
        $0.opensAt = Instant(milliseconds: 5)
        $0.closesAt = Instant(milliseconds: 5)
      }
    }
  }

  @Test("a change of capacity is announced with the next seq")
  func capacity() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    fixture.stage.watch(event.id)
    try fixture.book(event, 4)
    let patched = try fixture.patch(event, EventPatch(seatCapacity: 6))
    #expect(patched.seq == 2)
    #expect(patched.version == 2)
    #expect(patched.availableSeats == 2)
    #expect(fixture.stage.announced.map(\.words) == ["1: +4 by 1, 6 free", "2: capacity 6, 2 free"])
    #expect(try fixture.reader().event(event.id) == patched)
  }

  @Test(
    "any other change is announced with the event's public state",
    arguments: [
      (EventPatch(name: "New"), "New on_sale, 10 free"),
      (EventPatch(status: .closed), "Event closed, 10 free"),
      (EventPatch(status: .cancelled), "Event cancelled, 10 free"),
      (EventPatch(startsAt: Instant(milliseconds: 3)), "Event on_sale, 10 free"),
      (EventPatch(opensAt: Instant(milliseconds: 3)), "Event on_sale, 10 free"),
      (EventPatch(closesAt: Instant(milliseconds: 3)), "Event closed, 10 free"),
      (EventPatch(status: .paused), "Event paused, 10 free"),
      (EventPatch(maxPerBooking: 3), "Event on_sale, 10 free"),
      (EventPatch(maxPerUser: 3), "Event on_sale, 10 free"),
      (EventPatch(venue: "Elsewhere"), "Event on_sale, 10 free"),
    ])
  func updates(patch: EventPatch, words: String) throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    fixture.stage.watch(event.id)
    let patched = try fixture.patch(event, patch)
    #expect(patched.tag == EventTag(version: 2, seq: 1))
    #expect(fixture.stage.announced.map(\.words) == ["1: " + words])
    let notice = try #require(try fixture.log(event).first)
    #expect(notice.change == .eventUpdated(patched.details))
    #expect(try fixture.reader().event(event.id) == patched)
    // And back: reopening is a change of its own.
    if patch.status == .closed {
      #expect(try fixture.patch(event, EventPatch(status: .onSale)).seq == 2)
      #expect(fixture.stage.announced.last?.words == "2: Event on_sale, 10 free")
    }
  }

  @Test("a change of the capacity and of something else is announced as both, the capacity first")
  func updateAndCapacity() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    fixture.stage.watch(event.id)
    let patched = try fixture.patch(event, EventPatch(name: "New", seatCapacity: 12))
    #expect(patched.tag == EventTag(version: 2, seq: 2))
    #expect(
      fixture.stage.announced.map(\.words) == ["1: capacity 12, 12 free", "2: New on_sale, 12 free"])
    #expect(try fixture.log(event).map(\.change) == [.capacityChanged, .eventUpdated(patched.details)])
    #expect(try fixture.reader().event(event.id) == patched)
  }

  @Test("a patch that changes nothing announces nothing and leaves the tag as it is")
  func idlePatch() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    fixture.stage.watch(event.id)
    #expect(try fixture.patch(event, EventPatch(name: "Event", status: .onSale, seatCapacity: 10)) == event)
    #expect(fixture.stage.announced.isEmpty)
    #expect(try fixture.log(event).isEmpty)
  }

  @Test("what is granted after an update tells the new state, also when an update before it failed")
  func detailsAreThoseOfTheCommit() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    fixture.stage.watch(event.id)
    try fixture.book(event)
    fixture.store.failsCommits = true
    #expect(throws: DomainError.storageUnavailable) { try fixture.patch(event, EventPatch(name: "Lost")) }
    fixture.ledger.perform([.watch(event.id, Watcher(1))])
    fixture.store.failsCommits = false
    try fixture.patch(event, EventPatch(name: "Kept"))
    fixture.ledger.perform([.watch(event.id, Watcher(2))])
    let granted = fixture.stage.happenings.compactMap { happening -> String? in
      guard case .granted(_, _, let summary?) = happening else { return nil }
      return String(decoding: summary.snapshot, as: UTF8.self)
    }
    let at = fixture.clock.now.milliseconds
    #expect(granted == ["1: 9 of 10 at \(at) (Event on_sale)", "2: 9 of 10 at \(at) (Kept on_sale)"])
  }

  @Test("If-Match lets only the tag through that the event has")
  func ifMatch() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    try fixture.book(event)
    let current = EventTag(version: 1, seq: 1)
    for stale in [[event.tag], []] {
      #expect(throws: DomainError.versionMismatch(current: current)) {
        try fixture.patch(event, EventPatch(name: "X"), ifMatch: stale)
      }
    }
    #expect(try fixture.patch(event, EventPatch(name: "X"), ifMatch: [event.tag, current]).name == "X")
  }

  @Test("an event goes only when it was never booked, and its number is not used again")
  func delete() throws {
    let fixture = try LedgerFixture()
    let (bare, booked) = (try fixture.makeEvent(capacity: 10), try fixture.makeEvent(capacity: 10))
    try fixture.patch(bare, EventPatch(seatCapacity: 11))
    fixture.stage.watch(bare.id)
    try fixture.cancel(try fixture.book(booked).booking.publicID)
    #expect(throws: DomainError.eventHasBookings) {
      _ = try fixture.ask { .deleteEvent(booked.id, ifMatch: nil, $0) } as EventID
    }
    #expect(throws: DomainError.versionMismatch(current: EventTag(version: 2, seq: 1))) {
      _ = try fixture.ask { .deleteEvent(bare.id, ifMatch: [bare.tag], $0) } as EventID
    }
    #expect(try fixture.ask { .deleteEvent(bare.id, ifMatch: nil, $0) } == bare.id)
    #expect(throws: DomainError.unknownEvent) { try fixture.book(bare) }
    #expect(try fixture.reader().event(bare.id) == nil)
    #expect(fixture.stage.announced.map(\.words) == ["2: Event deleted, 11 free"])
    #expect(try fixture.log(bare).last?.change == .eventUpdated(EventDetails(bare, status: .deleted)))
    #expect(try fixture.makeEvent(capacity: 1).id == EventID(3))
  }

  @Test("made, changed and deleted in one batch leaves nothing")
  func shortLife() throws {
    let fixture = try LedgerFixture()
    let gone = Question<EventID>()
    fixture.ledger.perform([
      .createEvent(EventDraft(name: "Brief", seatCapacity: 1), .silent(1)),
      .patchEvent(PatchEvent(event: EventID(1), patch: EventPatch(name: "X")), .silent(2)),
      .deleteEvent(EventID(1), ifMatch: nil, gone.answering),
    ])
    #expect(try gone.result() == EventID(1))
    #expect(fixture.ledger.events.isEmpty)
    #expect(
      try fixture.reader().notices(of: EventID(1), after: 0, through: 9, limit: 9).map(\.seq) == [1, 2])
    #expect(try fixture.reader().events(after: nil, .all, limit: 10).isEmpty)
  }

  @Test(
    "a deletion is announced, then the event is withdrawn, and who asks for it in the same batch is refused")
  func withdrawal() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    fixture.stage.watch(event.id)
    let gone = Question<EventID>()
    fixture.ledger.perform([
      .watch(event.id, Watcher(1)), .deleteEvent(event.id, ifMatch: nil, gone.answering),
    ])
    let happenings = fixture.stage.happenings.suffix(3)
    guard case .announced(let updates) = happenings.first else {
      Issue.record("nothing was announced")
      return
    }
    let at = fixture.clock.now.milliseconds
    #expect(updates.map(\.event) == [event.id])
    #expect(updates[0].notices.map(\.words) == ["1: Event deleted, 10 free"])
    #expect(updates[0].summary.snapshot == Array("1: 10 of 10 at \(at) (Event deleted)".utf8))
    #expect(Array(happenings.dropFirst()) == [.withdrawn(event.id), .granted(event.id, Watcher(1), nil)])
  }

  @Test("a deletion that cannot be committed withdraws nothing")
  func failedDeletion() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    fixture.stage.watch(event.id)
    fixture.store.failsCommits = true
    #expect(throws: DomainError.storageUnavailable) { try fixture.delete(event) }
    #expect(fixture.stage.happenings.allSatisfy { $0 != .withdrawn(event.id) })
    fixture.store.failsCommits = false
    #expect(try fixture.book(event).seq == 1)
  }

  @Test("a deleted event's number is not given again after a restart")
  func numbersOverRestarts() throws {
    let folder = try TemporaryFolder()
    do {
      let fixture = try LedgerFixture(folder)
      try fixture.delete(try fixture.makeEvent(capacity: 10))
    }
    #expect(try LedgerFixture(folder).makeEvent(capacity: 10).id == EventID(2))
  }

  // MARK: Accounts

  @Test("an address is one account's, however it is spelled")
  func register() throws {
    let fixture = try LedgerFixture()
    let new = NewUser(email: "Ann@Example.org", name: "Ann", role: .user, passwordHash: "h")
    let ann: User = try fixture.ask { .registerUser(new, $0) }
    #expect(ann.email == "Ann@Example.org")
    #expect(
      try fixture.reader().account(EmailKey("ann@example.org")) == Account(user: ann, passwordHash: "h"))
    #expect(try fixture.reader().user(ann.identity) == ann)
    var again = new
    again.email = "ANN@example.org"
    #expect(throws: DomainError.emailTaken) { _ = try fixture.ask { .registerUser(again, $0) } as User }
  }

  @Test("putting a user makes one, or gives an old one its role and password")
  func put() throws {
    let fixture = try LedgerFixture()
    var new = NewUser(email: "a@b.c", name: "A", role: .user, passwordHash: "h")
    let made: User = try fixture.ask { .putUser(new, $0) }
    (new.role, new.passwordHash) = (.admin, "i")
    let raised: User = try fixture.ask { .putUser(new, $0) }
    #expect(raised.id == made.id)
    #expect(raised.role == .admin)
    #expect(try fixture.reader().account(EmailKey("a@b.c")) == Account(user: raised, passwordHash: "i"))
  }

  @Test("a password's hash is renewed for those who exist")
  func renewHash() throws {
    let fixture = try LedgerFixture()
    let new = NewUser(email: "a@b.c", name: "A", role: .user, passwordHash: "h")
    let user: User = try fixture.ask { .registerUser(new, $0) }
    #expect(try fixture.ask { .setPasswordHash(user.id, "j", replacing: "h", $0) } == user.id)
    #expect(try fixture.reader().account(EmailKey("a@b.c"))?.passwordHash == "j")
    #expect(throws: DomainError.unknownUser) {
      _ = try fixture.ask { .setPasswordHash(UserID(99), "j", replacing: "i", $0) } as UserID
    }
  }
}
