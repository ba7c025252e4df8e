import TestSupport
import Testing

@testable import ControlPlane

@Suite("RecordHead")
struct RecordHeadTests {
  private let key = RecordKey.make()
  private var head: RecordHead {
    RecordHead(
      record: "0123456789abcdef", size: 17, link: [UInt8](repeating: 9, count: 32), epoch: "fedcba9876543210",
      at: Instant(milliseconds: 1_700_000_000_000))
  }

  @Test("A head is a signed note with the lines of a checkpoint")
  func note() throws {
    let note = head.note(signedBy: key)
    let lines = note.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(
      lines.prefix(6) == [
        "seatcast.record.v1/0123456789abcdef", "17", "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=",
        "epoch fedcba9876543210", "time 1700000000000", "",
      ])
    #expect(lines[6].hasPrefix("\u{2014} seatcast.record.v1/0123456789abcdef "))
    let read = try #require(RecordNote(note))
    #expect(read.head == head)
    #expect(read.isSigned(by: key.publicKey) && !read.isSigned(by: RecordKey.make().publicKey))
  }

  @Test("No byte of a note can be changed")
  func tampering() throws {
    let note = Array(head.note(signedBy: key).utf8)
    for index in note.indices {
      var changed = note
      changed[index] ^= 1
      let read = RecordNote(String(decoding: changed, as: UTF8.self))
      #expect(!(read?.isSigned(by: key.publicKey) ?? false), "byte \(index)")
    }
    let text = String(decoding: note, as: UTF8.self)
    for other in ["", text + "\n", String(text.dropLast()), "\n" + text, text + text] {
      #expect(RecordNote(other) == nil)
    }
  }

  @Test("Kept notes are read one after the other, with empty lines between them or without")
  func several() throws {
    let text = head.note(signedBy: key)
    #expect(RecordNote.all(in: text)?.count == 1)
    #expect(RecordNote.all(in: text + text + "\n\n" + text)?.count == 3)
    #expect(RecordNote.all(in: "")?.count == 0)
    #expect(RecordNote.all(in: text + "more") == nil)
    #expect(RecordNote.all(in: "no note\n" + text) == nil)
  }
}
