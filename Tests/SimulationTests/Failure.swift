// What is told of a script that breaks a promise: the faults, a small script that breaks one, too, and how to repeat both.
import TestSupport
import Testing

/// A script that breaks a promise, made small.
struct Failure {
  private static let attempts = 300
  let script: Script
  let faults: [String]
  let small: Script

  init(_ script: Script, _ faults: [String]) {
    (self.script, self.faults) = (script, faults)
    let steps = Shrinker.shrink(script.steps, attempts: Self.attempts) {
      !Scenario.faults(of: Script(seed: script.seed, steps: $0)).isEmpty
    }
    small = Script(seed: script.seed, steps: steps)
  }

  /// Keeps the small script in a file, and says how to repeat both.
  func tell() throws {
    let folder = environmentVariable("SEATCAST_SCRIPTS") ?? environmentVariable("TMPDIR") ?? "/tmp"
    let path = "\(folder)/seatcast-seed-\(script.seed).script"
    try put("# \(Scenario.faults(of: small).joined(separator: "\n# "))\n\(small)\n", at: path)
    Issue.record(
      """
      \(faults.joined(separator: "\n"))
      Again: SEATCAST_STEPS=\(PromiseTests.steps) \(Seeds.command(script.seed, filter: "PromiseTests/promises"))
      In \(small.steps.count) steps: SEATCAST_SCRIPT=\(path) script/test --filter PromiseTests/script
      \(small)
      """)
  }
}
