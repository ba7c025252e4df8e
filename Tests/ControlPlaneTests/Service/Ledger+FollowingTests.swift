import TestSupport
import Testing

@testable import ControlPlane

@Suite("Ledger: what other nodes tell, and who leads")
struct LedgerFollowingTests {
  private let clock = ScriptedClock(milliseconds: 1_700_000_000_000)
  private let database = SharedMemory()
  private let bus = MemoryBus.Shared()
  private let a, b: NodeRig

  init() throws {
    a = try NodeRig(database, 1, clock: clock, bus: bus)
    b = try NodeRig(database, 2, clock: clock, bus: bus)
  }

  // MARK: The bus

  @Test("a message of the bus is told without a look at the store; a lost one is made good by the next")
  func messages() throws {
    let event = try a.makeEvent(capacity: 9)
    b.watch(event.id)
    let reads = b.store.reads
    _ = try a.book(event.id, user: 1)
    _ = try a.book(event.id, user: 2)
    b.listen()
    b.perform()
    #expect(b.heard(event.id)?.notices.map(\.seq) == [1, 2] && b.store.reads == reads)
    #expect(b.ledger.events[event.id] == database.committed.events[event.id]?.event)
    for user in 3...5 as ClosedRange<UInt64> { _ = try a.book(event.id, user: user) }
    b.listen { Array($0.dropFirst()) }
    b.perform()
    #expect(b.heard(event.id)?.notices.map(\.seq) == [1, 2, 3, 4, 5] && b.store.reads == reads + 1)
    #expect(b.heard(event.id)?.gaps == 0)
  }

  @Test("messages that come twice, late or in another order tell nothing twice")
  func disorder() throws {
    let event = try a.makeEvent(capacity: 9)
    b.watch(event.id)
    for user in 1...4 as ClosedRange<UInt64> { _ = try a.book(event.id, user: user) }
    b.listen { Array(($0 + $0).reversed()) }
    b.perform()
    #expect(b.heard(event.id)?.notices.map(\.seq) == [1, 2, 3, 4] && b.heard(event.id)?.gaps == 0)
  }

  @Test("nothing is sent of an event that nobody watches elsewhere")
  func noTraffic() throws {
    let event = try a.makeEvent(capacity: 9)
    a.watch(event.id)
    _ = try a.book(event.id)
    #expect(bus.published == 0)
    b.watch(event.id)
    _ = try a.book(event.id)
    #expect(bus.published == 1)
    b.unwatch(event.id)
    _ = try a.book(event.id)
    #expect(bus.published == 1 && bus.followers(of: event.id) == 1)
  }

  @Test("a change that nobody is told is sent all the same, so that the next message follows on it")
  func silentChanges() throws {
    let event = try a.makeEvent(capacity: 9)
    b.watch(event.id)
    let hold = try a.book(event.id, user: 1, hold: true)
    let actor = BookingActor(user: .local(1), role: .user)
    let change = ChangeHold(booking: hold.booking.publicID, by: actor, kind: .confirm)
    _ = try a.ask { .changeHold(change, $0) } as BookingOutcome
    _ = try a.book(event.id, user: 2)
    let reads = b.store.reads
    b.listen()
    b.perform()
    #expect(b.store.reads == reads && b.ledger.events[event.id]?.sold == 2)
    #expect(b.heard(event.id)?.notices.map(\.seq) == [1, 2])
  }

  @Test("a waiting list that another node has changed is read")
  func waitingList() throws {
    let event = try a.makeEvent(capacity: 1)
    b.watch(event.id)
    _ = try a.book(event.id, user: 1)
    let wish = JoinWaitlist(event: event.id, user: .local(2), quantity: 1)
    _ = try a.ask { .joinWaitlist(wish, $0) } as WaitingPlace
    b.listen()
    b.perform()
    #expect(b.ledger.waiting[event.id].map(\.user) == [.local(2)])
  }

  // MARK: Watching

  @Test("a watcher is granted what another node has committed; an event that nobody has is refused")
  func grants() throws {
    let event = try a.makeEvent(capacity: 9)
    _ = try a.book(event.id)
    b.watch(event.id)
    b.watch(EventID(99))
    #expect(b.heard(event.id)?.head == 1)
    #expect(b.watchers.refused == [EventID(99)])
    #expect(database.interest[event.id] == [2] && database.interest[EventID(99)] == [])
    #expect(bus.followers(of: EventID(99)) == 0)
  }

  @Test("whether there is an event is not guessed while the store cannot be read")
  func postponed() throws {
    let event = try a.makeEvent(capacity: 9)
    database.failedReads = 100
    b.watch(event.id)
    #expect(b.watchers.refused.isEmpty && b.heard(event.id) == nil)
    database.heal()
    b.rest()
    b.rest()
    #expect(b.heard(event.id)?.head == 0 && database.interest[event.id] == [2])
  }

  // MARK: News

  @Test("log-outs, disabled accounts and service tokens of one node count on the others, each once")
  func news() throws {
    let (admin, user) = (
      Identity(issuer: "other", subject: Subject(1)), Identity(issuer: "other", subject: Subject(2))
    )
    let moment: Instant = try a.ask { .logOut(user, $0) }
    b.rest()
    #expect(b.revocations.has(user, before: moment))
    #expect(b.watchers.loggedOut == [user.connectionKey])
    b.perform([.followed(ForeignNews(news: [.loggedOut(user, before: moment)]))])
    #expect(b.watchers.loggedOut.count == 1)
    let change = PersonChange(target: user, role: nil, isDisabled: true, by: admin)
    _ = try a.ask { .changePerson(change, $0) } as ChangedPerson
    b.rest()
    #expect(b.revocations.isDisabled(user))
    let end = Instant(milliseconds: clock.now.milliseconds + 1_000_000)
    let token = ServiceToken(
      id: 0, jti: "j", name: "shop", scopes: [.feedRead], createdAt: clock.now, expiresAt: end)
    let minted = try a.ask { .mintServiceToken(token, $0) } as ServiceToken
    b.rest()
    #expect(b.services.find("j", at: clock.now)?.id == minted.id)
    _ = try a.ask { .revokeServiceToken(minted.id, $0) } as ServiceToken
    b.rest()
    #expect(b.services.find("j", at: clock.now) == nil)
  }

  @Test("what became of a log-out whose answer was lost is asked")
  func uncertainNews() throws {
    let user = Identity(issuer: "other", subject: Subject(2))
    database.lostAnswers = 100
    #expect(throws: DomainError.storageUnavailable) { try a.ask { .logOut(user, $0) } as Instant }
    #expect(a.watchers.loggedOut.isEmpty)
    database.heal()
    a.rest()
    a.rest()
    #expect(a.watchers.loggedOut == [user.connectionKey])
    database.failedCommits = 100
    let other = Identity(issuer: "other", subject: Subject(3))
    #expect(throws: DomainError.storageUnavailable) { try a.ask { .logOut(other, $0) } as Instant }
    database.heal()
    a.rest()
    a.rest()
    #expect(a.watchers.loggedOut == [user.connectionKey])
  }

  @Test("whoever waits is told of an offer on every node, once")
  func offers() throws {
    let event = try a.makeEvent(capacity: 1)
    let taken = try a.book(event.id, user: 1)
    let wish = JoinWaitlist(event: event.id, user: .local(2), quantity: 1)
    _ = try b.ask { .joinWaitlist(wish, $0) } as WaitingPlace
    let actor = BookingActor(user: .local(1), role: .user)
    _ =
      try a.ask {
        .cancelBooking(CancelBooking(booking: taken.booking.publicID, by: actor), $0)
      } as BookingOutcome
    b.rest()
    b.perform([.followed(ForeignNews(news: database.commits.flatMap(\.news)))])
    for node in [a, b] {
      #expect(node.watchers.told.map(\.text) == ["1 for 2"])
      #expect(node.watchers.told.first?.client == Identity.local(2).connectionKey)
    }
  }

  @Test("a row that another node has erased is not used again")
  func erasedRow() throws {
    let event = try a.makeEvent(capacity: 9)
    let (admin, user) = (
      Identity(issuer: "other", subject: Subject(1)), Identity(issuer: "other", subject: Subject(2))
    )
    let command = CreateBooking(event: event.id, user: user, quantity: 1)
    let before: BookingOutcome = try b.ask { .createBooking(command, $0) }
    _ = try a.ask { .erasePerson(Erasure(target: user, by: admin), $0) } as Instant
    let after: BookingOutcome = try b.ask { .createBooking(command, $0) }
    #expect(before.booking.user != after.booking.user)
  }

  // MARK: The clock

  @Test("the node that leads ends holds of all; when it is gone another one does, and plans what is due")
  func leading() throws {
    a.rest()
    b.rest()
    #expect(a.leads.withLock { $0 } && !b.leads.withLock { $0 })
    let opensAt = Instant(milliseconds: clock.now.milliseconds + 100_000)
    let event = try b.makeEvent(capacity: 2) { $0.holdSeconds = 30 }
    let later = try b.makeEvent(capacity: 2) { $0.opensAt = opensAt }
    _ = try b.book(event.id, user: 1, hold: true)
    clock.advance(by: 30_000)
    b.rest()
    #expect(database.committed.events[event.id]?.event?.held == 1)
    a.rest()
    #expect(database.committed.events[event.id]?.event?.held == 0)
    database.leader = nil
    a.store.forgetAll()
    clock.advance(by: 70_000)
    b.rest()
    b.rest()
    #expect(b.leads.withLock { $0 })
    #expect(database.committed.events[later.id]?.event?.shown == .onSale)
    a.rest()
    #expect(!a.leads.withLock { $0 })
    #expect(database.committed.notices[later.id]?.count == 1)
  }

  @Test(
    "a node that cannot learn what there is to do does not lead yet, and does not work through an old agenda")
  func leadsLater() throws {
    a.rest()
    let event = try b.makeEvent(capacity: 2) {
      $0.opensAt = Instant(milliseconds: clock.now.milliseconds + 1_000)
    }
    b.watch(event.id)
    database.leader = nil
    clock.advance(by: 2_000)
    database.failedLooks = 100
    b.ledger.idle()
    #expect(!b.leads.withLock { $0 } && !b.ledger.isDue)
    database.heal()
    b.rest()
    b.rest()
    #expect(b.leads.withLock { $0 })
    #expect(database.committed.events[event.id]?.event?.shown == .onSale)
  }

  @Test("a booking that lacks seats ends holds that are over, whichever node made them")
  func expiresForBooking() throws {
    let event = try a.makeEvent(capacity: 2) { $0.holdSeconds = 30 }
    _ = try a.book(event.id, user: 1, 2, hold: true)
    #expect(throws: DomainError.soldOut(available: 0, requested: 1)) { try b.book(event.id, user: 2) }
    clock.advance(by: 30_000)
    let booked = try b.book(event.id, user: 2)
    #expect(booked.seq == 3 && booked.availableSeats == 1)
    a.rest()
    #expect(database.committed.notices[event.id]?.count == 3)
  }
}
