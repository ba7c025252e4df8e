import Testing

@testable import FanoutCore

@Suite struct LivenessTests {
  private let interval: UInt64 = 1000

  @Test("the first ping comes at most a quarter early")
  func firstPing() {
    for salt in UInt32(0)..<500 {
      let liveness = Liveness(now: 50_000, interval: interval, salt: salt)
      #expect(liveness.since <= 50_000)
      #expect(liveness.since > 50_000 - interval / 4 - 1)
    }
  }

  @Test("a world that has just begun has no earlier times")
  func beginning() {
    for salt in UInt32(0)..<50 { #expect(Liveness(now: 3, interval: interval, salt: salt).since <= 3) }
  }

  @Test("silence leads to one ping and then to the end")
  func silence() {
    var liveness = Liveness(now: 0, interval: interval, salt: 0)
    liveness.heard(at: 10_000)
    #expect(liveness.verdict(now: 10_999, interval: interval) == .wait(until: 11_000))
    #expect(liveness.verdict(now: 11_000, interval: interval) == .ping)
    liveness.pinged(at: 11_000)
    #expect(liveness.verdict(now: 11_500, interval: interval) == .wait(until: 12_000))
    #expect(liveness.verdict(now: 12_000, interval: interval) == .silent)
  }

  @Test(
    "nobody is given up before a ping was unanswered for a whole interval, however late the clock is looked at"
  )
  func lateLook() {
    var liveness = Liveness(now: 0, interval: interval, salt: 0)
    liveness.heard(at: 10_000)
    #expect(liveness.verdict(now: 99_000, interval: interval) == .ping)
    liveness.pinged(at: 99_000)
    #expect(liveness.verdict(now: 99_999, interval: interval) == .wait(until: 100_000))
    #expect(liveness.verdict(now: 100_000, interval: interval) == .silent)
  }

  @Test("whoever is heard is alive again")
  func heard() {
    var liveness = Liveness(now: 0, interval: interval, salt: 0)
    liveness.heard(at: 10_000)
    liveness.pinged(at: 11_000)
    liveness.heard(at: 11_700)
    #expect(!liveness.isPinged)
    #expect(liveness.verdict(now: 12_000, interval: interval) == .wait(until: 12_700))
  }

  @Test("what was sent counts like what was heard, up to a quarter early")
  func sent() {
    var liveness = Liveness(now: 0, interval: interval, salt: 0)
    liveness.heard(at: 10_000)
    for salt in UInt32(0)..<100 {
      let early = scattered(salt, within: interval / 4)
      let verdict = liveness.verdict(now: 11_500, interval: interval, lastSent: 11_400, salt: salt)
      #expect(verdict == .wait(until: 12_400 - early))
    }
    #expect(liveness.verdict(now: 11_500, interval: interval, lastSent: 9_000) == .ping)
    #expect(liveness.verdict(now: 10_500, interval: interval, lastSent: 9_000) == .wait(until: 11_000))
  }

  @Test("what came together is spread over the whole span")
  func spread() {
    var buckets = [Int](repeating: 0, count: 10)
    for salt in UInt32(1)...1000 {
      let moment = scattered(salt, within: 5000)
      #expect(moment < 5000)
      buckets[Int(moment / 500)] += 1
    }
    #expect(buckets.allSatisfy { (80...120).contains($0) })
    #expect(scattered(9, within: 5000) == scattered(9, within: 5000))
    #expect(scattered(9, within: 0) == 0)
  }
}
