// The ledger as a whole: batches, their order, their failures, and what the next start finds.

import Glibc
import TestSupport
import Testing

@testable import ControlPlane

@Suite("Ledger")
struct LedgerTests {
  // MARK: Announcing

  @Test("a batch is announced once, per event and in order, and answered after that")
  func batch() throws {
    let fixture = try LedgerFixture()
    let (one, two) = (try fixture.makeEvent(capacity: 10), try fixture.makeEvent(capacity: 20))
    for event in [one, two] { fixture.stage.watch(event.id) }
    let before = fixture.stage.happenings.count
    fixture.ledger.perform([
      .createBooking(.init(one.id, 7, 2), .silent(1)), .createBooking(.init(two.id, 8, 3), .silent(2)),
      .createBooking(.init(one.id, 9, 1), .silent(3)),
    ])
    let at = fixture.clock.now.milliseconds
    let happenings = Array(fixture.stage.happenings.dropFirst(before))
    #expect(happenings.count == 2)
    guard case .announced(let updates) = happenings.first else {
      Issue.record("nothing was announced")
      return
    }
    #expect(updates.map(\.event) == [one.id, two.id])
    #expect(updates[0].notices.map(\.words) == ["1: +2 by 7, 8 free", "2: +1 by 9, 7 free"])
    #expect(updates[0].summary.snapshot == Array("2: 7 of 10 at \(at) (Event on_sale)".utf8))
    #expect(updates[1].notices.map(\.words) == ["1: +3 by 8, 17 free"])
    #expect(happenings.last == .replied([1, 2, 3]))
  }

  @Test("what nobody watches is not announced, but stands in the log")
  func unwatched() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    try fixture.book(event, 4)
    #expect(fixture.stage.announced.isEmpty)
    #expect(try fixture.log(event).map(\.availableSeats) == [6])
  }

  @Test("each audience that watches is told in its own texts, and another costs no text")
  func audiences() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    func told() -> [EventUpdate] {
      guard
        case .announced(let updates) = fixture.stage.happenings.last(where: {
          if case .announced = $0 { true } else { false }
        })
      else { return [] }
      return updates
    }
    fixture.stage.watch(event.id, by: .anonymous)
    try fixture.book(event, 1)
    #expect(told().map(\.audience) == [.anonymous])
    #expect(told().flatMap(\.notices).map(\.words) == ["?1: +1 by 1, 9 free"])
    fixture.stage.watch(event.id)
    try fixture.book(event, 1)
    #expect(told().map(\.audience) == [.authenticated, .anonymous])
    #expect(told().flatMap(\.notices).map(\.words) == ["2: +1 by 1, 8 free", "?2: +1 by 1, 8 free"])
    #expect(told().map(\.summary.seq) == [2, 2])
  }

  @Test("a watcher is granted the state after its batch, and an unknown event is refused")
  func watching() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    fixture.ledger.perform([
      .watch(event.id, Watcher(1)), .createBooking(.init(event.id, 7, 2), .silent(1)),
      .unwatch(event.id, Watcher(2)), .watch(EventID(99), Watcher(3)),
    ])
    let at = fixture.clock.now.milliseconds
    let summary = EventSummary(
      seq: 1, snapshot: Array("1: 8 of 10 at \(at) (Event on_sale)".utf8), before: [], after: [])
    #expect(
      fixture.stage.happenings == [
        .granted(event.id, Watcher(1), summary), .released(event.id, Watcher(2)),
        .granted(EventID(99), Watcher(3), nil), .replied([1]),
      ])
  }

  // MARK: Failing

  @Test("a failed commit undoes its batch, announces nothing, answers 503 to all, and the next batch works")
  func failedCommit() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    fixture.stage.watch(event.id)
    try fixture.book(event, 2)

    fixture.store.failsCommits = true
    let questions = [Question<BookingOutcome>(), Question(), Question()]
    let born = Question<Event>()
    fixture.ledger.perform([
      .createBooking(.init(event.id, 7, 3), questions[0].answering),
      .createBooking(.init(event.id, 7, 9), questions[1].answering),
      .createEvent(EventDraft(name: "Stillborn", seatCapacity: 5), born.answering),
      .createBooking(.init(event.id, 7, 1), questions[2].answering),
    ])
    for question in questions {
      #expect(throws: DomainError.storageUnavailable) { try question.result() }
    }
    #expect(throws: DomainError.storageUnavailable) { try born.result() }
    #expect(fixture.stage.announced.count == 1)
    #expect(fixture.incidents.all == [.commitFailed(ScriptedStore.failure.message)])
    #expect(fixture.metrics.storeFailure != nil)
    #expect(fixture.ledger.events.count == 1)

    fixture.store.failsCommits = false
    let next = try fixture.book(event, 8)
    #expect(next.availableSeats == 0)
    #expect(next.seq == 2)
    #expect(fixture.incidents.all.last == .commitRecovered)
    #expect(fixture.metrics.storeFailure == nil)
    #expect(try fixture.log(event).map(\.seq) == [1, 2])
    #expect(fixture.stage.announced.map(\.seq) == [1, 2])
  }

  @Test("a failure in the middle of a batch fails what stands before and after it, and watchers are served")
  func failedWrite() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    fixture.store.failsNotices = true
    let (first, second) = (Question<BookingOutcome>(), Question<BookingOutcome>())
    fixture.ledger.perform([
      .createBooking(.init(event.id, 7, 3), first.answering),
      .createBooking(.init(event.id, 7, 3), second.answering), .watch(event.id, Watcher(4)),
    ])
    #expect(throws: DomainError.storageUnavailable) { try first.result() }
    #expect(throws: DomainError.storageUnavailable) { try second.result() }
    let summary = PlainTexts().summary(
      of: event.state, details: PlainTexts().members(of: event.details), at: event.updatedAt)
    #expect(fixture.stage.happenings == [.granted(event.id, Watcher(4), summary)])
    #expect(fixture.ledger.events[event.id] == event)
  }

  @Test("a ledger that failed finds out by itself that the disk writes again")
  func probing() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    fixture.store.failsCommits = true
    #expect(throws: DomainError.storageUnavailable) { try fixture.book(event) }
    fixture.store.failsProbes = true
    #expect(fixture.ledger.hasIdleWork)
    fixture.ledger.idle()
    #expect(fixture.metrics.storeFailure != nil)
    (fixture.store.failsCommits, fixture.store.failsProbes) = (false, false)
    fixture.ledger.idle()
    #expect(fixture.metrics.storeFailure == nil)
    #expect(fixture.incidents.all.last == .commitRecovered)
  }

  @Test("after a failed sync nothing is written until a probe has written everything once more")
  func failedSync() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    let kept = try fixture.book(event)
    (fixture.store.failsToSync, fixture.store.failsProbes) = (true, true)
    #expect(throws: DomainError.storageUnavailable) { try fixture.book(event) }
    fixture.store.failsToSync = false
    for _ in 0..<3 {
      #expect(throws: DomainError.storageUnavailable) { try fixture.book(event) }
      #expect(throws: DomainError.storageUnavailable) { try fixture.book(event, 99) }
    }
    fixture.ledger.idle()
    #expect(fixture.metrics.storeFailure != nil)
    let incidents = fixture.incidents.all.count
    fixture.ledger.perform([.watch(event.id, Watcher(1))])
    #expect(fixture.stage.happenings.last == .granted(event.id, Watcher(1), fixture.summary(of: event.id)))
    #expect(fixture.incidents.all.count == incidents)
    fixture.store.failsProbes = false
    #expect(try fixture.book(event).seq == 2)
    #expect(fixture.metrics.storeFailure == nil)
    #expect(fixture.incidents.all.last == .commitRecovered)
    #expect(try fixture.reader().booking(kept.booking.publicID) != nil)
    #expect(fixture.store.connection.pagesToCheckpoint < 100)
  }

  @Test("a ledger without commands notices that its files are gone, and that they are back")
  func filesGone() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    fixture.ledger.idle()
    #expect(fixture.metrics.storeFailure == nil)
    let (path, other) = (fixture.database.folder.database, fixture.folder.path + "/elsewhere")
    #expect(unsafe rename(path, other) == 0)
    fixture.ledger.idle()
    #expect(
      fixture.metrics.storeFailure
        == "the database's files were removed or replaced; put them back or restart the server")
    #expect(fixture.incidents.all == [.storageFailed("\(path) was removed while the server runs")])
    #expect(throws: DomainError.storageUnavailable) { try fixture.book(event) }
    #expect(unsafe rename(other, path) == 0)
    #expect(try fixture.book(event).seq == 1)
    #expect(fixture.metrics.storeFailure == nil)
  }

  @Test("a batch that wrote nothing is no commit")
  func readOnlyBatch() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    try fixture.book(event, key: "k")
    while fixture.ledger.hasIdleWork { fixture.ledger.idle() }
    fixture.store.failsCommits = true
    #expect(try fixture.book(event, key: "k").replayed)
    #expect(throws: DomainError.unknownBooking) {
      try fixture.cancel(#require(PublicBookingID("BK-00000000")))
    }
    #expect(!fixture.store.connection.isInTransaction)
    #expect(fixture.incidents.all.isEmpty)
  }

  @Test("what is told again from a removed database is not told at all")
  func replayFromARemovedFile() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    let booking = try fixture.book(event, key: "k").booking.publicID
    #expect(unsafe unlink(fixture.database.folder.database) == 0)
    #expect(throws: DomainError.storageUnavailable) { try fixture.book(event, key: "k") }
    #expect(throws: DomainError.storageUnavailable) { try fixture.cancel(booking) }
  }

  @Test("a refusal among failures does not look like a recovery")
  func refusalsRecoverNothing() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    fixture.store.failsNotices = true
    #expect(throws: DomainError.storageUnavailable) { try fixture.book(event) }
    #expect(throws: DomainError.quantityLimit(limit: 10, requested: 99)) { try fixture.book(event, 99) }
    #expect(fixture.metrics.storeFailure != nil)
  }

  @Test("a full database answers 503, keeps what it has, and goes on when there is room again")
  func fullDisk() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 100_000)
    let pages = try Statement(fixture.store.connection, "PRAGMA page_count").first { $0.int(0) } ?? 0
    try fixture.store.connection.execute("PRAGMA max_page_count = \(pages + 3)")
    var booked = 0
    let failure = #expect(throws: DomainError.self) {
      for _ in 0..<10_000 {
        try fixture.book(event, key: "a key that takes room \(booked)")
        booked += 1
      }
    }
    #expect(failure == .storageUnavailable)
    #expect(fixture.ledger.events[event.id]?.sold == booked)
    #expect(try fixture.reader().event(event.id)?.sold == booked)

    try fixture.store.connection.execute("PRAGMA max_page_count = 1000000")
    #expect(try fixture.book(event).seq == UInt64(booked) + 1)
    #expect(fixture.metrics.storeFailure == nil)
  }

  // MARK: Starting again

  @Test("the next start has the same truth and continues the seq")
  func restart() throws {
    let folder = try TemporaryFolder()
    var event: Event
    var booking: BookingOutcome
    do {
      let fixture = try LedgerFixture(folder)
      event = try fixture.makeEvent(capacity: 10) { $0.maxPerUser = 6 }
      booking = try fixture.book(event, 4, key: "k")
      try fixture.book(event, user: 2, 3)
      try fixture.patch(event, EventPatch(seatCapacity: 12))
      event = try #require(fixture.ledger.events[event.id])
    }
    let fixture = try LedgerFixture(folder)
    #expect(fixture.ledger.events == [event.id: event])
    #expect(throws: DomainError.perUserLimit(limit: 6, booked: 4, requested: 3)) {
      try fixture.book(event, 3)
    }
    booking.replayed = true
    #expect(try fixture.book(event, 4, key: "k") == booking)
    #expect(try fixture.cancel(booking.booking.publicID).seq == 4)
    #expect(try fixture.log(event).map(\.seq) == [1, 2, 3, 4])
  }

  @Test("a copy of the files, taken between any two commits, opens with everything that was answered")
  func killed() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 1000)
    for round in 1...5 {
      for _ in 0..<20 { try fixture.book(event, 2) }
      if round == 3 { fixture.ledger.idle() }
      let copy = try TemporaryFolder()
      for suffix in ["", "-wal"] {
        let bytes = try #require(contents(of: fixture.folder.path + "/seatcast.db" + suffix))
        try DataFolder(copy.path).write("seatcast.db" + suffix, bytes)
      }
      let reborn = try LedgerFixture(copy)
      #expect(reborn.ledger.events == fixture.ledger.events)
      #expect(try reborn.log(event) == fixture.log(event))
      #expect(try reborn.book(event).seq == UInt64(round * 20) + 1)
      #expect(reborn.database.epoch == fixture.database.epoch)
    }
  }

  @Test("a quiet moment empties the WAL and forgets old keys")
  func idle() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    try fixture.book(event, key: "old")
    fixture.serve(for: Ledger.keyLifetime)
    try fixture.book(event)
    while fixture.ledger.hasIdleWork { fixture.ledger.idle() }
    #expect(fixture.store.connection.pagesToCheckpoint == 0)
    let keys = try Statement(fixture.store.connection, "SELECT count(*) FROM idempotency_key")
    #expect(try keys.first { $0.int(0) } == 0)
    #expect(fixture.metrics.snapshot.checkpoints > 0)
  }

  @Test("the counters tell what happened")
  func counters() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 5)
    fixture.stage.watch(event.id)
    let booking = try fixture.book(event, 3, key: "k")
    try fixture.book(event, 3, key: "k")
    #expect(throws: DomainError.self) { try fixture.book(event, 3) }
    try fixture.cancel(booking.booking.publicID)
    let counters = fixture.metrics.snapshot
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
