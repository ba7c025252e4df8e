// Drives the WebSocket side of connections: upgrades, and messages to what they ask for. `WebSocketSession` decides what
// a frame means for the connection; this part performs it. One loop's thread.

/// Serves the upgraded connections of one loop.
final class WebSocketDriver<IO: Transport> {
  private let io: IO
  private let limits: Limits
  private let counters: LoopCounters
  private let connections: Connections<IO>
  private let output: Output<IO>
  private let fanout: Fanout<IO>
  private let compressor: Compressor
  private let sessions: any SessionHandler
  private let limiter: LoopLimiter
  private let observer: any LoopObserver

  init(
    io: IO, limits: Limits, counters: LoopCounters, connections: Connections<IO>, output: Output<IO>,
    fanout: Fanout<IO>, compressor: Compressor, sessions: any SessionHandler, limiter: LoopLimiter,
    observer: any LoopObserver
  ) {
    self.io = io
    self.limits = limits
    self.counters = counters
    self.connections = connections
    self.output = output
    self.fanout = fanout
    self.compressor = compressor
    self.sessions = sessions
    self.limiter = limiter
    self.observer = observer
  }

  // MARK: Upgrades

  /// What the session handler says to an upgrade, and then the client's cap.
  func judge(_ slot: UInt32, _ head: HTTPRequestHead, from client: PeerAddress) -> UpgradeVerdict {
    capped(sessions.judge(head, from: client), slot)
  }

  /// The verdict, unless the client has as many connections as it may.
  func capped(_ verdict: UpgradeVerdict, _ slot: UInt32) -> UpgradeVerdict {
    guard case .accept(let admitted) = verdict,
      let refusal = limiter.refusal(ofJoining: slot, as: admitted.client, from: connections[slot].peer)
    else { return verdict }
    return .acceptThenClose(
      .policyViolation, reason: sessions.reason(for: refusal.limit), subprotocol: admitted.subprotocol)
  }

  /// Upgrades and greets, or upgrades only to close with a reason.
  func upgrade(_ slot: UInt32, key: [UInt8], _ deflate: PermessageDeflate?, _ verdict: UpgradeVerdict) {
    switch verdict {
    case .refuse, .later:
      preconditionFailure("an upgrade is accepted or refused, and answered with HTTP if refused")
    case .acceptThenClose(let code, let reason, let subprotocol):
      switchProtocols(slot, key, Admission(client: .anonymous, subprotocol: subprotocol), nil)
      output.closeWebSocket(slot, code, reason: reason)
    case .accept(let admission):
      switchProtocols(slot, key, admission, deflate)
      if let topic = admission.topic {
        fanout.subscribe(slot, to: topic, resume: admission.resume, greeting: .connected)
      } else {
        output.say(slot, .connected(topic: nil, nil))
      }
    }
  }

  /// - Parameter deflate: what the client would agree on about compression; nil: nothing.
  private func switchProtocols(
    _ slot: UInt32, _ key: [UInt8], _ admission: Admission, _ deflate: PermessageDeflate?
  ) {
    let accept = io.webSocketAccept(key)
    let agreed = limits.compresses && deflate != nil && compressor.prepare() ? deflate : nil
    output.send(
      slot,
      Handshake.switchingProtocols(
        accept: accept, subprotocol: admission.subprotocol, deflate: agreed
      ).span)
    connections.upgrade(
      slot, for: admission, agreed?.compression(sharedWindow: Compressor.sharedWindow) ?? .none)
  }

  // MARK: Frames

  /// Takes input, up to a turn's budget of messages. True: more of it is kept for the next turn.
  func take(_ slot: UInt32, _ bytes: Span<UInt8>) -> Bool {
    connections.withWebSocket(slot) { $0.liveness.heard(at: io.now) }
    return takeFrames(slot, bytes)
  }

  /// Goes on with input that was kept.
  func resume(_ slot: UInt32) -> Bool {
    let bytes = connections.takeKept(slot)
    // They came in time; it was this loop that let them wait.
    if !bytes.isEmpty { connections.withWebSocket(slot) { $0.liveness.heard(at: io.now) } }
    return takeFrames(slot, bytes.span)
  }

  private func takeFrames(_ slot: UInt32, _ bytes: Span<UInt8>) -> Bool {
    var (start, messages) = (0, 0)
    while start < bytes.count, !connections[slot].isLost {
      // A client that does not take its answers gets no more of them: the rest waits until it has.
      if connections[slot].waiting >= limits.corkBytes / 2 {
        connections.keep(slot, bytes.extracting(start..<bytes.count))
        connections.pauseReading(slot)
        return false
      }
      if messages == limits.messagesPerTurn {
        connections.keep(slot, bytes.extracting(start..<bytes.count))
        return true
      }
      let next = limiter.nextMessageAt(slot, now: io.now)
      if next > io.now {
        pause(slot, until: next, bytes.extracting(start..<bytes.count))
        return false
      }
      // The connection may have ended in the middle of a buffer; the rest of it is dropped.
      guard let (action, consumed) = connections.takeFrame(slot, bytes.extracting(start..<bytes.count)) else {
        return false
      }
      start += consumed
      switch action {
      case .message, .inflate:
        messages += 1
        limiter.tookMessage(slot, now: io.now)
      case .pong: limiter.tookMessage(slot, now: io.now)
      case .none, .answerClose, .end, .fail: break
      }
      perform(action, slot)
    }
    return false
  }

  /// The budget of messages is used up: the connection is not read until it has room again.
  private func pause(_ slot: UInt32, until moment: UInt64, _ rest: Span<UInt8>) {
    guard connections.contains(slot), case .webSocket = connections[slot].phase else { return }
    connections.keep(slot, rest)
    connections.pauseReading(slot)
    if !limiter.isPaused(slot) {
      limiter.refuse(.messagesPerConnection, connections[slot].peer)
      limiter.pause(slot, generation: connections[slot].generation, until: moment)
    }
  }

  private func perform(_ action: WebSocketSession.Action, _ slot: UInt32) {
    switch action {
    case .none: break
    case .message(let message): act(on: message, slot)
    case .inflate(let opcode, let payload): perform(inflated(opcode, payload), slot)
    case .pong(let payload): output.sendFrame(slot, .pong, payload)
    case .answerClose(let code): endWithClose(slot, code, reason: "")
    case .end: output.finish(slot)
    case .fail(let code, let reason):
      counters.own.protocolErrors += 1
      observer.observe(.protocolViolation(peer: connections[slot].peer, reason))
      endWithClose(slot, code, reason: reason)
    }
  }

  /// A compressed message as it was before, or why the connection fails: what cannot be inflated is no data of the
  /// message's kind, like a text that is not UTF-8 (RFC 6455, section 7.4.1).
  private func inflated(_ opcode: Opcode, _ payload: [UInt8]) -> WebSocketSession.Action {
    switch compressor.inflate(payload, limit: limits.messageBytes) {
    case .bytes(let bytes):
      if opcode == .binary { return .message(.binary(bytes)) }
      var validator = UTF8Validator()
      let isText = validator.accepts(bytes.span) && validator.isComplete
      return isText ? .message(.text(bytes)) : .fail(.invalidPayload, "text is not UTF-8")
    case .tooBig: return .fail(.messageTooBig, "message too big")
    case .broken: return .fail(.invalidPayload, "message cannot be inflated")
    case .failed: return .fail(.internalError, "no memory to inflate the message")
    }
  }

  /// Sends a close frame after which nothing is expected of the peer.
  private func endWithClose(_ slot: UInt32, _ code: CloseCode?, reason: String) {
    var frame: [UInt8] = []
    FrameEncoder.appendClose(code, reason: reason, to: &frame)
    output.sendControl(slot, frame)
    output.finish(slot)
  }

  private func act(on message: ClientMessage, _ slot: UInt32) {
    guard case .webSocket(let socket) = connections[slot].phase else { return }
    counters.own.messagesReceived += 1
    switch sessions.interpret(message, from: socket.client, isPrivileged: connections.isPrivileged(slot)) {
    case .reply(let answer): send(answer, slot)
    case .subscribe(let topic, let resume):
      guard connections.mayWatch(topic, slot) else { return output.say(slot, .notAllowed(topic)) }
      fanout.subscribe(slot, to: topic, resume: resume, greeting: .subscribed)
    case .unsubscribe(let topic): fanout.unsubscribe(slot, from: topic)
    case .pace(let pace): fanout.setPace(pace, of: slot)
    case .ping: output.say(slot, .pong(fanout.positions(of: slot)))
    case .renew(let credential, let expiresAt, let answer):
      connections.renew(slot, by: credential, expiresAt: expiresAt)
      send(answer, slot)
    case .close(let code, let reason): output.closeWebSocket(slot, code, reason: reason)
    }
  }

  private func send(_ answer: ClientMessage, _ slot: UInt32) {
    switch answer {
    case .text(let text): send(slot, .text, text)
    case .binary(let bytes): send(slot, .binary, bytes)
    }
  }

  /// Answers are compressed only where they are all that is sent, and if that makes them smaller.
  private func send(_ slot: UInt32, _ opcode: Opcode, _ payload: [UInt8]) {
    guard limits.compressesAnswers, case .webSocket(let socket) = connections[slot].phase,
      socket.session.compression != .none
    else { return output.sendFrame(slot, opcode, payload) }
    var (frame, plain): ([UInt8], [UInt8]) = ([], [])
    compressor.appendStandalone(payload, as: opcode, to: &frame)
    FrameEncoder.append(opcode, payload, to: &plain)
    output.sendControl(slot, frame.count < plain.count ? frame : plain)
  }
}
