// Bytes in: requests to the inbound sink, upgrades to the session handler, messages to their meaning.

extension Loop {
  /// Takes one buffer of input; more of it shows as readiness in the next turn, when others had theirs.
  func read(_ slot: UInt32) {
    var buffer: [UInt8] = []
    swap(&buffer, &receiveBuffer)
    defer { swap(&buffer, &receiveBuffer) }
    let count = io.receive(connections[slot].descriptor, into: &buffer)
    if count > 0 {
      counts.bytesReceived += count
      take(slot, buffer.span.extracting(0..<count))
    } else if count == 0 {
      inputEnded(slot)
    } else if count != IO.wouldBlock {
      close(slot)
    }
  }

  private func take(_ slot: UInt32, _ bytes: Span<UInt8>) {
    guard !connections[slot].endsWhenFlushed else { return }
    switch connections[slot].role {
    case .http(let exchange):
      if exchange.isIdle { startHeadClock(slot, exchange) }
      perform(exchange.take(bytes), slot, exchange)
    case .webSocket: takeFrames(slot, bytes)
    case .eventStream, .lingering: break  // what still comes in is nobody's business
    }
  }

  private func inputEnded(_ slot: UInt32) {
    // A client may end its direction behind a request and still wait for the answer.
    guard case .http(let exchange) = connections[slot].role, exchange.answering != nil else {
      return close(slot)
    }
    exchange.inputEnded = true
    setInterest(slot, connections[slot].interest.subtracting(.readable))
  }

  // MARK: HTTP

  private func startHeadClock(_ slot: UInt32, _ exchange: HTTPExchange) {
    exchange.deadline = io.now + limits.headTimeout
    wheel.arm(slot, at: exchange.deadline)
  }

  /// Does what the exchange asks for, until it needs more input.
  func perform(_ first: HTTPExchange.Action, _ slot: UInt32, _ exchange: HTTPExchange) {
    var action = first
    while true {
      switch action {
      case .none:
        // Half a request, and the rest will never come.
        if exchange.inputEnded && exchange.answering == nil { return end(slot) }
        startBodyClock(slot, exchange)
        return
      case .pauseReading: return setInterest(slot, connections[slot].interest.subtracting(.readable))
      case .sendContinue: sendControl(slot, HTTPResponseEncoder.continueBytes)
      case .fail(let failure): return refuse(slot, failure, exchange)
      case .request(let request): receive(request, slot, exchange)
      }
      guard case .http = connections.at(slot)?.role, !connections[slot].endsWhenFlushed else { return }
      // Who does not read its answers gets no more of them: the next request waits for room.
      guard !connections[slot].isBlocked else { return }
      action = exchange.resume()
    }
  }

  /// Once per body, not once per piece of it: a body that trickles in must end, too.
  private func startBodyClock(_ slot: UInt32, _ exchange: HTTPExchange) {
    guard exchange.isInBody, !exchange.bodyClockRuns else { return }
    exchange.bodyClockRuns = true
    exchange.deadline = io.now + limits.bodyTimeout
  }

  private func receive(_ request: HTTPRequest, _ slot: UInt32, _ exchange: HTTPExchange) {
    counts.requests += 1
    let connection = connections[slot]
    switch Handshake.judge(request.head) {
    case .valid(let key): return upgrade(slot, request.head, key: key)
    case .invalid(let failure, let fields):
      counts.protocolErrors += 1
      return answer(slot, exchange, failure.response(fields: fields))
    case .notAsked: break
    }
    let ticket = Ticket(
      loop: id, slot: slot, generation: connection.generation, request: exchange.answering ?? 0)
    if case .answer(let response) = inbound.receive(request, from: connection.peer, ticket: ticket) {
      answer(slot, exchange, response)
    }
  }

  /// Answers the request that is being answered, and ends the connection or makes ready for the next.
  func answer(_ slot: UInt32, _ exchange: HTTPExchange, _ response: HTTPResponse) {
    var context = exchange.context
    if !isAccepting || (exchange.inputEnded && !exchange.hasMore) { context.keepsAlive = false }
    var bytes: [UInt8] = []
    HTTPResponseEncoder.append(response, context: context, date: currentDate(), to: &bytes)
    send(slot, bytes.span)
    exchange.answered()
    if let stream = response.stream, !context.isHead { return startStream(slot, stream) }
    guard context.keepsAlive && response.stream == nil else { return end(slot) }
    awaitNext(slot, exchange)
    if !connections[slot].isBlocked { setInterest(slot, connections[slot].interest.union(.readable)) }
  }

  /// An answer is given: the next head has its own time when its first bytes are here already.
  private func awaitNext(_ slot: UInt32, _ exchange: HTTPExchange) {
    exchange.deadline = io.now + (exchange.isIdle ? limits.keepAliveTimeout : limits.headTimeout)
    // A blocked connection is watched for a stall first.
    if !connections[slot].isBlocked { wheel.arm(slot, at: exchange.deadline) }
  }

  /// The last answer has been taken by the kernel: the next request may be read.
  func goOn(_ slot: UInt32, _ exchange: HTTPExchange) {
    if !exchange.isInBody { awaitNext(slot, exchange) }
    setInterest(slot, connections[slot].interest.union(.readable))
    perform(exchange.resume(), slot, exchange)
  }

  /// Refuses what broke the grammar, a limit or a deadline; nothing after it can be trusted.
  func refuse(_ slot: UInt32, _ failure: HTTPFailure, _ exchange: HTTPExchange) {
    counts.protocolErrors += 1
    observer.observe(.protocolViolation(peer: connections[slot].peer, failure.sentence))
    var bytes: [UInt8] = []
    let context = ResponseContext(isHead: false, keepsAlive: false)
    HTTPResponseEncoder.append(failure.response(), context: context, date: currentDate(), to: &bytes)
    send(slot, bytes.span)
    end(slot)
  }

  private func startStream(_ slot: UInt32, _ stream: StreamStart) {
    let liveness = Liveness(now: io.now, interval: limits.pingInterval, salt: arrivals)
    become(slot, .eventStream(liveness))
    setInterest(slot, connections[slot].interest.union(.readable))
    subscribe(slot, to: stream.topic, resume: stream.resume, greeting: .connected)
  }

  // MARK: WebSocket

  private func upgrade(_ slot: UInt32, _ head: HTTPRequestHead, key: [UInt8]) {
    guard case .http(let exchange) = connections[slot].role else { return }
    let verdict = sessions.judge(head, from: connections[slot].peer)
    if case .refuse(let response) = verdict { return answer(slot, exchange, response) }
    let rest = exchange.takeRest()
    // The answer and the greeting behind it go out in one send.
    cork(slot)
    switch verdict {
    case .refuse: return
    case .acceptThenClose(let code, let reason, let subprotocol):
      switchProtocols(slot, key, Admission(client: ClientTag(id: 0, marks: 0), subprotocol: subprotocol))
      closeWebSocket(slot, code, reason: reason)
    case .accept(let admission):
      switchProtocols(slot, key, admission)
      greet(slot, admission)
    }
    uncork()
    if !rest.isEmpty { takeFrames(slot, rest.span) }
  }

  private func switchProtocols(_ slot: UInt32, _ key: [UInt8], _ admission: Admission) {
    let accept = io.webSocketAccept(key)
    send(slot, Handshake.switchingProtocols(accept: accept, subprotocol: admission.subprotocol).span)
    let socket = Connection.Socket(
      client: admission.client, endsAt: moment(ofWallClock: admission.expiresAt),
      session: WebSocketSession(limits: limits),
      liveness: Liveness(now: io.now, interval: limits.pingInterval, salt: arrivals))
    become(slot, .webSocket(socket))
    setInterest(slot, connections[slot].interest.union(.readable))
  }

  /// In the loop's milliseconds; what has passed is now, and what has no end never comes.
  private func moment(ofWallClock end: Int64?) -> UInt64 {
    guard let end else { return .max }
    let wallClock = max(io.wallClock, 0)
    return end > wallClock ? io.now + UInt64(end - wallClock) : io.now
  }

  private func greet(_ slot: UInt32, _ admission: Admission) {
    if let topic = admission.topic {
      subscribe(slot, to: topic, resume: admission.resume, greeting: .connected)
    } else {
      say(slot, .connected(topic: nil, nil))
    }
  }

  private func takeFrames(_ slot: UInt32, _ bytes: Span<UInt8>) {
    withSocket(slot) { $0.liveness.heard(at: io.now) }
    var start = 0
    while start < bytes.count {
      // A session is closed in the middle of a buffer when its connection ends; the rest is dropped.
      guard let (action, consumed) = takeFrame(slot, bytes.extracting(start..<bytes.count)) else { return }
      start += consumed
      perform(action, slot)
    }
  }

  private func takeFrame(_ slot: UInt32, _ bytes: Span<UInt8>) -> (WebSocketSession.Action, Int)? {
    guard case .webSocket(var socket)? = connections.at(slot)?.role else { return nil }
    // Leave nothing behind, so that the decoder's buffer is not shared while it grows.
    connections[slot].role = .lingering(until: 0)
    let step = socket.session.take(bytes)
    connections[slot].role = .webSocket(socket)
    return step.map { ($0.action, $0.consumed) }
  }

  private func perform(_ action: WebSocketSession.Action, _ slot: UInt32) {
    switch action {
    case .none: break
    case .message(let message): act(on: message, slot)
    case .pong(let payload):
      var frame: [UInt8] = []
      FrameEncoder.appendPong(payload, to: &frame)
      sendControl(slot, frame)
    case .answerClose(let code):
      var frame: [UInt8] = []
      FrameEncoder.appendClose(code, to: &frame)
      sendControl(slot, frame)
      end(slot)
    case .end: end(slot)
    case .fail(let code, let reason):
      counts.protocolErrors += 1
      observer.observe(.protocolViolation(peer: connections[slot].peer, reason))
      var frame: [UInt8] = []
      FrameEncoder.appendClose(code, reason: reason, to: &frame)
      sendControl(slot, frame)
      end(slot)
    }
  }

  private func act(on message: ClientMessage, _ slot: UInt32) {
    guard case .webSocket(let socket) = connections[slot].role else { return }
    counts.messagesReceived += 1
    switch sessions.interpret(message, from: socket.client) {
    case .reply(.text(let text)): sendFrame(slot, .text, text)
    case .reply(.binary(let bytes)): sendFrame(slot, .binary, bytes)
    case .subscribe(let topic, let resume): subscribe(slot, to: topic, resume: resume, greeting: .subscribed)
    case .unsubscribe(let topic): unsubscribe(slot, from: topic)
    case .close(let code, let reason): closeWebSocket(slot, code, reason: reason)
    }
  }

  private func sendFrame(_ slot: UInt32, _ opcode: Opcode, _ payload: [UInt8]) {
    var frame: [UInt8] = []
    FrameEncoder.append(opcode, payload, to: &frame)
    sendControl(slot, frame)
  }

  /// Sends a close frame and waits for the peer's (RFC 6455, section 7.1.2). No notice follows it.
  func closeWebSocket(_ slot: UInt32, _ code: CloseCode, reason: String? = nil) {
    var frame: [UInt8] = []
    FrameEncoder.appendClose(code, reason: reason ?? sessions.reason(for: code), to: &frame)
    sendControl(slot, frame)
    leaveAllTopics(slot)
    withSocket(slot) {
      $0.session.closeFrameSent()
      $0.endsAt = io.now + limits.closeTimeout
    }
    wheel.arm(slot, at: io.now + limits.closeTimeout)
  }

  /// Sends the executable's words for an occasion, in the connection's dialect.
  func say(_ slot: UInt32, _ message: ServerMessage, seq: UInt64? = nil) {
    guard let text = sessions.text(for: message) else { return }
    var bytes: [UInt8] = []
    connections[slot].dialect.append(text, seq: seq, to: &bytes)
    sendControl(slot, bytes)
  }
}
