import Testing

@testable import ControlPlane

@Suite("WaitingStatements")
struct WaitingStatementsTests {
  @Test(
    "Every change is noted, with the place in the feed behind which it stands, and a failed batch notes none")
  func noted() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 1)
    try fixture.book(event, user: 1)
    try fixture.join(event, user: 2)
    try fixture.join(event, user: 3)
    fixture.store.failsCommits = true
    #expect(throws: DomainError.storageUnavailable) { try fixture.leave(event, user: 2) }
    fixture.store.failsCommits = false
    try fixture.join(event, user: 2)
    _ = try fixture.patch(event, EventPatch(seatCapacity: 2))
    fixture.ledger.idle()
    let rows = try Statement(
      fixture.store.connection,
      "SELECT after_feed, kind, place, user_id IS NULL FROM waiting_log ORDER BY position"
    ).all { [$0.int(0), $0.int(1), $0.int(2), $0.int(3)] }
    #expect(
      rows == [
        [2, 1, 1, 0], [2, 1, 2, 0], [2, 2, 1, 1], [2, 1, 3, 0], [3, 3, 2, 1],
      ])
    #expect(try fixture.store.allWaiting().map(\.id) == [3])
  }
}
