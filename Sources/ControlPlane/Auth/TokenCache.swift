// Remembers tokens that were judged valid. Two generations: when the young one is full it becomes the old one
// and the former old one is forgotten, so memory is bounded and what is in use stays. Any thread;
// the lock is held for a look-up only.

final class TokenCache: Sendable {
  /// Tokens of one generation; at most twice as many are held.
  static let defaultCapacity = 8_192

  private typealias Generation = [Key: Principal]

  /// A token's bytes: two different Strings can be equal (Unicode normalization), two tokens must not be.
  private struct Key: Hashable {
    let token: [UInt8]

    /// All bytes at once; an array would feed the hasher one by one.
    func hash(into hasher: inout Hasher) {
      unsafe token.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
  }

  private struct Generations {
    var young: Generation = [:]
    var old: Generation = [:]

    /// What is forgotten over it, which the caller gives back after the lock: that may take a while.
    mutating func insert(_ principal: Principal, for key: Key, capacity: Int) -> Generation {
      var forgotten: Generation = [:]
      if young.count >= capacity {
        forgotten = old
        old = young
        young = [:]
      }
      young[key] = principal
      return forgotten
    }
  }

  private let capacity: Int
  // Not a Mutex of the standard library: the thread sanitizer does not see its order.
  private let generations = Monitor(Generations())

  init(capacity: Int) { self.capacity = max(1, capacity) }

  /// Whom `token` stands for, when it was remembered and has not expired.
  func principal(of token: [UInt8], at now: Instant) -> Principal? {
    let key = Key(token: token)
    let (found, _) = generations.withLock { generations -> (Principal?, Generation) in
      if let principal = generations.young[key] {
        if now < principal.expiresAt { return (principal, [:]) }
        generations.young[key] = nil
        return (nil, [:])
      }
      guard let principal = generations.old.removeValue(forKey: key), now < principal.expiresAt else {
        return (nil, [:])
      }
      return (principal, generations.insert(principal, for: key, capacity: capacity))
    }
    return found
  }

  func remember(_ principal: Principal, for token: [UInt8]) {
    let key = Key(token: token)
    _ = generations.withLock { $0.insert(principal, for: key, capacity: capacity) }
  }

  /// Tokens held now.
  var count: Int { generations.withLock { $0.young.count + $0.old.count } }
}
