// What all loops count together: requests and connections of addresses, connections and recalls of clients. Each loop
// asks through its `LoopLimiter`. Any thread; memory is bounded by the limiters' tables and the open connections.

/// The limits of a plane and the counts behind them.
final class AdmissionControl: Sendable {
  /// Those that hold at first; each loop has the newest.
  let limits: AdmissionLimits
  /// Whether anything is limited or may be later: nothing is counted otherwise.
  let isLimited: Bool
  let requests: RateLimiter?
  let recalls: RateLimiter?
  /// Connections by address.
  let addresses: KeyCounts
  /// Connections by address whose first head has not come whole.
  let newConnections: KeyCounts
  /// Connections by client.
  let clients: KeyCounts

  init(_ limits: AdmissionLimits) {
    self.limits = limits
    isLimited = limits != AdmissionLimits()
    requests = isLimited ? RateLimiter(capacity: Limits.requestKeys) : nil
    recalls = isLimited ? RateLimiter(capacity: Limits.recallKeys) : nil
    addresses = KeyCounts(bound: limits.connectionsPerAddress, mayChange: isLimited)
    newConnections = KeyCounts(bound: limits.newConnectionsPerAddress, mayChange: isLimited)
    clients = KeyCounts(bound: limits.connectionsPerClient, mayChange: isLimited)
  }

  /// The bounds that all loops share; each loop is to be told of the other limits. Without effect when nothing was limited
  /// at first.
  func use(_ limits: AdmissionLimits) {
    guard isLimited else { return }
    addresses.use(bound: limits.connectionsPerAddress)
    newConnections.use(bound: limits.newConnectionsPerAddress)
    clients.use(bound: limits.connectionsPerClient)
  }
}
