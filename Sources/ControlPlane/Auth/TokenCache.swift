// Remembers tokens that were judged valid. Two generations: when the young one is full it becomes the old one
// and the former old one is forgotten, so memory is bounded and what is in use stays. Any thread;
// the lock is held for a look-up only.

final class TokenCache: Sendable {
  /// Tokens of one generation; at most twice as many are held.
  static let defaultCapacity = 8_192

  private typealias Generation = [[UInt8]: Principal]

  private struct Generations {
    // Keyed by bytes: two different Strings can be equal (Unicode normalization), two tokens must not be.
    var young: Generation = [:]
    var old: Generation = [:]

    /// What is forgotten over it, which the caller gives back after the lock: that may take a while.
    mutating func insert(_ principal: Principal, for token: [UInt8], capacity: Int) -> Generation {
      var forgotten: Generation = [:]
      if young.count >= capacity {
        forgotten = old
        old = young
        young = [:]
      }
      young[token] = principal
      return forgotten
    }
  }

  private let capacity: Int
  // Not a Mutex of the standard library: the thread sanitizer does not see its order.
  private let generations = Monitor(Generations())

  init(capacity: Int) { self.capacity = max(1, capacity) }

  /// Whom `token` stands for, when it was remembered and has not expired.
  func principal(of token: [UInt8], at now: Instant) -> Principal? {
    let (found, _) = generations.withLock { generations -> (Principal?, Generation) in
      if let principal = generations.young[token] {
        if now < principal.expiresAt { return (principal, [:]) }
        generations.young[token] = nil
        return (nil, [:])
      }
      guard let principal = generations.old.removeValue(forKey: token), now < principal.expiresAt else {
        return (nil, [:])
      }
      return (principal, generations.insert(principal, for: token, capacity: capacity))
    }
    return found
  }

  func remember(_ principal: Principal, for token: [UInt8]) {
    _ = generations.withLock { $0.insert(principal, for: token, capacity: capacity) }
  }

  /// Tokens held now.
  var count: Int { generations.withLock { $0.young.count + $0.old.count } }
}
