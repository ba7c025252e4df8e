// Bytes to sockets. Whatever the kernel does not take waits in the outbox; from then on the connection is blocked
// and out of all cohorts, until the outbox is empty and every subscription of it has caught up.

extension Loop {
  /// Sends a small direct message: a pong, a reply, a close frame. Too many that nobody reads: the client is
  /// given up, since it asks without listening.
  func sendControl(_ slot: UInt32, _ bytes: [UInt8]) {
    if let backlog = connections[slot].backlog, backlog.outbox.asked + bytes.count > limits.outboxBytes {
      observer.observe(.outboxOverflow(peer: connections[slot].peer))
      counts.overflowsClosed += 1
      return lose(slot)
    }
    send(slot, bytes.span)
  }

  /// Sends notices that a resume missed. They are not the client's chatter: what of them waits does not
  /// count as asked for without reading.
  func sendMissed(_ slot: UInt32, _ bytes: Span<UInt8>) {
    uncork()
    let waiting = connections[slot].waiting
    send(slot, bytes)
    connections[slot].backlog?.outbox.owe(connections[slot].waiting - waiting)
  }

  /// Gathers what is sent to this connection until `uncork`, so that it goes out in one send. Whoever corks uncorks
  /// before it returns.
  func cork(_ slot: UInt32) { corkedSlot = slot }

  /// Sends what was gathered.
  func uncork() {
    guard let slot = corkedSlot else { return }
    corkedSlot = nil
    var bytes: [UInt8] = []
    swap(&bytes, &corked)
    if connections.contains(slot), !bytes.isEmpty { send(slot, bytes.span) }
    bytes.removeAll(keepingCapacity: true)
    corked = bytes
  }

  /// Sends bytes in order behind everything that waits.
  func send(_ slot: UInt32, _ bytes: Span<UInt8>) {
    if corkedSlot == slot { return corked.append(bytes) }
    if let backlog = connections[slot].backlog {
      if !backlog.isLost { backlog.outbox.append(bytes) }
      return
    }
    let taken = io.send(connections[slot].descriptor, bytes)
    counts.sends += 1
    if taken == bytes.count {
      counts.bytesSent += taken
    } else if taken >= 0 || taken == IO.wouldBlock {
      counts.bytesSent += max(taken, 0)
      block(slot)
      connections[slot].backlog?.outbox.append(bytes.extracting(max(taken, 0)..<bytes.count))
    } else {
      lose(slot)
    }
  }

  /// The kernel is full: takes all subscriptions out of their cohorts and waits for writability.
  func block(_ slot: UInt32) {
    guard !connections[slot].isBlocked else { return }
    connections[slot].backlog = Backlog(since: io.now)
    counts.connectionsBlocked += 1
    forEachSubscription(of: slot) { index in
      if case .cohort(let cohort, let position) = subscriptions[index.rawValue].place {
        leaveCohort(index, cohort, position)
      }
    }
    var interest = connections[slot].interest.union(.writable)
    // Of requests no more is read than is answered.
    if case .http = connections[slot].role { interest.remove(.readable) }
    setInterest(slot, interest)
    wheel.arm(slot, at: io.now + min(limits.stallTimeout, limits.tick))
  }

  /// The socket takes bytes again: first what it began, then what each subscription missed.
  func flush(_ slot: UInt32) {
    guard connections[slot].isBlocked else { return }
    if connections[slot].isLost { return close(slot, reset: true) }
    guard drainOutbox(slot) else { return }
    if connections[slot].endsWhenFlushed { return linger(slot) }
    guard catchUp(slot), connections.at(slot) != nil else { return }
    connections[slot].backlog = nil
    counts.connectionsBlocked -= 1
    setInterest(slot, connections[slot].interest.subtracting(.writable))
    forEachSubscription(of: slot) { index in
      if case .lagging = subscriptions[index.rawValue].place { joinCohort(index) }
    }
    if case .http(let exchange) = connections[slot].role { goOn(slot, exchange) }
  }

  /// Whether the outbox is empty now.
  private func drainOutbox(_ slot: UInt32) -> Bool {
    guard let backlog = connections[slot].backlog, !backlog.outbox.isEmpty else { return true }
    let (bytes, sent) = (backlog.outbox.bytes, backlog.outbox.sent)
    let taken = io.send(connections[slot].descriptor, bytes.span.extracting(sent..<bytes.count))
    counts.sends += 1
    guard taken >= 0 || taken == IO.wouldBlock else {
      close(slot, reset: true)
      return false
    }
    if taken > 0 {
      counts.bytesSent += taken
      backlog.progressAt = io.now
      backlog.outbox.took(taken)
    }
    return backlog.outbox.isEmpty
  }

  /// Brings every lagging subscription of a blocked connection to its head. False: the kernel is full again.
  private func catchUp(_ slot: UInt32) -> Bool {
    var index = connections[slot].subscriptions
    while index != .none {
      if case .lagging(let cursor) = subscriptions[index.rawValue].place, !pull(index, slot, from: cursor) {
        return false
      }
      index = subscriptions[index.rawValue].next
    }
    return true
  }

  /// Sends one subscription what it missed, as it is when that is short, else as one message.
  private func pull(_ index: SubscriptionIndex, _ slot: UInt32, from cursor: UInt64) -> Bool {
    let subscription = subscriptions[index.rawValue]
    let delivery = pullDelivery(subscription.topic, subscription.dialect, after: cursor)
    guard let delivery else { return true }
    let taken = io.send(connections[slot].descriptor, delivery.storage.span.extracting(delivery.range))
    counts.sends += 1
    guard taken >= 0 || taken == IO.wouldBlock else {
      close(slot, reset: true)
      return false
    }
    if taken > 0 { connections[slot].backlog?.progressAt = io.now }
    if delivery.isConflated && taken > 0 { counts.conflations += 1 }
    return note(delivery, taken: max(taken, 0), index, slot)
  }

  /// Notes how far a subscriber outside of all cohorts got. True: it got everything.
  func note(_ delivery: Delivery, taken: Int, _ index: SubscriptionIndex, _ slot: UInt32) -> Bool {
    counts.bytesSent += taken
    if taken == delivery.range.count {
      subscriptions[index.rawValue].place = .lagging(cursor: delivery.head)
      return true
    }
    let (cursor, rest) = delivery.position(taken: taken)
    subscriptions[index.rawValue].place = .lagging(cursor: cursor)
    if !rest.isEmpty { connections[slot].backlog?.outbox.append(delivery.storage.span.extracting(rest)) }
    return false
  }

  /// What a slow reader is sent; nil when it stands at the head.
  private func pullDelivery(_ topic: UInt32, _ dialect: Dialect, after cursor: UInt64) -> Delivery? {
    let summary = topics[topic].live.summary
    guard cursor < summary.seq else { return nil }
    if summary.seq - cursor <= UInt64(limits.pullFrames),
      let frames = Delivery(framesOf: topics[topic].live[dialect].log, after: cursor),
      frames.range.count <= limits.pullBytes
    {
      return frames
    }
    return Delivery(conflating: summary, after: cursor, as: dialect)
  }

  /// The peer is gone or not worth waiting for. Found out while the connection is in use, so it only falls
  /// silent here; the next tick or readiness closes it, when nobody up the call chain holds its slot.
  private func lose(_ slot: UInt32) {
    block(slot)
    connections[slot].backlog?.isLost = true
    connections[slot].backlog?.outbox = Outbox()
    wheel.arm(slot, at: io.now)
  }
}
