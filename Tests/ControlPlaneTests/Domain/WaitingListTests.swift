import Testing

@testable import ControlPlane

@Suite("WaitingList")
struct WaitingListTests {
  @Test("who may not book may not wait, but seats need not be free")
  func rules() {
    var event = Event.sample(capacity: 2)
    (event.sold, event.maxPerUser) = (2, 3)
    let now = Instant(milliseconds: 0)
    func refusal(_ quantity: Int, booked: Int = 0) -> DomainError? {
      do throws(DomainError) {
        try BookingRules.checkWaiting(event, quantity: quantity, type: nil, at: now, booked: booked)
        return nil
      } catch {
        return error
      }
    }
    #expect(refusal(2) == nil)
    #expect(refusal(0) == .quantityLimit(limit: 10, requested: 0))
    #expect(refusal(11) == .quantityLimit(limit: 10, requested: 11))
    #expect(refusal(2, booked: 2) == .perUserLimit(limit: 3, booked: 2, requested: 2))
    event.status = .closed
    #expect(refusal(1) == .closed(closesAt: nil))
  }

  @Test("an offer lasts as long as a hold, and ten minutes where there are no holds")
  func offers() {
    var event = Event.sample(capacity: 2)
    event.holdSeconds = 30
    #expect(BookingRules.offerEnd(event, from: Instant(milliseconds: 5)).milliseconds == 30_005)
    event.holdSeconds = 0
    #expect(BookingRules.offerEnd(event, from: Instant(milliseconds: 5)).milliseconds == 600_005)
  }
}
