import Testing

@testable import seatcast

@Suite("Verdict")
struct VerdictTests {
  @Test("A rule is told once, with its first evidence and how often it is broken, in the order of the rules")
  func reports() {
    var verdict = Verdict()
    #expect(verdict.isConsistent)
    verdict.report(.convergence, "late")
    verdict.report(.log, "first")
    verdict.report(.log, "second")
    verdict.sort()
    #expect(
      verdict.broken == [
        BrokenRule(rule: .log, evidence: "first", count: 2), BrokenRule(rule: .convergence, evidence: "late"),
      ])
  }
}
