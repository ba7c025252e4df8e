// The connections of one loop: slots, generations, one deadline each, and where each is in its life. A connection
// changes its phase by the transitions below and in no other way; they also keep the counts.
// One loop's thread.
//
//   open ──▶ opening ──────▶ http ──────▶ webSocket ──┐
//           (TLS, or  begin    │  upgrade              │
//            no byte)          │                       │
//              │               ├────────▶ eventStream ─┤
//              │               │  stream               │
//              │               ▼                       │
//              │            flushing ◀─────────────────┘  finish: the outbox is sent, input is ignored
//              │               │
//              │               ▼
//              │           lingering   linger: our direction has ended, the peer's has not
//              ▼               ▼
//             gone ◀───────────┘   close, from every phase
//
// Across the phases a connection is clear or blocked (`block`, `unblock`), and blocked may become lost (`lose`).

/// Owns every `Connection` of a loop.
final class Connections<IO: Transport> {
  private let io: IO
  private let limits: Limits
  private let counters: LoopCounters
  private let subscribers: Subscribers
  private let limiter: LoopLimiter
  private let table: DescriptorTable
  private var slab = Slab<Connection>()
  private var wheel: TimerWheel
  /// The topics of connections that may not subscribe to all: few connections, so none of the others pays for it.
  private var topics: [UInt32: Set<TopicID>] = [:]
  /// WebSockets whose admission was privileged: few, too.
  private var privileged: Set<UInt32> = []
  /// WebSockets and event streams of authenticated clients.
  private var clients = ClientIndex()
  /// Slots whose sockets another process holds, too, which is to take over from this one.
  private var heldElsewhere = SlotSet()
  /// Connections that went ahead to it.
  var ahead: PassedAhead?
  /// Counts every connection, for the generations of slots.
  private var arrivals: UInt32 = 0
  /// Told of a request whose connection ends before it was answered.
  var requestLost: (HTTPExchange, PeerAddress) -> Void = { _, _ in }

  init(
    io: IO, limits: Limits, counters: LoopCounters, subscribers: Subscribers, limiter: LoopLimiter,
    table: DescriptorTable
  ) {
    (self.io, self.limits, self.counters, self.subscribers) = (io, limits, counters, subscribers)
    (self.limiter, self.table) = (limiter, table)
    wheel = TimerWheel(tick: limits.tick, now: io.now)
  }

  // MARK: Look-up

  var count: Int { slab.count }
  /// The slots in use, ascending.
  var indices: [UInt32] { slab.indices }
  func contains(_ slot: UInt32) -> Bool { slab.contains(slot) }
  /// A copy of the connection at this slot; nil: none.
  func at(_ slot: UInt32) -> Connection? { slab.at(slot) }

  /// The connection at this slot, which must be there.
  subscript(slot: UInt32) -> Connection {
    unsafeAddress { unsafe slab.address(of: slot) }
  }

  /// The slot that a ticket leads back to; nil when its connection is gone.
  func slot(of ticket: Ticket) -> UInt32? {
    contains(ticket.slot) && slab[ticket.slot].generation == ticket.generation ? ticket.slot : nil
  }

  /// The WebSockets and event streams of an authenticated client.
  func slots(ofClient id: UInt64) -> [UInt32] { clients.slots(of: id) }
  /// Authenticated clients that have any.
  var clientCount: Int { clients.count }

  // MARK: Transitions

  /// Takes an accepted descriptor over. Nil: it could not be watched, and is closed.
  func open(_ descriptor: Int32, from peer: PeerAddress, isReserved: Bool = false) -> UInt32? {
    arrivals &+= 1
    let until = io.now + (isReserved ? limits.reservedRequestTimeout : limits.headTimeout)
    let slot = slab.insert(
      Connection(
        descriptor: descriptor, generation: arrivals, peer: peer,
        phase: .opening(until: until, isReserved: isReserved)))
    guard io.open(descriptor, slot: slot) else {
      slab.remove(slot)
      limiter.left(peer)
      counters.own.pollFailures += 1
      return nil
    }
    table.take()
    assert(subscribers.count(of: slot) == 0, "a slot that is used again has no subscriptions left")
    limiter.opened(slot, from: peer)
    counters.own.connectionsAccepted += 1
    counters.own.connectionsOpen += 1
    wheel.arm(slot, at: until)
    return slot
  }

  /// Goes on with a connection that another process served. Nil: it could not be watched, and is closed.
  func adopt(_ descriptor: Int32, _ record: ConnectionRecord) -> UInt32? {
    arrivals &+= 1
    let until = io.now + record.patience
    let slot = slab.insert(
      Connection(
        descriptor: descriptor, generation: arrivals, peer: record.peer,
        phase: .opening(until: until, isReserved: false)))
    guard io.open(descriptor, slot: slot) else {
      slab.remove(slot)
      counters.own.pollFailures += 1
      return nil
    }
    table.take()
    limiter.adopted(slot, record)
    counters.own.connectionsAdopted += 1
    counters.own.connectionsOpen += 1
    wheel.arm(slot, at: record.kind == .http ? until : io.now)
    take(slot, record)
    if !record.output.isEmpty {
      block(slot)
      append(slot, record.output.span)
    }
    return slot
  }

  /// What an adopted connection was upgraded to.
  private func take(_ slot: UInt32, _ record: ConnectionRecord) {
    let liveness = Liveness(now: io.now, quiet: record.quiet, isPinged: record.isPinged)
    switch record.kind {
    case .http: return
    case .webSocket:
      var socket = Connection.WebSocket(
        client: record.client, endsAt: record.endsAt ?? .max, liveness: liveness,
        credential: record.credential,
        session: WebSocketSession(limits: limits, compression: record.compression))
      (socket.isWarned, socket.ahead) = (record.isWarned, record.input)
      slab[slot].phase = .webSocket(socket)
      if record.isPrivileged { privileged.insert(slot) }
      topics[slot] = record.topics
      subscribers.notePace(record.pace, of: slot)
      counters.own.webSocketsOpen += 1
      if record.compression != .none { counters.own.compressedOpen += 1 }
    case .eventStream:
      slab[slot].phase = .eventStream(
        Connection.EventStream(
          client: record.client, endsAt: io.moment(ofWallClock: record.endsAt), liveness: liveness,
          credential: record.credential))
      counters.own.eventStreamsOpen += 1
    }
    enter(slot, record.client)
  }

  /// The socket of this connection is with another process, too.
  func holdElsewhere(_ slot: UInt32) { heldElsewhere.insert(slot) }
  func isHeldElsewhere(_ slot: UInt32) -> Bool { heldElsewhere.contains(slot) }
  /// The sockets are the other process's, and what is closed here goes on there.
  func leaveElsewhere() { heldElsewhere = SlotSet() }

  /// What another process needs to go on with the connection in its phase; nil: it cannot be passed on. Nothing changes.
  func record(_ slot: UInt32) -> ConnectionRecord? {
    let connection = slab[slot]
    guard !connection.isLost, !connection.isReserved else { return nil }
    var record: ConnectionRecord
    switch connection.phase {
    case .opening(let until, _):
      record = ConnectionRecord(kind: .http, peer: connection.peer)
      record.patience = until - min(until, io.now)
    case .http(let exchange):
      guard exchange.isBetweenRequests, !exchange.inputEnded, !connection.isBlocked else { return nil }
      record = ConnectionRecord(kind: .http, peer: connection.peer)
      record.patience = exchange.deadline - min(exchange.deadline, io.now)
      record.input = Array(exchange.rest)
    case .webSocket(let socket):
      guard socket.session.state == .open else { return nil }
      record = self.record(slot, socket)
    case .eventStream(let stream):
      record = ConnectionRecord(kind: .eventStream, peer: connection.peer)
      (record.client, record.credential) = (stream.client, stream.credential)
      if stream.endsAt != .max { record.endsAt = io.wallClock + Int64(stream.endsAt) - Int64(io.now) }
      record.quiet = io.now - min(stream.liveness.since, io.now)
    case .flushing, .lingering: return nil
    }
    if let outbox = connection.backlog?.outbox { record.output = Array(outbox.bytes[outbox.sent...]) }
    limiter.describe(slot, &record)
    return record
  }

  private func record(_ slot: UInt32, _ socket: Connection.WebSocket) -> ConnectionRecord {
    var record = ConnectionRecord(kind: .webSocket, peer: slab[slot].peer)
    (record.client, record.credential) = (socket.client, socket.credential)
    if socket.endsAt != .max { record.endsAt = socket.endsAt }
    (record.isWarned, record.isPrivileged) = (socket.isWarned, isPrivileged(slot))
    record.quiet = io.now - min(socket.liveness.since, io.now)
    record.isPinged = socket.liveness.isPinged
    record.topics = topics[slot]
    (record.compression, record.pace) = (socket.session.compression, subscribers.pace(of: slot))
    record.input = socket.session.equivalentInput + socket.ahead
    return record
  }

  /// The first bytes came: opening → http.
  func begin(_ slot: UInt32) -> HTTPExchange {
    guard case .opening(let until, let isReserved) = slab[slot].phase else {
      preconditionFailure("only an opening connection begins HTTP")
    }
    let exchange = HTTPExchange(limits: limits, isReserved: isReserved)
    exchange.deadline = until
    slab[slot].phase = .http(exchange)
    return exchange
  }

  /// The upgrade was accepted: http → webSocket.
  func upgrade(_ slot: UInt32, for admission: Admission, _ compression: Compression = .none) {
    assertHTTP(slot, "only HTTP is upgraded to WebSocket")
    slab[slot].phase = .webSocket(
      Connection.WebSocket(
        client: admission.client, endsAt: admission.expiresAt ?? .max, liveness: firstLiveness(),
        credential: admission.credential, session: WebSocketSession(limits: limits, compression: compression))
    )
    if admission.isPrivileged { privileged.insert(slot) }
    topics[slot] = admission.topics
    enter(slot, admission.client)
    counters.own.webSocketsOpen += 1
    if compression != .none { counters.own.compressedOpen += 1 }
    resumeReading(slot)
    wheel.arm(slot, at: io.now)
  }

  /// The answer is a stream of events: http → eventStream.
  func stream(_ slot: UInt32, for client: ClientTag, by credential: Credential, endsAt: UInt64) {
    assertHTTP(slot, "only the answer to a request becomes an event stream")
    slab[slot].phase = .eventStream(
      Connection.EventStream(
        client: client, endsAt: endsAt, liveness: firstLiveness(), credential: credential))
    enter(slot, client)
    counters.own.eventStreamsOpen += 1
    resumeReading(slot)
    wheel.arm(slot, at: io.now)
  }

  private func firstLiveness() -> Liveness {
    Liveness(now: io.now, interval: limits.pingInterval, salt: arrivals)
  }

  /// Nothing more is said than what waits: any phase → flushing, and at once → lingering when nothing waits.
  /// To close at once could destroy answers that are on their way.
  func finish(_ slot: UInt32) {
    guard slab[slot].takesInput else { return }
    subscribers.removeAll(of: slot, at: io.now)
    leavePhase(slot)
    slab[slot].phase = .flushing(isReserved: slab[slot].isReserved)
    if slab[slot].waiting == 0 { linger(slot) } else { wheel.arm(slot, at: io.now) }
  }

  /// The outbox is empty: flushing → lingering.
  func linger(_ slot: UInt32) {
    guard case .flushing(let isReserved) = slab[slot].phase else {
      preconditionFailure("only a flushed connection lingers")
    }
    assert(slab[slot].waiting == 0, "our direction ends when nothing waits for the socket")
    if slab[slot].isBlocked { clear(slot) }
    io.shutdownWrite(slot)
    let until = io.now + (isReserved ? limits.reservedRequestTimeout : limits.closeTimeout)
    slab[slot].phase = .lingering(until: until)
    setInterest(slot, .readable)
    wheel.arm(slot, at: until)
  }

  /// Any phase → gone. `reset` drops what was not sent, so that the kernel keeps nothing of it.
  func close(_ slot: UInt32, reset: Bool = false) {
    guard contains(slot) else { return }
    subscribers.removeAll(of: slot, at: io.now)
    leavePhase(slot)
    if slab[slot].isBlocked { clear(slot) }
    counters.own.connectionsOpen -= 1
    limiter.left(slot)
    table.giveBack()
    // The peer would hear nothing as long as the other process has the socket.
    if heldElsewhere.remove(slot), !slab[slot].isLingering { io.shutdownWrite(slot) }
    wheel.disarm(slot)
    slab.remove(slot)
    io.close(slot, reset: reset)
  }

  /// The kernel is full: clear → blocked. The subscriptions leave their cohorts until `unblock`.
  func block(_ slot: UInt32) {
    guard !slab[slot].isBlocked else { return }
    slab[slot].backlog = Backlog(since: io.now)
    counters.own.connectionsBlocked += 1
    subscribers.suspend(slot)
    var interest = slab[slot].interest.union(.writable)
    // Of requests no more is read than is answered.
    if case .http = slab[slot].phase { interest.remove(.readable) }
    setInterest(slot, interest)
    wheel.arm(slot, at: io.now + min(limits.stallTimeout, limits.tick))
  }

  /// Nothing waits any more and every subscription has caught up: blocked → clear.
  func unblock(_ slot: UInt32) {
    assert(slab[slot].waiting == 0, "a connection is clear when nothing waits for its socket")
    assert(
      subscribers.firstLagging(of: slot) == nil, "a connection is clear when its subscriptions have caught up"
    )
    clear(slot)
    setInterest(slot, slab[slot].interest.subtracting(.writable))
    subscribers.rejoin(slot, descriptor: slab[slot].descriptor, at: io.now)
  }

  /// The peer is gone or not worth waiting for: blocked and lost. It is found out while the connection is in use, so
  /// it only falls silent here; the next tick or readiness closes it, when no caller holds its slot.
  func lose(_ slot: UInt32) {
    block(slot)
    counters.own.outputBytes -= slab[slot].waiting
    slab[slot].backlog?.isLost = true
    slab[slot].backlog?.outbox = Outbox()
    wheel.arm(slot, at: io.now)
  }

  /// Bytes wait for the socket of a blocked connection.
  func append(_ slot: UInt32, _ bytes: Span<UInt8>) {
    assert(slab[slot].isBlocked, "bytes wait only for a blocked connection")
    guard let backlog = slab[slot].backlog, !backlog.isLost else { return }
    backlog.outbox.append(bytes)
    counters.own.outputBytes += bytes.count
  }

  /// The socket of a blocked connection took this many of the bytes that wait.
  func took(_ slot: UInt32, _ count: Int) {
    slab[slot].backlog?.outbox.took(count)
    counters.own.outputBytes -= count
    assert(counters.own.outputBytes >= 0, "no more bytes leave the outboxes of a loop than came into them")
  }

  private func clear(_ slot: UInt32) {
    assert(slab[slot].isBlocked, "only a blocked connection becomes clear")
    counters.own.outputBytes -= slab[slot].waiting
    slab[slot].backlog = nil
    counters.own.connectionsBlocked -= 1
  }

  private func enter(_ slot: UInt32, _ client: ClientTag) {
    if client.isAnonymous { counters.own.anonymousOpen += 1 } else { clients.insert(slot, of: client.id) }
  }

  private func leave(_ slot: UInt32, _ client: ClientTag) {
    if client.isAnonymous { counters.own.anonymousOpen -= 1 } else { clients.remove(slot, of: client.id) }
  }

  private func leavePhase(_ slot: UInt32) {
    switch slab[slot].phase {
    case .webSocket(let socket):
      counters.own.webSocketsOpen -= 1
      if socket.session.compression != .none { counters.own.compressedOpen -= 1 }
      topics[slot] = nil
      if !privileged.isEmpty { privileged.remove(slot) }
      leave(slot, socket.client)
    case .eventStream(let stream):
      counters.own.eventStreamsOpen -= 1
      leave(slot, stream.client)
    case .http(let exchange):
      if exchange.answering != nil { requestLost(exchange, slab[slot].peer) }
    case .opening, .flushing, .lingering: break
    }
  }

  private func assertHTTP(_ slot: UInt32, _ sentence: String) {
    #if DEBUG
      guard case .http = slab[slot].phase else { return assertionFailure(sentence) }
    #endif
  }

  // MARK: Within a phase

  /// Whether the admission of a WebSocket was privileged.
  func isPrivileged(_ slot: UInt32) -> Bool { !privileged.isEmpty && privileged.contains(slot) }

  /// Whether the admission of a WebSocket covers this topic.
  func mayWatch(_ topic: TopicID, _ slot: UInt32) -> Bool { topics[slot]?.contains(topic) ?? true }

  /// The admission of an open WebSocket is by this credential and ends at this wall-clock time instead.
  func renew(_ slot: UInt32, by credential: Credential, expiresAt: Int64) {
    withWebSocket(slot) { socket in
      assert(socket.session.state == .open, "only an open WebSocket has an admission to renew")
      (socket.credential, socket.endsAt, socket.isWarned) = (credential, expiresAt, false)
    }
    wheel.arm(slot, at: io.now)
  }

  /// What was admitted by this credential ends at this wall-clock time, or at its own if that is earlier. The next tick
  /// judges it. Looks at every connection: credentials end when keys are replaced, not when a client comes or goes.
  func end(_ credential: Credential, at moment: Int64) {
    let due = io.moment(ofWallClock: moment)
    for slot in slab.indices {
      switch slab[slot].phase {
      case .webSocket(let socket)
      where socket.credential == credential && socket.session.state == .open && moment < socket.endsAt:
        withWebSocket(slot) { ($0.endsAt, $0.isWarned) = (moment, false) }
      case .eventStream(let stream) where stream.credential == credential && due < stream.endsAt:
        withEventStream(slot) { $0.endsAt = due }
      case .opening, .http, .webSocket, .eventStream, .flushing, .lingering: continue
      }
      wheel.arm(slot, at: io.now)
    }
  }

  /// Changes the WebSocket's state in place. `change` must not look at the connection.
  /// - Returns: what `change` returned; nil: this is no WebSocket, or no longer one.
  @discardableResult
  func withWebSocket<Result>(_ slot: UInt32, _ change: (inout Connection.WebSocket) -> Result) -> Result? {
    guard contains(slot), case .webSocket(var socket) = slab[slot].phase else { return nil }
    // Nothing stays in the slab, so that the buffers are not shared, and copied, while they grow.
    slab[slot].phase = .lingering(until: 0)
    defer { slab[slot].phase = .webSocket(socket) }
    return change(&socket)
  }

  /// The same for an event stream.
  @discardableResult
  func withEventStream<Result>(_ slot: UInt32, _ change: (inout Connection.EventStream) -> Result) -> Result?
  {
    guard contains(slot), case .eventStream(var stream) = slab[slot].phase else { return nil }
    defer { slab[slot].phase = .eventStream(stream) }
    return change(&stream)
  }

  /// Decodes the next frame from the front of `bytes`. Nil: all of them were taken, or this is no WebSocket any more.
  func takeFrame(_ slot: UInt32, _ bytes: Span<UInt8>) -> (action: WebSocketSession.Action, consumed: Int)? {
    withWebSocket(slot) { $0.session.take(bytes) } ?? nil
  }

  /// Keeps input of a WebSocket for later.
  func keep(_ slot: UInt32, _ bytes: Span<UInt8>) {
    withWebSocket(slot) {
      assert($0.ahead.isEmpty, "input is taken in order")
      $0.ahead.append(bytes)
    }
  }

  /// Whether input of a WebSocket is kept.
  func hasKept(_ slot: UInt32) -> Bool {
    if case .webSocket(let socket) = slab[slot].phase { !socket.ahead.isEmpty } else { false }
  }

  /// Gives out what was kept.
  func takeKept(_ slot: UInt32) -> [UInt8] {
    var bytes: [UInt8] = []
    withWebSocket(slot) { swap(&bytes, &$0.ahead) }
    return bytes
  }

  // MARK: Idle connections

  /// Since when an HTTP connection has been waiting for a request; nil: it is in use. A head that has begun and is not
  /// whole counts as waiting.
  func idleSince(_ slot: UInt32) -> UInt64? {
    switch slab[slot].phase {
    case .opening(let until, isReserved: false): return until - limits.headTimeout
    case .http(let exchange)
    where exchange.isWaitingForHead && !slab[slot].isBlocked && !exchange.isReserved:
      let time = exchange.isIdle ? limits.keepAliveTimeout : limits.headTimeout
      return exchange.deadline - min(time, exchange.deadline)
    case .opening, .http, .webSocket, .eventStream, .flushing, .lingering: return nil
    }
  }

  // MARK: Interest and deadlines

  func pauseReading(_ slot: UInt32) { setInterest(slot, slab[slot].interest.subtracting(.readable)) }
  func resumeReading(_ slot: UInt32) { setInterest(slot, slab[slot].interest.union(.readable)) }

  private func setInterest(_ slot: UInt32, _ interest: Interest) {
    guard slab[slot].interest != interest else { return }
    slab[slot].interest = interest
    if !io.watch(slot, interest) { unwatchable(slot) }
  }

  /// The system cannot watch the socket, so nothing would ever be heard of it: it is closed by the next tick.
  private func unwatchable(_ slot: UInt32) {
    guard !slab[slot].isLost else { return }
    counters.own.pollFailures += 1
    lose(slot)
  }

  /// Replaces the connection's one deadline.
  func arm(_ slot: UInt32, at moment: UInt64) {
    assert(contains(slot), "only an open connection has a deadline")
    wheel.arm(slot, at: moment)
  }

  /// The connections whose deadline has come.
  func due() -> [UInt32] { wheel.advance(to: io.now) }
}
