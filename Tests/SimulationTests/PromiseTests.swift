// The promises of docs/ARCHITECTURE.md under everything that a seed can think of. A failing seed is named and shrunk to a script
// of few steps; docs/TESTING.md says how to repeat either.
import TestSupport
import Testing

@Suite struct PromiseTests {
  static let seeds = Seeds.ofThisRun(usual: 200)

  /// Random steps of each run.
  static let steps = environmentVariable("SEATCAST_STEPS").flatMap { Int($0) } ?? 300

  @Test("from this seed every promise holds", arguments: seeds)
  func promises(seed: UInt64) throws {
    let script = Script(seed: seed, count: Self.steps)
    let faults = Scenario.faults(of: script)
    if !faults.isEmpty { try Failure(script, faults).tell() }
  }

  @Test("the script that is asked for keeps every promise", .enabled(if: scriptPath != nil))
  func script() throws {
    let bytes = try #require(Self.scriptPath.flatMap { contents(of: $0) })
    #expect(Scenario.faults(of: try Script(parsing: String(decoding: bytes, as: UTF8.self))) == [])
  }

  private static let scriptPath = environmentVariable("SEATCAST_SCRIPT")

  @Test("a disk that lies about its syncs is found out, and the script is shrunk to what is needed")
  func plantedFault() throws {
    let failing = Self.plantedSeeds.lazy.map { Script(seed: $0, count: 300) }
      .first { !Scenario.faults(of: $0, liesAboutSyncs: true).isEmpty }
    let script = try #require(failing, "nobody notices that nothing is synced")
    let small = Shrinker.shrink(script.steps, attempts: 400) {
      !Scenario.faults(of: Script(seed: script.seed, steps: $0), liesAboutSyncs: true).isEmpty
    }
    let shrunk = Script(seed: script.seed, steps: small)
    #expect(small.count <= 12, "\(shrunk)")
    #expect(small.contains { $0.verb == .crash }, "\(shrunk)")
    // It is the disk's fault: printed, read again and played on a good disk, the script keeps every promise.
    let again = try Script(parsing: shrunk.description)
    #expect(!Scenario.faults(of: again, liesAboutSyncs: true).isEmpty)
    #expect(Scenario.faults(of: again) == [])
  }

  private static let plantedSeeds = UInt64(1)...40

  @Test("the stories meet what they are there for")
  func reach() throws {
    var sums: [String: Int] = [:]
    for seed in UInt64(1)...40 {
      let story = try Scenario(seed: seed)
      try story.run(steps: 300)
      sums.merge(story.deeds, uniquingKeysWith: +)
    }
    let names = [
      "conflations", "recoveries", "claims", "bookings", "recalls", "stalled", "pongs", "delivered",
      "deletions", "withdrawals", "offers", "crashes", "kills", "disk failures", "viewer counts",
      "compressed", "paces", "paced conflations",
    ]
    for name in names {
      #expect((sums[name] ?? 0) > 0, "\(name): \(sums)")
    }
  }
}

extension Scenario {
  /// Plays a script; no faults: every promise was kept.
  static func faults(of script: Script, liesAboutSyncs: Bool = false) -> [String] {
    do {
      let story = try Scenario(seed: script.seed, liesAboutSyncs: liesAboutSyncs)
      try story.play(script.steps)
      return story.record.faults
    } catch {
      return ["the simulation failed: \(error)"]
    }
  }
}
