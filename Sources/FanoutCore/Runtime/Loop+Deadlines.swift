// What time does to connections: whoever is silent is pinged, whoever is due is closed. A slot has one deadline in the
// wheel, the earliest of all that concern it; when it comes, what is due is done and the next is armed.

extension Loop {
  /// The wheel handed the slot out: act on what is due and arm what comes next.
  func deadlinePassed(_ slot: UInt32) {
    let unsent = io.unsent(connections[slot].descriptor)
    if let backlog = connections[slot].backlog {
      if backlog.isLost { return close(slot, reset: true) }
      // Through TLS a slow reader takes ciphertext long before the next send is taken.
      backlog.progressAt = max(backlog.progressAt, unsent.progressAt)
      if io.now >= backlog.progressAt + limits.stallTimeout { return giveUpStalled(slot) }
    } else if unsent.count > 0 && io.now >= unsent.progressAt + limits.stallTimeout {
      return giveUpStalled(slot)
    }
    var next: UInt64
    switch connections[slot].role {
    case .http(let exchange):
      // While an answer is made, or is being read, nothing is expected of the peer but to read.
      let isAwaited = exchange.answering == nil && !connections[slot].isBlocked && unsent.count == 0
      guard !isAwaited || io.now < exchange.deadline else {
        return exchange.isIdle ? close(slot) : refuse(slot, HTTPFailure.timedOut, exchange)
      }
      next = isAwaited ? exchange.deadline : io.now + limits.keepAliveTimeout
    case .webSocket: next = webSocketDeadline(slot)
    case .eventStream: next = eventStreamDeadline(slot)
    case .lingering(let until):
      guard io.now < until || unsent.count > 0 else { return close(slot) }
      next = max(until, io.now + limits.tick)
    }
    guard let connection = connections.at(slot) else { return }
    if let backlog = connection.backlog { next = min(next, backlog.progressAt + limits.stallTimeout) }
    if unsent.count > 0 { next = min(next, unsent.progressAt + limits.stallTimeout) }
    wheel.arm(slot, at: next)
  }

  private func giveUpStalled(_ slot: UInt32) {
    observer.observe(.stalled(peer: connections[slot].peer))
    counts.stalledClosed += 1
    close(slot, reset: true)
  }

  /// Pings, expiry and the end of a close handshake; returns what comes next.
  private func webSocketDeadline(_ slot: UInt32) -> UInt64 {
    guard case .webSocket(let socket) = connections[slot].role else { return io.now }
    guard socket.session.state == .open else {
      if io.now >= socket.endsAt { close(slot, reset: connections[slot].isBlocked) }
      return socket.endsAt
    }
    if io.now >= socket.endsAt {
      closeWebSocket(slot, .tokenExpired)
      return io.now + limits.closeTimeout
    }
    let verdict = socket.liveness.verdict(
      now: io.now, interval: limits.pingInterval, lastSent: lastSent(slot),
      salt: connections[slot].generation)
    switch verdict {
    case .wait(let until): return min(until, socket.endsAt)
    case .silent:
      closeWebSocket(slot, .goingAway)
      return io.now + limits.closeTimeout
    case .ping:
      withSocket(slot) { $0.liveness.pinged = true }
      pinged.append(slot)
      return min(io.now + limits.pingInterval, socket.endsAt)
    }
  }

  /// When a notice was sent to this connection last: all that its cohorts know.
  private func lastSent(_ slot: UInt32) -> UInt64 {
    var last: UInt64 = 0
    forEachSubscription(of: slot) { index in
      let subscription = subscriptions[index.rawValue]
      guard case .cohort(let cohort, _) = subscription.place else { return }
      last = max(last, topics[subscription.topic].live[subscription.dialect].cohorts[Int(cohort)].sentAt)
    }
    return last
  }

  /// Pings everybody whose time has come in this tick: one batch for all whose socket takes it.
  func sendPings() {
    guard !pinged.isEmpty else { return }
    var frame: [UInt8] = []
    FrameEncoder.appendPing([], to: &frame)
    var clear: [UInt32] = []
    for slot in pinged where connections.contains(slot) {
      if connections[slot].isBlocked { sendControl(slot, frame) } else { clear.append(slot) }
    }
    pinged.removeAll(keepingCapacity: true)
    exceptions.removeAll(keepingCapacity: true)
    io.sendBatch(clear.map { connections[$0].descriptor }, frame.span, exceptions: &exceptions)
    counts.sends += clear.count
    for exception in exceptions {
      let slot = clear[exception.position]
      guard exception.result >= 0 else {
        close(slot, reset: true)
        continue
      }
      block(slot)
      connections[slot].backlog?.outbox.append(frame.span.extracting(exception.result..<frame.count))
    }
  }

  /// A comment on a quiet stream keeps intermediaries from ending it; a dead peer shows by taking nothing.
  private func eventStreamDeadline(_ slot: UInt32) -> UInt64 {
    guard case .eventStream(var liveness) = connections[slot].role else { return io.now }
    let verdict = liveness.verdict(
      now: io.now, interval: limits.pingInterval, lastSent: lastSent(slot),
      salt: connections[slot].generation)
    if case .wait(let until) = verdict { return until }
    liveness.heard(at: io.now)
    connections[slot].role = .eventStream(liveness)
    var comment: [UInt8] = []
    EventStreamEncoder.appendKeepAlive(to: &comment)
    sendControl(slot, comment)
    return io.now + limits.pingInterval
  }
}

extension HTTPFailure {
  /// A head or a body that did not come in time (RFC 9110, section 15.5.9).
  static let timedOut = HTTPFailure(status: 408, sentence: "The request did not arrive in time.")
}
