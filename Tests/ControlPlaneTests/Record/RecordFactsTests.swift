import Testing

@testable import ControlPlane

@Suite("RecordFacts")
struct RecordFactsTests {
  @Test("The facts are those of the table meta, and it is told when they are damaged")
  func facts() throws {
    let fixture = try LedgerFixture()
    let facts = try RecordFacts(fixture.store.connection)
    #expect(facts.record == fixture.database.record.record && facts.epoch == fixture.database.epoch)
    #expect(facts.userKey.count == 32)
    try fixture.store.connection.execute("UPDATE meta SET value = 'x' WHERE name = 'record_user_key'")
    #expect(throws: StoreFailure.self) { try RecordFacts(fixture.store.connection) }
  }
}
