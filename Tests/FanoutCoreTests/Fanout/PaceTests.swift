import Testing

@testable import FanoutCore

@Suite struct PaceTests {
  @Test("a pace is 0 to 60, and 0 is all")
  func bounds() {
    #expect(Pace(-1) == nil && Pace(61) == nil && Pace(.max) == nil)
    #expect(Pace(0) == .all && Pace(60)?.perSecond == 60)
  }

  @Test(
    "no second has more messages than the pace says, and none waits for more than an eighth of an interval longer"
  )
  func interval() throws {
    for perSecond in 1...Pace.highest {
      let pace = try #require(Pace(perSecond))
      #expect(pace.interval * UInt64(perSecond) >= 1_000)
      for now in [UInt64(0), 1, 124, 125, 126, 1_000_003] {
        let next = pace.next(after: now)
        #expect(next >= now + pace.interval && next < now + pace.interval + max(pace.interval / 8, 1))
      }
    }
  }

  @Test("who is sent something at nearly the same time is sent the next at the same time")
  func together() throws {
    let pace = try #require(Pace(1))
    #expect(pace.next(after: 10_001) == pace.next(after: 10_125))
    #expect(pace.next(after: 10_125) < pace.next(after: 10_126))
  }
}
