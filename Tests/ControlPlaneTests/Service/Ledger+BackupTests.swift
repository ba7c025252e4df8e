import Glibc
import TestSupport
import Testing

@testable import ControlPlane

@Suite("The ledger's backups")
struct LedgerBackupTests {
  private let fixture: LedgerFixture
  private let folder: TemporaryFolder
  private let ended = Monitor<[StoreFailure?]>([])

  init() throws {
    (fixture, folder) = (try LedgerFixture(), try TemporaryFolder())
  }

  private func order(_ name: String = "copy.db") -> LedgerCommand {
    .backUp(
      BackupOrder(path: folder.path + "/" + name) { [ended] failure in ended.withLock { $0.append(failure) } }
    )
  }

  /// Rows enough for several steps.
  private func fill(_ event: Event) throws {
    for _ in 0..<40 {
      fixture.ledger.perform(
        (0..<100).map { _ in .createBooking(.init(event.id, 1, 1), .call { _ in }) })
    }
  }

  @Test("a copy under way is stepped by batches and by idle moments, and has every commit before its end")
  func steps() throws {
    let event = try fixture.makeEvent(capacity: 100_000)
    try fill(event)
    let ledger = fixture.ledger
    ledger.perform([order()])
    #expect(ledger.backup != nil && ledger.pause(atMost: 1_000) == 0)
    var (booked, turns) = (4_000, 0)
    while ledger.backup != nil {
      turns += 1
      if turns.isMultiple(of: 2) { ledger.idle() }
      if ledger.backup != nil {
        _ = try fixture.book(event)
        booked += 1
      }
      try #require(booked < 20_000)
    }
    #expect(ended.withLock { $0 } == [nil])
    let copy = try Connection(folder.path + "/copy.db", .single)
    try DatabaseFacts.verifyPages(copy)
    try DatabaseFacts.verifyRows(copy)
    #expect(try DatabaseFacts(copy).bookings == booked)
    #expect(booked > 4_000)
  }

  @Test("steps keep their pace, whether batches come or not")
  func pace() throws {
    let fixture = try LedgerFixture(backupPace: 8)
    let event = try fixture.makeEvent(capacity: 100_000)
    for _ in 0..<40 {
      fixture.ledger.perform(
        (0..<100).map { _ in .createBooking(.init(event.id, 1, 1), .call { _ in }) })
    }
    let ledger = fixture.ledger
    ledger.perform([order()])
    // The first step is done at once, the next when its time has come.
    var steps = 1
    while ledger.backup != nil {
      let last = ledger.backup?.nextStep
      #expect(ledger.pause(atMost: 1_000) == 8)
      for _ in 0..<7 {
        fixture.clock.advance(by: 1)
        ledger.idle()
        _ = try fixture.book(event)
        #expect(ledger.backup?.nextStep == last)
      }
      fixture.clock.advance(by: 1)
      #expect(ledger.pause(atMost: 1_000) == 0)
      steps += 1
      if steps.isMultiple(of: 2) { ledger.idle() } else { _ = try fixture.book(event) }
      try #require(steps < 1_000)
    }
    #expect(ended.withLock { $0 } == [nil])
    #expect(steps >= 2)
  }

  @Test("one at a time: the second is told so, and the first goes on")
  func second() throws {
    try fill(try fixture.makeEvent(capacity: 100_000))
    fixture.ledger.perform([order(), order("other.db")])
    #expect(ended.withLock { $0.map { $0?.message } } == ["another backup is under way"])
    while fixture.ledger.backup != nil { fixture.ledger.idle() }
    #expect(ended.withLock { $0.count } == 2)
  }

  @Test("a stopping server ends the copy")
  func stopping() throws {
    try fill(try fixture.makeEvent(capacity: 100_000))
    fixture.ledger.perform([order()])
    fixture.ledger.backups.shut()
    fixture.ledger.idle()
    #expect(ended.withLock { $0.map { $0?.message } } == ["the server is stopping"])
    fixture.ledger.perform([order("other.db")])
    #expect(ended.withLock { $0.count } == 2)
    #expect(fixture.ledger.backup == nil)
  }

  @Test("a file that cannot be written fails the backup and nothing else")
  func unwritable() throws {
    let event = try fixture.makeEvent(capacity: 10)
    fixture.ledger.perform([
      .backUp(
        BackupOrder(path: folder.path + "/no/such.db") { [ended] failure in
          ended.withLock { $0.append(failure) }
        })
    ])
    #expect(ended.withLock { $0.count } == 1 && ended.withLock { $0[0] != nil })
    #expect(try fixture.book(event).seq == 1)
  }

  @Test("a batch that fails begins the backup all the same: a failing disk is when one is wanted")
  func failingBatch() throws {
    var batch = Batch(fixture.ledger.readClocks())
    batch.fail([order(), .unwatch(EventID(1), Watcher(1))])
    #expect(batch.backups.count == 1 && batch.watches.count == 1)
  }

  @Test("while the disk takes no writes a backup goes on, and the ledger goes on trying")
  func failingDisk() throws {
    let event = try fixture.makeEvent(capacity: 100_000)
    try fill(event)
    (fixture.store.failsCommits, fixture.store.failsProbes) = (true, true)
    #expect(throws: DomainError.storageUnavailable) { try fixture.book(event) }
    fixture.ledger.perform([order()])
    #expect(fixture.ledger.storeFailure != nil && fixture.ledger.pause(atMost: 200) == 200)
    for _ in 0..<100 where fixture.ledger.backup != nil { fixture.ledger.idle() }
    #expect(ended.withLock { $0 } == [nil])
    let copy = try Connection(folder.path + "/copy.db", .single)
    #expect(try DatabaseFacts(copy).bookings == 4_000)
    (fixture.store.failsCommits, fixture.store.failsProbes) = (false, false)
    fixture.ledger.idle()
    #expect(fixture.ledger.storeFailure == nil)
  }
}
