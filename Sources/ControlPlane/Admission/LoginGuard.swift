// Which attempts to log in reach the password hasher. Guessing must be slow, and guessing must not lock the owner out.
// Per address: a budget of attempts, whatever the account. Per account: a budget of attempts that all addresses share.
// Per account and address: after repeated failures a delay that doubles, which a success ends. An address that has
// not failed repeatedly for this account, or has logged in to it before, does not depend on what strangers left of the
// account's budget: it draws on a reserve. Any thread.

final class LoginGuard: Sendable {
  enum Verdict: Sendable, Equatable {
    /// What is left of the two budgets, where they are limited.
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
  /// For known and new addresses when strangers have used the account's budget up: per account, and per pair.
  private let newcomers: RateLimiter
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

  init(perAccount: RateLimit?, perAddress: RateLimit?, capacity: Int = 32_768) {
    self.perAccount = RateLimiter(perAccount, capacity: capacity)
    self.perAddress = RateLimiter(perAddress, capacity: capacity)
    newcomers = RateLimiter(perAccount, capacity: capacity)
    known = RateLimiter(perAccount, capacity: capacity)
    pairs = perAccount == nil ? nil : KeyTable(capacity: capacity)
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
    guard let ofAccount = perAccount.take(account, at: now) else {
      return .admitted(account: nil, address: ofAddress)
    }
    if ofAccount.isAllowed || draws(on: pair, key, account, at: now) {
      return .admitted(account: ofAccount, address: ofAddress)
    }
    return .refused(.loginAccount, retryAfter: ofAccount.retryAfter)
  }

  /// Whether one who is known here, or has not failed often, gets what strangers cannot use up.
  private func draws(on pair: Pair, _ key: UInt64, _ account: UInt64, at now: UInt64) -> Bool {
    if pair.knownUntil > now { return known.take(key, at: now)?.isAllowed ?? true }
    return pair.failures < Self.freeFailures && newcomers.take(account, at: now)?.isAllowed ?? true
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
