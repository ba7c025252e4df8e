import TestSupport
import Testing

@testable import ControlPlane

@Suite("DomainError")
struct DomainErrorTests {
  @Test("whatever fails inside a decision that is no refusal fails as storage, never as a rule")
  func storeFailuresAreNotRefusals() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 1)
    fixture.store.failsNotices = true
    #expect(throws: DomainError.storageUnavailable) { try fixture.book(event) }
    fixture.store.failsNotices = false
    try fixture.book(event)
    #expect(throws: DomainError.soldOut(available: 0, requested: 1)) { try fixture.book(event) }
    #expect(fixture.metrics.snapshot.refusals == 1)
  }
}
