/// What the ledger writes beside events, bookings and accounts: service tokens, the audit log, the erasure of people. Inside
/// the open transaction unless it says otherwise; the ledger's thread.
protocol RecordStore: AnyObject {
  /// Those that are good at `moment`; others are deleted.
  func serviceTokens(at moment: Instant) throws(StoreFailure) -> [ServiceToken]
  /// - Parameter token: its `id` is not looked at.
  func insert(_ token: ServiceToken) throws(StoreFailure) -> ServiceToken
  /// The token that was deleted; nil: there is none.
  func deleteServiceToken(_ id: Int64) throws(StoreFailure) -> ServiceToken?

  /// Keeps a seal of the record of sales.
  /// - Returns: false: it is not the next one.
  func insert(_ seal: RecordSeal) throws(StoreFailure) -> Bool

  func append(_ entry: AuditEntry, at: Instant) throws(StoreFailure)
  /// Forgets some addresses from before a moment, some failed log-ins from before it, and what is more than the log may
  /// hold. Outside of transactions.
  /// - Returns: whether there may be more.
  func forgetAudit(before: Instant) throws(StoreFailure) -> Bool

  /// Takes name, address and password of somebody away. Bookings stay with the row's number.
  func erase(_ person: Person, at: Instant) throws(StoreFailure)
}
