/// Told about rare things worth a log line. Called on loop threads; must not block.
public protocol LoopObserver: Sendable {
  func observe(_ incident: LoopIncident)
}

public enum LoopIncident: Sendable, Equatable {
  /// A request or a frame that broke the grammar; the connection was answered and closed.
  case protocolViolation(peer: PeerAddress, String)
  /// A subscriber took nothing for the stall timeout.
  case stalled(peer: PeerAddress)
  /// A client asked without reading its answers.
  case outboxOverflow(peer: PeerAddress)
  /// Descriptors ran out; accepting pauses until the next tick.
  case acceptPaused
  /// The loop or its descriptor table has no room for one more; a connection was closed at accept.
  case connectionRefused
  /// A limit refused or delayed something of this client. Comes once per refusal, so that who observes must bound what
  /// it tells.
  case limited(AdmissionLimit, PeerAddress)
  /// A client asked for more resumes than it may; it was closed.
  case tooManyResumes(peer: PeerAddress)
  /// The output memory of a loop was used up; the connections that had most of it were closed.
  case outputExhausted(closed: Int)
  /// Descriptors ran short: idle HTTP connections are closed for new ones.
  case descriptorsShort
}
