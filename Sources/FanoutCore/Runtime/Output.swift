// Bytes to sockets, in order. What the kernel does not take waits in the connection's outbox, and from then on the
// connection is blocked. A connection may be corked: what is sent to it meanwhile leaves in one send.
//
// Invariant: no byte passes another on the way to a socket. One loop's thread.

/// Sends to the connections of one loop.
final class Output<IO: Transport> {
  private let io: IO
  private let limits: Limits
  private let counters: LoopCounters
  private let connections: Connections<IO>
  private let subscribers: Subscribers
  private let sessions: any SessionHandler
  private let observer: any LoopObserver
  /// The connection whose output is gathered; nil: none.
  private var corkedSlot: UInt32?
  private var corked: [UInt8] = []
  /// Lent to `sendBatch`.
  private var exceptions: [SendException] = []

  init(
    io: IO, limits: Limits, counters: LoopCounters, connections: Connections<IO>, subscribers: Subscribers,
    sessions: any SessionHandler, observer: any LoopObserver
  ) {
    self.io = io
    self.limits = limits
    self.counters = counters
    self.connections = connections
    self.subscribers = subscribers
    self.sessions = sessions
    self.observer = observer
  }

  // MARK: One connection

  /// Sends bytes behind everything that waits.
  func send(_ slot: UInt32, _ bytes: Span<UInt8>) {
    if corkedSlot == slot {
      corked.append(bytes)
      return corked.count < limits.corkBytes ? () : flushCork(slot)
    }
    if connections[slot].isBlocked { return connections.append(slot, bytes) }
    guard let taken = offer(slot, bytes), taken < bytes.count else { return }
    connections.block(slot)
    connections.append(slot, bytes.extracting(taken..<bytes.count))
  }

  /// Sends what `write` appends, without a copy when the connection is corked.
  func send(_ slot: UInt32, _ write: (inout [UInt8]) -> Void) {
    guard corkedSlot == slot else {
      var bytes: [UInt8] = []
      write(&bytes)
      return send(slot, bytes.span)
    }
    write(&corked)
    if corked.count >= limits.corkBytes { flushCork(slot) }
  }

  /// Sends a small direct message: a pong, a reply, a close frame. Input is not taken while many of them wait, so their
  /// number is bounded; should they come to more than a connection may keep all the same, it is given up.
  func sendControl(_ slot: UInt32, _ bytes: [UInt8]) {
    if connections[slot].isBlocked, connections[slot].waiting + bytes.count > limits.outboxBytes {
      observer.observe(.outboxOverflow(peer: connections[slot].peer))
      counters.own.overflowsClosed += 1
      return connections.lose(slot)
    }
    send(slot, bytes.span)
  }

  /// How many bytes of notices that a resume missed may be sent now and wait, at most.
  func roomForMissed(_ slot: UInt32) -> Int {
    limits.corkBytes - min(connections[slot].waiting, limits.corkBytes)
  }

  /// Gathers what is sent to this connection until `uncork`. The caller uncorks before it returns.
  func cork(_ slot: UInt32) {
    assert(corkedSlot == nil, "one connection is corked at a time")
    corkedSlot = slot
  }

  /// Ends the connection once everything said so far is sent.
  func finish(_ slot: UInt32) {
    if corkedSlot == slot { uncork() }
    connections.finish(slot)
  }

  /// Sends what was gathered.
  func uncork() {
    guard let slot = corkedSlot else { return }
    corkedSlot = nil
    sendGathered(slot)
  }

  /// So much was gathered that it leaves now; gathering goes on.
  private func flushCork(_ slot: UInt32) {
    corkedSlot = nil
    sendGathered(slot)
    corkedSlot = slot
  }

  private func sendGathered(_ slot: UInt32) {
    var bytes: [UInt8] = []
    swap(&bytes, &corked)
    if connections.contains(slot), !bytes.isEmpty { send(slot, bytes.span) }
    bytes.removeAll(keepingCapacity: bytes.count <= 2 * limits.corkBytes)
    corked = bytes
  }

  // MARK: A blocked connection

  /// Sends what waits. False: the kernel is full again, or the connection is gone.
  func drain(_ slot: UInt32) -> Bool {
    guard let backlog = connections[slot].backlog, !backlog.outbox.isEmpty else { return true }
    let (bytes, sent) = (backlog.outbox.bytes, backlog.outbox.sent)
    guard let taken = offer(slot, bytes.span.extracting(sent..<bytes.count)) else { return false }
    if taken > 0 { connections.took(slot, taken) }
    return backlog.outbox.isEmpty
  }

  /// Brings every subscription behind the head there, conflated if that is shorter. False: the kernel is full.
  func catchUp(_ slot: UInt32) -> Bool {
    assert(connections[slot].waiting == 0, "a frame that was begun is finished before the next")
    while let (index, cursor) = subscribers.firstLagging(of: slot) {
      let delivery = subscribers.pull(index, after: cursor)
      guard let reached = deliver(delivery, to: slot) else { return false }
      if delivery.isConflated && reached > cursor {
        subscribers.noteConflations(subscribers[index].topic, 1)
      }
      subscribers.move(index, to: .lagging(cursor: reached))
      if !delivery.isDeflated { subscribers.leaveWindow(index) }
      if reached < delivery.head || connections[slot].waiting > 0 { return false }
    }
    return true
  }

  /// Sends as much of a delivery as the socket takes, and blocks the connection when that is not all. Nothing may
  /// wait for the socket. Returns the last `seq` sent; what is left of its frame waits. Nil: the connection is lost.
  func deliver(_ delivery: Delivery, to slot: UInt32) -> UInt64? {
    if delivery.range.isEmpty { return delivery.head }
    if corkedSlot == slot { flushCork(slot) }
    guard !connections[slot].isLost else { return nil }
    if connections[slot].waiting > 0 { return delivery.position(taken: 0).cursor }
    guard let taken = offer(slot, delivery.storage.span.extracting(delivery.range)) else { return nil }
    return taken == delivery.range.count ? delivery.head : keepRest(of: delivery, taken: taken, slot)
  }

  /// The connection is blocked; what is left of the frame that it began waits. Returns that frame's `seq`.
  private func keepRest(of delivery: Delivery, taken: Int, _ slot: UInt32) -> UInt64 {
    connections.block(slot)
    let (cursor, rest) = delivery.position(taken: taken)
    if !rest.isEmpty { connections.append(slot, delivery.storage.span.extracting(rest)) }
    return cursor
  }

  /// Offers bytes to the socket: how many it took; nil: the connection is lost.
  private func offer(_ slot: UInt32, _ bytes: Span<UInt8>) -> Int? {
    let taken = io.send(connections[slot].descriptor, bytes)
    counters.own.sends += 1
    guard taken >= 0 || taken == IO.wouldBlock else {
      connections.lose(slot)
      return nil
    }
    if taken > 0 { connections[slot].backlog?.progressAt = io.now }
    counters.own.bytesSent += max(taken, 0)
    return max(taken, 0)
  }

  // MARK: Many connections

  /// Sends one visit of the rolling pass to its cohort: one call for all members.
  func send(_ visit: Subscribers.Visit) {
    let (cohort, delivery) = (visit.cohort, visit.delivery)
    exceptions.removeAll(keepingCapacity: true)
    io.sendBatch(
      cohort.descriptors, delivery.storage.span.extracting(delivery.range), exceptions: &exceptions)
    count(visit, whole: cohort.count - exceptions.count)
    // `cohort` is a copy: members that leave change places in the original only.
    for exception in exceptions { setAside(cohort.members[exception.position], delivery, exception.result) }
  }

  /// A member that did not take everything leaves its cohort with the end of the frame that it began.
  private func setAside(_ index: SubscriptionIndex, _ delivery: Delivery, _ result: Int) {
    let slot = subscribers[index].slot
    guard result >= 0 else { return connections.close(slot, reset: true) }
    counters.own.bytesSent += result
    let cursor = keepRest(of: delivery, taken: result, slot)
    subscribers.move(index, to: .lagging(cursor: cursor))
    if !delivery.isDeflated { subscribers.leaveWindow(index) }
  }

  private func count(_ visit: Subscribers.Visit, whole: Int) {
    let (cohort, delivery) = (visit.cohort, visit.delivery)
    counters.own.sends += cohort.count
    counters.own.bytesSent += whole * delivery.range.count
    counters.own.framesDelivered += whole * (delivery.isConflated ? 1 : Int(delivery.head - cohort.cursor))
    if delivery.isConflated { noteConflations(visit) }
    if delivery.isDeflated { counters.own.deflationSavedBytes += whole * subscribers.saving(visit) }
  }

  private func noteConflations(_ visit: Subscribers.Visit) {
    if visit.dialect == .paced {
      counters.own.pacedConflations += visit.cohort.count
    } else {
      subscribers.noteConflations(visit.topic, visit.cohort.count)
    }
  }

  /// Sends the same small frame to many connections: one batch for those that are clear.
  func sendToAll(_ slots: [UInt32], _ frame: [UInt8]) {
    var clear: [UInt32] = []
    for slot in slots where connections.contains(slot) {
      if connections[slot].isBlocked { sendControl(slot, frame) } else { clear.append(slot) }
    }
    exceptions.removeAll(keepingCapacity: true)
    io.sendBatch(clear.map { connections[$0].descriptor }, frame.span, exceptions: &exceptions)
    counters.own.sends += clear.count
    counters.own.bytesSent += (clear.count - exceptions.count) * frame.count
    for exception in exceptions {
      let slot = clear[exception.position]
      guard exception.result >= 0 else {
        connections.close(slot, reset: true)
        continue
      }
      counters.own.bytesSent += exception.result
      connections.block(slot)
      connections.append(slot, frame.span.extracting(exception.result..<frame.count))
    }
  }

  /// What waits for all sockets, in outboxes and in the transport, is more than it may be: closes the connections that
  /// have most of it.
  func shed() {
    guard waitingBytes > limits.outputBytesPerLoop else { return }
    let waiting = connections.indices.map { slot in
      (slot, bytes: connections[slot].waiting + io.unsent(connections[slot].descriptor).count)
    }.filter { $0.bytes > 0 }.sorted { $0.bytes > $1.bytes }
    var closed = 0
    for (slot, _) in waiting where waitingBytes > limits.outputBytesPerLoop / 8 * 7 {
      connections.close(slot, reset: true)
      closed += 1
    }
    counters.own.memoryClosed += closed
    observer.observe(.outputExhausted(closed: closed))
  }

  private var waitingBytes: Int { counters.own.outputBytes + io.unsentBytes }

  // MARK: What the server says

  /// Sends the executable's text for a message, as a frame or an event.
  func say(_ slot: UInt32, _ message: ServerMessage, seq: UInt64? = nil) {
    guard let text = sessions.text(for: message) else { return }
    var bytes: [UInt8] = []
    connections[slot].dialect.append(text, seq: seq, idPrefix: subscribers.idPrefix, to: &bytes)
    sendControl(slot, bytes)
  }

  /// Sends one frame of a WebSocket.
  func sendFrame(_ slot: UInt32, _ opcode: Opcode, _ payload: [UInt8]) {
    var frame: [UInt8] = []
    FrameEncoder.append(opcode, payload, to: &frame)
    sendControl(slot, frame)
  }

  /// Sends a text that may be missed: nothing waits for it while a connection has as much waiting as it may.
  func sendText(_ slot: UInt32, _ text: [UInt8]) {
    let bytes = text.count + FrameEncoder.headerByteCount(forPayload: text.count)
    if connections[slot].isBlocked, connections[slot].waiting + bytes > limits.outboxBytes { return }
    sendFrame(slot, .text, text)
  }

  /// Sends the newest text about the subscription's topic, if there is one, to a subscriber that was just greeted or has
  /// caught up.
  func tellText(of index: SubscriptionIndex) {
    guard let text = subscribers.text(of: index)?.text else { return }
    send(subscribers[index].slot, text.bytes(for: subscribers[index].dialect).span)
  }

  /// Tells an event stream's client how long to wait before it comes back.
  func sendRetry(_ slot: UInt32, milliseconds: UInt64) {
    var line: [UInt8] = []
    EventStreamEncoder.appendRetry(milliseconds: milliseconds, to: &line)
    sendControl(slot, line)
  }

  /// Ends an event stream for good: the event `end`, whose data is the executable's reason for this code.
  func endStream(_ slot: UInt32, _ code: CloseCode, reason: String? = nil) {
    var event: [UInt8] = []
    EventStreamEncoder.appendEnd(reason: reason ?? sessions.reason(for: code), to: &event)
    sendControl(slot, event)
    finish(slot)
  }

  /// Ends a WebSocket or an event stream with this code.
  func end(_ slot: UInt32, _ code: CloseCode, reason: String? = nil) {
    switch connections[slot].phase {
    case .webSocket(let socket) where socket.session.state == .open:
      closeWebSocket(slot, code, reason: reason)
    case .eventStream: endStream(slot, code, reason: reason)
    case .opening, .http, .webSocket, .flushing, .lingering: break
    }
  }

  /// Ends a WebSocket or an event stream whose client has asked for more than this limit allows.
  func end(_ slot: UInt32, limit: AdmissionLimit) {
    end(slot, .policyViolation, reason: sessions.reason(for: limit))
  }

  /// Sends a close frame and waits for the peer's (RFC 6455, section 7.1.2). No notice follows it.
  /// - Parameter reason: nil: the executable's for this code.
  func closeWebSocket(_ slot: UInt32, _ code: CloseCode, reason: String? = nil) {
    var frame: [UInt8] = []
    FrameEncoder.appendClose(code, reason: reason ?? sessions.reason(for: code), to: &frame)
    sendControl(slot, frame)
    subscribers.removeAll(of: slot, at: io.now)
    let end = io.now + limits.closeTimeout
    connections.withWebSocket(slot) {
      $0.session.closeFrameSent()
      $0.endsAt = Int64(end)
    }
    connections.arm(slot, at: end)
  }
}
