import TestSupport
import Testing

@testable import FanoutCore

@Suite struct LoopCountersTests {
  @Test("of each topic the newest number of subscribers is taken once, as of the last tick")
  func subscribers() {
    let counters = LoopCounters(countsSubscribers: true)
    counters.note(SubscriberCount(1, isUntold: true), of: TopicID(5))
    #expect(counters.takeSubscribers() == [:])
    counters.publish()
    counters.note(SubscriberCount(2), of: TopicID(5))
    counters.note(SubscriberCount(9), of: TopicID(6))
    counters.publish()
    #expect(
      counters.takeSubscribers() == [
        TopicID(5): SubscriberCount(2, isUntold: true), TopicID(6): SubscriberCount(9),
      ])
    counters.publish()
    #expect(counters.takeSubscribers() == [:])
    let silent = LoopCounters()
    silent.note(SubscriberCount(1), of: TopicID(5))
    silent.publish()
    #expect(silent.takeSubscribers() == [:])
  }

  @Test("what is shown is one whole set of counts, never a mixture of two")
  func whole() throws {
    let counters = LoopCounters()
    #expect(counters.counts == LoopCounts())
    let thread = try BackgroundThread {
      for number in 1...2000 {
        (counters.own.sends, counters.own.acceptFailures) = (number, number)
        counters.publish()
      }
    }
    try eventually("the last counts is shown") {
      let counts = counters.counts
      #expect(counts.sends == counts.acceptFailures)
      return counts.sends == 2000
    }
    try thread.join()
  }
}
