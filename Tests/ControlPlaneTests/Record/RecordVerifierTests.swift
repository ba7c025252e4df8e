import TestSupport
import Testing

@testable import ControlPlane

@Suite("RecordVerifier")
struct RecordVerifierTests {
  private let fixture: RecordFixture
  private let lines: [[UInt8]]

  init() throws {
    fixture = try RecordFixture()
    let ledger = fixture.ledger
    let event = try ledger.makeEvent(capacity: 3)
    try ledger.book(event, user: 1, 2)
    let other = try ledger.makeEvent(capacity: 9)
    let booking = try ledger.book(event, user: 2).booking.publicID
    try ledger.join(event, user: 3)
    try ledger.cancel(booking, by: 2)
    try ledger.book(other, user: 4)
    lines = try fixture.lines()
  }

  private var key: RecordPublicKey { fixture.sealer.key.publicKey }
  private var head: RecordNote? { fixture.sealer.last.flatMap { RecordNote($0.head) } }

  @Test("A good record is good, with its key and its head or without")
  func good() throws {
    #expect(lines.count == 12)
    #expect(RecordVerifier.refusal(of: lines) == nil)
    #expect(RecordVerifier.refusal(of: lines, trusted: key, kept: [try #require(head)]) == nil)
  }

  @Test("A change of any byte is found, and in its own line wherever the line says it")
  func everyByte() {
    for number in lines.indices {
      for index in lines[number].indices {
        var changed = lines
        changed[number][index] ^= 1
        let refusal = RecordVerifier.refusal(of: changed)
        #expect(refusal != nil, "line \(number + 1), byte \(index)")
        // The record's name in the first line is where the chain starts.
        if let refusal { #expect(refusal.line - 1 == number || number == 0 && refusal.line == 2) }
      }
    }
  }

  @Test("A line that is left out, told twice or moved is found")
  func everyLine() {
    for number in lines.indices {
      var (without, twice) = (lines, lines)
      without.remove(at: number)
      twice.insert(lines[number], at: number)
      #expect(RecordVerifier.refusal(of: without) != nil, "without line \(number + 1)")
      #expect(RecordVerifier.refusal(of: twice) != nil, "line \(number + 1) twice")
      guard number > 0 else { continue }
      var moved = lines
      moved.swapAt(number, number - 1)
      #expect(RecordVerifier.refusal(of: moved) != nil, "line \(number + 1) moved")
    }
    #expect(RecordVerifier.refusal(of: lines + [[]]) != nil)
    #expect(RecordVerifier.refusal(of: []) != nil)
  }

  @Test("A shorter record with a head of its own is found by a head that somebody kept")
  func truncated() throws {
    let entries = RecordFixture.entries(lines)
    let short = RecordFixture.forge(
      Array(entries.dropLast()), record: fixture.ledger.database.record.record, key: fixture.sealer.key,
      epoch: fixture.ledger.database.epoch)
    #expect(RecordVerifier.refusal(of: short, trusted: key) == nil)
    let refusal = RecordVerifier.refusal(of: short, trusted: key, kept: [try #require(head)])
    #expect(refusal?.line == short.count)
    #expect(refusal?.sentence.contains("a kept head covers") == true)
  }

  @Test("A history that was written anew is found by a head that somebody kept")
  func rewritten() throws {
    var entries = RecordFixture.entries(lines)
    entries[9] = entries[9].replacing(#""user":""#, with: #""user":"x"#)
    let record = fixture.ledger.database.record.record
    let other = RecordFixture.forge(
      entries, record: record, key: fixture.sealer.key, epoch: fixture.ledger.database.epoch)
    #expect(RecordVerifier.refusal(of: other, trusted: key) == nil)
    let refusal = RecordVerifier.refusal(of: other, trusted: key, kept: [try #require(head)])
    #expect(refusal?.sentence == "is where the record leaves the history of a kept head (entry 10)")
  }

  @Test("A head by another key is found, and so is a kept one that nobody signed")
  func otherKey() throws {
    let record = fixture.ledger.database.record.record
    let forged = RecordFixture.forge(
      RecordFixture.entries(lines), record: record, key: RecordKey.make(),
      epoch: fixture.ledger.database.epoch)
    #expect(
      RecordVerifier.refusal(of: forged)?.sentence == "is a head that the record's key has not signed")
    #expect(RecordVerifier.refusal(of: lines, trusted: RecordKey.make().publicKey)?.line == lines.count)
    let good = try #require(head)
    let note = try #require(RecordNote(good.head.note(signedBy: RecordKey.make())))
    #expect(
      RecordVerifier.refusal(of: lines, kept: [note])?.sentence.contains("none of the record's keys") == true)
    let strange = RecordHead(
      record: "other", size: 1, link: [UInt8](repeating: 0, count: 32), epoch: "",
      at: Instant(milliseconds: 0))
    let other = try #require(RecordNote(strange.note(signedBy: RecordKey.make())))
    #expect(RecordVerifier.refusal(of: lines, kept: [other])?.line == 1)
  }

  @Test("A key that the one before it has not signed is found")
  func forgedKey() throws {
    let record = fixture.ledger.database.record.record
    let next = RecordKey.make()
    guard
      case .literal(let text) = RecordLiterals.key(
        next.publicKey, signature: RecordKey.make().signature(of: next.publicKey.handover(of: record)),
        at: Instant(milliseconds: 1))
    else { return }
    let entries = RecordFixture.entries(lines)
    let forged = RecordFixture.forge(
      entries + ["{\"n\":\(entries.count + 1),\(text)"], record: record, key: next,
      epoch: fixture.ledger.database.epoch)
    #expect(RecordVerifier.refusal(of: forged)?.line == forged.count - 1)
  }

  @Test("The record of one event has hashes in the place of the others, and is held against the same head")
  func oneEvent() throws {
    let some = try RecordFixture.export(fixture.folder, event: 1)
    #expect(some.count == lines.count)
    #expect(some.last == lines.last)
    #expect(
      some.count { RecordLines.content($0).map { if case .hidden = $0 { true } else { false } } ?? false }
        == 2)
    #expect(RecordVerifier.refusal(of: some, trusted: key, kept: [try #require(head)]) == nil)
    for number in some.indices {
      for index in stride(from: 0, to: some[number].count, by: 3) {
        var changed = some
        changed[number][index] ^= 2
        #expect(RecordVerifier.refusal(of: changed) != nil, "line \(number + 1), byte \(index)")
      }
    }
    // Nothing may be hidden from who is told everything, and nothing else told to who is told of one event.
    #expect(RecordVerifier.refusal(of: [lines[0]] + some.dropFirst()) != nil)
    #expect(RecordVerifier.refusal(of: [some[0]] + lines.dropFirst()) != nil)
  }
}
