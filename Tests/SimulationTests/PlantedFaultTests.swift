// The proof that the checker can fail: each planted fault is found from the history alone within a bounded number of seeds, and the
// same seeds without the fault break no rule. docs/planted-faults.md is made from this:
// `SEATCAST_WRITE=1 script/test --filter PlantedFaultTests/written`.
import TestSupport
import Testing

@testable import seatcast

@Suite("Planted faults")
struct PlantedFaultTests {
  static let mostSeeds: UInt64 = 60
  private static let page = SourceTree.root + "/docs/planted-faults.md"

  /// What the checker says of one run.
  private static func verdict(_ fault: PlantedFault, _ seed: UInt64, isThere: Bool) throws -> Verdict {
    let steps = Script(seed: seed, count: 300).steps
    let story = try Scenario(seed: seed, planted: Planted(fault: fault, isThere: isThere))
    try story.play(steps, copying: fault.needsRestore ? steps.count / 3...2 * steps.count / 3 : nil)
    if let sentence = story.record.history.fault { throw TestFailure(sentence) }
    if !isThere, let failure = story.failure { throw TestFailure(failure) }
    return story.record.history.judge()
  }

  /// The first seed with which a fault is found, and the rules that it breaks.
  private static func find(_ fault: PlantedFault) throws -> (seed: UInt64, verdict: Verdict)? {
    for seed in 1...mostSeeds {
      let verdict = try verdict(fault, seed, isThere: true)
      if !verdict.isConsistent { return (seed, verdict) }
    }
    return nil
  }

  @Test("each is found, and nothing is found without it", arguments: PlantedFault.allCases)
  func found(fault: PlantedFault) throws {
    let found = try #require(try Self.find(fault), "not found with \(Self.mostSeeds) seeds")
    for seed in 1...max(found.seed, 3) {
      let verdict = try Self.verdict(fault, seed, isThere: false)
      #expect(verdict.isConsistent, "seed \(seed) without the fault: \(verdict.broken)")
    }
    let row = try #require(
      String(decoding: contents(of: Self.page) ?? [], as: UTF8.self).split(separator: "\n")
        .first { $0.contains(fault.rawValue) }, "docs/planted-faults.md has no row of it")
    // Which rule breaks first depends on the stories, which every change of the server changes.
    let namesRule = ConsistencyRule.allCases.contains { row.contains("`\($0.rawValue)`") }
    #expect(namesRule, "the page names no rule: \(row)")
  }

  @Test("the page is written anew", .enabled(if: environmentVariable("SEATCAST_WRITE") != nil))
  func written() throws {
    var rows: [String] = []
    for fault in PlantedFault.allCases {
      let found = try #require(try Self.find(fault), "\(fault)")
      let rules = found.verdict.broken.map { "`\($0.rule.rawValue)`" }.joined(separator: ", ")
      let evidence = found.verdict.broken[0].evidence.replacing("|", with: "/")
      rows.append("| \(fault.rawValue) | \(rules) | \(found.seed) | \(evidence) |")
    }
    try put(Self.head + rows.joined(separator: "\n") + "\n", at: Self.page)
  }

  private static let head = """
    # Planted faults

    Whoever trusts a checker should have seen it fail. Each fault below is planted into a double of the simulation, never into the
    server: the release has no switch for it. The simulation then plays random stories, from seed 1 on, and
    [`seatcast verify`](VERIFY.md)'s checker gets nothing but what clients recorded and the server's log. A test holds that each
    fault is found within 60 seeds, and that the same seeds without the fault break no rule
    (`script/test --filter PlantedFaultTests`). Written by
    `SEATCAST_WRITE=1 script/test --filter PlantedFaultTests/written`.

    | fault | broken rules | first seed | what the checker says first |
    |---|---|---|---|

    """
}
