import TestSupport
import Testing

@testable import ControlPlane

@Suite("RecordExport")
struct RecordExportTests {
  private let fixture: RecordFixture

  init() throws {
    fixture = try RecordFixture()
    let event = try fixture.ledger.makeEvent(capacity: 100) { $0.holdSeconds = 60 }
    for user in 1...9 { try fixture.ledger.book(event, user: UInt64(user)) }
    try fixture.seal()
    let held = try fixture.ledger.hold(event, user: 3).booking.publicID
    try fixture.ledger.change(held, .confirm, by: 3)
    try fixture.ledger.join(fixture.ledger.makeFull(), user: 4)
  }

  @Test("A record goes up to its newest head, and what comes later changes nothing of it")
  func growing() throws {
    let before = try RecordFixture.export(fixture.folder)
    #expect(RecordVerifier.refusal(of: before) == nil)
    let after = try fixture.lines()
    #expect(after.count > before.count)
    #expect(after.starts(with: before.dropLast()))
  }

  @Test("Rows that were changed behind the server's back are found: by the export and by the checkup")
  func tampered() throws {
    try fixture.seal()
    #expect(try Checkup.record(in: fixture.folder)?.entries == 16)
    let connection = fixture.ledger.store.connection
    let changes = [
      "UPDATE booking SET user_id = 1 WHERE id = 2", "UPDATE notice SET available = 3 WHERE seq = 4",
      "DELETE FROM notice WHERE seq = 9 AND event_id = 1", "UPDATE booking SET quantity = 2 WHERE id = 1",
      "UPDATE feed_event SET capacity = 99", "UPDATE waiting_log SET user_id = 1", "DELETE FROM waiting_log",
      "DELETE FROM record_seal WHERE number = 2", "UPDATE record_seal SET items = '' WHERE number = 2",
      "UPDATE record_seal SET head = replace(head, 'epoch', 'Epoch')", "UPDATE record_seal SET link = 'x'",
      "UPDATE notice SET at = at + 1 WHERE seq = 1", "DELETE FROM booking WHERE id = 10",
      "UPDATE record_seal SET size = size + 1 WHERE number = 3",
    ]
    for change in changes {
      let copy = try TemporaryFolder()
      try connection.execute("VACUUM INTO '\(copy.path)/seatcast.db'")
      let other = try Connection(copy.path + "/seatcast.db", .single)
      #expect(throws: Never.self) { try RecordFixture.export(copy.path) }
      try other.execute(change)
      #expect(throws: AdminAnswer.Failure.self, "\(change)") { try RecordFixture.export(copy.path) }
      #expect(throws: StartFailure.self, "\(change)") { try Checkup.record(in: copy.path) }
    }
  }

  @Test("A database without a head exports nothing, and says so")
  func empty() throws {
    let other = try LedgerFixture()
    #expect(
      throws: AdminAnswer.Failure(.refused, "The record cannot be exported: the record has no head yet.")
    ) {
      try RecordFixture.export(other.folder.path)
    }
    #expect(try Checkup.record(in: other.folder.path) == nil)
    #expect(throws: AdminAnswer.Failure.self) { try RecordFixture.export(other.folder.path + "/nowhere") }
  }
}

extension LedgerFixture {
  /// An event without a free seat.
  func makeFull() throws -> Event {
    let event = try makeEvent(capacity: 1)
    try book(event, user: 99)
    return event
  }
}
