// The search by itself: orders that exist are found, others excluded, and what is too large is not decided.
import Testing

@testable import seatcast

private func step(
  _ times: ClosedRange<Int64>, _ effect: SearchStep.Effect, left: Int? = nil, seq: UInt64? = nil,
  isOptional: Bool = false
) -> SearchStep {
  SearchStep(
    name: "c", act: "a", sentAt: times.lowerBound, answeredAt: times.upperBound, effect: effect,
    isOptional: isOptional,
    seq: seq, available: left)
}

private func search(_ steps: [SearchStep], seats: Int?, told: Set<UInt64> = []) -> OrderSearch.Outcome {
  OrderSearch.search(steps, from: SearchState(seq: nil, available: seats), told: told)
}

@Suite("OrderSearch")
struct OrderSearchTests {
  @Test("Of requests at one time every order is tried, also without a seq")
  func orders() {
    let steps = [
      step(0...9, .takes(2), left: 1), step(0...9, .takes(1), left: 3), step(0...9, .takes(1), left: 0),
    ]
    #expect(search(steps, seats: 4) == .legal([1, 0, 2]))
    #expect(search(steps, seats: 5) == .illegal([]))
    #expect(search(steps, seats: nil) == .legal([1, 0, 2]))
  }

  @Test("What was answered before something was asked for comes before it")
  func time() {
    #expect(
      search([step(0...1, .takes(1), left: 0), step(2...3, .takes(1), left: 1)], seats: 2) == .illegal([]))
    #expect(
      search([step(0...2, .takes(1), left: 0), step(2...3, .takes(1), left: 1)], seats: 2) == .legal([1, 0]))
  }

  @Test("A refusal needs a moment with too few seats")
  func refusals() {
    let steps = [step(0...9, .takes(2), left: 0), step(5...6, .refusedFor(1), left: 0)]
    #expect(search(steps, seats: 2) == .legal([0, 1]))
    #expect(search([step(0...1, .refusedFor(1)), step(2...3, .takes(2), left: 0)], seats: 2) == .illegal([]))
    #expect(
      search([step(0...1, .refusedFor(3), left: 2), step(0...1, .takes(2), left: 0)], seats: 2)
        == .legal([0, 1]))
  }

  @Test("A request without an answer happens once or not at all")
  func unknown() {
    let lost = step(0...Int64.max, .takes(1), isOptional: true)
    #expect(search([lost, step(1...2, .takes(1), left: 0)], seats: 2) == .legal([0, 1]))
    #expect(search([lost, step(1...2, .takes(1), left: 1)], seats: 2) == .legal([1]))
    #expect(search([lost, step(1...2, .takes(1), left: 0)], seats: 3) == .illegal([0]))
  }

  @Test("A seq follows the one before it, unless something happened of which nobody was told")
  func seqs() {
    let steps = [step(0...1, .takes(1), left: 4, seq: 7), step(2...3, .takes(1), left: 1, seq: 9)]
    #expect(search(steps, seats: 5, told: [7, 9]) == .legal([0, 1]))
    #expect(search(steps, seats: 5, told: [7, 8, 9]) == .illegal([0]))
    #expect(
      search([step(0...1, .reads, left: 5, seq: 6), step(2...3, .reads, left: 4, seq: 6)], seats: nil)
        == .illegal([0]))
  }

  @Test(
    "Many requests at once without a seq are decided by what is remembered, or not decided within the bound")
  func bounds() {
    // Twenty equal requests have 2^20 sets of those that came; one of them is impossible.
    let equal = (0..<20).map { _ in step(0...9, .takes(1)) } + [step(0...9, .reads, left: 77)]
    let start = SearchState(seq: nil, available: 20)
    #expect(OrderSearch.search(equal, from: start, told: [], looks: 20_000) == .undecided)
    let many = [SearchStep](repeating: step(0...9, .takes(1)), count: OrderSearch.most + 1)
    #expect(search(many, seats: 10_000) == .undecided)
  }

  @Test("A counterexample is a table and a picture")
  func shown() {
    let steps = [step(0...1_000, .takes(1), left: 0), step(2_000...3_000, .takes(1), left: 1)]
    let found = Counterexample(event: 4, steps: steps, order: [1])
    let text = found.text(.plain)
    #expect(
      text.contains("No order of these requests of event 4") && text.contains("none   c")
        && text.contains("1      c"))
    #expect(found.stuck == [0])
    let picture = found.svg()
    #expect(picture.hasPrefix("<svg ") && picture.hasSuffix("</svg>\n") && picture.contains("#e5484d"))
  }
}
