// The promises of docs/ARCHITECTURE.md under everything that a seed can think of. A failing seed is named; run it
// alone with SEATCAST_SEED=n, or more of them with SEATCAST_SEEDS=count; SEATCAST_STEPS makes each longer.
import TestSupport
import Testing

@Suite struct PromiseTests {
  /// The seeds of this run.
  static let seeds: [UInt64] = {
    if let seed = environmentVariable("SEATCAST_SEED").flatMap({ UInt64($0) }) { return [seed] }
    let count = environmentVariable("SEATCAST_SEEDS").flatMap { UInt64($0) } ?? 200
    return Array(1...max(count, 1))
  }()

  /// Random acts of each run.
  static let steps = environmentVariable("SEATCAST_STEPS").flatMap { Int($0) } ?? 300

  @Test("from this seed every promise holds", arguments: seeds)
  func promises(seed: UInt64) throws {
    let story = try Scenario(seed: seed)
    try story.run(steps: Self.steps)
    #expect(story.record.faults == [], "SEATCAST_SEED=\(seed) SEATCAST_STEPS=\(Self.steps)")
  }

  @Test("the stories meet what they are there for")
  func reach() throws {
    var sums: [String: Int] = [:]
    for seed in UInt64(1)...40 {
      let story = try Scenario(seed: seed)
      try story.run(steps: Self.steps)
      sums.merge(story.deeds, uniquingKeysWith: +)
    }
    let names = [
      "conflations", "recoveries", "claims", "bookings", "recalls", "stalled", "pongs", "delivered",
      "deletions", "withdrawals",
    ]
    for name in names {
      #expect((sums[name] ?? 0) > 0, "\(name): \(sums)")
    }
  }
}
