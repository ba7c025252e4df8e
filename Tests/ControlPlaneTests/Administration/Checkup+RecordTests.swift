import TestSupport
import Testing

@testable import ControlPlane

@Suite("Checkup of the record")
struct CheckupRecordTests {
  @Test("Of a long record the newest entries are looked at, from a seal on")
  func newest() throws {
    let fixture = try RecordFixture()
    let event = try fixture.ledger.makeEvent(capacity: 1_000_000)
    // Rows as the ledger writes them, so that a long record does not take long to make.
    try fixture.ledger.store.connection.execute(
      """
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 26000)
      INSERT INTO notice SELECT \(event.id.rawValue), n, 3, NULL, 1000000, 1000000, 5, NULL FROM numbers;
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100)
      INSERT INTO feed SELECT 1 + n * 260, 0, \(event.id.rawValue), n * 260, 260 FROM numbers;
      """)
    try fixture.seal()
    let state = try #require(try Checkup.record(in: fixture.folder, atMost: 10_000))
    #expect(state.entries == 26_002)
    #expect((10_000...18_500).contains(state.checked))
    #expect(RecordVerifier.refusal(of: try fixture.lines()) == nil)
  }
}
