/// Told about rare things worth a log line. Called on any thread of the plane; must not block.
public protocol ControlObserver: Sendable {
  func observe(_ incident: ControlIncident)
}

public enum ControlIncident: Sendable, Equatable {
  /// A batch could not be committed; its deltas were undone and its askers answered 503.
  case commitFailed(String)
  /// Found out without a batch: from now on changes are answered 503.
  case storageFailed(String)
  /// Commits work again.
  case commitRecovered
  /// What other nodes commit cannot be read; events that they change are told late from now on.
  case followingFailed(String)
  case followingRecovered
  /// The wall clock was set by so many milliseconds, backwards when negative.
  case clockStepped(milliseconds: Int64)
  /// A request failed in a way no rule foresees; it was answered 500.
  case internalFailure(String)
  /// The file of another system's public keys changed; these keys count from now on.
  case keysRead(count: Int)
  /// The file changed and cannot be used; the keys before it still count.
  case keysUnreadable(String)
  /// A backup is verified and has its name.
  case backupMade(path: String, bytes: Int)
  case backupFailed(String)
  /// The machine's clock is before the database's by so many milliseconds, behind it when negative; the node goes by the
  /// database's.
  case clockDiffers(milliseconds: Int64)
  /// The table of nodes cannot be written: others do not see how this node is, and may take it for dead.
  case registryFailed(String)
  case registryRecovered
  /// A node of this name signs tokens with another secret: what one issues the other refuses.
  case keysDiffer(node: String)
  /// This node has no key of the record of sales, which others have begun: it seals nothing.
  case recordKeyMissing
  /// A limit refused something. Comes once per refusal, so that who observes must bound what it tells.
  case rateLimited(LimitName, Offender)
}

/// Whom a limit refused.
public enum Offender: Hashable, Sendable {
  case address(ClientAddress)
  case user(Identity)
}
