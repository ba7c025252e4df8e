// Which row of the account table an identity is. Rows are made when somebody first books, in the transaction of the
// booking, and undone with it.

extension Ledger {
  /// Identities of one generation of the cache; at most twice as many are held.
  static let identityCapacity = 16_384

  /// The row of an identity, nearly always from memory; nil: it has never booked and has no local account.
  func known(_ identity: Identity, _ batch: inout Batch) throws(CommandFailure) -> UserID? {
    if let known = identities.find(identity)?.value { return known }
    let found = try storing(&batch) { () throws(StoreFailure) in try store.userID(of: identity) }
    if let found { identities.insert(found, for: identity) }
    return found
  }

  /// The row of an identity, made when it books for the first time.
  func row(of identity: Identity, _ batch: inout Batch) throws(CommandFailure) -> UserID {
    if let known = try known(identity, &batch) { return known }
    let at = batch.at
    let id = try storing(&batch) { () throws(StoreFailure) in try store.insert(identity, at: at) }
    identities.insert(id, for: identity)
    // The cache names the row from now on, so it must be kept even when a rule refuses the command.
    batch.hasWritten = true
    return id
  }

  /// Rows of a batch that failed are gone, and nobody keeps which of them the cache has: it begins anew.
  func forgetIdentities() { identities = TwoGenerations(capacity: Self.identityCapacity) }
}
