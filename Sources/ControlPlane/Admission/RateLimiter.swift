// The budgets of many keys: one moment per key in a table of fixed size. Any thread.

/// Rate-limits 64-bit keys; without a limit everything is allowed.
struct RateLimiter: Sendable {
  let limit: RateLimit?
  private let table: KeyTable<Budget>?

  private struct Budget: Forgettable {
    var full: UInt64 = 0
    static let none = Budget()
    var uselessAt: UInt64 { full }
  }

  /// - Parameter former: a limiter of the same keys: what they have used of its limit counts for this one, too.
  init(_ limit: RateLimit?, capacity: Int = 65_536, after former: RateLimiter? = nil) {
    self.limit = limit
    table = limit == nil ? nil : former?.table ?? KeyTable(capacity: capacity)
  }

  /// Takes one unit of `key`'s budget. Nil: there is no limit.
  /// - Parameters:
  ///   - reserve: units, fewer than the limit's burst, that must be left afterwards.
  ///   - now: milliseconds of a monotonic clock.
  func take(_ key: UInt64, leaving reserve: Int = 0, at now: UInt64) -> RateDecision? {
    guard let limit, let table else { return nil }
    return table.with(key) { limit.take(&$0.full, leaving: reserve, at: now &* 1_000) }
  }

  /// Keys whose budget is not whole at `now`. For tests.
  func busyKeys(at now: UInt64) -> Int { table?.usefulCount(at: now &* 1_000) ?? 0 }
}
