import Testing

@testable import ControlPlane

@Suite("Retention by the Ledger")
struct LedgerRetentionTests {
  private let fixture: LedgerFixture

  init() throws { fixture = try LedgerFixture() }

  private func start() throws -> Int64 { try fixture.reader().feedStart() }

  @Test("Entries of the feed are forgotten when they are old enough, while nobody asks for anything")
  func idle() throws {
    try fixture.coverFeed()
    let event = try fixture.makeEvent(capacity: 10)
    try fixture.book(event)
    fixture.ledger.idle()
    fixture.clock.advance(by: Retention.day)
    try fixture.book(event)
    try fixture.book(event)
    fixture.clock.advance(by: 29 * Retention.day)
    fixture.ledger.idle()
    #expect(try start() == 0)
    fixture.clock.advance(by: 1_000)
    fixture.ledger.idle()
    #expect(try start() == 0, "it is looked once a minute")
    fixture.clock.advance(by: Ledger.retentionPause)
    fixture.ledger.idle()
    #expect(try start() == 2)
    #expect(!fixture.ledger.isRetentionDue)
  }

  @Test("When one step was not all, the next one is soon")
  func steps() throws {
    try fixture.coverFeed()
    _ = try fixture.makeEvent(capacity: 10)
    try fixture.store.connection.execute(
      """
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1500)
      INSERT INTO feed (kind, subject, number) SELECT 3, 1, 5 FROM numbers;
      DELETE FROM feed WHERE position = 1;
      """)
    fixture.ledger.idle()
    #expect(fixture.ledger.isRetentionDue && fixture.ledger.hasIdleWork)
    fixture.ledger.idle()
    #expect(!fixture.ledger.isRetentionDue)
    #expect(try start() == 1_500)
  }
}
