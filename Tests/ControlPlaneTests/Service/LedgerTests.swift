// The ledger as a whole: batches, their order, their failures, and what the next start finds.

import TestSupport
import Testing

@testable import ControlPlane

@Suite("Ledger")
struct LedgerTests {
  // MARK: Announcing

  @Test("a batch is announced once, per event and in order, and answered after that")
  func batch() throws {
    let house = try LedgerHouse()
    let (one, two) = (try house.makeEvent(capacity: 10), try house.makeEvent(capacity: 20))
    for event in [one, two] { house.stage.watch(event.id) }
    let before = house.stage.happenings.count
    house.ledger.perform([
      .createBooking(.init(one.id, 7, 2), .silent(1)), .createBooking(.init(two.id, 8, 3), .silent(2)),
      .createBooking(.init(one.id, 9, 1), .silent(3)),
    ])
    let at = house.clock.now.milliseconds
    let happenings = Array(house.stage.happenings.dropFirst(before))
    #expect(happenings.count == 2)
    guard case .announced(let news) = happenings.first else {
      Issue.record("nothing was announced")
      return
    }
    #expect(news.map(\.event) == [one.id, two.id])
    #expect(news[0].notices.map(\.words) == ["1: +2 by 7, 8 free", "2: +1 by 9, 7 free"])
    #expect(news[0].headline.snapshot == Array("2: 7 of 10 at \(at)".utf8))
    #expect(news[1].notices.map(\.words) == ["1: +3 by 8, 17 free"])
    #expect(happenings.last == .replied([1, 2, 3]))
  }

  @Test("what nobody watches is not announced, but stands in the log")
  func unwatched() throws {
    let house = try LedgerHouse()
    let event = try house.makeEvent(capacity: 10)
    try house.book(event, 4)
    #expect(house.stage.announced.isEmpty)
    #expect(try house.log(event).map(\.availableSeats) == [6])
  }

  @Test("a watcher is granted the state after its batch, and an unknown event is refused")
  func watching() throws {
    let house = try LedgerHouse()
    let event = try house.makeEvent(capacity: 10)
    house.ledger.perform([
      .watch(event.id, Watcher(1)), .createBooking(.init(event.id, 7, 2), .silent(1)),
      .unwatch(event.id, Watcher(2)), .watch(EventID(99), Watcher(3)),
    ])
    let at = house.clock.now.milliseconds
    let headline = EventHeadline(seq: 1, snapshot: Array("1: 8 of 10 at \(at)".utf8), before: [], after: [])
    #expect(
      house.stage.happenings == [
        .granted(event.id, Watcher(1), headline), .released(event.id, Watcher(2)),
        .granted(EventID(99), Watcher(3), nil), .replied([1]),
      ])
  }

  @Test("commits never go back in time, even when the clock does")
  func monotonicTime() throws {
    let house = try LedgerHouse()
    let event = try house.makeEvent(capacity: 10)
    let first = try house.book(event)
    house.clock.set(milliseconds: 5)
    let second = try house.book(event)
    #expect(second.booking.createdAt >= first.booking.createdAt)
  }

  // MARK: Failing

  @Test("a failed commit undoes its batch, announces nothing, answers 503 to all, and the next batch works")
  func failedCommit() throws {
    let house = try LedgerHouse()
    let event = try house.makeEvent(capacity: 10)
    house.stage.watch(event.id)
    try house.book(event, 2)

    house.store.failsCommits = true
    let questions = [Question<BookingOutcome>(), Question(), Question()]
    let born = Question<Event>()
    house.ledger.perform([
      .createBooking(.init(event.id, 7, 3), questions[0].answering),
      .createBooking(.init(event.id, 7, 9), questions[1].answering),
      .createEvent(EventDraft(name: "Stillborn", seatCapacity: 5), born.answering),
      .createBooking(.init(event.id, 7, 1), questions[2].answering),
    ])
    for question in questions {
      #expect(throws: DomainError.storageUnavailable) { try question.result() }
    }
    #expect(throws: DomainError.storageUnavailable) { try born.result() }
    #expect(house.stage.announced.count == 1)
    #expect(house.incidents.all == [.commitFailed(ScriptedStore.failure.message)])
    #expect(house.tally.storeIsFailing)
    #expect(house.ledger.events.count == 1)

    house.store.failsCommits = false
    let next = try house.book(event, 8)
    #expect(next.availableSeats == 0)
    #expect(next.seq == 2)
    #expect(house.incidents.all.last == .commitRecovered)
    #expect(!house.tally.storeIsFailing)
    #expect(try house.log(event).map(\.seq) == [1, 2])
    #expect(house.stage.announced.map(\.seq) == [1, 2])
  }

  @Test("a failure in the middle of a batch fails what stands before and after it, and watchers are served")
  func failedWrite() throws {
    let house = try LedgerHouse()
    let event = try house.makeEvent(capacity: 10)
    house.store.failsNotices = true
    let (first, second) = (Question<BookingOutcome>(), Question<BookingOutcome>())
    house.ledger.perform([
      .createBooking(.init(event.id, 7, 3), first.answering),
      .createBooking(.init(event.id, 7, 3), second.answering), .watch(event.id, Watcher(4)),
    ])
    #expect(throws: DomainError.storageUnavailable) { try first.result() }
    #expect(throws: DomainError.storageUnavailable) { try second.result() }
    let headline = PlainTexts().headline(of: event.state, at: event.updatedAt)
    #expect(house.stage.happenings == [.granted(event.id, Watcher(4), headline)])
    #expect(house.ledger.events[event.id] == event)
  }

  @Test("a ledger that failed finds out by itself that the disk writes again")
  func probing() throws {
    let house = try LedgerHouse()
    let event = try house.makeEvent(capacity: 10)
    house.store.failsCommits = true
    #expect(throws: DomainError.storageUnavailable) { try house.book(event) }
    house.store.failsProbes = true
    #expect(house.ledger.wantsRest)
    house.ledger.rest()
    #expect(house.tally.storeIsFailing)
    (house.store.failsCommits, house.store.failsProbes) = (false, false)
    house.ledger.rest()
    #expect(!house.tally.storeIsFailing)
    #expect(house.incidents.all.last == .commitRecovered)
  }

  @Test("a refusal among failures does not look like a recovery")
  func refusalsRecoverNothing() throws {
    let house = try LedgerHouse()
    let event = try house.makeEvent(capacity: 10)
    house.store.failsNotices = true
    #expect(throws: DomainError.storageUnavailable) { try house.book(event) }
    #expect(throws: DomainError.quantityLimit(limit: 10, requested: 99)) { try house.book(event, 99) }
    #expect(house.tally.storeIsFailing)
  }

  @Test("a full database answers 503, keeps what it has, and goes on when there is room again")
  func fullDisk() throws {
    let house = try LedgerHouse()
    let event = try house.makeEvent(capacity: 100_000)
    let pages = try Statement(house.store.connection, "PRAGMA page_count").first { $0.int(0) } ?? 0
    try house.store.connection.execute("PRAGMA max_page_count = \(pages + 3)")
    var booked = 0
    let failure = #expect(throws: DomainError.self) {
      for _ in 0..<10_000 {
        try house.book(event, key: "a key that takes room \(booked)")
        booked += 1
      }
    }
    #expect(failure == .storageUnavailable)
    #expect(house.ledger.events[event.id]?.sold == booked)
    #expect(try house.reader().event(event.id)?.sold == booked)

    try house.store.connection.execute("PRAGMA max_page_count = 1000000")
    #expect(try house.book(event).seq == UInt64(booked) + 1)
    #expect(!house.tally.storeIsFailing)
  }

  // MARK: Starting again

  @Test("the next start has the same truth and continues the seq")
  func restart() throws {
    let folder = try TemporaryFolder()
    var event: Event
    var booking: BookingOutcome
    do {
      let house = try LedgerHouse(folder)
      event = try house.makeEvent(capacity: 10) { $0.maxPerUser = 6 }
      booking = try house.book(event, 4, key: "k")
      try house.book(event, user: 2, 3)
      try house.patch(event, EventPatch(seatCapacity: 12))
      event = try #require(house.ledger.events[event.id])
    }
    let house = try LedgerHouse(folder)
    #expect(house.ledger.events == [event.id: event])
    #expect(throws: DomainError.perUserLimit(limit: 6, booked: 4, requested: 3)) {
      try house.book(event, 3)
    }
    booking.replayed = true
    #expect(try house.book(event, 4, key: "k") == booking)
    #expect(try house.cancel(booking.booking.publicID).seq == 4)
    #expect(try house.log(event).map(\.seq) == [1, 2, 3, 4])
  }

  @Test("a copy of the files, taken between any two commits, opens with everything that was answered")
  func killed() throws {
    let house = try LedgerHouse()
    let event = try house.makeEvent(capacity: 1000)
    for round in 1...5 {
      for _ in 0..<20 { try house.book(event, 2) }
      if round == 3 { house.ledger.rest() }
      let copy = try TemporaryFolder()
      for suffix in ["", "-wal"] {
        let bytes = try #require(contents(of: house.folder.path + "/seatcast.db" + suffix))
        try DataFolder(copy.path).write("seatcast.db" + suffix, bytes)
      }
      let reborn = try LedgerHouse(copy)
      #expect(reborn.ledger.events == house.ledger.events)
      #expect(try reborn.log(event) == house.log(event))
      #expect(try reborn.book(event).seq == UInt64(round * 20) + 1)
      #expect(reborn.database.epoch == house.database.epoch)
    }
  }

  @Test("a quiet moment empties the WAL and forgets old keys")
  func rest() throws {
    let house = try LedgerHouse()
    let event = try house.makeEvent(capacity: 10)
    try house.book(event, key: "old")
    house.clock.set(milliseconds: house.clock.now.milliseconds + Ledger.keyLifetime)
    while house.ledger.wantsRest { house.ledger.rest() }
    #expect(house.store.connection.pagesToCheckpoint == 0)
    let keys = try Statement(house.store.connection, "SELECT count(*) FROM idempotency_key")
    #expect(try keys.first { $0.int(0) } == 0)
    #expect(house.tally.snapshot.checkpoints > 0)
  }

  @Test("the counters tell what happened")
  func counters() throws {
    let house = try LedgerHouse()
    let event = try house.makeEvent(capacity: 5)
    house.stage.watch(event.id)
    let booking = try house.book(event, 3, key: "k")
    try house.book(event, 3, key: "k")
    #expect(throws: DomainError.self) { try house.book(event, 3) }
    try house.cancel(booking.booking.publicID)
    let counters = house.tally.snapshot
    #expect(counters.commands == 5)
    #expect(counters.bookings == 1)
    #expect(counters.cancellations == 1)
    #expect(counters.replays == 1)
    #expect(counters.refusals == 1)
    #expect(counters.notices == 2)
    #expect(counters.announced == 2)
    #expect(counters.commits == 3)
    #expect(counters.largestBatch == 1)
  }
}

extension Answering {
  /// A request with this ticket, answered 200 whatever comes.
  static func silent(_ ticket: UInt64) -> Self {
    .reply(ReplyTicket(high: 0, low: ticket)) { _ in Reply(status: 200) }
  }
}
