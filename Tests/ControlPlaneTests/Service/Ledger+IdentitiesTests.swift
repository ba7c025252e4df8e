import Testing

@testable import ControlPlane

@Suite("Ledger+Identities")
struct LedgerIdentitiesTests {
  private let fixture: LedgerFixture
  private let event: Event
  private let stranger = Identity(issuer: "https://id.example", subject: Subject(3))

  init() throws {
    fixture = try LedgerFixture()
    event = try fixture.makeEvent(capacity: 10)
  }

  private func book(_ user: Identity, key: String? = nil, quantity: Int = 1) throws -> Booking {
    let command = CreateBooking(event: event.id, user: user, quantity: quantity, idempotencyKey: key)
    return try fixture.ask { .createBooking(command, $0) }.booking
  }

  private func cancel(_ booking: Booking, by user: Identity) throws -> BookingOutcome {
    let command = CancelBooking(booking: booking.publicID, by: .init(user: user, role: .user))
    return try fixture.ask { .cancelBooking(command, $0) }
  }

  @Test("a row is made when somebody first books, once per identity, and shows the subject")
  func rows() throws {
    let reads = try fixture.reader()
    #expect(try reads.userID(of: stranger) == nil)
    let first = try book(stranger)
    #expect(first.subject == Subject(3))
    #expect(try reads.userID(of: stranger) == first.user)
    #expect(try book(stranger).user == first.user)
    #expect(try book(.local(3)).user != first.user)
    #expect(try reads.user(stranger) == nil, "no local account comes of it")
  }

  @Test("who books nothing gets no row")
  func refusal() throws {
    #expect(throws: DomainError.self) { try book(stranger, quantity: 11) }
    #expect(try fixture.reader().userID(of: stranger) == nil)
  }

  @Test("a refused change of somebody's role makes no row, and what they book then is theirs")
  func refusedRole() throws {
    let admin = Identity(issuer: stranger.issuer, subject: Subject(4))
    #expect(throws: DomainError.unknownUser) {
      _ = try fixture.ask { .changePerson(PersonChange(target: stranger, role: .admin, by: admin), $0) }
    }
    #expect(try fixture.reader().userID(of: stranger) == nil)
    let booking = try book(stranger)
    #expect(try fixture.reader().booking(booking.publicID)?.booking == booking)
    #expect(try cancel(booking, by: stranger).booking.status == .cancelled)
  }

  @Test("a row is undone with its batch, and its number is not given again")
  func rollback() throws {
    fixture.store.failsCommits = true
    #expect(throws: DomainError.storageUnavailable) { try book(stranger) }
    fixture.store.failsCommits = false
    let other = try book(.local(77))
    let booking = try book(stranger)
    #expect(booking.user != other.user)
    #expect(try fixture.reader().userID(of: stranger) == booking.user)
    #expect(try fixture.reader().userID(of: .local(77)) == other.user)
  }

  @Test("a new account that its own batch has looked up is forgotten with the batch")
  func accountRollback() throws {
    func register(_ name: String) -> (Answering<User>) -> LedgerCommand {
      { .registerUser(NewUser(email: "\(name)@x.y", name: name, role: .user, passwordHash: "h"), $0) }
    }
    let ann: User = try fixture.ask(register("ann"))
    let next = Identity.local(UInt64(ann.id.rawValue + 1))
    fixture.store.failsCommits = true
    fixture.ledger.perform([
      register("bob")(.silent(1)),
      .createBooking(
        CreateBooking(event: event.id, user: next, quantity: 1, idempotencyKey: nil), .silent(2)),
    ])
    fixture.store.failsCommits = false
    let booking = try book(next)
    #expect(try fixture.reader().userID(of: next) == booking.user)
    #expect(try fixture.reader().booking(booking.publicID)?.booking.subject == next.subject)
  }

  @Test("the same subject of two issuers shares neither bookings nor keys")
  func issuers() throws {
    let (theirs, ours) = (try book(stranger, key: "k", quantity: 2), try book(.local(3), key: "k"))
    #expect(theirs.publicID != ours.publicID)
    #expect(throws: DomainError.self) { try cancel(theirs, by: .local(3)) }
    #expect(throws: DomainError.self) { try cancel(ours, by: stranger) }
    let reads = try fixture.reader()
    let found = try reads.bookings(of: reads.userID(of: stranger), event: nil, before: nil, limit: 9)
    #expect(found.map(\.booking.publicID) == [theirs.publicID])
    #expect(try cancel(theirs, by: stranger).booking.status == .cancelled)
  }

  @Test("a new local account gets no number that is a subject already, and no number twice")
  func registration() throws {
    for subject in 1...3 as ClosedRange<UInt64> { _ = try book(.local(subject)) }
    _ = try book(.local(5))
    var seen: Set<Subject> = [Subject(1), Subject(2), Subject(3), Subject(5)]
    for name in ["a", "b", "c"] {
      let new = NewUser(email: "\(name)@x.y", name: name, role: .user, passwordHash: "h")
      let user: User = try fixture.ask { .registerUser(new, $0) }
      #expect(seen.insert(user.subject).inserted)
      #expect(try fixture.reader().user(user.identity) == user)
    }
    fixture.store.failsCommits = true
    let new = NewUser(email: "d@x.y", name: "d", role: .user, passwordHash: "h")
    #expect(throws: DomainError.storageUnavailable) {
      let _: User = try fixture.ask { .registerUser(new, $0) }
    }
    fixture.store.failsCommits = false
    let user: User = try fixture.ask { .registerUser(new, $0) }
    #expect(seen.insert(user.subject).inserted)
  }

  @Test("numbers go on where they were after a restart")
  func restart() throws {
    let first = try book(.local(900))
    fixture.database.folder.release()
    let again = try LedgerFixture(fixture.folder)
    let event = try again.makeEvent(capacity: 1)
    #expect(try again.book(event, user: 901).booking.user.rawValue > first.user.rawValue)
  }

  @Test("more identities than the cache holds are found all the same")
  func manyIdentities() throws {
    let ids = try (0..<5).map { try book(.local(1_000 + $0)).user }
    fixture.ledger.identities = TwoGenerations(capacity: 1)
    #expect(try (0..<5).map { try book(.local(1_000 + $0)).user } == ids)
    #expect(fixture.ledger.identities.count <= 2)
  }
}
