// What all loops count together: requests and connections of addresses, connections and recalls of clients. Each loop
// asks through its `LoopLimiter`. Any thread; memory is bounded by the limiters' tables and the open connections.

/// The limits of a plane and the counts behind them.
final class AdmissionControl: Sendable {
  let limits: AdmissionLimits
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
    requests = limits.requestsPerAddress.map { RateLimiter($0, capacity: Limits.requestKeys) }
    recalls = limits.recallsPerClient.map { RateLimiter($0, capacity: Limits.recallKeys) }
    addresses = KeyCounts(bound: limits.connectionsPerAddress)
    newConnections = KeyCounts(bound: limits.newConnectionsPerAddress)
    clients = KeyCounts(bound: limits.connectionsPerClient)
  }
}
