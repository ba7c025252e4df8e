import TestSupport
import Testing

@testable import FanoutCore

@Suite struct TimerWheelTests {
  @Test("a deadline is handed out once, at the first tick that is not before it")
  func once() {
    var wheel = TimerWheel(tick: 100, now: 1000)
    wheel.arm(7, at: 1250)
    #expect(wheel.advance(to: 1200).isEmpty)
    #expect(wheel.advance(to: 1299).isEmpty)
    #expect(wheel.advance(to: 1300) == [7])
    #expect(wheel.advance(to: 5000).isEmpty)
  }

  @Test("a deadline that has passed already comes with the next tick")
  func past() {
    var wheel = TimerWheel(tick: 100, now: 1000)
    wheel.arm(1, at: 0)
    wheel.arm(2, at: 1000)
    #expect(wheel.advance(to: 1099).isEmpty)
    #expect(wheel.advance(to: 1100).sorted() == [1, 2])
  }

  @Test("arming again replaces the deadline, disarming takes it away")
  func replace() {
    var wheel = TimerWheel(tick: 100, now: 0)
    wheel.arm(1, at: 200)
    wheel.arm(1, at: 900)
    wheel.arm(2, at: 200)
    wheel.disarm(2)
    wheel.disarm(3)
    #expect(wheel.advance(to: 800).isEmpty)
    #expect(wheel.advance(to: 900) == [1])
  }

  @Test("a deadline beyond the ring comes round early")
  func beyond() {
    var wheel = TimerWheel(tick: 100, now: 0)
    wheel.arm(1, at: 1_000_000)
    #expect(wheel.advance(to: 102_200).isEmpty)
    #expect(wheel.advance(to: 102_300) == [1])
  }

  @Test("a deadline that never comes is no matter for arithmetic")
  func never() {
    var wheel = TimerWheel(tick: 100, now: 5000)
    wheel.arm(1, at: .max)
    #expect(wheel.advance(to: 6000).isEmpty)
    #expect(wheel.advance(to: 500_000) == [1])
  }

  @Test("after a long sleep everything due is handed out, whatever went by")
  func longSleep() {
    var wheel = TimerWheel(tick: 100, now: 0)
    for slot in UInt32(0)..<50 { wheel.arm(slot, at: UInt64(slot) * 1777) }
    #expect(wheel.advance(to: 10_000_000).sorted() == Array(0..<50))
  }

  @Test("a clock that stands still or goes back hands out nothing")
  func backwards() {
    var wheel = TimerWheel(tick: 100, now: 5000)
    wheel.arm(1, at: 5100)
    #expect(wheel.advance(to: 4000).isEmpty)
    #expect(wheel.advance(to: 5099).isEmpty)
    #expect(wheel.advance(to: 5100) == [1])
  }

  @Test("a wheel agrees with a list under random use", arguments: 1...30)
  func random(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let tick = UInt64.random(in: 1...250, using: &random)
    var now = UInt64.random(in: 0...1_000_000, using: &random)
    var wheel = TimerWheel(tick: tick, now: now)
    var model: [UInt32: UInt64] = [:]
    for _ in 0..<300 {
      let slot = UInt32.random(in: 0..<40, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0...2:
        let deadline = now + UInt64.random(in: 0...(tick * 1000), using: &random)
        wheel.arm(slot, at: deadline)
        model[slot] = deadline
      case 3:
        wheel.disarm(slot)
        model[slot] = nil
      default:
        let before = now
        now += UInt64.random(in: 0...(tick * 300), using: &random)
        let due = wheel.advance(to: now)
        #expect(Set(due).count == due.count)
        for slot in due {
          // Never early: the ring is longer than any deadline here.
          #expect((model.removeValue(forKey: slot) ?? .max) <= now, "seed \(seed)")
        }
        // At most a tick late; one that was due when it was armed waits for the next tick.
        let boundary = now / tick * tick
        #expect(model.values.allSatisfy { $0 > boundary || boundary <= before }, "seed \(seed)")
      }
    }
  }
}
