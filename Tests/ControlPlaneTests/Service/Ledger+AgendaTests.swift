import TestSupport
import Testing

@testable import ControlPlane

@Suite("Ledger: by the clock")
struct LedgerAgendaTests {
  private let fixture: LedgerFixture

  init() throws { fixture = try LedgerFixture() }

  private func later(_ milliseconds: Int64) -> Instant {
    Instant(milliseconds: fixture.clock.now.milliseconds + milliseconds)
  }

  private func shown(_ event: Event) throws -> PublicStatus {
    let event = try #require(fixture.ledger.events[event.id])
    #expect(try fixture.reader().event(event.id) == event)
    #expect(fixture.events.event(event.id) == event)
    return event.shown
  }

  @Test("sales begin and end by themselves, and open pages are told, once each")
  func window() throws {
    let (opensAt, closesAt) = (later(1_000), later(2_000))
    let event = try fixture.makeEvent(capacity: 5) { ($0.opensAt, $0.closesAt) = (opensAt, closesAt) }
    fixture.stage.watch(event.id)
    #expect(event.shown == .scheduled)
    #expect(throws: DomainError.notOpenYet(opensAt: opensAt)) { try fixture.book(event) }
    fixture.clock.advance(by: 999)
    #expect(fixture.ledger.pause(atMost: 1_000) == 1)
    fixture.ledger.idle()
    #expect(try shown(event) == .scheduled)
    fixture.clock.advance(by: 1)
    fixture.ledger.idle()
    fixture.ledger.idle()
    #expect(try shown(event) == .onSale)
    fixture.clock.advance(by: 1_000)
    // A booking finds it closed before the timer does; the notice comes before its refusal.
    #expect(throws: DomainError.closed(closesAt: closesAt)) { try fixture.book(event) }
    #expect(try shown(event) == .closed)
    #expect(
      fixture.stage.announced.map(\.words)
        == ["1: Event on_sale, 5 free", "2: Event closed, 5 free"])
  }

  @Test("whoever begins to watch after the clock has opened sales is told that they are open")
  func summaryAfterOpening() throws {
    let opensAt = later(1_000)
    let event = try fixture.makeEvent(capacity: 5) { $0.opensAt = opensAt }
    fixture.ledger.perform([.watch(event.id, Watcher(1))])
    fixture.stage.watch(event.id)
    fixture.clock.advance(by: 1_000)
    fixture.ledger.idle()
    fixture.ledger.perform([.watch(event.id, Watcher(2))])
    let summary = try #require(fixture.summary(of: event.id))
    #expect(String(decoding: summary.snapshot, as: UTF8.self).hasSuffix("(Event on_sale)"))
    #expect(fixture.stage.happenings.last == .granted(event.id, Watcher(2), summary))
  }

  @Test("a clock set back closes again what it opened too early")
  func steps() throws {
    let opensAt = later(3_600_000)
    let event = try fixture.makeEvent(capacity: 5) { $0.opensAt = opensAt }
    fixture.clock.step(by: 7_200_000)
    fixture.ledger.idle()
    fixture.ledger.idle()
    #expect(try shown(event) == .onSale)
    fixture.clock.step(by: -7_200_000)
    fixture.ledger.idle()
    fixture.ledger.idle()
    #expect(try shown(event) == .scheduled)
    fixture.clock.advance(by: 3_600_000)
    fixture.ledger.idle()
    fixture.ledger.idle()
    #expect(try shown(event) == .onSale)
  }

  @Test("what the clock did while the server was down is told at the start")
  func restart() throws {
    let opensAt = later(60_000)
    let event = try fixture.makeEvent(capacity: 5) { $0.opensAt = opensAt }
    fixture.ledger.finish()
    fixture.database.folder.release()
    fixture.clock.advance(by: 60_000)
    let next = try LedgerFixture(fixture.folder, clock: fixture.clock)
    #expect(next.ledger.events[event.id]?.shown == .scheduled)
    next.ledger.idle()
    #expect(next.ledger.events[event.id]?.shown == .onSale)
    #expect(
      try next.log(event).map(\.change) == [.eventUpdated(try #require(next.ledger.events[event.id]).details)]
    )
  }

  @Test(
    "cancelling an event cancels its bookings and holds, in bounded steps that start again after a failure")
  func cancelled() throws {
    let event = try fixture.makeEvent(capacity: 1_000)
    for user in 1...200 as ClosedRange<UInt64> {
      if user % 2 == 0 { try fixture.book(event, user: user) } else { try fixture.hold(event, user: user) }
    }
    let first = try fixture.reader().bookings(of: nil, event: event.id, before: nil, limit: 1)[0]
    try fixture.cancel(first.booking.publicID, by: 9, .admin)
    fixture.stage.watch(event.id)
    try fixture.patch(event, EventPatch(status: .cancelled))
    #expect(fixture.ledger.events[event.id].map { $0.sold + $0.held } == 199)
    var steps = 0
    while fixture.ledger.isDue || fixture.ledger.storeFailure != nil, steps < 50 {
      fixture.store.failsCommits = steps == 2
      let before = try #require(fixture.ledger.events[event.id])
      fixture.ledger.idle()
      let after = try #require(fixture.ledger.events[event.id])
      #expect(after.seq - before.seq <= UInt64(Ledger.endsPerBatch))
      steps += 1
    }
    #expect(try shown(event) == .cancelled)
    #expect(fixture.ledger.events[event.id]?.availableSeats == 1_000)
    let log = try fixture.log(event)
    let seqs: [UInt64] = Array(1...401)
    #expect(log.map(\.seq) == seqs)
    #expect(fixture.stage.announced.count == 200)
    for outcome in try fixture.reader().bookings(of: nil, event: event.id, before: nil, limit: 300) {
      #expect(outcome.booking.status == .cancelled)
    }
    #expect(fixture.incidents.all.allSatisfy { if case .internalFailure = $0 { false } else { true } })
  }

  @Test("the cancelling goes on after a restart")
  func cancelledAcrossRestart() throws {
    let event = try fixture.makeEvent(capacity: 500)
    for user in 1...150 as ClosedRange<UInt64> { try fixture.book(event, user: user) }
    try fixture.patch(event, EventPatch(status: .cancelled))
    fixture.ledger.idle()
    fixture.database.folder.release()
    let next = try LedgerFixture(fixture.folder, clock: fixture.clock)
    var steps = 0
    while next.ledger.isDue, steps < 20 {
      next.ledger.idle()
      steps += 1
    }
    #expect(next.ledger.events[event.id]?.sold == 0)
    #expect(try next.log(event).count == 301)
  }

  @Test("ten thousand holds that end at one moment end in bounded steps, and nobody waits for all of them")
  func crowd() throws {
    let event = try fixture.makeEvent(capacity: 10_000)
    let other = try fixture.makeEvent(capacity: 10)
    let questions = (0..<10_000).map { _ in Question<BookingOutcome>() }
    for start in stride(from: 0, to: 10_000, by: 500) {
      fixture.ledger.perform(
        (start..<start + 500).map { number in
          var command = CreateBooking(event.id, UInt64(number + 1), 1)
          command.hold = true
          return .createBooking(command, questions[number].answering)
        })
    }
    fixture.clock.advance(by: 600_000)
    try fixture.book(other)
    #expect(fixture.ledger.events[event.id]?.held == 10_000 - Ledger.endsPerBatch)
    var steps = 0
    while fixture.ledger.isDue, steps < 1_000 {
      fixture.ledger.idle()
      steps += 1
    }
    #expect(fixture.ledger.events[event.id]?.availableSeats == 10_000)
    #expect(steps == (10_000 - 1) / Ledger.endsPerBatch)
  }

  @Test("a booking that no free seat would make possible ends no holds before their turn")
  func impossible() throws {
    let event = try fixture.makeEvent(capacity: 200)
    for user in 1...200 as ClosedRange<UInt64> { try fixture.hold(event, user: user) }
    fixture.clock.advance(by: 600_000)
    #expect(throws: DomainError.quantityLimit(limit: 10, requested: 1_000_000)) {
      try fixture.book(event, 1_000_000)
    }
    #expect(fixture.ledger.events[event.id]?.held == 200 - Ledger.endsPerBatch)
  }

  enum Fault: CaseIterable { case begin, notice, commit }

  private func fail(_ fault: Fault, _ fails: Bool) {
    switch fault {
    case .begin: fixture.store.failsToBegin = fails
    case .notice: fixture.store.failsNotices = fails
    case .commit: fixture.store.failsCommits = fails
    }
  }

  @Test(
    "a hold whose end could not be written ends when the disk works again", arguments: Fault.allCases)
  func holdOnFailingDisk(fault: Fault) throws {
    let event = try fixture.makeEvent(capacity: 5)
    let held = try fixture.hold(event, user: 1)
    fixture.clock.advance(by: 600_000)
    fail(fault, true)
    fixture.ledger.idle()
    #expect(fixture.ledger.storeFailure != nil && fixture.ledger.events[event.id]?.held == 1)
    fail(fault, false)
    for _ in 0..<2 { fixture.ledger.idle() }
    #expect(try fixture.reader().booking(held.booking.publicID)?.booking.status == .expired)
    #expect(fixture.ledger.events[event.id]?.held == 0)
  }

  @Test("a waiting list whose end could not be written ends when the disk works again")
  func dismissalOnFailingDisk() throws {
    let event = try fixture.makeEvent(capacity: 1)
    try fixture.join(event, user: 1, 2)
    try fixture.patch(event, EventPatch(status: .cancelled))
    fixture.store.failsCommits = true
    fixture.ledger.idle()
    #expect(fixture.ledger.storeFailure != nil && !fixture.ledger.waiting.isEmpty(event.id))
    fixture.store.failsCommits = false
    for _ in 0..<2 { fixture.ledger.idle() }
    #expect(fixture.ledger.waiting.isEmpty(event.id))
  }

  @Test("holds that are read anew in a batch that fails are those from before it")
  func crowdedOnFailingDisk() throws {
    let event = try fixture.makeEvent(capacity: 5_000) { $0.maxPerUser = 0 }
    let first = try fixture.hold(event, user: 1).booking.publicID
    fixture.clock.advance(by: 1_000)
    var batch: [LedgerCommand] = (1..<1_024).map { number in
      var command = CreateBooking(event.id, UInt64(number), 1)
      command.hold = true
      return .createBooking(command, .call { _ in })
    }
    fixture.ledger.perform(batch)
    fixture.store.failsCommits = true
    let actor = BookingActor(user: .local(1), role: .user)
    let confirmation = ChangeHold(booking: first, by: actor, kind: .confirm)
    batch = [.changeHold(confirmation, .call { _ in }), batch[0]]
    fixture.ledger.perform(batch)
    fixture.store.failsCommits = false
    fixture.ledger.idle()
    #expect(fixture.ledger.events[event.id]?.held == 1_024)
    fixture.clock.advance(by: 599_000)
    fixture.ledger.idle()
    #expect(try fixture.reader().booking(first)?.booking.status == .expired)
  }

  @Test("a draft is granted to no watcher until it is published, and is none again")
  func drafts() throws {
    let event = try fixture.makeEvent(capacity: 5) { $0.status = .draft }
    fixture.ledger.perform([.watch(event.id, Watcher(1))])
    #expect(fixture.stage.happenings.last == .granted(event.id, Watcher(1), nil))
    #expect(throws: DomainError.unknownEvent) { try fixture.book(event) }
    let published = try fixture.patch(event, EventPatch(status: .onSale))
    #expect(published.shown == .onSale)
    #expect(throws: DomainError.alreadyPublished) { try fixture.patch(event, EventPatch(status: .draft)) }
    try fixture.book(event)
  }

  @Test("a patch may send the shown status back, and change the capacity by a difference")
  func patches() throws {
    let opensAt = later(1_000)
    let event = try fixture.makeEvent(capacity: 5) { $0.opensAt = opensAt }
    let same = try fixture.patch(event, EventPatch(status: .scheduled))
    #expect(same.seq == 0 && same.status == .onSale)
    let more = try fixture.patch(event, EventPatch(seatCapacityDelta: 3))
    #expect(more.seatCapacity == 8 && more.seq == 1)
    #expect(throws: DomainError.capacityOutOfRange(asked: 0)) {
      try fixture.patch(event, EventPatch(seatCapacityDelta: -8))
    }
    let opened = try fixture.patch(event, EventPatch(opensAt: .some(nil)))
    #expect(opened.shown == .onSale && opened.seq == 2)
    try fixture.book(event, 8)
    #expect(throws: DomainError.capacityBelowSold(sold: 8, held: 0)) {
      try fixture.patch(event, EventPatch(seatCapacityDelta: -1))
    }
  }
}
