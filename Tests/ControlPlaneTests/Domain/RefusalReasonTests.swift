import Testing

@testable import ControlPlane

@Suite("Reasons of refusals")
struct RefusalReasonTests {
  @Test("Each reason has its own place, in the order of the table, and its counter")
  func places() {
    #expect(RefusalReason.allCases.map(\.index) == Array(RefusalReason.allCases.indices))
    var counts = RefusalCounts()
    for reason in RefusalReason.allCases { counts.add(reason) }
    var totals = [UInt64](repeating: 1, count: RefusalReason.allCases.count)
    counts.add(to: &totals)
    #expect(totals.allSatisfy { $0 == 2 })
    #expect(counts.total == UInt64(RefusalReason.allCases.count))
  }

  @Test("A reason is called as the problem that the asker gets")
  func names() {
    let errors: [DomainError] = [
      .soldOut(available: 0, requested: 1), .notOpenYet(opensAt: Instant(milliseconds: 0)), .paused,
      .closed(closesAt: nil), .eventCancelled, .perUserLimit(limit: 1, booked: 1, requested: 1),
      .quantityLimit(limit: 1, requested: 2), .seatsAvailable(1), .waitlistFull, .waitlistFirst(available: 1),
      .holdExpired(expiresAt: nil), .idempotencyMismatch, .unknownEvent, .unknownBooking,
    ]
    for error in errors { #expect(RefusalReason(error).rawValue == Problem(error).type.rawValue) }
    #expect(Set(errors.map(RefusalReason.init)).count == RefusalReason.allCases.count - 1)
    #expect(RefusalReason(.emailTaken) == .other)
  }
}
