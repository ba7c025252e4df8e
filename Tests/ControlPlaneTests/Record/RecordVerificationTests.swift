import TestSupport
import Testing

@testable import ControlPlane

@Suite("RecordVerification")
struct RecordVerificationTests {
  private let fixture: RecordFixture
  private let scratch: TemporaryFolder
  private var path: String { scratch.path + "/record.jsonl" }

  init() throws {
    fixture = try RecordFixture()
    scratch = try TemporaryFolder()
    let event = try fixture.ledger.makeEvent(capacity: 10)
    try fixture.ledger.book(event, user: 1, 3)
    try write(try fixture.lines())
  }

  private func write(_ lines: [[UInt8]]) throws {
    try put(lines.map { String(decoding: $0, as: UTF8.self) + "\n" }.joined(), at: path)
  }

  @Test("The verdict tells what was verified, and with which key")
  func good() throws {
    let verdict = try RecordVerification.verify(path)
    #expect(verdict.isGood)
    #expect(verdict.text.hasPrefix("The record is good: nothing was oversold"))
    #expect(verdict.text.contains("give --key"))
    let json = try JSON(parsing: verdict.json)
    #expect(json["entries"]?.integer == 3 && json["bookings"]?.integer == 1 && json["seats"]?.integer == 3)
    let key = fixture.sealer.key.publicKey.pem
    let heads = try #require(fixture.sealer.last?.head)
    let full = try RecordVerification.verify(path, key: key, heads: heads)
    #expect(full.isGood && !full.text.contains("give --key"))
    #expect(full.text.contains("kept heads"))
  }

  /// The document's key has the seed 0, 1, … 31.
  @Test("The document's example is good, and its head is the one that its key signs")
  func example() throws {
    let example = SourceTree.root + "/docs/guides/record_example.jsonl"
    let key = try #require(RecordKey(seed: (0..<32).map { UInt8($0) }))
    #expect(key.publicKey.base64 == "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=")
    #expect(try RecordVerification.verify(example, key: key.publicKey.pem).isGood)
    let lines = (contents(of: example) ?? []).split(separator: UInt8(ascii: "\n")).map(Array.init)
    let forged = RecordFixture.forge(
      RecordFixture.entries(lines), record: "00112233445566aa", key: key, epoch: "0123456789abcdef",
      at: Instant(milliseconds: 1_767_225_661_000))
    #expect(forged == lines)
  }

  @Test("The first wrong line is named")
  func bad() throws {
    var lines = try fixture.lines()
    lines[2][90] ^= 1
    try write(lines)
    let verdict = try RecordVerification.verify(path)
    #expect(!verdict.isGood && verdict.text.hasPrefix("The record is not good. Line 3 "))
    #expect(try JSON(parsing: verdict.json)["line"]?.integer == 3)
  }

  @Test("What is no file, no record, no key or no head is told")
  func unreadable() throws {
    #expect(try RecordVerification.verify(path + "x").text.contains("Line 1 cannot be read"))
    #expect(throws: AdminAnswer.Failure.self) { try RecordVerification.verify(path, key: "x") }
    #expect(throws: AdminAnswer.Failure.self) { try RecordVerification.verify(path, heads: "x") }
    try put("hello\n", at: path)
    #expect(try RecordVerification.verify(path).text.contains("Line 1 is not the first line of a record"))
    try put(String(repeating: "x", count: 100_000), at: path)
    #expect(try RecordVerification.verify(path).text.contains("Line 1 is too long"))
    try put("", at: path)
    #expect(try RecordVerification.verify(path).text.contains("Line 1 is missing"))
  }

  @Test("Text from a record cannot control a terminal")
  func harmless() throws {
    let head = try #require(fixture.sealer.last?.head)
    try write([RecordLines.first("\u{1B}[2J", event: nil)])
    let verdict = try RecordVerification.verify(path, heads: head)
    #expect(verdict.text.contains("Line 1 names the record \u{FFFD}[2J, and a kept head is of"))
  }

  @Test("A file that lacks its last line break is cut off")
  func cutOff() throws {
    let text = try fixture.lines().map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
    try put(text, at: path)
    #expect(try RecordVerification.verify(path).text.contains("cut off"))
  }
}
