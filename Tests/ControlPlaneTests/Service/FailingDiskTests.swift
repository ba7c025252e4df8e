// Method: a ledger on a disk whose syncs fail now and then, and that then has lost a part of what it was given, as Linux
// does it. At random moments the machine crashes: what the disk has is opened again, and everything that was acknowledged
// must be there, with a log without gaps. docs/decisions/0013-what-a-failing-disk-may-not-do.md.

import CFaultyDisk
import TestSupport
import Testing

@testable import ControlPlane

/// One test: the disk has one state for all.
@Suite("A disk that fails to sync")
struct FailingDiskTests {
  private static let cipher = BookingIDCipher(key: 1)

  @Test("what was acknowledged is there after any crash, whatever syncs failed before")
  func crashes() throws {
    #expect(faulty_disk_register() == 0)
    var refused = 0
    for seed in UInt64(1)...12 { refused += try run(seed: seed) }
    #expect(faulty_disk_failures() > 50 && faulty_disk_failures() < 1 << 20)
    #expect(refused > 50)
  }

  /// - Returns: bookings that were answered 503.
  private func run(seed: UInt64) throws -> Int {
    faulty_disk_fail_one_of(0, seed)
    var random = SeededRandom(seed: seed)
    let folder = try TemporaryFolder()
    let metrics = ControlMetrics()
    let ledger = try open(folder.path + "/seatcast.db", vfs: "faulty", metrics)
    let event: Event = try ask(ledger) { .createEvent(EventDraft(name: "E", seatCapacity: 100_000), $0) }
    faulty_disk_fail_one_of(4, seed)
    var acknowledged: [BookingOutcome] = []
    var refused = 0
    for _ in 0..<60 {
      do {
        let key = "key \(acknowledged.count + refused)"
        acknowledged.append(try ask(ledger) { .createBooking(.init(event.id, 1, 1, key), $0) })
      } catch DomainError.storageUnavailable {
        refused += 1
      }
      if Int.random(in: 0..<3, using: &random) == 0 { ledger.idle() }
      if Int.random(in: 0..<8, using: &random) == 0 { try crash(folder, event, acknowledged) }
    }
    faulty_disk_fail_one_of(0, seed)
    while metrics.storeFailure != nil { ledger.idle() }
    acknowledged.append(try ask(ledger) { .createBooking(.init(event.id, 1, 1), $0) })
    try crash(folder, event, acknowledged)
    // After a good commit nothing is left of what was refused.
    #expect(acknowledged.map(\.seq) == Array(1...UInt64(acknowledged.count)))
    return refused
  }

  /// Opens what the disk has, as the next start would.
  private func crash(_ folder: TemporaryFolder, _ event: Event, _ acknowledged: [BookingOutcome]) throws {
    let copy = try TemporaryFolder()
    for suffix in ["", "-wal"] {
      let bytes = try #require(contents(of: "\(folder.path)/seatcast.db\(suffix).disk"))
      try write(bytes, to: "\(copy.path)/seatcast.db\(suffix)")
    }
    let connection = try Connection(copy.path + "/seatcast.db", .writer)
    #expect(try Statement(connection, "PRAGMA integrity_check").first { $0.text(0) } == "ok")
    let reads = try SQLiteReadStore(copy.path + "/seatcast.db", cipher: Self.cipher)
    for outcome in acknowledged { #expect(try reads.booking(outcome.booking.publicID) == outcome) }
    let log = try reads.notices(of: event.id, after: 0, through: .max, limit: .max)
    #expect(log.map(\.seq) == Array(1..<(UInt64(log.count) + 1)))
    // A commit that was refused at last may have reached the disk, and no more than that one.
    #expect(log.count - acknowledged.count <= 1)
    #expect(try reads.event(event.id)?.sold == log.count)
  }

  private func write(_ bytes: [UInt8], to path: String) throws {
    let parts = path.split(separator: "/")
    let folder = try DataFolder("/" + parts.dropLast().joined(separator: "/"))
    try folder.write(String(parts[parts.count - 1]), bytes)
    folder.release()
  }

  private func open(_ path: String, vfs: String?, _ metrics: ControlMetrics) throws -> Ledger {
    let connection = try Connection(path, .writer, vfs: vfs)
    try Migrations.bring(connection)
    let stage = Stage()
    return try Ledger(
      SQLiteBookingStore(connection, cipher: Self.cipher, keySalt: 1),
      Ledger.Dependencies(
        notices: stage, replies: stage, texts: PlainTexts(),
        encoder: OutcomeReplies(observer: IncidentList()), events: CommittedEvents(),
        observer: IncidentList(),
        clock: ScriptedClock(milliseconds: 1_700_000_000_000), metrics: metrics))
  }

  private func ask<Outcome: Sendable>(
    _ ledger: Ledger, _ command: (Answering<Outcome>) -> LedgerCommand
  ) throws -> Outcome {
    let question = Question<Outcome>()
    ledger.perform([command(question.answering)])
    return try question.result()
  }
}
