import TestSupport
import Testing

@testable import ControlPlane

@Suite("Sealer")
struct SealerTests {
  private let fixture: RecordFixture
  private var ledger: LedgerFixture { fixture.ledger }

  init() throws { fixture = try RecordFixture() }

  private func kinds(_ lines: [[UInt8]]) -> [String] {
    RecordFixture.entries(lines).compactMap { RecordEntry(Array($0.utf8))?.kind }
  }

  @Test("Everything that happens to an event becomes an entry, in the order of the commits")
  func everything() throws {
    let event = try ledger.makeEvent(capacity: 5) { $0.holdSeconds = 60 }
    try ledger.book(event, user: 1, 2)
    let held = try ledger.hold(event, user: 2, 1).booking.publicID
    try ledger.change(held, .extend, by: 2)
    try ledger.change(held, .confirm, by: 2)
    let other = try ledger.hold(event, user: 3, 2).booking.publicID
    #expect(try ledger.join(event, user: 4, 2) == 1)
    #expect(try ledger.join(event, user: 5, 1) == 2)
    try ledger.leave(event, user: 5)
    try ledger.cancel(other, by: 3)
    ledger.clock.advance(by: 700_000)
    ledger.ledger.idle()
    _ = try ledger.patch(event, EventPatch(seatCapacity: 9))
    _ = try ledger.patch(event, EventPatch(name: "Other"))
    let lines = try fixture.lines()
    #expect(
      kinds(lines) == [
        "begin", "event", "booked", "held", "extended", "confirmed", "held", "joined", "joined", "left",
        "cancelled", "offered", "held", "expired", "capacity", "updated",
      ])
    #expect(RecordVerifier.refusal(of: lines) == nil)
    let entries = RecordFixture.entries(lines)
    #expect(
      entries[1].hasPrefix(
        #"{"n":2,"kind":"event","event":1,"name":"Event","status":"on_sale","capacity":5,"#))
    #expect(entries[2].contains(#""quantity":2,"available":3,"capacity":5,"at":1700000000000}"#))
    #expect(!entries.joined().contains(#""user":"1""#), "people have pseudonyms")
  }

  @Test("Nothing new makes no seal; what is new continues the chain, also after a restart")
  func continuing() throws {
    let event = try ledger.makeEvent(capacity: 10)
    #expect(try fixture.seal().map(\.size) == [1, 2])
    #expect(try fixture.seal().isEmpty)
    try ledger.book(event)
    try ledger.book(event)
    #expect(try fixture.seal().map(\.number) == [3])
    try ledger.book(event)
    try fixture.reopen()
    #expect(fixture.sealer.last?.size == 4)
    #expect(try fixture.seal().map(\.size) == [5])
    let lines = try fixture.lines()
    #expect(RecordVerifier.refusal(of: lines) == nil)
    #expect(lines.count == 1 + 5 + 1)
  }

  @Test("A head that cannot be committed is made again, and the chain is the same")
  func failing() throws {
    let event = try ledger.makeEvent(capacity: 10)
    try fixture.seal()
    try ledger.book(event)
    ledger.store.failsCommits = true
    #expect(throws: RecordFailure.self) { try fixture.seal() }
    ledger.store.failsCommits = false
    #expect(try fixture.seal().map(\.number) == [3])
    #expect(RecordVerifier.refusal(of: try fixture.lines()) == nil)
  }

  @Test("Many entries are sealed in steps of a bounded size, and feed and waiting lists stay in order")
  func bounded() throws {
    let event = try ledger.makeEvent(capacity: 1_000_000)
    for _ in 0..<40 {
      ledger.ledger.perform(
        (0..<256).map { _ in
          .createBooking(CreateBooking(event.id, 1, 1), Question<BookingOutcome>().answering)
        })
    }
    let full = try ledger.makeEvent(capacity: 1)
    try ledger.book(full)
    for user in 2..<120 { try ledger.join(full, user: UInt64(user)) }
    for user in 2..<100 { try ledger.leave(full, user: UInt64(user)) }
    let sizes = try fixture.seal().map(\.size)
    #expect(sizes.count > 2)
    for (one, next) in zip(sizes, sizes.dropFirst()) { #expect(next - one <= Sealer.entriesPerSeal + 512) }
    #expect(RecordVerifier.refusal(of: try fixture.lines()) == nil)
  }

  @Test("A seal wakes nobody who waits for the feed, and survives like every commit")
  func wakesNobody() throws {
    _ = try ledger.makeEvent(capacity: 10)
    let commits = ledger.waiters.commits
    #expect(commits > 0)
    #expect(try !fixture.seal().isEmpty)
    #expect(ledger.waiters.commits == commits)
    try fixture.reopen()
    #expect(fixture.sealer.last != nil)
    #expect(try fixture.seal().isEmpty)
  }

  @Test("The feed keeps what no seal covers, and lets go of the rest")
  func retention() throws {
    let event = try ledger.makeEvent(capacity: 10)
    try fixture.seal()
    ledger.clock.advance(by: 1_000)
    try ledger.book(event)
    try ledger.book(event)
    try ledger.book(event)
    let end = Instant(milliseconds: .max)
    #expect(try !ledger.store.forgetFeed(before: end))
    #expect(try ledger.reader().feedStart() == 1)
    let before = try fixture.lines()
    #expect(try !ledger.store.forgetFeed(before: end))
    #expect(try ledger.reader().feedStart() == 3)
    #expect(try fixture.lines() == before, "the record needs no feed any more")
  }

  @Test("Types, deleted events and erased people are in the record, and erasing changes nothing of it")
  func others() throws {
    let typed = try ledger.makeEvent(capacity: 6) {
      $0.types = [.init(name: "A", capacity: 4), .init(name: "B", capacity: nil)]
    }
    try ledger.book(typed, user: 3, 2)
    let empty = try ledger.makeEvent(capacity: 1)
    try ledger.delete(empty)
    let before = try fixture.lines()
    #expect(RecordVerifier.refusal(of: before) == nil)
    let entries = RecordFixture.entries(before)
    #expect(entries[2].contains(#""type":1,"available":4,"capacity":6,"types":[[1,2],[2,4]]"#))
    #expect(entries[4].contains(#""status":"deleted""#))

    let person = try #require(try ledger.reader().people(after: nil, email: nil, limit: 9).first)
    ledger.ledger.perform([])
    try ledger.store.begin()
    try ledger.store.records.erase(person, at: ledger.clock.now)
    try ledger.store.commit()
    #expect(try fixture.lines() == before)
  }

  // MARK: Keys and epochs

  @Test("A new key is signed by the one before, and heads of both are good")
  func rotation() throws {
    let event = try ledger.makeEvent(capacity: 10)
    try fixture.seal()
    let (old, kept) = (
      fixture.sealer.key.publicKey, try #require(RecordNote(fixture.sealer.last?.head ?? ""))
    )
    let seal = try fixture.sealer.rotate(at: ledger.clock.now)
    #expect(seal.key != old && fixture.sealer.key.publicKey == seal.key)
    try ledger.book(event)
    try fixture.reopen()
    #expect(fixture.sealer.key.publicKey == seal.key)
    let lines = try fixture.lines()
    for trusted in [nil, old, seal.key] {
      #expect(RecordVerifier.refusal(of: lines, trusted: trusted, kept: [kept]) == nil)
    }
    #expect(RecordVerifier.refusal(of: lines, trusted: RecordKey.make().publicKey)?.line == lines.count)
  }

  @Test("A change of the key whose head fails leaves the key as it was")
  func failingRotation() throws {
    _ = try ledger.makeEvent(capacity: 10)
    try fixture.seal()
    let old = fixture.sealer.key.publicKey
    ledger.store.failsCommits = true
    #expect(throws: RecordFailure.self) { try fixture.sealer.rotate(at: ledger.clock.now) }
    ledger.store.failsCommits = false
    #expect(fixture.sealer.key.publicKey == old)
    try fixture.reopen()
    #expect(fixture.sealer.key.publicKey == old)
    #expect(RecordVerifier.refusal(of: try fixture.lines(), trusted: old) == nil)
  }

  @Test("Where the key is lost another one signs, which whoever trusted the old one must be given")
  func lostKey() throws {
    let event = try ledger.makeEvent(capacity: 10)
    try fixture.seal()
    let old = fixture.sealer.key.publicKey
    try RecordKey.remove(RecordKey.fileName, in: ledger.database.folder)
    try fixture.reopen()
    try ledger.book(event)
    let lines = try fixture.lines()
    #expect(kinds(lines) == ["begin", "event", "key", "booked"])
    #expect(RecordVerifier.refusal(of: lines, trusted: fixture.sealer.key.publicKey) == nil)
    for trusted in [nil, old] {
      let refusal = RecordVerifier.refusal(of: lines, trusted: trusted)
      #expect(refusal?.sentence.contains("replaced a lost one at entry 3") == true)
    }
  }

  @Test("A restored database goes on with what its backup had, and then says that it is another epoch")
  func restored() throws {
    let event = try ledger.makeEvent(capacity: 10)
    try fixture.seal()
    try ledger.book(event, user: 1)
    let scratch = try TemporaryFolder()
    let path = scratch.path + "/seatcast.db"
    try ledger.store.connection.execute("VACUUM INTO '\(path)'")
    try ledger.store.connection.execute(
      "ATTACH '\(path)' AS copy; UPDATE copy.meta SET value = 'another' WHERE name = 'epoch'; DETACH copy")
    // What is sold behind the backup is lost, and its head is not.
    try fixture.seal()
    let common = try #require(RecordNote(fixture.sealer.last?.head ?? ""))
    try ledger.book(event, user: 2)
    try fixture.seal()
    let lost = try #require(RecordNote(fixture.sealer.last?.head ?? ""))
    try fixture.sealer.key.keep(in: try DataFolder(scratch.path))

    let other = try RecordFixture(LedgerFixture(scratch))
    try other.ledger.book(event, user: 3)
    let lines = try other.lines()
    #expect(kinds(lines) == ["begin", "event", "booked", "epoch", "booked"])
    #expect(RecordVerifier.refusal(of: lines, kept: [common]) == nil)
    #expect(
      RecordVerifier.refusal(of: lines, kept: [common, lost])?.sentence
        == "is where the record leaves the history of a kept head (entry 4)")
  }
}
