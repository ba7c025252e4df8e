import Testing

@testable import ControlPlane

@Suite("FeedStatements")
struct FeedStatementsTests {
  private let fixture: LedgerFixture

  init() throws { fixture = try LedgerFixture() }

  private func positions() throws -> [Int64] {
    try Statement(fixture.store.connection, "SELECT position FROM feed ORDER BY position").all { $0.int64(0) }
  }

  @Test("What is older than the moment goes from the front; the newest entry stays whatever its age")
  func forgetting() throws {
    let event = try fixture.makeEvent(capacity: 10)
    try fixture.book(event)
    fixture.clock.advance(by: 1_000)
    let border = fixture.clock.now
    try fixture.book(event)
    try fixture.book(event)
    try fixture.coverFeed()
    #expect(try !fixture.store.forgetFeed(before: border))
    #expect(try positions() == [3, 4])
    #expect(try !fixture.store.forgetFeed(before: Instant(milliseconds: .max)))
    #expect(try positions() == [4])
    try fixture.book(event)
    #expect(try positions() == [4, 5])
  }

  @Test("Before the record has a seal, only what was there before the record is forgotten")
  func withoutSeals() throws {
    let event = try fixture.makeEvent(capacity: 10)
    for _ in 0..<3 { try fixture.book(event) }
    let end = Instant(milliseconds: .max)
    #expect(try !fixture.store.forgetFeed(before: end))
    #expect(try positions() == [1, 2, 3, 4], "the record begins behind nothing")
    try fixture.coverFeed(through: 2)
    #expect(try !fixture.store.forgetFeed(before: end))
    #expect(try positions() == [3, 4])
  }

  @Test("A batch that fails leaves no row and no part of a run to the next")
  func failedBatch() throws {
    let event = try fixture.makeEvent(capacity: 10)
    fixture.store.failsCommits = true
    #expect(throws: DomainError.storageUnavailable) { try fixture.book(event) }
    #expect(try positions() == [1])
    fixture.store.failsCommits = false
    try fixture.book(event)
    #expect(try positions() == [1, 2])
    let counts = try Statement(fixture.store.connection, "SELECT count FROM feed").all { $0.int(0) }
    #expect(counts == [1, 1])
  }

  @Test("An entry that is younger than those behind it, because the clock was set, keeps them")
  func clockSetBack() throws {
    let event = try fixture.makeEvent(capacity: 10)
    fixture.clock.step(by: -3_600_000)
    let border = Instant(milliseconds: fixture.clock.now.milliseconds + 60_000)
    try fixture.book(event)
    try fixture.book(event)
    try fixture.coverFeed()
    #expect(try !fixture.store.forgetFeed(before: border))
    #expect(try positions() == [1, 2, 3])
  }

  @Test("One step forgets no more than its bound")
  func bounded() throws {
    _ = try fixture.makeEvent(capacity: 10)
    try fixture.store.connection.execute(
      """
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2500)
      INSERT INTO feed (kind, subject, number) SELECT 3, 1, 5 FROM numbers;
      DELETE FROM feed WHERE position = 1;
      """)
    try fixture.coverFeed()
    #expect(try fixture.store.forgetFeed(before: Instant(milliseconds: 6)))
    #expect(try positions().count == 1_500)
    #expect(try fixture.store.forgetFeed(before: Instant(milliseconds: 6)))
    #expect(try !fixture.store.forgetFeed(before: Instant(milliseconds: 6)))
    #expect(try positions().count == 1)
  }
}
