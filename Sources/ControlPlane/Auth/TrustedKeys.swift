// The authorities that count now, with what was judged by their keys. They are replaced as a whole: a verification that
// has begun ends by the keys with which it began, and nothing that was judged by a retired key is remembered. Any
// thread; the lock is held to copy a reference.

final class TrustedKeys: Sendable {
  /// Authorities, and the tokens that were judged by their keys.
  final class Generation: Sendable {
    let authorities: [TokenAuthority]
    /// Signs the tokens that are made here.
    let signing: SigningSecret
    let cache: TokenCache

    init(_ authorities: [TokenAuthority], signing: SigningSecret, cacheCapacity: Int) {
      (self.authorities, self.signing) = (authorities, signing)
      cache = TokenCache(capacity: cacheCapacity)
    }
  }

  // Not a Mutex of the standard library: the thread sanitizer does not see its order.
  private let generation: Monitor<Generation>
  private let cacheCapacity: Int

  init(_ authorities: Authorities, cacheCapacity: Int = TokenCache.defaultCapacity) {
    self.cacheCapacity = cacheCapacity
    generation = Monitor(
      Generation(authorities.all, signing: authorities.signing, cacheCapacity: cacheCapacity))
  }

  var current: Generation { generation.withLock { $0 } }

  func replace(by authorities: Authorities) {
    let next = Generation(authorities.all, signing: authorities.signing, cacheCapacity: cacheCapacity)
    // The former cache is released after the lock: that may take a while.
    _ = generation.withLock { generation in
      defer { generation = next }
      return generation
    }
  }
}
