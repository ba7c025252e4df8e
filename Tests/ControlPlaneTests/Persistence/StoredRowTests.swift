import Testing

@testable import ControlPlane

@Suite("StoredRow")
struct StoredRowTests {
  private struct Fields: StoredRow {
    let numbers: [Int64?]
    func int64(_ column: Int32) -> Int64 { numbers[Int(column)] ?? 0 }
    func optionalInt64(_ column: Int32) -> Int64? { numbers[Int(column)] }
    func text(_ column: Int32) -> String { optionalText(column) ?? "" }
    func optionalText(_ column: Int32) -> String? { numbers[Int(column)].map { String($0) } }
  }

  @Test("what is computed of a damaged number cannot overflow")
  func clamped() {
    let row = Fields(numbers: [.max, .min, -1, nil])
    #expect(row.number(0) == Fields.greatest && row.number(1) == -Fields.greatest)
    #expect(row.uint64(2) == 0 && row.int(2) == -1)
    #expect(row.optionalInstant(3) == nil && row.optionalInstant(2) == Instant(milliseconds: -1))
  }

  @Test("a subject is what its text is, and never fails")
  func subjects() {
    let row = Fields(numbers: [7, nil])
    #expect(row.subject(0) == .number(7) && row.subject(1) == .number(0))
  }
}
