// Method: a first start and a sale run on a disk that keeps unsynced writes apart. At a thousand moments, drawn from a seed and
// also in the middle of a commit or a checkpoint, the power fails: what that leaves is opened as the next start would, and must be exactly
// the state after the last acknowledged commit, or after the one that was on its way. docs/decisions/0013-what-a-failing-disk-may-not-do.md

import TestSupport
import Testing

@testable import ControlPlane

@Suite("Power cuts at any moment")
struct CrashPointTests {
  // MARK: The first start

  @Test(
    "a first start that is cut anywhere, migrations included, can be made again",
    arguments: [1, 2] as [UInt64])
  func firstStart(seed: UInt64) throws {
    let disk = try FaultyDisk(seed: seed)
    let folder = try MemoryFolder()
    var random = SeededRandom(seed: seed)
    var points = 0
    var failures: [String] = []
    disk.observer = { operation in
      guard operation != .read else { return }
      points += 1
      let crashSeed = random.next()
      do {
        try Self.startAgain(disk, crashSeed)
      } catch {
        failures.append("operation \(disk.operations), seed \(crashSeed): \(error)")
      }
    }
    let opened = try Database.open(DataFolder(folder.path), SeededIdentifiers(seed: seed), vfs: disk.vfs)
    disk.observer = nil
    #expect(failures == [])
    #expect(points > 100)
    // From here on the database is the one that was opened.
    for crashSeed in UInt64(0)..<20 {
      #expect(try Self.startAgain(disk, crashSeed) == opened.database.epoch)
    }
  }

  /// - Returns: the epoch that the next start finds or makes.
  @discardableResult
  private static func startAgain(_ disk: FaultyDisk, _ seed: UInt64) throws -> String {
    let left = try MemoryFolder()
    try disk.crash(into: left.path, seed: seed)
    let (database, writer) = try Database.open(DataFolder(left.path), SeededIdentifiers(seed: seed))
    try DatabaseFacts.verifyPages(writer.connection)
    guard try Migrations.version(of: writer.connection) == Migrations.steps.count else {
      throw TestFailure("the schema is not up to date")
    }
    return database.epoch
  }

  // MARK: The sale

  /// One named in the environment, or so many; five look at more than a thousand points.
  private static let seeds = Seeds.ofThisRun(usual: 5)

  @Test("a sale that is cut anywhere goes on from an acknowledged state", arguments: seeds)
  func sale(seed: UInt64) throws {
    let rig = try DiskRig(seed: seed)
    var observed = Observed(seed: seed)
    rig.disk.observer = { if $0 != .read { observed.look(at: rig) } }
    for _ in 0..<60 {
      let before = try rig.contents()
      try rig.step()
      try observed.judge(against: [before, rig.contents()])
    }
    rig.disk.observer = nil
    #expect(observed.faults == [], "\(Seeds.command(seed, filter: "CrashPointTests"))")
    #expect(observed.points > 100)
  }

  @Test("a disk that is full now and then keeps every promise", arguments: [1, 2, 3] as [UInt64])
  func full(seed: UInt64) throws {
    let rig = try DiskRig(seed: seed)
    var random = SeededRandom(seed: seed &+ 50)
    var observed = Observed(seed: seed)
    rig.disk.observer = { if $0 != .read { observed.look(at: rig) } }
    for _ in 0..<60 {
      let before = try rig.contents()
      let room = Int.random(in: 0..<3, using: &random)
      rig.disk.limit(to: room == 0 ? nil : rig.disk.bytes + Int.random(in: 0...30_000, using: &random))
      try rig.step()
      rig.disk.limit(to: nil)
      try observed.judge(against: [before, rig.contents()])
    }
    rig.disk.observer = nil
    #expect(observed.faults == [])
    #expect(rig.disk.failures > 0 && rig.refused > 0)
    try rig.step()
    #expect(rig.metrics.storeFailure == nil)
  }

  @Test("reads that fail cost the batch and nothing else", arguments: [1, 2, 3] as [UInt64])
  func reads(seed: UInt64) throws {
    let rig = try DiskRig(seed: seed)
    for _ in 0..<60 {
      rig.disk.failReads(oneOf: 10)
      try rig.step()
      rig.disk.failReads(oneOf: 0)
      try Promises.check(rig.crash(seed: seed), rig, isExact: true)
    }
    try rig.step()
    #expect(rig.metrics.storeFailure == nil)
  }

  @Test("a sync that fails once and never again loses nothing that was acknowledged", arguments: 1...12)
  func oneFailedSync(number: Int) throws {
    let seed = UInt64(number)
    let rig = try DiskRig(seed: seed)
    var random = SeededRandom(seed: seed &+ 70)
    rig.disk.failSync(after: number * 4)
    for _ in 0..<40 {
      try rig.step()
      if Bool.random(using: &random) {
        try Promises.check(rig.crash(seed: random.next()), rig, isExact: false)
      }
    }
    #expect(rig.disk.failures == 1)
    ledgerRecovers(rig)
    try Promises.check(rig.crash(seed: seed), rig, isExact: true)
  }

  @Test(
    "a server that is started again after a failed sync does not build on what the disk lost",
    arguments: 1...20)
  func restartAfterFailedSync(number: Int) throws {
    let seed = UInt64(number)
    let rig = try DiskRig(seed: seed)
    for _ in 0..<5 { try rig.step() }
    rig.disk.failSync(after: number % 3)
    while rig.disk.failures == 0 { try rig.step() }
    // What the server does about it, it does not come to do.
    try rig.restart()
    for step in 0..<6 {
      try Promises.check(rig.crash(seed: seed &+ UInt64(step)), rig, isExact: false)
      try rig.step()
    }
  }

  @Test(
    "a server that trusts what the cache shows after a failed sync loses what it acknowledges, and is found out"
  )
  func trustInTheCache() throws {
    let found = try (1...20 as ClosedRange<UInt64>).contains { seed in
      let rig = try DiskRig(seed: seed)
      for _ in 0..<5 { try rig.step() }
      rig.disk.failSync(after: Int(seed) % 3)
      while rig.disk.failures == 0 { try rig.step() }
      try rig.restart(trustsCache: true)
      for _ in 0..<6 { try rig.step() }
      return (try? losesNothing(rig.crash(seed: seed), rig)) != true
    }
    #expect(found)
  }

  private func losesNothing(_ folder: MemoryFolder, _ rig: DiskRig) throws -> Bool {
    let reads = try Database.open(DataFolder(folder.path), SeededIdentifiers(seed: 1)).database.openReader()
    return try rig.acknowledged.bookings.keys.allSatisfy { try reads.booking($0) != nil }
  }

  private func ledgerRecovers(_ rig: DiskRig) {
    for _ in 0..<3 where rig.metrics.storeFailure != nil { rig.ledger.idle() }
    #expect(rig.metrics.storeFailure == nil)
  }
}

/// What crashes in the middle of a step have left, judged when the step's end is known.
private struct Observed {
  private var random: SeededRandom
  /// Of the step that is on its way.
  private var left: [(text: String, name: String)] = []
  private(set) var points = 0
  private(set) var faults: [String] = []

  init(seed: UInt64) { random = SeededRandom(seed: seed &+ 1_000) }

  mutating func look(at rig: DiskRig) {
    guard Int.random(in: 0..<5, using: &random) == 0 else { return }
    points += 1
    let seed = random.next()
    let name = "operation \(rig.disk.operations), seed \(seed)"
    do {
      let folder = try rig.crash(seed: seed)
      let (_, writer) = try Database.open(DataFolder(folder.path), SeededIdentifiers(seed: 1))
      try DatabaseFacts.verifyPages(writer.connection)
      left.append((try DatabaseText.of(writer.connection), name))
      if points % 10 == 0 { try Promises.check(rig.crash(seed: seed), rig, isExact: false) }
    } catch {
      faults.append("\(name): \(error)")
    }
  }

  mutating func judge(against allowed: [String]) throws {
    for (text, name) in left where !allowed.contains(text) {
      faults.append("\(name): neither the state before nor the one after")
    }
    left = []
  }
}

/// What must hold of any folder that a crash leaves, whatever the disk did before.
enum Promises {
  /// - Parameter isExact: whether no batch is in doubt: nothing but what was acknowledged may be there.
  static func check(_ folder: MemoryFolder, _ rig: DiskRig, isExact: Bool) throws {
    let acknowledged = rig.acknowledged
    let stage = Stage()
    let clock = ScriptedClock(milliseconds: rig.clock.now.milliseconds)
    let (database, writer) = try Database.open(DataFolder(folder.path), SeededIdentifiers(seed: 1))
    try DatabaseFacts.verifyPages(writer.connection)
    try DatabaseFacts.verifyRows(writer.connection)
    let reads = try database.openReader()
    for (id, outcome) in acknowledged.bookings { try check(reads.booking(id), outcome) }
    for event in rig.events { try checkAnnounced(of: event, rig, reads, isExact: isExact) }
    let ledger = try DiskRig.ledger(writer, stage, clock, ControlMetrics())
    try checkKeys(acknowledged, ledger)
    try checkSeq(rig.events[0], ledger)
    // All holds end, once.
    clock.advance(by: 3_600_000)
    for _ in 0..<20 where ledger.isDue { ledger.perform([]) }
    try DatabaseFacts.verifyRows(writer.connection)
    let late = try writer.allHolds().filter { $0.hold.expiresAt <= clock.now }
    #expect(late.isEmpty, "holds outlive their time")
  }

  private static func check(_ found: BookingOutcome?, _ told: BookingOutcome) throws {
    let found = try #require(found?.booking, "booking \(told.booking.publicID) was acknowledged and is gone")
    #expect(found.createdSeq == told.booking.createdSeq && found.quantity == told.booking.quantity)
    #expect(found.event == told.booking.event && found.user == told.booking.user)
    // A later command, or the clock, may have gone on from there and never back.
    #expect(rank(found.status) >= rank(told.booking.status), "\(told.booking.publicID) went back")
  }

  private static func rank(_ status: BookingStatus) -> Int {
    switch status {
    case .held: 0
    case .confirmed: 1
    case .cancelled, .expired: 2
    }
  }

  private static func checkAnnounced(
    of event: EventID, _ rig: DiskRig, _ reads: any ReadStore, isExact: Bool
  ) throws {
    let log = try reads.notices(of: event, after: 0, through: .max, limit: .max)
    #expect(log.map(\.seq) == Array(1..<(UInt64(log.count) + 1)))
    let announced = rig.stage.happenings.flatMap { happening -> [EncodedNotice] in
      guard case .announced(let updates) = happening else { return [] }
      return updates.filter { $0.event == event }.flatMap(\.notices)
    }
    let texts = PlainTexts().encode(log, for: .authenticated)
    let lost = announced.filter { !texts.contains($0) }
    #expect(lost == [], "announced of \(event), and not in the log")
    if isExact { #expect(log.count == announced.count) }
  }

  private static func checkKeys(_ acknowledged: Acknowledged, _ ledger: Ledger) throws {
    for (wish, booking) in acknowledged.keyed.suffix(20) {
      let question = Question<BookingOutcome>()
      ledger.perform([.createBooking(wish, question.answering)])
      // What began as a hold and is none any more answers its key with a mismatch, as it does without a crash.
      guard let outcome = try? question.result() else { continue }
      #expect(outcome.replayed && outcome.booking.publicID == booking, "a key was forgotten")
    }
  }

  private static func checkSeq(_ event: EventID, _ ledger: Ledger) throws {
    let head = try #require(ledger.table[event]).seq
    let question = Question<BookingOutcome>()
    ledger.perform([.createBooking(.init(event, 77, 1), question.answering)])
    #expect(try question.result().seq == head + 1)
  }
}
