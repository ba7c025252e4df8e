import Testing

@testable import seatcast

@Suite("Log budget")
struct LogBudgetTests {
  @Test("A burst passes, then one line a second, each with the count of what was left out")
  func burstThenRate() {
    var budget = LogBudget()
    for _ in 0..<LogBudget.burst { #expect(budget.admit(.stalled, at: 0) == 0) }
    for _ in 0..<5 { #expect(budget.admit(.stalled, at: 500) == nil) }
    #expect(budget.admit(.stalled, at: 1_000) == 5)
    #expect(budget.admit(.stalled, at: 1_000) == nil)
    #expect(budget.admit(.stalled, at: 1_999) == nil)
    #expect(budget.admit(.stalled, at: 2_000) == 2)
  }

  @Test("A flood of one kind takes nothing from another")
  func kindsAreApart() {
    var budget = LogBudget()
    for _ in 0..<1_000 { _ = budget.admit(.protocolViolation, at: 0) }
    #expect(budget.admit(.commitFailed, at: 0) == 0)
  }

  @Test("Quiet time fills the bucket again, but not beyond the burst")
  func refill() {
    var budget = LogBudget()
    for _ in 0..<LogBudget.burst { _ = budget.admit(.stalled, at: 0) }
    let later: Int64 = 3_600_000
    let admitted = (0..<100).filter { _ in budget.admit(.stalled, at: later) != nil }.count
    #expect(admitted == LogBudget.burst)
  }

  @Test("A clock that is set back neither opens the bucket nor closes it for ever")
  func clockSetBack() {
    var budget = LogBudget()
    for _ in 0..<LogBudget.burst { _ = budget.admit(.stalled, at: 1_000_000) }
    #expect(budget.admit(.stalled, at: 0) == nil)
    #expect(budget.admit(.stalled, at: 1_000) == 1)
  }

  @Test("What was left out is told once at the end")
  func drain() {
    var budget = LogBudget()
    for _ in 0..<LogBudget.burst + 3 { _ = budget.admit(.stalled, at: 0) }
    _ = budget.admit(.acceptPaused, at: 0)
    let left = budget.drainSuppressed()
    #expect(left.map(\.kind) == [.stalled])
    #expect(left.map(\.count) == [3])
    #expect(budget.drainSuppressed().isEmpty)
  }
}
