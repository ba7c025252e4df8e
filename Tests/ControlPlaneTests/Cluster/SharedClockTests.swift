import Testing

@testable import ControlPlane

@Suite("The clock of nodes")
struct SharedClockTests {
  private func reading(_ before: Int64, _ after: Int64, _ database: Int64) -> ClockReading {
    ClockReading(
      before: Instant(milliseconds: before), after: Instant(milliseconds: after),
      database: Instant(milliseconds: database))
  }

  @Test("The wall clock is put right, and times that are measured are the machine's own")
  func offset() {
    let base = ScriptedClock(milliseconds: 1_000_000, uptime: 50)
    let clock = SharedClock(base)
    #expect(clock.now.milliseconds == 1_000_000)
    clock.offset = -2_500
    #expect(clock.now.milliseconds == 997_500 && clock.unshared.milliseconds == 1_000_000)
    #expect(clock.uptime == 50)
    base.advance(by: 10)
    #expect(clock.now.milliseconds == 997_510 && clock.uptime == 60)
  }

  @Test("A reading's offset is that to the middle of its way, and may be wrong by half of the way")
  func readings() {
    let reading = reading(1_000, 1_040, 2_020)
    #expect(reading.offset == 1_000 && reading.doubt == 21)
  }

  @Test("Of ten readings the one that is least in doubt counts, and within its doubt nothing changes")
  func judgement() {
    var judge = ClockJudge()
    #expect(judge.begin(reading(0, 10, 105)) == 100)
    func ten(_ best: ClockReading) -> Int64? {
      var told: [Int64] = []
      for number in 0..<10 {
        if let offset = judge.take(number == 4 ? best : reading(0, 400, 900)) { told.append(offset) }
      }
      #expect(told.count <= 1)
      return told.first
    }
    #expect(ten(reading(0, 10, 108)) == nil, "3 ms may be the way's")
    #expect(ten(reading(0, 4, 352)) == 350)
    #expect(ten(reading(0, 4, 353)) == nil)
    #expect(judge.offset == 350)
  }
}
