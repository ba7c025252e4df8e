// Drives the HTTP side of connections: requests to the inbound sink, upgrades to the session handler, answers back.
// `HTTPExchange` decides what comes next; this part performs it. One loop's thread.

/// Serves the HTTP requests of one loop.
final class HTTPDriver<IO: Transport> {
  private let id: LoopID
  private let io: IO
  private let limits: Limits
  private let counters: LoopCounters
  private let connections: Connections<IO>
  private let output: Output<IO>
  private let fanout: Fanout<IO>
  private let webSockets: WebSocketDriver<IO>
  private let inbound: any InboundSink
  /// Field lines of every answer.
  private var commonLines: [UInt8]
  private let limiter: LoopLimiter
  private let observer: any LoopObserver
  private let records: RequestRecords<IO>
  /// Requests of this turn that the inbound sink takes together.
  private var gathered: [InboundRequest] = []
  /// Answers from now on end their connections: the server stops.
  private var isStopping = false
  /// No request is begun now: those under way are answered, and others wait.
  var isSettling = false
  /// The `Date` field's value and the second it belongs to.
  private var date: (second: Int64, bytes: [UInt8]) = (-1, [])

  init(
    id: LoopID, io: IO, limits: Limits, counters: LoopCounters, connections: Connections<IO>,
    output: Output<IO>, fanout: Fanout<IO>, webSockets: WebSocketDriver<IO>, inbound: any InboundSink,
    limiter: LoopLimiter, observer: any LoopObserver
  ) {
    self.id = id
    self.io = io
    self.limits = limits
    self.counters = counters
    self.connections = connections
    self.output = output
    self.fanout = fanout
    self.webSockets = webSockets
    self.inbound = inbound
    commonLines = inbound.commonLines
    self.limiter = limiter
    self.observer = observer
    records = RequestRecords(id: id, io: io, counters: counters, inbound: inbound)
    if inbound.wantsAnswers {
      connections.requestLost = { [records] exchange, peer in records.lose(exchange, at: peer) }
    }
  }

  /// The sink may have others by now.
  func readCommonLines() { commonLines = inbound.commonLines }

  // MARK: Requests

  /// Takes input, up to a turn's budget of requests. True: more of it is kept for the next turn.
  func take(_ slot: UInt32, _ exchange: HTTPExchange, _ bytes: Span<UInt8>) -> Bool {
    if exchange.isIdle { allow(exchange, limits.headTimeout, slot) }
    return perform(exchange.take(bytes), slot, exchange)
  }

  /// Gives the exchange this much time for what comes next. A connection on a reserved descriptor has the time from its
  /// accept on for its whole request, so that nobody holds one longer by sending a little.
  private func allow(_ exchange: HTTPExchange, _ time: UInt64, _ slot: UInt32) {
    if !exchange.isReserved { exchange.deadline = io.now + time }
    // A blocked connection is watched for a stall first.
    if !connections[slot].isBlocked { connections.arm(slot, at: exchange.deadline) }
  }

  /// Goes on with input that was kept.
  func resume(_ slot: UInt32, _ exchange: HTTPExchange) -> Bool {
    isSettling ? false : perform(exchange.resume(), slot, exchange)
  }

  /// The kernel has taken all answers: the next request may be read.
  func flushed(_ slot: UInt32, _ exchange: HTTPExchange) -> Bool {
    if !exchange.isInBody { awaitNext(slot, exchange) }
    connections.resumeReading(slot)
    return resume(slot, exchange)
  }

  /// The peer has ended its direction. A request that came before is still answered.
  func inputEnded(_ slot: UInt32, _ exchange: HTTPExchange) {
    guard exchange.answering != nil || exchange.hasMore else { return connections.close(slot) }
    exchange.inputEnded = true
    connections.pauseReading(slot)
    abandon(slot, exchange)
  }

  /// Nobody may be there any more to whom the request would be answered.
  func abandon(_ slot: UInt32, _ exchange: HTTPExchange) {
    if exchange.answering != nil { inbound.abandoned(ticket(slot, exchange)) }
  }

  private func ticket(_ slot: UInt32, _ exchange: HTTPExchange) -> Ticket {
    Ticket(
      loop: id, slot: slot, generation: connections[slot].generation, request: exchange.answering ?? 0)
  }

  /// Does what the exchange asks for, until it needs more input, an answer, room, or another turn (true).
  private func perform(_ first: HTTPExchange.Action, _ slot: UInt32, _ exchange: HTTPExchange) -> Bool {
    var (action, requests) = (first, 0)
    while true {
      switch action {
      case .none:
        noteProgress(slot, exchange)
        return false
      case .pauseReading:
        connections.pauseReading(slot)
        return false
      case .sendContinue: output.sendControl(slot, HTTPResponseEncoder.continueBytes)
      case .fail(let failure):
        refuse(slot, exchange, failure)
        return false
      case .request(let request):
        receive(request, slot, exchange)
        requests += 1
        if limiter.isPaused(slot) || isSettling { return false }
      }
      // A client that does not read its answers gets no more of them: its next request waits for room.
      guard case .http = connections[slot].phase, !connections[slot].isBlocked else { return false }
      if requests >= limits.requestsPerTurn, exchange.answering == nil, exchange.hasMore { return true }
      action = exchange.resume()
    }
  }

  /// All input so far was taken, and nothing is to be done.
  private func noteProgress(_ slot: UInt32, _ exchange: HTTPExchange) {
    // Half a request, and the rest will never come.
    if exchange.inputEnded && exchange.answering == nil { return output.finish(slot) }
    // Once per body, not once per piece of it: a body that trickles in must end, too.
    guard exchange.isInBody, !exchange.bodyClockRuns else { return }
    exchange.bodyClockRuns = true
    limiter.headCame(slot)
    allow(exchange, limits.bodyTimeout, slot)
  }

  private func receive(_ request: HTTPRequest, _ slot: UInt32, _ exchange: HTTPExchange) {
    counters.own.requests += 1
    records.begin(request.head, exchange)
    if request.head.hasOrigin { exchange.context.fieldLines = inbound.originLines(for: request.head) }
    let client = limiter.client(of: request.head, at: slot, from: connections[slot].peer)
    exchange.record.client = client.address
    if let refusal = limiter.refusal(ofRequestFrom: client, now: io.now) {
      return refuseRequest(slot, exchange, refusal)
    }
    guard !exchange.isReserved || inbound.isPrivileged(request.head) else {
      return answer(slot, exchange, HTTPFailure.descriptorsShort.response(fields: Limits.comeBack))
    }
    if let failure = refusal(of: request.head, from: connections[slot].peer) {
      return answer(slot, exchange, failure.response())
    }
    switch Handshake.judge(request.head) {
    case .valid(let key, let deflate):
      return upgrade(slot, exchange, request.head, key: key, deflate, from: client.address)
    case .invalid(let failure, let fields):
      counters.own.protocolErrors += 1
      return answer(slot, exchange, failure.response(fields: fields))
    case .notAsked: break
    }
    let ticket = ticket(slot, exchange)
    switch inbound.receive(request, from: client.address, ticket: ticket) {
    case .answer(let response): answer(slot, exchange, response)
    case .later:
      gathered.append(InboundRequest(request: request, peer: client.address, ticket: ticket))
    }
  }

  /// What is refused whatever the path: a method that HTTP does not define (RFC 9110, section 9.1), and a target of the
  /// scheme https on a connection without TLS, unless a trusted proxy had the TLS (section 7.4).
  private func refusal(of head: HTTPRequestHead, from peer: PeerAddress) -> HTTPFailure? {
    guard head.hasKnownMethod else { return .unknownMethod }
    return head.asksForTLS && !io.isSecure && !limiter.trusts(peer) ? .misdirected : nil
  }

  /// Answers 429, and reads no more of the connection until there is room for another request.
  private func refuseRequest(_ slot: UInt32, _ exchange: HTTPExchange, _ refusal: RateRefusal) {
    answer(slot, exchange, inbound.answer(to: refusal))
    guard case .http = connections[slot].phase else { return }
    connections.pauseReading(slot)
    limiter.pause(
      slot, generation: connections[slot].generation,
      until: io.now + min(refusal.milliseconds, Limits.longestPause))
  }

  /// Whether requests wait for the end of the turn.
  var hasGathered: Bool { !gathered.isEmpty }

  /// The end of a turn: hands over its requests, all at once.
  /// - Returns: those that were not taken; they must be answered with `overloaded`.
  func handOver() -> ArraySlice<InboundRequest> {
    guard !gathered.isEmpty else { return [] }
    let requests = gathered
    gathered = []
    gathered.reserveCapacity(requests.count)
    return requests[inbound.take(requests)...]
  }

  var overloaded: HTTPResponse { inbound.overloaded }

  /// Input behind the request belongs to the protocol that is switched to.
  private func upgrade(
    _ slot: UInt32, _ exchange: HTTPExchange, _ head: HTTPRequestHead, key: [UInt8],
    _ deflate: PermessageDeflate?, from client: PeerAddress
  ) {
    // A connection on a reserved descriptor is for one short request.
    guard !exchange.isReserved else {
      return answer(slot, exchange, HTTPFailure.descriptorsShort.response(fields: Limits.comeBack))
    }
    let upgrade = HTTPExchange.Upgrade(key: key, deflate: deflate, client: client)
    switch webSockets.judge(slot, head, from: client) {
    case .refuse(let response): answer(slot, exchange, response)
    case .later(let ask):
      exchange.upgrade = upgrade
      if !ask(ticket(slot, exchange)) { answer(slot, exchange, inbound.overloaded) }
    case let verdict: perform(upgrade, verdict, slot, exchange)
    }
  }

  private func perform(
    _ upgrade: HTTPExchange.Upgrade, _ verdict: UpgradeVerdict, _ slot: UInt32, _ exchange: HTTPExchange
  ) {
    let rest = exchange.takeRest()
    webSockets.upgrade(slot, key: upgrade.key, upgrade.deflate, verdict)
    records.end(exchange, status: 101, bodyBytes: 0, at: upgrade.client)
    if !rest.isEmpty { connections.keep(slot, rest.span) }
  }

  /// An upgrade was judged later.
  private func finish(
    _ upgrade: HTTPExchange.Upgrade, _ verdict: UpgradeVerdict, _ slot: UInt32, _ exchange: HTTPExchange
  ) {
    switch webSockets.capped(verdict, slot) {
    case .refuse(let response): answer(slot, exchange, response)
    case .later: answer(slot, exchange, inbound.overloaded)
    case let verdict:
      // The client left while it was judged.
      guard !exchange.inputEnded else { return output.finish(slot) }
      connections.resumeReading(slot)
      perform(upgrade, verdict, slot, exchange)
    }
  }

  // MARK: Answers

  /// Answers a request that the inbound sink left for later, if it is still the one being answered. True: more
  /// requests wait for the connection's next turn.
  func answer(_ slot: UInt32, _ ticket: Ticket, _ response: HTTPResponse) -> Bool {
    guard case .http(let exchange) = connections[slot].phase, exchange.answering == ticket.request
    else { return false }
    if let judgement = response.judgement, let upgrade = exchange.upgrade {
      finish(upgrade, judgement(), slot, exchange)
    } else {
      answer(slot, exchange, response)
    }
    guard case .http = connections[slot].phase, !connections[slot].isBlocked else { return false }
    return resume(slot, exchange)
  }

  /// Answers the request that is being answered, and ends the connection or makes ready for the next.
  private func answer(_ slot: UInt32, _ exchange: HTTPExchange, _ response: HTTPResponse) {
    exchange.upgrade = nil
    var (context, response) = (exchange.context, response)
    var stream = context.isHead || exchange.isReserved ? nil : response.stream
    if let client = stream?.client,
      let refusal = limiter.refusal(ofJoining: slot, as: client, from: connections[slot].peer)
    {
      (response, stream) = (inbound.answer(to: refusal), nil)
    }
    response = records.named(response, exchange)
    if isStopping || exchange.isReserved || (exchange.inputEnded && !exchange.hasMore) {
      context.keepsAlive = false
    }
    let date = currentDate()
    output.send(slot) {
      HTTPResponseEncoder.append(response, context: context, common: commonLines, date: date, to: &$0)
    }
    records.end(
      exchange, status: response.status, bodyBytes: response.body.count, at: connections[slot].peer)
    exchange.answered()
    if let stream { return startStream(slot, stream) }
    guard context.keepsAlive && response.stream == nil else { return output.finish(slot) }
    awaitNext(slot, exchange)
    if !connections[slot].isBlocked { connections.resumeReading(slot) }
  }

  /// An answer is given: the next head has its own time when its first bytes are here already.
  private func awaitNext(_ slot: UInt32, _ exchange: HTTPExchange) {
    allow(exchange, exchange.isIdle ? limits.keepAliveTimeout : limits.headTimeout, slot)
  }

  private func startStream(_ slot: UInt32, _ stream: StreamStart) {
    connections.stream(
      slot, for: stream.client, by: stream.credential, endsAt: io.moment(ofWallClock: stream.expiresAt))
    if let reason = stream.refusal() { return output.end(slot, .tokenExpired, reason: reason) }
    output.sendRetry(slot, milliseconds: limits.streamRetry)
    fanout.subscribe(slot, to: stream.topic, resume: stream.resume, greeting: .connected)
  }

  /// A head or a body did not come in time.
  func refuseLate(_ slot: UInt32, _ exchange: HTTPExchange) {
    counters.own.requestTimeouts += 1
    refuse(slot, exchange, .timedOut)
  }

  /// Refuses what broke the grammar, a limit or a deadline; nothing after it can be trusted. A page of an allowed origin
  /// reads the answer, too, if its `Origin` had come.
  private func refuse(_ slot: UInt32, _ exchange: HTTPExchange, _ failure: HTTPFailure) {
    counters.own.protocolErrors += 1
    observer.observe(.protocolViolation(peer: connections[slot].peer, failure.sentence))
    records.refuse(exchange)
    var bytes: [UInt8] = []
    var context = ResponseContext(isHead: false, keepsAlive: false, requestID: exchange.context.requestID)
    if let head = exchange.incompleteHead, head.hasOrigin {
      context.fieldLines = inbound.originLines(for: head)
    }
    let response = records.named(failure.response(), exchange)
    HTTPResponseEncoder.append(
      response, context: context, common: commonLines, date: currentDate(), to: &bytes)
    output.send(slot, bytes.span)
    records.end(
      exchange, status: response.status, bodyBytes: response.body.count, at: connections[slot].peer)
    output.finish(slot)
  }

  /// Answers from now on end their connections.
  func stopKeepingAlive() { isStopping = true }

  /// The value of `Date`, made once a second.
  func currentDate() -> [UInt8] {
    let second = io.wallClock / 1000
    if date.second != second { date = (second, HTTPDate.bytes(secondsSince1970: second)) }
    return date.bytes
  }
}

extension HTTPFailure {
  /// A head or a body that did not come in time (RFC 9110, section 15.5.9).
  static let timedOut = HTTPFailure(status: 408, sentence: "The request did not arrive in time.")
  static let unknownMethod = HTTPFailure(status: 501, sentence: "The method is not one of HTTP.")
  static let misdirected = HTTPFailure(
    status: 421, sentence: "An https target is not served over a connection without TLS.")
  /// Only health checks and administrators are served on the reserved descriptors.
  static let descriptorsShort = HTTPFailure(
    status: 503, sentence: "The server has as many connections as it may; try again later.")
}
