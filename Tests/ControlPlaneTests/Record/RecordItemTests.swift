import Testing

@testable import ControlPlane

@Suite("RecordItem")
struct RecordItemTests {
  private let items: [RecordItem] = [
    .literal(#""kind":"begin","at":1}"#), .made(event: 1, at: 5), .notices(event: 1, last: 12, count: 12),
    .confirmed(booking: 3, at: 6), .extended(booking: 4, at: 7), .waiting(last: 9, count: 2),
  ]

  @Test("Items are lines, and come back as they were written")
  func lines() {
    #expect(RecordItem.items(RecordItem.text(items)) == items)
    #expect(RecordItem.items("") == [])
    for text in [
      "n 1 2", "q 1 2", "n 1 2 x", "w 1", "e  1", "n 1 2 3 4", "n 1 2 3", "n 1 2 0", "w 1 2", "w 1 -1",
    ] {
      #expect(RecordItem.items(text) == nil, "\(text)")
    }
    #expect(items.map(\.count) == [1, 1, 12, 1, 1, 2])
  }

  @Test("Runs that follow each other are one")
  func joined() {
    let run = RecordItem.notices(event: 1, last: 12, count: 12)
    #expect(
      run.joined(with: .notices(event: 1, last: 13, count: 1)) == .notices(event: 1, last: 13, count: 13))
    #expect(run.joined(with: .notices(event: 1, last: 14, count: 1)) == nil)
    #expect(run.joined(with: .notices(event: 2, last: 13, count: 1)) == nil)
    #expect(
      RecordItem.waiting(last: 3, count: 1).joined(with: .waiting(last: 5, count: 2))
        == .waiting(last: 5, count: 3))
    #expect(run.joined(with: .waiting(last: 13, count: 1)) == nil)
    #expect(RecordItem.waiting(last: .max, count: 1).joined(with: .waiting(last: 5, count: 2)) == nil)
  }

  @Test("Rows of the feed are items; kinds that nobody knows are none")
  func rows() {
    #expect(RecordItem(kind: 0, subject: 1, number: 5, count: 2) == .notices(event: 1, last: 5, count: 2))
    #expect(RecordItem(kind: 1, subject: 1, number: 5, count: 1) == .confirmed(booking: 1, at: 5))
    #expect(RecordItem(kind: 2, subject: 1, number: 5, count: 1) == .extended(booking: 1, at: 5))
    #expect(RecordItem(kind: 3, subject: 1, number: 5, count: 1) == .made(event: 1, at: 5))
    #expect(RecordItem(kind: 4, subject: 1, number: 5, count: 1) == nil)
    #expect(RecordItem(kind: 0, subject: 1, number: .min, count: 1) == nil)
    #expect(RecordItem(kind: 0, subject: 1, number: 5, count: 6) == nil)
  }
}
