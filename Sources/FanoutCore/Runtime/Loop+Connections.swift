// Birth, deadlines and death of connections.

extension Loop {
  /// A socket was accepted.
  func accept(_ descriptor: Int32, from peer: PeerAddress) {
    guard isAccepting, connections.count < limits.connectionsPerLoop else {
      world.discard(descriptor)
      if isAccepting { observer.observe(.connectionRefused) }
      return
    }
    arrivals &+= 1
    let exchange = HTTPExchange(limits: limits)
    exchange.deadline = world.now + limits.headTimeout
    let slot = connections.insert(
      Connection(descriptor: descriptor, peer: peer, generation: arrivals, role: .http(exchange)))
    guard world.open(descriptor, slot: slot) else {
      connections.remove(slot)
      return
    }
    tally.connectionsAccepted += 1
    tally.connectionsOpen += 1
    wheel.arm(slot, at: exchange.deadline)
    // A loop that is busy accepts what has waited, and its request waits with it.
    read(slot)
  }

  /// Tells that accepting paused since the last tick.
  func noteAcceptFailures() {
    guard world.acceptFailures > tally.acceptFailures else { return }
    tally.acceptFailures = world.acceptFailures
    observer.observe(.acceptPaused)
  }

  /// Ends the connection now. `reset` drops what was not sent, so that the kernel keeps nothing of it.
  func close(_ slot: UInt32, reset: Bool = false) {
    guard let connection = connections.at(slot) else { return }
    leaveAllTopics(slot)
    countRole(connection.role, open: false)
    if connection.isBlocked { tally.connectionsBlocked -= 1 }
    tally.connectionsOpen -= 1
    wheel.disarm(slot)
    connections.remove(slot)
    world.close(slot, reset: reset)
  }

  /// Ends the connection once its outbox is empty: our direction first, then, when the peer has ended its own
  /// or after a while, all of it. Closing at once could destroy answers that are still on their way.
  func end(_ slot: UInt32) {
    leaveAllTopics(slot)
    connections[slot].endsWhenFlushed = true
    if connections[slot].waiting == 0 { linger(slot) }
  }

  /// The outbox is empty and the connection is to end.
  func linger(_ slot: UInt32) {
    if case .lingering = connections[slot].role { return }
    if connections[slot].isBlocked { tally.connectionsBlocked -= 1 }
    connections[slot].backlog = nil
    world.shutdownWrite(slot)
    countRole(connections[slot].role, open: false)
    let until = world.now + limits.closeTimeout
    connections[slot].role = .lingering(until: until)
    setInterest(slot, .readable)
    wheel.arm(slot, at: until)
  }

  /// Gives the connection another role and counts it there.
  func become(_ slot: UInt32, _ role: Connection.Role) {
    countRole(connections[slot].role, open: false)
    connections[slot].role = role
    countRole(role, open: true)
    wheel.arm(slot, at: world.now)
  }

  private func countRole(_ role: Connection.Role, open: Bool) {
    switch role {
    case .webSocket: tally.webSocketsOpen += open ? 1 : -1
    case .eventStream: tally.eventStreamsOpen += open ? 1 : -1
    case .http, .lingering: break
    }
  }

  /// The wheel handed the slot out: act on what is due and arm what comes next.
  func deadlinePassed(_ slot: UInt32) {
    if let backlog = connections[slot].backlog {
      if backlog.isLost { return close(slot, reset: true) }
      if world.now >= backlog.progressAt + limits.stallTimeout { return giveUpStalled(slot) }
    }
    var next: UInt64
    switch connections[slot].role {
    case .http(let exchange):
      // While an answer is made, or is being read, nothing is expected of the peer but to read.
      let isAwaited = exchange.answering == nil && !connections[slot].isBlocked
      guard !isAwaited || world.now < exchange.deadline else {
        return exchange.isIdle ? close(slot) : refuse(slot, HTTPFailure.timedOut, exchange)
      }
      next = isAwaited ? exchange.deadline : world.now + limits.keepAliveTimeout
    case .webSocket: next = webSocketDeadline(slot)
    case .eventStream: next = eventStreamDeadline(slot)
    case .lingering(let until):
      guard world.now < until else { return close(slot) }
      next = until
    }
    guard let connection = connections.at(slot) else { return }
    if let backlog = connection.backlog { next = min(next, backlog.progressAt + limits.stallTimeout) }
    wheel.arm(slot, at: next)
  }

  private func giveUpStalled(_ slot: UInt32) {
    observer.observe(.stalled(peer: connections[slot].peer))
    tally.stalledClosed += 1
    close(slot, reset: true)
  }

  /// Pings, expiry and the end of a close handshake; returns what comes next.
  private func webSocketDeadline(_ slot: UInt32) -> UInt64 {
    guard case .webSocket(let socket) = connections[slot].role else { return world.now }
    guard socket.session.state == .open else {
      if world.now >= socket.endsAt { close(slot, reset: connections[slot].isBlocked) }
      return socket.endsAt
    }
    if world.now >= socket.endsAt {
      closeWebSocket(slot, .tokenExpired)
      return world.now + limits.closeTimeout
    }
    switch socket.liveness.verdict(now: world.now, interval: limits.pingInterval) {
    case .wait(let until): return min(until, socket.endsAt)
    case .silent:
      closeWebSocket(slot, .goingAway)
      return world.now + limits.closeTimeout
    case .ping:
      withSocket(slot) { $0.liveness.pinged = true }
      var frame: [UInt8] = []
      FrameEncoder.appendPing([], to: &frame)
      sendControl(slot, frame)
      return min(world.now + limits.pingInterval, socket.endsAt)
    }
  }

  /// A comment on a quiet stream keeps intermediaries from ending it; a dead peer shows by taking nothing.
  private func eventStreamDeadline(_ slot: UInt32) -> UInt64 {
    guard case .eventStream(var liveness) = connections[slot].role else { return world.now }
    if case .wait(let until) = liveness.verdict(now: world.now, interval: limits.pingInterval) {
      return until
    }
    liveness.heard(at: world.now)
    connections[slot].role = .eventStream(liveness)
    var comment: [UInt8] = []
    EventStreamEncoder.appendKeepAlive(to: &comment)
    sendControl(slot, comment)
    return world.now + limits.pingInterval
  }

  /// Changes the WebSocket part of a connection in place.
  func withSocket(_ slot: UInt32, _ change: (inout Connection.Socket) -> Void) {
    guard case .webSocket(var socket) = connections[slot].role else { return }
    change(&socket)
    connections[slot].role = .webSocket(socket)
  }

  func setInterest(_ slot: UInt32, _ interest: Interest) {
    guard connections[slot].interest != interest else { return }
    connections[slot].interest = interest
    world.watch(slot, interest)
  }
}

extension HTTPFailure {
  /// A head or a body that did not come in time (RFC 9110, section 15.5.9).
  static let timedOut = HTTPFailure(status: 408, sentence: "The request did not arrive in time.")
}
