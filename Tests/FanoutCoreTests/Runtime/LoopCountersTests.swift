import TestSupport
import Testing

@testable import FanoutCore

@Suite struct LoopCountersTests {
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
