// Remembers tokens that were judged valid, in bounded memory. Any thread; the lock is held for a look-up only.

import Glibc

final class TokenCache: Sendable {
  /// Tokens of one generation; at most twice as many are held.
  static let defaultCapacity = 8_192

  /// A token's bytes: two different Strings can be equal (Unicode normalization), two tokens must not be.
  private struct Key: Hashable {
    let token: [UInt8]

    /// The end of a token is its signature, and only tokens with a right one are remembered. All bytes at once: an array
    /// would feed the hasher one by one.
    func hash(into hasher: inout Hasher) {
      unsafe token.withUnsafeBytes {
        unsafe hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: $0.suffix(Self.hashedBytes)))
      }
    }

    static func == (left: Key, right: Key) -> Bool {
      guard left.token.count == right.token.count else { return false }
      return unsafe left.token.withUnsafeBytes { own in
        unsafe right.token.withUnsafeBytes { other in
          guard let start = own.baseAddress, let otherStart = other.baseAddress else {
            return true
          }
          return unsafe memcmp(start, otherStart, own.count) == 0
        }
      }
    }

    /// Of a signature of any kind, more than anybody can guess.
    private static let hashedBytes = 40
  }

  // Not a Mutex of the standard library: the thread sanitizer does not see its order.
  private let principals: Monitor<TwoGenerations<Key, Principal>>

  init(capacity: Int) { principals = Monitor(TwoGenerations(capacity: capacity)) }

  /// Whom `token` stands for, when it was remembered and has not expired.
  func principal(of token: [UInt8], at now: Instant) -> Principal? {
    let key = Key(token: token)
    // What is forgotten is released after the lock: that may take a while.
    let found = principals.withLock { $0.find(key) }
    guard let principal = found?.value else { return nil }
    guard now < principal.expiresAt else {
      principals.withLock { $0.remove(key) }
      return nil
    }
    return principal
  }

  func remember(_ principal: Principal, for token: [UInt8]) {
    let key = Key(token: token)
    _ = principals.withLock { $0.insert(principal, for: key) }
  }

  func forget(_ token: [UInt8]) { principals.withLock { $0.remove(Key(token: token)) } }

  /// Tokens held now.
  var count: Int { principals.withLock(\.count) }
}
