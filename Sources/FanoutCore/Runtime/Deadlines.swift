// What time does to connections: a silent peer is pinged, an overdue one is closed. A connection has one deadline in the
// wheel, the earliest of all that concern it; when it has come, what is due is done and the next is armed.
//
// Invariant: a connection is judged after what has arrived on it was read and what it can take was sent, so that it is not
// closed because the loop was late. One loop's thread.

/// Judges the deadlines of one loop.
final class Deadlines<IO: Transport> {
  private let io: IO
  private let limits: Limits
  private let counters: LoopCounters
  private let connections: Connections<IO>
  private let subscribers: Subscribers
  private let output: Output<IO>
  private let http: HTTPDriver<IO>
  private let observer: any LoopObserver
  /// Connections that this tick pings.
  private var pinged: [UInt32] = []

  init(
    io: IO, limits: Limits, counters: LoopCounters, connections: Connections<IO>, subscribers: Subscribers,
    output: Output<IO>, http: HTTPDriver<IO>, observer: any LoopObserver
  ) {
    self.io = io
    self.limits = limits
    self.counters = counters
    self.connections = connections
    self.subscribers = subscribers
    self.output = output
    self.http = http
    self.observer = observer
  }

  /// Whether the peer has let a deadline pass, as far as is known before its input is read.
  func isOverdue(_ slot: UInt32) -> Bool {
    if let progressAt = progressAt(slot) { return io.now >= progressAt + stallTimeout(slot) }
    switch connections[slot].phase {
    case .opening(let until, _), .lingering(let until): return io.now >= until
    case .http(let exchange): return exchange.answering == nil && io.now >= exchange.deadline
    case .webSocket(let socket): return verdict(slot, socket.liveness) == .silent
    case .eventStream, .flushing: return false
    }
  }

  /// Does what is due and arms what comes next.
  func judge(_ slot: UInt32) {
    if connections[slot].isLost { return connections.close(slot, reset: true) }
    let stall = progressAt(slot).map { $0 + stallTimeout(slot) } ?? .max
    if io.now >= stall { return giveUpStalled(slot) }
    let next =
      switch connections[slot].phase {
      case .opening(let until, _): closeUnless(slot, until)
      case .lingering(let until): stall == .max ? closeUnless(slot, until) : max(until, io.now + limits.tick)
      case .http(let exchange): judgeHTTP(slot, exchange, isRead: stall == .max)
      case .webSocket(let socket): judgeWebSocket(slot, socket)
      case .eventStream(let stream): judgeEventStream(slot, stream)
      case .flushing: UInt64.max
      }
    guard connections.contains(slot) else { return }
    // What was said just now may have begun to wait.
    let wait = stall == .max && connections[slot].isBlocked ? io.now + stallTimeout(slot) : stall
    connections.arm(slot, at: min(next, wait))
  }

  /// When the kernel last took some of the bytes that wait for this peer, in its outbox or in the transport; nil: none
  /// wait. Through TLS a slow reader takes ciphertext long before the next send is taken.
  private func progressAt(_ slot: UInt32) -> UInt64? {
    let unsent = io.unsent(connections[slot].descriptor)
    if let backlog = connections[slot].backlog { return max(backlog.progressAt, unsent.progressAt) }
    return unsent.count > 0 ? unsent.progressAt : nil
  }

  /// Nobody holds a reserved descriptor by not reading its answer.
  private func stallTimeout(_ slot: UInt32) -> UInt64 {
    connections[slot].isReserved ? limits.reservedRequestTimeout : limits.stallTimeout
  }

  private func giveUpStalled(_ slot: UInt32) {
    observer.observe(.stalled(peer: connections[slot].peer))
    counters.own.stalledClosed += 1
    connections.close(slot, reset: true)
  }

  private func closeUnless(_ slot: UInt32, _ until: UInt64) -> UInt64 {
    if io.now >= until { connections.close(slot) }
    return until
  }

  /// - Parameter isRead: all that was answered has been taken.
  private func judgeHTTP(_ slot: UInt32, _ exchange: HTTPExchange, isRead: Bool) -> UInt64 {
    // While an answer is made, or is being read, nothing is expected of the peer but to read.
    guard exchange.answering == nil && isRead else { return io.now + limits.keepAliveTimeout }
    guard io.now >= exchange.deadline else { return exchange.deadline }
    if exchange.isIdle { connections.close(slot) } else { http.refuseLate(slot, exchange) }
    // The refusal has been sent, or what is left of it waits for the socket.
    if case .lingering(let until) = connections.at(slot)?.phase { return until }
    return io.now + limits.closeTimeout
  }

  /// Pings, the end of the admission, and the end of a close handshake; returns what comes next.
  private func judgeWebSocket(_ slot: UInt32, _ socket: Connection.WebSocket) -> UInt64 {
    guard socket.session.state == .open else {
      let endsAt = UInt64(socket.endsAt)
      if io.now >= endsAt { connections.close(slot, reset: connections[slot].isBlocked) }
      return endsAt
    }
    let endsAt = io.moment(ofWallClock: socket.endsAt)
    if io.now >= endsAt {
      counters.own.expiredClosed += 1
      output.closeWebSocket(slot, .tokenExpired)
      return io.now + limits.closeTimeout
    }
    let next = warn(slot, socket, endsAt)
    switch verdict(slot, socket.liveness) {
    case .wait(let until): return min(until, next)
    case .silent:
      // Its input may be waiting until it has taken its answers; as long as it takes some it is there.
      guard !connections[slot].isBlocked else { return min(io.now + limits.pingInterval, next) }
      counters.own.silentClosed += 1
      output.closeWebSocket(slot, .goingAway)
      return io.now + limits.closeTimeout
    case .ping:
      let now = io.now
      connections.withWebSocket(slot) { $0.liveness.pinged(at: now) }
      pinged.append(slot)
      return min(now + limits.pingInterval, next)
    }
  }

  /// Tells a client, once per admission and after its greeting, that the admission ends soon.
  /// - Returns: when the admission is to be looked at again.
  private func warn(_ slot: UInt32, _ socket: Connection.WebSocket, _ endsAt: UInt64) -> UInt64 {
    guard !socket.isWarned else { return endsAt }
    guard io.now + limits.expiryWarning >= endsAt else { return endsAt - limits.expiryWarning }
    guard subscribers.isGreeted(slot) else { return min(io.now + limits.tick, endsAt) }
    connections.withWebSocket(slot) { $0.isWarned = true }
    output.say(slot, .expiring(at: socket.endsAt))
    return endsAt
  }

  /// A comment on a quiet stream keeps intermediaries from ending it; a peer that is gone shows by taking nothing.
  private func judgeEventStream(_ slot: UInt32, _ stream: Connection.EventStream) -> UInt64 {
    if io.now >= stream.endsAt {
      counters.own.expiredClosed += 1
      output.endStream(slot, .tokenExpired)
      return io.now + limits.closeTimeout
    }
    if case .wait(let until) = verdict(slot, stream.liveness) { return min(until, stream.endsAt) }
    let now = io.now
    connections.withEventStream(slot) { $0.liveness.heard(at: now) }
    var comment: [UInt8] = []
    EventStreamEncoder.appendKeepAlive(to: &comment)
    output.sendControl(slot, comment)
    return min(now + limits.pingInterval, stream.endsAt)
  }

  private func verdict(_ slot: UInt32, _ liveness: Liveness) -> Liveness.Verdict {
    liveness.verdict(
      now: io.now, interval: limits.pingInterval, lastSent: subscribers.lastSent(to: slot),
      salt: connections[slot].generation)
  }

  /// Sends the pings of this tick, in one batch.
  func sendPings() {
    guard !pinged.isEmpty else { return }
    var frame: [UInt8] = []
    FrameEncoder.appendPing([], to: &frame)
    output.sendToAll(pinged, frame)
    pinged.removeAll(keepingCapacity: true)
  }
}
