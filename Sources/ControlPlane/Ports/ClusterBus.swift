// The fast way between nodes: what one has committed, told to those that have watchers of it. Nothing depends on it: what it
// loses or tells late, the database tells a little later.

/// Supplied by the executable. None of it blocks.
public protocol ClusterBus: Sendable {
  /// Sends to every node that follows the event, after the commit. The ledger's thread.
  func publish(_ event: EventID, _ message: [UInt8])
  /// What others publish of the event goes to `Backend.hear` from now on. The ledger's thread.
  func follow(_ event: EventID)
  func unfollow(_ event: EventID)
  /// Whether messages pass now. Any thread.
  var isConnected: Bool { get }
}
