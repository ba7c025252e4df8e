import TestSupport
import Testing

@testable import ControlPlane

@Suite("StandingBookings")
struct StandingBookingsTests {
  private let fixture: LedgerFixture

  init() throws { fixture = try LedgerFixture() }

  private func standing(_ event: Event) throws -> Int? {
    let connection = try Connection(fixture.database.folder.database, .reader)
    try DatabaseFacts.verifyRows(connection)
    return try Statement(connection, "SELECT standing FROM event WHERE id = ?")
      .first([.int(event.id.rawValue)]) { $0.int(0) }
  }

  @Test("bookings and holds stand until they are cancelled or expire, and a failed commit counts nothing")
  func counted() throws {
    let (event, other) = (try fixture.makeEvent(capacity: 20), try fixture.makeEvent(capacity: 5))
    try fixture.book(event, user: 1, 2)
    let second = try fixture.book(event, user: 2, 1)
    try fixture.hold(event, user: 3, 3)
    try fixture.book(other, user: 1, 5)
    #expect(try standing(event) == 3 && standing(other) == 1)
    try fixture.cancel(second.booking.publicID, by: 2)
    #expect(try standing(event) == 2)
    fixture.serve(for: 3_600_000)
    #expect(try standing(event) == 1, "the hold has expired")
    fixture.store.failsCommits = true
    #expect(throws: (any Error).self) { try fixture.book(event, user: 4, 1) }
    fixture.store.failsCommits = false
    #expect(try standing(event) == 1)
  }

  @Test("a database of an earlier version has its bookings counted once")
  func migrated() throws {
    let folder = try TemporaryFolder()
    let connection = try Connection(folder.path + "/old.db", .writer)
    try Migrations.bring(connection, steps: Array(Migrations.steps.prefix(11)))
    let event =
      "INSERT INTO event VALUES (?, 'E', '', '', NULL, NULL, NULL, 'on_sale', 9, 0, 0, 9, 0, 0, 0, 1, 0, 0, 'on_sale', 0, 1, NULL, NULL)"
    for id in [1, 2] { try Statement(connection, event).run([.int(id)]) }
    for state in [1, 1, 2, 3, 4] {
      try connection.execute(
        """
        INSERT INTO booking (event_id, user_id, quantity, created_at, created_seq, state, cancelled_at, cancelled_seq)
        VALUES (2, 1, 1, 0, 1, \(state), \(state > 2 ? "0, 1" : "NULL, NULL"))
        """)
    }
    try Migrations.bring(connection)
    #expect(try Statement(connection, "SELECT standing FROM event ORDER BY id").all { $0.int(0) } == [0, 3])
  }
}
