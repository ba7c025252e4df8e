// Which seeds a test goes through: a fixed set, unless the environment asks for one of them or for many fresh ones, as
// script/soak does.

public enum Seeds {
  /// `SEATCAST_SEED=n`: this one. `SEATCAST_SEEDS=n`: so many. `SEATCAST_FIRST_SEED=n`: beginning with that.
  /// - Parameter usual: how many, when nothing is asked for.
  public static func ofThisRun(usual: UInt64) -> [UInt64] {
    if let seed = number("SEATCAST_SEED") { return [seed] }
    let first = number("SEATCAST_FIRST_SEED") ?? 1
    return Array(first..<(first + max(number("SEATCAST_SEEDS") ?? usual, 1)))
  }

  /// `SEATCAST_SOAK_SECONDS=n`: how long tests that go on with fresh seeds do so; nil: they are left out.
  public static let soakSeconds = number("SEATCAST_SOAK_SECONDS").map { Int($0) }

  /// Where a soak begins: `SEATCAST_FIRST_SEED`, or a number that was drawn.
  public static func first() -> UInt64 {
    number("SEATCAST_FIRST_SEED") ?? UInt64.random(in: 1...1_000_000_000)
  }

  /// What repeats a seed.
  public static func command(_ seed: UInt64, filter: String) -> String {
    "SEATCAST_SEED=\(seed) script/test --filter \(filter)"
  }

  private static func number(_ name: String) -> UInt64? { environmentVariable(name).flatMap { UInt64($0) } }
}
