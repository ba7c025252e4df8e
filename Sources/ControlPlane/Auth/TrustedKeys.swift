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
    /// When what a key signed ends, by the key's number; of two with one number the later end.
    let ends: [UInt32: Instant]

    init(_ authorities: [TokenAuthority], signing: SigningSecret, cacheCapacity: Int) {
      (self.authorities, self.signing) = (authorities, signing)
      cache = TokenCache(capacity: cacheCapacity)
      ends = Dictionary(authorities.flatMap { $0.keys.ends.map { ($0.key, $0.at) } }, uniquingKeysWith: max)
    }
  }

  /// What the signatures of one key are worth after keys were replaced.
  struct End: Sendable, Equatable {
    let key: UInt32
    /// nil: the key is gone, so at once.
    let at: Instant?
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

  /// - Returns: keys that are gone, or that end earlier than before.
  @discardableResult
  func replace(by authorities: Authorities) -> [End] {
    let next = Generation(authorities.all, signing: authorities.signing, cacheCapacity: cacheCapacity)
    // The former cache is released after the lock: that may take a while.
    let former = generation.withLock { generation in
      defer { generation = next }
      return generation
    }
    return former.ends.compactMap { key, end in
      guard let now = next.ends[key] else { return End(key: key, at: nil) }
      return now < end ? End(key: key, at: now) : nil
    }
  }
}
