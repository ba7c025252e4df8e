import TestSupport
import Testing

@testable import FanoutCore

@Suite("Key counts")
struct KeyCountsTests {
  @Test("A key holds as many as the bound says, and another key is not concerned")
  func bound() {
    let counts = KeyCounts(bound: 2)
    #expect(counts.enter(1) && counts.enter(1) && !counts.enter(1))
    #expect(counts.enter(2))
    counts.leave(1)
    #expect(counts.enter(1) && !counts.enter(1))
    #expect(counts.count(of: 1) == 2 && counts.count(of: 2) == 1 && counts.count(of: 3) == 0)
  }

  @Test("Who holds nothing leaves nothing behind")
  func memory() {
    let counts = KeyCounts(bound: 3)
    for key: UInt64 in 0..<10_000 { _ = counts.enter(key) }
    #expect(counts.keys == 10_000)
    for key: UInt64 in 0..<10_000 { counts.leave(key) }
    #expect(counts.keys == 0)
  }

  @Test("Without a bound nothing is counted")
  func unbounded() {
    let counts = KeyCounts(bound: nil)
    #expect((0..<1_000).allSatisfy { _ in counts.enter(1) })
    counts.leave(1)
    #expect(counts.keys == 0)
  }

  @Test("A bound that may change counts from the start, so that none is given back that was not taken")
  func changes() {
    let counts = KeyCounts(bound: nil, mayChange: true)
    #expect((0..<3).allSatisfy { _ in counts.enter(1) })
    counts.use(bound: 2)
    #expect(counts.count(of: 1) == 3 && !counts.enter(1) && counts.enter(2))
    counts.leave(1)
    #expect(!counts.enter(1))
    counts.leave(1)
    #expect(counts.enter(1) && !counts.enter(1))
    counts.use(bound: nil)
    #expect(counts.enter(1) && counts.count(of: 1) == 3)
  }

  @Test("Threads together stay within the bound")
  func contention() throws {
    let counts = KeyCounts(bound: 100)
    let entered = try concurrently(4) { _ in (0..<1_000).count { _ in counts.enter(9) } }
    #expect(entered.reduce(0, +) == 100)
    _ = try concurrently(4) { index in for _ in 0..<entered[index] { counts.leave(9) } }
    #expect(counts.keys == 0)
  }

  @Test("What comes from another process is counted beyond the bound")
  func added() {
    let counts = KeyCounts(bound: 1)
    counts.add(1)
    counts.add(1)
    #expect(counts.count(of: 1) == 2 && !counts.enter(1))
    counts.leave(1)
    counts.leave(1)
    #expect(counts.enter(1))
  }
}
