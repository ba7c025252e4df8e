// One reading after the other, by clocks that the test moves.

import Testing

@testable import ControlPlane

private let startTime: Int64 = 1_700_000_000_000

@Suite("Timekeeper")
struct TimekeeperTests {

  private let clock = ScriptedClock(milliseconds: startTime)

  private func keeper(_ stamps: [Int64] = []) -> Timekeeper {
    Timekeeper(
      clock, served: ServiceTime(milliseconds: 70),
      stamps: stamps.map { Instant(milliseconds: startTime + $0) })
  }

  @Test("while nobody sets the wall clock, everything follows it")
  func ordinary() {
    var keeper = keeper()
    clock.advance(by: 1_500)
    let now = Instant(milliseconds: startTime + 1_500)
    let expected = Timekeeper.Reading(
      now: now, stamp: now, served: ServiceTime(milliseconds: 1_570), step: nil)
    #expect(keeper.read() == expected)
  }

  @Test("a small step back is hidden from stamps, not from the rules")
  func smallStep() {
    var keeper = keeper()
    let before = keeper.read().stamp
    clock.step(by: -2_000)
    let reading = keeper.read()
    #expect(reading.stamp == before)
    #expect(reading.now == Instant(milliseconds: startTime - 2_000))
    #expect(reading.step == nil)
    clock.advance(by: 2_001)
    #expect(keeper.read().stamp == Instant(milliseconds: startTime + 1))
  }

  @Test("many small steps back never add up to more than one")
  func manySmallSteps() {
    var keeper = keeper()
    for _ in 0..<100 {
      clock.step(by: -1_500)
      let reading = keeper.read()
      #expect(reading.stamp >= reading.now)
      #expect(reading.stamp.milliseconds - reading.now.milliseconds <= Timekeeper.greatestClamp)
    }
  }

  @Test(
    "a larger step is reported once, and stamps follow it",
    arguments: [-259_200_000, -3_600_000, -2_001, 2_001, 3_600_000, 259_200_000] as [Int64])
  func largeStep(step: Int64) {
    var keeper = keeper()
    _ = keeper.read()
    clock.step(by: step)
    let reading = keeper.read()
    #expect(reading.step == step)
    #expect(reading.stamp == Instant(milliseconds: startTime + step))
    #expect(keeper.read().step == nil)
    clock.step(by: -step)
    let right = keeper.read()
    #expect(right.step == -step)
    #expect(right.stamp == right.now && right.now.milliseconds == startTime)
  }

  @Test("a frozen process and a sleeping machine are no step")
  func frozen() {
    var keeper = keeper()
    clock.advance(by: 259_200_000)
    #expect(keeper.read().step == nil)
  }

  @Test("slewing is no step, however long nobody reads")
  func slewing() {
    var keeper = keeper()
    clock.advance(by: 86_400_000)
    clock.step(by: -43_200)
    #expect(keeper.read().step == nil)
  }

  @Test("service time does not count what the server slept through, whichever clock says so")
  func pauses() {
    var keeper = keeper()
    clock.advance(by: 259_200_000)
    #expect(keeper.read().served == ServiceTime(milliseconds: 70 + Timekeeper.greatestPause))
  }

  @Test("service time advances with the uptime alone")
  func serviceTime() {
    var keeper = keeper()
    for step in [-3_600_000, 0, 259_200_000] as [Int64] {
      clock.step(by: step)
      clock.advance(by: 10)
      _ = keeper.read()
    }
    #expect(keeper.read().served == ServiceTime(milliseconds: 100))
  }

  @Test("at the start stamps go on where rows ended, unless the rows are of a wrong time")
  func start() {
    for (stamps, expected) in [([], 0), ([-5, 1_999, -7], 1_999), ([3_600_000, 40], 40), ([2_001], 0)] {
      var keeper = keeper(stamps.map { Int64($0) })
      #expect(keeper.read().stamp == Instant(milliseconds: startTime + Int64(expected)))
    }
  }
}
