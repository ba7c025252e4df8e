// Which row of the account table an identity is. Rows are made when somebody first books, in the transaction of the
// booking, and undone with it.

extension Ledger {
  /// Identities of one generation of the cache; at most twice as many are held.
  static let identityCapacity = 16_384

  /// Nil: this identity has never booked and has no local account.
  func userID(of identity: Identity) throws(StoreFailure) -> UserID? {
    if let known = identities.find(identity)?.value { return known }
    guard let found = try store.userID(of: identity) else { return nil }
    identities.insert(found, for: identity)
    return found
  }

  /// - Parameter identity: one that `userID(of:)` does not find.
  func makeRow(for identity: Identity, _ batch: inout Batch) throws(StoreFailure) -> UserID {
    let id = try store.insert(identity, at: batch.at)
    identities.insert(id, for: identity)
    batch.newIdentities.append(identity)
    return id
  }

  /// The rows that the batch made are gone.
  func forgetIdentities(of batch: Batch) {
    for identity in batch.newIdentities { identities.remove(identity) }
  }
}
