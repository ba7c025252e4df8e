// Which attempts to log in reach the password hasher. Guessing must be slow, and guessing must not lock the owner out.
// Per address: a budget of attempts, whatever the account. Per account: a budget of attempts that all addresses share,
// whose second half is closed to addresses that failed repeatedly. Per account and address: after repeated failures a
// delay that doubles, which a success ends. An address from which a log-in to this account succeeded has a budget of its
// own for when the account's is used up. Any thread.

final class LoginGuard: Sendable {
  enum Verdict: Sendable, Equatable {
    /// What is left of the two budgets that were drawn on, where they are limited.
    case admitted(account: RateDecision?, address: RateDecision?)
    case refused(LimitName, retryAfter: UInt64)
  }

  /// Failures of one address for one account before it must wait.
  static let freeFailures: UInt8 = 3
  /// The longest wait, in milliseconds.
  static let longestDelay: UInt64 = 300_000
  /// How long failures are remembered after the last one, in milliseconds.
  private static let memory: UInt64 = 3_600_000
  /// How long an address from which a log-in succeeded is known, in milliseconds.
  private static let acquaintance: UInt64 = 30 * 86_400_000

  let perAccount: RateLimiter
  let perAddress: RateLimiter
  /// Per account and known address, for when others have used the account's budget up.
  private let known: RateLimiter
  private let pairs: KeyTable<Pair>?

  /// What is remembered of one account and one address. Times are milliseconds.
  private struct Pair: Forgettable {
    var failures: UInt8 = 0
    var waitsUntil: UInt64 = 0
    var knownUntil: UInt64 = 0
    var forgottenAt: UInt64 = 0

    static let none = Pair()
    var uselessAt: UInt64 { max(forgottenAt, knownUntil) &* 1_000 }
  }

  /// - Parameter former: what it remembers counts here, too.
  init(
    perAccount: RateLimit?, perAddress: RateLimit?, capacity: Int = 32_768, after former: LoginGuard? = nil
  ) {
    self.perAccount = RateLimiter(perAccount, capacity: capacity, after: former?.perAccount)
    self.perAddress = RateLimiter(perAddress, capacity: capacity, after: former?.perAddress)
    known = RateLimiter(perAccount, capacity: capacity, after: former?.known)
    pairs = perAccount == nil ? nil : former?.pairs ?? KeyTable(capacity: capacity)
  }

  /// Judges an attempt before anything is hashed, and counts it.
  func admit(account: UInt64, address: UInt64, at now: UInt64) -> Verdict {
    let ofAddress = perAddress.take(address, at: now)
    if let ofAddress, !ofAddress.isAllowed {
      return .refused(.loginAddress, retryAfter: ofAddress.retryAfter)
    }
    let key = KeyHash.of(account, address)
    let pair = remembered(key, at: now)
    if pair.waitsUntil > now {
      return .refused(.loginDelay, retryAfter: (pair.waitsUntil - now + 999) / 1_000)
    }
    let ofAccount = take(account, pair, key, at: now)
    if let ofAccount, !ofAccount.isAllowed {
      return .refused(.loginAccount, retryAfter: ofAccount.retryAfter)
    }
    return .admitted(account: ofAccount, address: ofAddress)
  }

  /// Draws on the account's budget, or on the pair's own. Nil: accounts are not limited.
  private func take(_ account: UInt64, _ pair: Pair, _ key: UInt64, at now: UInt64) -> RateDecision? {
    guard let limit = perAccount.limit else { return nil }
    let isKnown = pair.knownUntil > now
    let reserve = isKnown || pair.failures < Self.freeFailures ? 0 : limit.burst / 2
    let decision = perAccount.take(account, leaving: reserve, at: now)
    guard isKnown, decision?.isAllowed == false else { return decision }
    return known.take(key, at: now)
  }

  private func remembered(_ key: UInt64, at now: UInt64) -> Pair {
    pairs?.with(key) { pair in
      if pair.forgottenAt <= now { pair.failures = 0 }
      return pair
    } ?? .none
  }

  /// The password was wrong (or there is no such account): the same pair waits the longer the oftener it failed.
  func failed(account: UInt64, address: UInt64, at now: UInt64) {
    pairs?.with(KeyHash.of(account, address)) { pair in
      if pair.forgottenAt <= now { pair.failures = 0 }
      if pair.failures < .max { pair.failures += 1 }
      pair.waitsUntil = now + Self.delay(after: pair.failures)
      pair.forgottenAt = pair.waitsUntil + Self.memory
    }
  }

  /// The password was right: the failures of this pair are forgotten, and the address is known.
  func succeeded(account: UInt64, address: UInt64, at now: UInt64) {
    pairs?.with(KeyHash.of(account, address)) { pair in
      pair = Pair(knownUntil: now + Self.acquaintance)
    }
  }

  /// 1 s after the third failure, then twice as long each time.
  static func delay(after failures: UInt8) -> UInt64 {
    guard failures >= freeFailures else { return 0 }
    return min(1_000 << UInt64(min(failures - freeFailures, 20)), longestDelay)
  }
}
