// The fast way between nodes: what one has committed, told to those that have watchers of it. Nothing depends on it: what it
// loses or tells late, the database tells a little later.

/// Tells the other nodes, by a row in the store, for which events there are watchers on this one (`BatchStart.watchedElsewhere`).
/// A row that comes late or is lost costs its node the fast way and nothing else, so failures are the implementer's to mend.
public protocol Interest: Sendable {
  /// Must neither block nor touch the store on the caller's thread, which is the ledger's. Of several words on one event the last
  /// counts. Told once when the first watcher of the event comes, and once when the last one goes or the event is deleted.
  func note(_ event: EventID, isWatched: Bool)
}

/// How many watch each event through other nodes. It is a second or two old, and older while the database does not answer.
/// Neither blocks. Any thread.
public protocol RemoteAudiences: Sendable {
  /// How many watch through this node, of events where that has changed; 0: nobody does. Of several words on one event the last
  /// counts.
  func note(_ viewers: [EventID: Int])
  /// How many watch through other nodes, of events that somebody watches here and where that has changed since the last call; 0:
  /// nobody does.
  func takeOthers() -> [EventID: Int]
}

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
