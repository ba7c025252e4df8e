// Birth and death of connections.

extension Loop {
  /// A socket was accepted.
  func accept(_ descriptor: Int32, from peer: PeerAddress) {
    guard isAccepting, connections.count < limits.connectionsPerLoop else {
      io.discard(descriptor)
      if isAccepting { observer.observe(.connectionRefused) }
      return
    }
    arrivals &+= 1
    let exchange = HTTPExchange(limits: limits)
    exchange.deadline = io.now + limits.headTimeout
    let slot = connections.insert(
      Connection(descriptor: descriptor, peer: peer, generation: arrivals, role: .http(exchange)))
    guard io.open(descriptor, slot: slot) else {
      connections.remove(slot)
      return
    }
    counts.connectionsAccepted += 1
    counts.connectionsOpen += 1
    wheel.arm(slot, at: exchange.deadline)
    // A loop that is busy accepts what has waited, and its request waits with it.
    read(slot)
  }

  /// Tells that accepting paused since the last tick.
  func noteAcceptFailures() {
    guard io.acceptFailures > counts.acceptFailures else { return }
    counts.acceptFailures = io.acceptFailures
    observer.observe(.acceptPaused)
  }

  /// Ends the connection now. `reset` drops what was not sent, so that the kernel keeps nothing of it.
  func close(_ slot: UInt32, reset: Bool = false) {
    guard let connection = connections.at(slot) else { return }
    leaveAllTopics(slot)
    countRole(connection.role, open: false)
    if connection.isBlocked { counts.connectionsBlocked -= 1 }
    counts.connectionsOpen -= 1
    wheel.disarm(slot)
    connections.remove(slot)
    io.close(slot, reset: reset)
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
    if connections[slot].isBlocked { counts.connectionsBlocked -= 1 }
    connections[slot].backlog = nil
    io.shutdownWrite(slot)
    countRole(connections[slot].role, open: false)
    let until = io.now + limits.closeTimeout
    connections[slot].role = .lingering(until: until)
    setInterest(slot, .readable)
    wheel.arm(slot, at: until)
  }

  /// Gives the connection another role and counts it there.
  func become(_ slot: UInt32, _ role: Connection.Role) {
    countRole(connections[slot].role, open: false)
    connections[slot].role = role
    countRole(role, open: true)
    wheel.arm(slot, at: io.now)
  }

  private func countRole(_ role: Connection.Role, open: Bool) {
    switch role {
    case .webSocket: counts.webSocketsOpen += open ? 1 : -1
    case .eventStream: counts.eventStreamsOpen += open ? 1 : -1
    case .http, .lingering: break
    }
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
    io.watch(slot, interest)
  }
}
