import TestSupport
import Testing

@testable import FanoutCore

@Suite struct LoopCountersTests {
  @Test("what is shown is one whole tally, never a mixture of two")
  func whole() throws {
    let counters = LoopCounters()
    #expect(counters.tally == LoopTally())
    let thread = try BackgroundThread {
      for number in 1...2000 {
        var tally = LoopTally()
        (tally.sends, tally.acceptFailures) = (number, number)
        counters.publish(tally)
      }
    }
    try eventually("the last tally is shown") {
      let tally = counters.tally
      #expect(tally.sends == tally.acceptFailures)
      return tally.sends == 2000
    }
    try thread.join()
  }
}
