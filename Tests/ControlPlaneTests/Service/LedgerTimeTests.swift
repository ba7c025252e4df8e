// What a wrong wall clock may do, and what it may not: a wrong moment decides what is asked in that moment, and nothing
// afterwards. docs/decisions/0012-three-kinds-of-time.md.

import TestSupport
import Testing

@testable import ControlPlane

@Suite("Ledger and the clocks")
struct LedgerTimeTests {
  private static let minute: Int64 = 60_000
  private static let hour = 60 * minute
  private static let day = 24 * hour

  private func event(
    _ fixture: LedgerFixture, opensIn opening: Int64? = nil, closesIn closing: Int64? = nil
  ) throws -> Event {
    func moment(_ distance: Int64?) -> Instant? {
      distance.map { Instant(milliseconds: fixture.clock.now.milliseconds + $0) }
    }
    return try fixture.makeEvent(capacity: 10) { draft in
      (draft.opensAt, draft.closesAt) = (moment(opening), moment(closing))
    }
  }

  /// Something is committed while the clock is wrong by so much.
  private func err(_ fixture: LedgerFixture, by step: Int64) throws {
    let other = try fixture.makeEvent(capacity: 10)
    fixture.clock.step(by: step)
    try fixture.book(other)
    fixture.ledger.perform([.watch(other.id, Watcher(1))])
    fixture.clock.advance(by: 1_000)
    fixture.clock.step(by: -step)
  }

  @Test("an hour ahead for a second does not open an event early", arguments: [false, true])
  func notYet(restarts: Bool) throws {
    let folder = try TemporaryFolder()
    var fixture = try LedgerFixture(folder)
    let clock = fixture.clock
    let event = try event(fixture, opensIn: 30 * Self.minute)
    let opensAt = try #require(event.opensAt)
    try err(fixture, by: Self.hour)
    if restarts {
      fixture.database.folder.release()
      fixture = try LedgerFixture(folder, clock: clock)
    }
    #expect(throws: DomainError.notOpenYet(opensAt: opensAt)) { try fixture.book(event) }
    clock.advance(by: 30 * Self.minute)
    #expect(try fixture.book(event).availableSeats == 9)
  }

  @Test("days ahead for a second do not close an event for good", arguments: [false, true])
  func closed(restarts: Bool) throws {
    let folder = try TemporaryFolder()
    var fixture = try LedgerFixture(folder)
    let clock = fixture.clock
    let event = try event(fixture, closesIn: Self.hour)
    let closesAt = try #require(event.closesAt)
    clock.step(by: 3 * Self.day)
    #expect(throws: DomainError.closed(closesAt: closesAt)) { try fixture.book(event) }
    clock.step(by: -3 * Self.day)
    if restarts {
      fixture.database.folder.release()
      fixture = try LedgerFixture(folder, clock: clock)
    }
    #expect(try fixture.book(event).availableSeats == 9)
    clock.advance(by: Self.hour)
    #expect(throws: DomainError.closed(closesAt: closesAt)) { try fixture.book(event) }
  }

  @Test("a clock behind for a second does not keep an event closed afterwards")
  func behind() throws {
    let fixture = try LedgerFixture()
    let event = try event(fixture, opensIn: -Self.minute)
    fixture.clock.step(by: -Self.hour)
    #expect(throws: DomainError.notOpenYet(opensAt: try #require(event.opensAt))) { try fixture.book(event) }
    fixture.clock.step(by: Self.hour)
    #expect(try fixture.book(event).availableSeats == 9)
  }

  @Test(
    "cancelled is cancelled, stopped is stopped, whatever the clock says", arguments: [-3, 0, 3] as [Int64])
  func statuses(days: Int64) throws {
    let fixture = try LedgerFixture()
    let (cancelled, stopped) = (try event(fixture), try event(fixture))
    try fixture.patch(cancelled, EventPatch(status: .cancelled))
    try fixture.patch(stopped, EventPatch(status: .closed))
    fixture.clock.step(by: days * Self.day)
    #expect(throws: DomainError.eventCancelled) { try fixture.book(cancelled) }
    #expect(throws: DomainError.closed(closesAt: nil)) { try fixture.book(stopped) }
  }

  @Test("stamps are right again as soon as the clock is, and order is that of seq", arguments: [false, true])
  func stamps(restarts: Bool) throws {
    let folder = try TemporaryFolder()
    var fixture = try LedgerFixture(folder)
    let clock = fixture.clock
    let event = try event(fixture)
    clock.step(by: Self.hour)
    try fixture.book(event)
    clock.step(by: -Self.hour)
    if restarts {
      fixture.database.folder.release()
      fixture = try LedgerFixture(folder, clock: clock)
    }
    let second = try fixture.book(event)
    #expect(second.booking.createdAt == clock.now)
    #expect(try fixture.log(event).map(\.seq) == [1, 2])
  }

  @Test("under small steps back the stamps of an event do not go back", arguments: [false, true])
  func smallSteps(restarts: Bool) throws {
    let folder = try TemporaryFolder()
    var fixture = try LedgerFixture(folder)
    let clock = fixture.clock
    let event = try event(fixture)
    let first = try fixture.book(event)
    clock.step(by: -1_900)
    if restarts {
      fixture.database.folder.release()
      fixture = try LedgerFixture(folder, clock: clock)
    }
    #expect(try fixture.book(event).booking.createdAt == first.booking.createdAt)
    #expect(fixture.incidents.all.isEmpty)
  }

  @Test("each large step is one incident and counted", arguments: [-60, -1, 1, 60] as [Int64])
  func reports(minutes: Int64) throws {
    let fixture = try LedgerFixture()
    let event = try event(fixture)
    fixture.clock.step(by: minutes * Self.minute)
    for _ in 0..<5 { try fixture.book(event) }
    #expect(fixture.incidents.all == [.clockStepped(milliseconds: minutes * Self.minute)])
    #expect(fixture.metrics.snapshot.clockSteps == 1)
  }

  // MARK: Idempotency keys

  @Test(
    "one booking for one key, however the wall clock jumps between its uses, also over a restart",
    arguments: [-30, -3, 3, 30, 3_000] as [Int64], [false, true])
  func keysOverJumps(days: Int64, restarts: Bool) throws {
    let folder = try TemporaryFolder()
    var fixture = try LedgerFixture(folder)
    let clock = fixture.clock
    let event = try event(fixture)
    var first = try fixture.book(event, key: "k")
    clock.step(by: days * Self.day)
    // Something else, so that keys are forgotten if they are held to be old.
    try fixture.book(event, user: 2, key: "other")
    while fixture.ledger.hasIdleWork { fixture.ledger.idle() }
    clock.advance(by: 2_000)
    if restarts {
      fixture.ledger.finish()
      fixture.database.folder.release()
      fixture = try LedgerFixture(folder, clock: clock)
      while fixture.ledger.hasIdleWork { fixture.ledger.idle() }
    }
    first.replayed = true
    #expect(try fixture.book(event, key: "k") == first)
    clock.step(by: -days * Self.day)
    #expect(try fixture.book(event, key: "k") == first)
    #expect(fixture.ledger.events[event.id]?.sold == 2)
  }

  @Test("a process that was frozen for days, or whose clocks are both days ahead, still knows its keys")
  func frozen() throws {
    let fixture = try LedgerFixture()
    let event = try event(fixture)
    var first = try fixture.book(event, key: "k")
    for _ in 0..<10 {
      fixture.clock.advance(by: 3 * Self.day)
      while fixture.ledger.hasIdleWork { fixture.ledger.idle() }
      first.replayed = true
      #expect(try fixture.book(event, key: "k") == first)
    }
  }

  @Test("a key ages while the server runs, over restarts and reboots, and not by the time between runs")
  func keyAge() throws {
    let folder = try TemporaryFolder()
    var (fixture, event, first): (LedgerFixture?, Event?, BookingOutcome?)
    func start(uptime: Int64) throws -> LedgerFixture {
      fixture?.ledger.finish()
      fixture?.database.folder.release()
      return try LedgerFixture(folder, clock: ScriptedClock(milliseconds: 1_700_000_000_000, uptime: uptime))
    }
    for run in 0..<4 {
      let now = try start(uptime: Int64(run % 2) * 1_000_000_000 + 7)
      fixture = now
      if let event, let first {
        #expect(try now.book(event, key: "k").booking.publicID == first.booking.publicID)
      } else {
        event = try now.makeEvent(capacity: 10)
        first = try now.book(try #require(event), key: "k")
      }
      now.serve(for: 6 * Self.hour - 1)
    }
    let last = try #require(fixture)
    #expect(try last.book(try #require(event), key: "k").replayed)
    last.serve(for: 4)
    #expect(try !last.book(try #require(event), key: "k").replayed)
  }
}
