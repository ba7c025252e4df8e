// Numbers that a loop counts and anybody may read. The loop adds to plain integers of its own and shows a copy
// once per tick, so counting costs nothing on the way of a notice.
import Synchronization

/// What one loop counted since it started; `…Open` and the like are what is now.
public struct LoopCounts: Sendable, Equatable {
  public internal(set) var connectionsAccepted = 0
  public internal(set) var connectionsOpen = 0
  /// Connections whose socket is full.
  public internal(set) var connectionsBlocked = 0
  public internal(set) var webSocketsOpen = 0
  public internal(set) var eventStreamsOpen = 0
  public internal(set) var subscriptions = 0
  public internal(set) var topics = 0
  /// Bytes of frames that the topics' logs hold.
  public internal(set) var logBytes = 0
  public internal(set) var requests = 0
  public internal(set) var messagesReceived = 0
  public internal(set) var bytesReceived = 0
  public internal(set) var bytesSent = 0
  /// Sends offered to the kernel.
  public internal(set) var sends = 0
  /// Notices that came from the publisher.
  public internal(set) var notices = 0
  /// Frames that whole cohorts took, each once per subscriber.
  public internal(set) var framesDelivered = 0
  /// Messages that stood for several missed ones.
  public internal(set) var conflations = 0
  /// Resumes that had to be read from the notice table.
  public internal(set) var recalls = 0
  /// Subscribers given up because they took nothing.
  public internal(set) var stalledClosed = 0
  /// Clients given up because they asked without reading.
  public internal(set) var overflowsClosed = 0
  public internal(set) var protocolErrors = 0
  /// Times that accepting paused because descriptors ran out.
  public internal(set) var acceptFailures = 0
  public internal(set) var handshakesUnderWay = 0
  /// TLS handshakes refused because too many were under way.
  public internal(set) var handshakesRefused = 0
  /// Milliseconds in which the loop had nothing to do. How it differs between loops shows their imbalance.
  public internal(set) var idleMilliseconds = 0
}

/// Where a loop shows its counts. Any thread.
final class LoopCounters: Sendable {
  private let shown = Mutex(LoopCounts())

  /// The loop's thread; holds the lock for one copy.
  func publish(_ counts: LoopCounts) { shown.withLock { $0 = counts } }

  /// As of the loop's last tick.
  var counts: LoopCounts { shown.withLock { $0 } }
}
