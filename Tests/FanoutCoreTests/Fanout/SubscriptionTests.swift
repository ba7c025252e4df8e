import Testing

@testable import FanoutCore

@Suite struct SubscriptionTests {
  @Test("nobody is told apart from every index that a slab gives out")
  func none() {
    #expect(SubscriptionIndex.none == SubscriptionIndex(.max))
    #expect(SubscriptionIndex.none != SubscriptionIndex(0))
  }

  @Test("a place says all that belongs to it")
  func places() {
    #expect(Subscription.Place.lagging(cursor: 4) != .lagging(cursor: 5))
    #expect(Subscription.Place.cohort(1, position: 2) != .cohort(1, position: 3))
    #expect(Subscription.Place.waiting(.none, .connected) != .waiting(.none, .subscribed))
    #expect(
      Subscription.Place.replaying(cursor: 2, through: 3, .connected)
        != .replaying(cursor: 2, through: 2, .connected))
  }
}
