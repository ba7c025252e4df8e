// Fresh seeds for as long as script/soak says, with an eye on the memory of this very process: both planes are in it, started and
// ended thousands of times.
import Glibc
import TestSupport
import Testing

@Suite("A soak", .enabled(if: Seeds.soakSeconds != nil))
struct SoakTests {
  @Test("fresh seeds keep every promise, and memory stays flat")
  func freshSeeds() throws {
    let deadline = Deadline(.seconds(Seeds.soakSeconds ?? 0))
    let first = Seeds.first()
    var resident: [Int] = []
    while !deadline.hasPassed {
      let script = Script(seed: first + UInt64(resident.count), count: PromiseTests.steps)
      let faults = Scenario.faults(of: script)
      if !faults.isEmpty { return try Failure(script, faults).tell() }
      resident.append(try residentBytes(of: getpid()))
    }
    print("\(resident.count) seeds from \(first) on: no promise was broken; \(Self.words(resident))")
    checkFlat(resident)
  }

  private static func words(_ resident: [Int]) -> String {
    let quarters = (1...4).map { "\(resident[resident.count * $0 / 4 - 1] >> 20)" }
    return "MB resident after each quarter: \(quarters.joined(separator: ", "))"
  }

  /// Caches fill in the first quarter; from then on nothing may grow with the number of runs.
  private func checkFlat(_ resident: [Int]) {
    guard resident.count >= 100 else { return }
    let (early, late) = (resident.count / 4, resident.count - 1)
    let growth = Double(resident[late]) / Double(resident[early])
    #expect(growth < 1.1, "memory grows: \(Self.words(resident))")
  }
}
