// What a loop needs from the system: sockets by slot and descriptor, and the time. `CUVTransport` is the real one; tests
// and simulations script theirs.

/// What a socket is watched for.
struct Interest: OptionSet, Equatable {
  let rawValue: UInt8
  static let readable = Interest(rawValue: 1)
  static let writable = Interest(rawValue: 2)
}

/// A descriptor of a batch that did not take everything.
struct SendException: Equatable {
  /// Its position in the batch.
  let position: Int
  /// Bytes that it took, fewer than all; or a negative errno.
  let result: Int
}

/// Bytes that sends have taken and the kernel has not: the transport itself keeps them (TLS: ciphertext).
struct Unsent: Equatable {
  var count = 0
  /// When the kernel last took some of them, by `Transport.now`; 0: it always took all.
  var progressAt: UInt64 = 0
}

/// TLS handshakes of a loop.
struct Handshakes: Equatable {
  var underWay = 0
  /// Refused because as many as may be were under way.
  var refused = 0
}

/// The sockets and the clocks of one loop. All calls come from the loop's thread.
protocol Transport: AnyObject {
  /// Whether connections are protected by TLS.
  var isSecure: Bool { get }
  /// Monotonic milliseconds, the same within one turn.
  var now: UInt64 { get }
  /// The monotonic clock as it is now, in nanoseconds: for measurements. Each look at it costs a call.
  var nanoseconds: UInt64 { get }
  /// Milliseconds that the loop has slept for want of work since it started.
  var idle: UInt64 { get }
  /// Milliseconds since 1970.
  var wallClock: Int64 { get }
  /// Takes the descriptor over and watches it for input; false: it could not and has closed it.
  func open(_ descriptor: Int32, slot: UInt32) -> Bool
  /// Replaces what the socket is watched for; false: it cannot be watched.
  func watch(_ slot: UInt32, _ interest: Interest) -> Bool
  /// Closes the descriptor; `reset` drops what was not sent.
  func close(_ slot: UInt32, reset: Bool)
  /// Ends our direction after what was sent.
  func shutdownWrite(_ slot: UInt32)
  /// Closes a descriptor that was never opened here.
  func discard(_ descriptor: Int32)
  /// Fills the front of `buffer`: the number of bytes, 0 at the end of input, or a negative errno.
  func receive(_ descriptor: Int32, into buffer: inout [UInt8]) -> Int
  /// The number of bytes taken, or a negative errno.
  func send(_ descriptor: Int32, _ bytes: Span<UInt8>) -> Int
  /// Sends the same bytes to each descriptor; the exceptions in ascending order of position.
  func sendBatch(_ descriptors: [Int32], _ bytes: Span<UInt8>, exceptions: inout [SendException])
  func unsent(_ descriptor: Int32) -> Unsent
  /// What `unsent` counts, of all descriptors together.
  var unsentBytes: Int { get }
  /// Busy: turns follow each other without sleeping.
  func setBusy(_ busy: Bool)
  func stopListening()
  /// Others hold the listeners, too: they go on when this loop stops.
  func shareListeners()
  /// Ends accepting here; the listeners go on in another process.
  func leaveListeners()
  /// Whether another process can go on with this transport's connections by their descriptors.
  var passesConnections: Bool { get }
  /// Looks at the clock behind `now`, within a long turn or before the first one.
  func updateTime()
  /// Times that accepting paused because descriptors ran out.
  var acceptFailures: Int { get }
  var handshakes: Handshakes { get }
  /// Lets the loop's run end.
  func stop()
  /// The value of `Sec-WebSocket-Accept` (RFC 6455, section 4.2.2).
  func webSocketAccept(_ key: [UInt8]) -> [UInt8]
}

extension Transport {
  /// `-EAGAIN` on Linux: nothing now, try again when ready.
  static var wouldBlock: Int { -11 }

  /// As exact as `now`.
  var nanoseconds: UInt64 { now &* 1_000_000 }

  /// A wall-clock moment in the loop's milliseconds: one that has passed is now; nil, which never comes, is `.max`.
  func moment(ofWallClock end: Int64?) -> UInt64 {
    guard let end else { return .max }
    let wallClock = max(wallClock, 0)
    return end > wallClock ? now + UInt64(end - wallClock) : now
  }
}
