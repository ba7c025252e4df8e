import Testing

@testable import ControlPlane

@Suite("Records of the Ledger")
struct LedgerRecordsTests {
  private let fixture: LedgerFixture
  private let entry = AuditEntry(actor: .commandLine, action: .eventCreate)

  init() throws { fixture = try LedgerFixture() }

  private func records() throws -> [AuditRecord] { try fixture.reader().audit(before: nil, limit: 100) }

  private func token(_ number: Int = 1, lifetime: Int64 = 86_400_000) -> ServiceToken {
    ServiceToken(
      id: 0, jti: "j\(number)", name: "shop", scopes: [.bookingsConfirm], createdAt: fixture.clock.now,
      expiresAt: Instant(milliseconds: fixture.clock.now.milliseconds + lifetime))
  }

  @Test("An entry is written with its command and names what that made; a refused command leaves none")
  func audited() throws {
    let event: Event = try fixture.ask {
      .audited(entry, .createEvent(EventDraft(name: "E", seatCapacity: 3), $0))
    }
    #expect(try records().map(\.object) == ["/api/events/\(event.id.rawValue)"])
    #expect(throws: DomainError.unknownEvent) {
      let _: EventID = try fixture.ask { .audited(entry, .deleteEvent(EventID(99), ifMatch: nil, $0)) }
    }
    fixture.store.failsCommits = true
    #expect(throws: DomainError.storageUnavailable) {
      let _: EventID = try fixture.ask { .audited(entry, .deleteEvent(event.id, ifMatch: nil, $0)) }
    }
    fixture.store.failsCommits = false
    #expect(try records().count == 1)
    fixture.ledger.perform([.note(AuditEntry(actor: .unknown, action: .loginFailure))])
    #expect(try records().map(\.action) == ["login.failure", "event.create"])
  }

  @Test("Service tokens are bounded; expired ones make room, and a revoked one is told once")
  func tokens() throws {
    for number in 0..<ServiceToken.most {
      let draft = token(number, lifetime: number == 0 ? 1_000 : 86_400_000)
      let _: ServiceToken = try fixture.ask { .mintServiceToken(draft, $0) }
    }
    #expect(throws: DomainError.tooManyServiceTokens) {
      let _: ServiceToken = try fixture.ask { .mintServiceToken(token(-1), $0) }
    }
    fixture.clock.advance(by: 1_000)
    let minted: ServiceToken = try fixture.ask { .mintServiceToken(token(-1), $0) }
    #expect(minted.createdAt == fixture.clock.now && minted.id > 0)
    let revoked: ServiceToken = try fixture.ask { .revokeServiceToken(minted.id, $0) }
    #expect(revoked == minted)
    #expect(throws: DomainError.unknownServiceToken) {
      let _: ServiceToken = try fixture.ask { .revokeServiceToken(minted.id, $0) }
    }
  }

  @Test("A service confirms and lets go any hold, and touches no booking that is confirmed")
  func service() throws {
    let event = try fixture.makeEvent(capacity: 10)
    let service = BookingActor(user: Caller(token()).principal.identity, role: .user, isService: true)
    let (paid, dropped) = (try fixture.hold(event, user: 4), try fixture.hold(event, user: 5))
    func cancel(_ booking: BookingOutcome) throws -> BookingOutcome {
      try fixture.ask { .cancelBooking(CancelBooking(booking: booking.booking.publicID, by: service), $0) }
    }
    let change = ChangeHold(booking: paid.booking.publicID, by: service, kind: .confirm)
    let confirmed: BookingOutcome = try fixture.ask { .changeHold(change, $0) }
    #expect(confirmed.booking.status == .confirmed)
    #expect(try cancel(dropped).booking.status == .cancelled)
    #expect(try cancel(dropped).replayed)
    #expect(throws: DomainError.notHeld) { _ = try cancel(paid) }
    #expect(fixture.ledger.events[event.id]?.sold == 1)
  }

  @Test("Whoever is erased waits for nothing any more: no offer makes the name again")
  func erasureOfSomebodyWaiting() throws {
    let event = try fixture.makeEvent(capacity: 1)
    let booked = try fixture.book(event, user: 8)
    let stranger = Identity(issuer: "https://id.example", subject: .text("someone@example.org"))
    let _: WaitingPlace = try fixture.ask {
      .joinWaitlist(JoinWaitlist(event: event.id, user: stranger, quantity: 1), $0)
    }
    let admin = Identity(issuer: "https://id.example", subject: .text("admin"))
    let _: Instant = try fixture.ask { .erasePerson(Erasure(target: stranger, by: admin), $0) }
    try fixture.cancel(booked.booking.publicID, by: 8)
    fixture.ledger.idle()
    #expect(fixture.ledger.waiting.isEmpty(event.id))
    #expect(try fixture.store.person(stranger) == nil && fixture.store.allWaiting().isEmpty)
    #expect(fixture.ledger.events[event.id]?.availableSeats == 1)
  }

  @Test(
    "Erasing somebody leaves the bookings and ends the sessions; of another system's user also the subject goes"
  )
  func erasure() throws {
    let admin: User = try fixture.ask {
      .putUser(NewUser(email: "a@example.org", name: "A", role: .admin, passwordHash: "h"), $0)
    }
    let user: User = try fixture.ask {
      .registerUser(NewUser(email: "u@example.org", name: "U", role: .user, passwordHash: "h"), $0)
    }
    let event = try fixture.makeEvent(capacity: 10)
    let stranger = Identity(issuer: "https://id.example", subject: .text("someone@example.org"))
    let booked: BookingOutcome = try fixture.ask {
      .createBooking(CreateBooking(event: event.id, user: stranger, quantity: 2), $0)
    }
    func erase(_ target: Identity) throws {
      let _: Instant = try fixture.ask { .erasePerson(Erasure(target: target, by: admin.identity), $0) }
    }
    for _ in 0..<2 {
      try erase(user.identity)
      try erase(stranger)
    }
    #expect(try fixture.store.account(EmailKey("u@example.org")) == nil)
    #expect(try fixture.store.person(user.identity)?.account == nil)
    #expect(try fixture.store.person(stranger) == nil && fixture.store.logout(of: stranger) != nil)
    let found = try #require(try fixture.store.booking(booked.booking.publicID)).booking
    #expect(found.subject == Subject(UInt64(found.user.rawValue)) && found.quantity == 2)
    let again: BookingOutcome = try fixture.ask {
      .createBooking(CreateBooking(event: event.id, user: stranger, quantity: 1), $0)
    }
    #expect(again.booking.user != booked.booking.user, "a new row, not the erased one")
    #expect(throws: DomainError.ownAccount) { try erase(admin.identity) }
    #expect(throws: DomainError.unknownUser) { try erase(.local(99)) }
  }
}
