// Remembers tokens that were judged valid. Two generations: when the young one is full it becomes the old one
// and the former old one is forgotten, so memory is bounded and what is in use stays. Any thread.
import Synchronization

final class TokenCache: Sendable {
  /// Tokens of one generation; at most twice as many are held.
  static let defaultCapacity = 8_192

  private struct Generations {
    // Keyed by bytes: two different Strings can be equal (Unicode normalization), two tokens must not be.
    var young: [[UInt8]: Principal] = [:]
    var old: [[UInt8]: Principal] = [:]
  }

  private let capacity: Int
  private let generations = Mutex(Generations())

  init(capacity: Int) { self.capacity = max(1, capacity) }

  /// Whom `token` stands for, when it was remembered and has not expired.
  func principal(of token: [UInt8], at now: Instant) -> Principal? {
    generations.withLock { generations in
      if let principal = generations.young[token] {
        if now < principal.expiresAt { return principal }
        generations.young[token] = nil
        return nil
      }
      guard let principal = generations.old.removeValue(forKey: token), now < principal.expiresAt else {
        return nil
      }
      insert(principal, for: token, into: &generations)
      return principal
    }
  }

  func remember(_ principal: Principal, for token: [UInt8]) {
    generations.withLock { insert(principal, for: token, into: &$0) }
  }

  /// Tokens held now.
  var count: Int { generations.withLock { $0.young.count + $0.old.count } }

  private func insert(_ principal: Principal, for token: [UInt8], into generations: inout Generations) {
    if generations.young.count >= capacity {
      generations.old = generations.young
      generations.young = [:]
    }
    generations.young[token] = principal
  }
}
