import TestSupport
import Testing

@testable import ControlPlane

@Suite("Ledger: batches over a store that other nodes write")
struct LedgerNodesTests {
  let clock = ScriptedClock(milliseconds: 1_700_000_000_000)
  let database = SharedMemory()
  let a, b: NodeRig

  init() throws {
    a = try NodeRig(database, 1, clock: clock)
    b = try NodeRig(database, 2, clock: clock)
  }

  @Test("a node decides on what another has committed, and counts on")
  func decidesOnWhatIs() throws {
    let event = try a.makeEvent(capacity: 3)
    #expect(b.ledger.events[event.id] == nil)
    let first = try b.book(event.id, user: 1, 2)
    #expect(first.seq == 1 && first.availableSeats == 1)
    #expect(throws: DomainError.soldOut(available: 1, requested: 2)) { try a.book(event.id, user: 2, 2) }
    #expect(try a.book(event.id, user: 2).seq == 2)
    #expect(throws: DomainError.soldOut(available: 0, requested: 1)) { try b.book(event.id, user: 3) }
    #expect(database.committed.notices[event.id]?.map(\.seq) == [1, 2])
  }

  @Test("watchers hear of another node's commits before this one's, in one update, each once")
  func announcesBefore() throws {
    let event = try a.makeEvent(capacity: 9)
    a.watch(event.id)
    for user in 1...3 as ClosedRange<UInt64> { _ = try b.book(event.id, user: user) }
    _ = try a.book(event.id, user: 9, 2)
    #expect(
      a.heard(event.id)?.notices.map(\.words)
        == ["1: +1 by 1, 8 free", "2: +1 by 2, 7 free", "3: +1 by 3, 6 free", "4: +2 by 9, 4 free"])
    a.rest()
    #expect(a.heard(event.id)?.notices.count == 4 && a.heard(event.id)?.gaps == 0)
  }

  @Test("what others have committed is announced also when this node's batch fails, and is not undone")
  func announcesDespiteFailure() throws {
    let event = try a.makeEvent(capacity: 9)
    a.watch(event.id)
    _ = try b.book(event.id, user: 1, 4)
    database.failedCommits = 100
    #expect(throws: DomainError.storageUnavailable) { try a.book(event.id, user: 2) }
    #expect(a.heard(event.id)?.notices.map(\.seq) == [1])
    #expect(a.ledger.events[event.id]?.availableSeats == 5)
    database.heal()
    a.rest()
    #expect(try a.book(event.id, user: 2).seq == 2)
    #expect(a.heard(event.id)?.notices.map(\.seq) == [1, 2])
  }

  @Test("a commit whose answer was lost is found by the next look, told to watchers, and replayed by its key")
  func lostAnswer() throws {
    let event = try a.makeEvent(capacity: 9)
    a.watch(event.id)
    database.lostAnswers = 100
    #expect(throws: DomainError.storageUnavailable) { try a.book(event.id, user: 1, 2, key: "k") }
    #expect(a.heard(event.id)?.notices == [])
    database.heal()
    a.rest()
    a.rest()
    #expect(a.heard(event.id)?.notices.map(\.seq) == [1])
    let again = try b.book(event.id, user: 1, 2, key: "k")
    #expect(again.replayed && again.seq == 1)
    #expect(database.committed.events[event.id]?.event?.sold == 2)
  }

  @Test("a batch whose way another node was in is tried again, three times at most, and then answered 503")
  func contention() throws {
    let event = try a.makeEvent(capacity: 9)
    database.locks[event.id] = 7
    let begins = a.store.begins
    #expect(throws: DomainError.storageUnavailable) { try a.book(event.id) }
    #expect(a.store.begins == begins + 3)
    #expect(a.incidents.all == [.commitFailed("another node was in the way")])
    // The store is well.
    #expect(a.metrics.storeFailure == nil)
    var left = 2
    database.whileWaiting = { [database] _ in
      left -= 1
      if left == 0 { database.locks[event.id] = nil }
    }
    #expect(try a.book(event.id).seq == 1)
    #expect(a.store.begins == begins + 5)
  }

  @Test("bookings that come while a batch waits for its event are of the same batch, also when it is tried again")
  func gathers() throws {
    let event = try a.makeEvent(capacity: 9)
    let late = (2...4).map { _ in Question<BookingOutcome>() }
    var waiting = zip(2..., late).map { user, question in
      LedgerCommand.createBooking(CreateBooking(event.id, user, 1), question.answering)
    }
    a.ledger.node?.more = { events, most in
      #expect(events == [event.id] && most <= LedgerQueue.batchLimit - 1)
      defer { waiting = [] }
      return waiting
    }
    // After the first try has gathered them it fails.
    database.refusedLooks = 1
    let (begins, commits) = (a.store.begins, a.metrics.snapshot.commits)
    #expect(try a.book(event.id, user: 1).seq == 1)
    #expect(try late.map { try $0.result().seq } == [2, 3, 4])
    #expect(a.store.looks.map(\.identities) == [[.local(2), .local(3), .local(4)]])
    #expect(a.store.begins == begins + 2 && a.metrics.snapshot.commits == commits + 1)
    #expect(database.committed.events[event.id]?.event?.sold == 4)
  }

  @Test("who was gathered is answered when the batch fails")
  func gathersAndFails() throws {
    let event = try a.makeEvent(capacity: 9)
    let late = Question<BookingOutcome>()
    a.ledger.node?.more = { _, _ in [.createBooking(CreateBooking(event.id, 2, 1), late.answering)] }
    database.failedCommits = 100
    #expect(throws: DomainError.storageUnavailable) { try a.book(event.id, user: 1) }
    #expect(throws: DomainError.storageUnavailable) { try late.result() }
    #expect(database.committed.events[event.id]?.event?.sold == 0)
  }

  @Test("what the queue gives are bookings of the locked events, up to the first command that is something else")
  func queueGives() throws {
    let (event, other) = (try a.makeEvent(capacity: 9), try a.makeEvent(capacity: 9))
    let queue = try LedgerQueue(
      Handover(a.ledger), depth: 10, metrics: a.metrics, threads: .inline)
    let questions = (1...5).map { _ in Question<BookingOutcome>() }
    func book(_ event: Event, _ number: Int) -> LedgerCommand {
      .createBooking(CreateBooking(event.id, UInt64(number), 1), questions[number - 1].answering)
    }
    let commands = Handover([book(event, 2), book(event, 3), book(other, 4), book(event, 5)])
    var hasCome = false
    database.whileWaiting = { _ in
      if !hasCome { _ = queue.submit(contentsOf: commands.value) }
      hasCome = true
    }
    #expect(queue.submit(book(event, 1)))
    #expect(queue.pump())
    #expect(try questions[..<3].map { try $0.result().seq } == [1, 2, 3])
    #expect(queue.depth == 2)
    #expect(queue.pump() && !queue.pump())
    #expect(try questions[3...].map { try $0.result().seq } == [1, 4])
  }

  @Test("who only watches begins no transaction, nor does a node that does not lead, when it is idle")
  func beginsNothing() throws {
    let event = try a.makeEvent(capacity: 9) { $0.opensAt = Instant(milliseconds: 1_700_000_000_500) }
    a.rest()
    #expect(a.leads.withLock { $0 })
    let begins = (a.store.begins, b.store.begins)
    b.watch(event.id)
    b.unwatch(event.id)
    #expect(b.store.begins == begins.1)
    clock.advance(by: 2_000)
    b.rest()
    #expect(b.store.begins == begins.1)
    a.rest()
    #expect(a.store.begins > begins.0)
    #expect(database.committed.events[event.id]?.event?.shown == .onSale)
  }

  @Test("a large gap is told by the last notice, so that watchers learn that they have missed some")
  func largeGap() throws {
    let event = try a.makeEvent(capacity: 10_000)
    a.watch(event.id)
    b.perform(
      (0..<UInt64(Node.noticesPerEvent + 1)).map {
        .createBooking(CreateBooking(event.id, $0, 1), .call { _ in })
      })
    a.rest()
    let heard = try #require(a.heard(event.id))
    #expect(heard.notices.map(\.seq) == [1_025] && heard.gaps == 1)
    #expect(heard.summary.seq == 1_025)
    b.perform(
      (0..<UInt64(Node.noticesPerEvent)).map {
        .createBooking(CreateBooking(event.id, $0, 1), .call { _ in })
      })
    a.rest()
    #expect(a.heard(event.id)?.notices.count == 1 + 1_024 && a.heard(event.id)?.gaps == 1)
  }

  @Test("an event that another node deletes is told by its last notice, and then lost")
  func deletion() throws {
    let event = try a.makeEvent(capacity: 9)
    a.watch(event.id)
    let deleted: EventID = try b.ask { .deleteEvent(event.id, ifMatch: nil, $0) }
    #expect(deleted == event.id)
    a.rest()
    let past = try #require(a.watchers.past.first)
    #expect(past.heard.notices.map(\.words) == ["1: Event deleted, 9 free"] && past.heard.isWithdrawn)
    #expect(a.ledger.events[event.id] == nil)
    #expect(database.interest[event.id] == [])
    #expect(throws: DomainError.unknownEvent) { try a.book(event.id) }
  }

  @Test("with other nodes nothing is answered from memory, and nothing refused before the ledger")
  func noMemory() throws {
    let event = try a.makeEvent(capacity: 1)
    #expect(a.events.isShared && a.events.event(event.id) == nil)
    let refusals = EarlyRefusals(events: a.events, clock: clock, metrics: a.metrics)
    #expect(refusals.refusal(of: .createBooking(CreateBooking(event.id, 1, 1), .call { _ in })) == nil)
  }
}
