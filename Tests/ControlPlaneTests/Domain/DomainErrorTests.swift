import TestSupport
import Testing

@testable import ControlPlane

@Suite("DomainError")
struct DomainErrorTests {
  @Test("whatever fails inside a decision that is no refusal fails as storage, never as a rule")
  func storeFailuresAreNotRefusals() throws {
    let house = try LedgerHouse()
    let event = try house.makeEvent(capacity: 1)
    house.store.failsNotices = true
    #expect(throws: DomainError.storageUnavailable) { try house.book(event) }
    house.store.failsNotices = false
    try house.book(event)
    #expect(throws: DomainError.soldOut(available: 0, requested: 1)) { try house.book(event) }
    #expect(house.tally.snapshot.refusals == 1)
  }
}
