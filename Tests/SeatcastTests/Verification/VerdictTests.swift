import Testing

@testable import seatcast

@Suite("Verdict")
struct VerdictTests {
  @Test("A rule is told once, with its violations and how often it is broken, in the order of the rules")
  func reports() {
    var verdict = Verdict()
    #expect(verdict.isConsistent)
    verdict.report(.converged, "late", lines: [0, 4])
    verdict.report(.log, "first", lines: [1, 2])
    verdict.report(.log, "second")
    verdict.sort()
    #expect(verdict.broken.map(\.rule) == [.log, .converged])
    #expect(verdict.broken[0].count == 2 && verdict.broken[0].evidence == "first")
    // A line that is in no file proves nothing.
    #expect(verdict.broken[1].violations == [Violation(evidence: "late", lines: [4])])
  }

  @Test("What is kept of a rule is bounded, what is counted is not; merging adds both")
  func bounds() {
    var (one, two) = (Verdict(), Verdict())
    for number in 0..<300 { one.report(.order, "\(number)") }
    two.report(.order, "another")
    two.windows.undecided = 2
    two.merge(one)
    #expect(two.broken[0].count == 301 && two.broken[0].violations.count == BrokenRule.most)
    #expect(two.windows.undecided == 2 && WindowCounts().legal == 0)
  }

  @Test("Every rule has a promise of its own")
  func promises() {
    #expect(Set(ConsistencyRule.allCases.map(\.promise)).count == ConsistencyRule.allCases.count)
  }
}
