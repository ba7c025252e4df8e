// One loop of the data plane: conducts the turns of the parts that own its state. Everything belongs to the loop's
// thread; other threads reach it through its `LoopProxy` alone.
//
//   Subscribers  topics, subscriptions, cohorts      LoopLimiter          limits of addresses and clients
//   Connections  slots, deadlines, life cycle        Output               cork, outbox, batches
//   Fanout       subscribe, resume, rolling pass     WebSocketDriver      frames and messages
//   HTTPDriver   requests and answers                Input                reading, budgets of a turn
//   Deadlines    pings and time-outs                 DescriptorAdmission  room for connections
//   TopicTexts   texts without a seq for all subscribers
//
// Each part uses those above it or beside it on the left, never one below, so no call comes back to its caller.

/// One loop over a transport.
final class Loop<IO: Transport> {
  let id: LoopID
  let limits: Limits
  let io: IO
  let counters: LoopCounters
  let subscribers: Subscribers
  let connections: Connections<IO>
  let output: Output<IO>
  let fanout: Fanout<IO>
  let compressor: Compressor
  let http: HTTPDriver<IO>
  let input: Input<IO>
  private let texts: TopicTexts<IO>
  let deadlines: Deadlines<IO>
  let descriptors: DescriptorAdmission<IO>
  private let limiter: LoopLimiter
  let proxy: LoopProxy
  private let observer: any LoopObserver
  private let owner = ThreadOwner()
  /// Set once every client has been told that the server stops: when the loop ends at the latest.
  private var endBy: UInt64?

  init(
    id: LoopID, limits: Limits, io: IO, proxy: LoopProxy, counters: LoopCounters,
    inbound: any InboundSink, sessions: any SessionHandler, source: any TopicSource,
    observer: any LoopObserver, table: DescriptorTable,
    admission shared: AdmissionControl = AdmissionControl(AdmissionLimits()), eventIDPrefix: [UInt8] = []
  ) {
    (self.id, self.limits, self.io, self.proxy, self.counters) = (id, limits, io, proxy, counters)
    self.observer = observer
    compressor = Compressor()
    subscribers = Subscribers(
      limits: limits, counters: counters, idPrefix: eventIDPrefix, compressor: compressor)
    limiter = LoopLimiter(counters: counters, observer: observer, shared: shared)
    connections = Connections(
      io: io, limits: limits, counters: counters, subscribers: subscribers, limiter: limiter, table: table)
    descriptors = DescriptorAdmission(
      io: io, limits: limits, counters: counters, connections: connections, table: table, observer: observer)
    output = Output(
      io: io, limits: limits, counters: counters, connections: connections, subscribers: subscribers,
      sessions: sessions, observer: observer)
    fanout = Fanout(
      id: id, io: io, limits: limits, counters: counters, connections: connections,
      subscribers: subscribers, output: output, source: source, limiter: limiter)
    let webSockets = WebSocketDriver(
      io: io, limits: limits, counters: counters, connections: connections, output: output,
      fanout: fanout, compressor: compressor, sessions: sessions, limiter: limiter, observer: observer)
    http = HTTPDriver(
      id: id, io: io, limits: limits, counters: counters, connections: connections, output: output,
      fanout: fanout, webSockets: webSockets, inbound: inbound, limiter: limiter, observer: observer)
    texts = TopicTexts(
      io: io, limits: limits, connections: connections, subscribers: subscribers, output: output)
    input = Input(
      io: io, counters: counters, connections: connections, output: output, http: http,
      webSockets: webSockets)
    deadlines = Deadlines(
      io: io, limits: limits, counters: counters, connections: connections, subscribers: subscribers,
      output: output, http: http, observer: observer)
  }

  // MARK: A turn
  //
  // The transport polls, calls `accept` and `ready` for what it found, then `turn`, and `tick` when time has passed.

  /// A socket was accepted; it belongs to the loop from here on.
  func accept(_ descriptor: Int32, from peer: PeerAddress) {
    assertOwner()
    guard limiter.admits(connectionFrom: peer) else { return io.discard(descriptor) }
    let verdict = descriptors.judge()
    guard verdict != .refused else {
      limiter.left(peer)
      return io.discard(descriptor)
    }
    guard let slot = connections.open(descriptor, from: peer, isReserved: verdict == .reserved) else {
      return
    }
    // When the loop was busy the first request has come already.
    input.read(slot)
  }

  /// A socket is ready: first what waits is sent, because that may change what may be read, then input is taken.
  func ready(_ slot: UInt32, _ readiness: Interest, hangup: Bool) {
    assertOwner()
    guard connections.contains(slot) else { return }
    if readiness.contains(.writable) { flush(slot) }
    if readiness.contains(.readable) { read(slot) }
    if hangup && readiness.isEmpty { input.broke(slot) }
  }

  /// The end of a turn: what other threads sent, what waits for its turn, the requests that came in it, and a bounded
  /// piece of the rolling pass.
  func turn() {
    drainMailbox()
    input.takeTurns()
    for request in http.handOver() { input.answer(request.ticket, http.overloaded) }
    fanout.admitAhead()
    fanout.rollPass()
    texts.roll()
    fanout.endWithdrawn()
    output.shed()
    updateBusy()
  }

  /// With work left, the next turn follows without a wait.
  func updateBusy() {
    let isFinished = fanout.passIsOver && texts.isIdle && input.isIdle
    io.setBusy(!isFinished || fanout.isEndingWithdrawn || http.hasGathered)
  }

  /// The mailbox may hold something. Also called between turns.
  func drainMailbox() {
    assertOwner()
    while let parcel = proxy.take() { open(parcel) }
  }

  /// Time has passed: deadlines, pings, topics to give back, and the numbers that others read.
  func tick() {
    assertOwner()
    for slot in connections.due() where connections.contains(slot) { judge(slot) }
    deadlines.sendPings()
    resumePaused()
    fanout.adoptUnasked()
    subscribers.advancePaced(to: io.now)
    fanout.closeEmptyTopics()
    subscribers.surveyTopics()
    noteAcceptFailures()
    let handshakes = io.handshakes
    counters.own.handshakesUnderWay = handshakes.underWay
    counters.own.handshakesRefused = handshakes.refused
    counters.own.unsentBytes = io.unsentBytes
    counters.own.idleMilliseconds = Int(io.idle)
    counters.own.ticks += 1
    counters.publish()
    updateBusy()
    endIfDone()
  }

  /// Connections that were over a rate are read again.
  private func resumePaused() {
    for pause in limiter.takeDuePauses(at: io.now) {
      guard connections.at(pause.slot)?.generation == pause.generation else { continue }
      limiter.resume(pause.slot)
      // A blocked one goes on when it is clear.
      if connections[pause.slot].takesInput, !connections[pause.slot].isBlocked { input.flushed(pause.slot) }
    }
  }

  // MARK: One connection

  private func read(_ slot: UInt32) {
    guard connections.contains(slot), connections[slot].interest.contains(.readable) else { return }
    input.read(slot)
  }

  /// The socket takes bytes again: first what was begun, then what each subscription missed, then new requests.
  func flush(_ slot: UInt32) {
    guard connections[slot].isBlocked else { return }
    let isDrained = !connections[slot].isLost && output.drain(slot)
    if isDrained, case .flushing = connections[slot].phase { return connections.linger(slot) }
    let isAtHead = isDrained && output.catchUp(slot)
    if connections[slot].isLost { return connections.close(slot, reset: true) }
    guard isAtHead else { return }
    let since = connections[slot].backlog?.since ?? io.now
    connections.unblock(slot)
    fanout.advance(slot)
    texts.cleared(slot, since: since)
    input.flushed(slot)
  }

  /// A deadline came. What has arrived is read and what can be sent is sent before the connection is judged: the loop may be
  /// late, because its process or its machine stood still.
  private func judge(_ slot: UInt32) {
    var looks = 0
    while looks < Limits.looksBeforeJudging, deadlines.isOverdue(slot) {
      flush(slot)
      read(slot)
      guard connections.contains(slot) else { return }
      looks += 1
    }
    deadlines.judge(slot)
  }

  /// Tells that accepting paused since the last tick.
  private func noteAcceptFailures() {
    guard io.acceptFailures > counters.own.acceptFailures else { return }
    counters.own.acceptFailures = io.acceptFailures
    observer.observe(.acceptPaused)
  }

  // MARK: What other threads send

  func open(_ parcel: Parcel) {
    switch parcel {
    case .updates(let runs): runs.forEach(subscribers.append)
    case .grant(let topic, let summary): fanout.granted(topic, summary)
    case .replies(let replies): replies.forEach { input.answer($0.ticket, $0.response) }
    case .history(let history, let ticket): fanout.recalled(history, ticket)
    case .withdraw(let topic): subscribers.withdraw(topic)
    case .withdrawClient(let id, let code, let reason): withdraw(id, code, reason)
    case .endCredential(let credential, let moment): connections.end(credential, at: moment)
    case .tellClient(let id, let text): tell(id, text)
    case .tellTopics(let news): texts.take(news)
    case .settings(let limits):
      limiter.use(limits)
      http.readCommonLines()
    case .inspect(let inspection):
      inspection.answer(id, inspection.topics.compactMap(subscribers.report))
    case .shareListeners: io.shareListeners()
    case .stopAccepting: stopAccepting()
    case .closeAll: closeAll()
    case .passAhead(let task): passAhead(task)
    case .handOver(let task): handOver(task)
    }
  }

  /// Closes all connections of a client.
  private func withdraw(_ id: UInt64, _ code: CloseCode, _ reason: String) {
    for slot in connections.slots(ofClient: id) { output.end(slot, code, reason: reason) }
  }

  /// Sends a text to the open WebSockets of a client. After a close frame no data follows (RFC 6455, section 5.5.1).
  private func tell(_ id: UInt64, _ text: [UInt8]) {
    for slot in connections.slots(ofClient: id) {
      guard case .webSocket(let socket) = connections[slot].phase, socket.session.state == .open else {
        continue
      }
      output.sendText(slot, text)
    }
  }

  // MARK: The end

  /// Idle connections end; answers from now on end theirs.
  private func stopAccepting() {
    descriptors.close()
    http.stopKeepingAlive()
    io.stopListening()
    for slot in connections.indices {
      switch connections[slot].phase {
      case .opening: output.finish(slot)
      case .http(let exchange) where exchange.isIdle: output.finish(slot)
      case .http, .webSocket, .eventStream, .flushing, .lingering: break
      }
    }
  }

  /// Tells every client to come back later, each at another moment, and ends its connection.
  private func closeAll() {
    stopAccepting()
    // What was published before the end is sent before the end.
    fanout.finishPass()
    endBy = io.now + limits.closeTimeout
    for slot in connections.indices {
      switch connections[slot].phase {
      case .webSocket(let socket) where socket.session.state == .open:
        announceRestart(slot)
        output.closeWebSocket(slot, .serviceRestart)
      case .eventStream:
        output.sendRetry(slot, milliseconds: announceRestart(slot))
        output.finish(slot)
      case .opening, .http: output.finish(slot)
      case .webSocket, .flushing, .lingering: break
      }
    }
    endIfDone()
  }

  /// Returns when the client is to come back.
  @discardableResult
  private func announceRestart(_ slot: UInt32) -> UInt64 {
    let spread = scattered(connections[slot].generation, within: limits.reconnectSpread)
    output.say(slot, .draining(reconnectAfterMilliseconds: Int(spread)))
    return spread
  }

  /// Ends the loop once all connections are gone or have had the time to go.
  private func endIfDone() {
    guard let endBy, io.now >= endBy || connections.indices.allSatisfy(hasHadTime) else { return }
    self.endBy = nil
    for slot in connections.indices { connections.close(slot) }
    assert(subscribers.subscriptions.count == 0, "a loop ends without subscriptions")
    counters.publish()
    proxy.close()
    io.stop()
  }

  /// Whether the peer has been sent everything, our end too, for a moment, so that nothing is lost when the connection goes.
  /// Clients that keep a connection for later requests do not look at it before the next.
  private func hasHadTime(_ slot: UInt32) -> Bool {
    guard case .lingering(let until) = connections[slot].phase,
      io.unsent(connections[slot].descriptor).count == 0
    else { return false }
    return io.now + limits.closeTimeout >= until + limits.lastLinger
  }

  func assertOwner() {
    assert(owner.isHere, "A loop is driven by its own thread; other threads post to its LoopProxy.")
  }
}
