// Handing the connections of a loop to another process, and going on with those that came from one
// (docs/decisions/0039-whoever-holds-the-lock-has-the-connections.md). While it hands over, the loop serves nobody: it stays
// inside `handOver`, for a bounded time, and its thread may wait there.
//
// Invariant: until it is told to leave, nothing of the loop changes but by what it sends and answers; told to go on, it
// serves as before. One loop's thread.

extension Loop {
  /// From `asked` to `left`, or back to serving.
  func handOver(_ task: HandoverTask) {
    assertOwner()
    settle(until: io.nanoseconds + task.patience)
    task.reached(.settled)
    while task.order == .wait {
      serveWhatCame()
      HandoverTask.pause()
    }
    guard task.order == .pass, let passed = pass(task) else {
      if task.step != .failed { task.reached(.failed) }
      return goOn([])
    }
    var held: [Parcel] = []
    while task.order == .pass {
      while let parcel = proxy.take() { held.append(parcel) }
      HandoverTask.pause()
    }
    guard task.order == .leave else { return goOn(held) }
    // What was posted before the order is here now, because the order was given behind it.
    while let parcel = proxy.take() { held.append(parcel) }
    // The other process waits for this, and not for what follows.
    task.reached(.left, late: held.compactMap(\.late))
    leave(passed)
    goOn(held)
  }

  // MARK: Settling

  /// Lets requests under way be answered, without beginning others, and sends what was published.
  private func settle(until end: UInt64) {
    http.isSettling = true
    var unfinished = connections.indices.filter(isUnfinished)
    while true {
      for slot in unfinished where connections.contains(slot) { advance(slot) }
      serveWhatCame()
      unfinished.removeAll { !connections.contains($0) || !isUnfinished($0) }
      HandoverTask.pause()
      if unfinished.isEmpty || io.nanoseconds >= end { return }
    }
  }

  /// What other threads sent, and what follows from it.
  private func serveWhatCame() {
    io.updateTime()
    drainMailbox()
    for request in http.handOver() { input.answer(request.ticket, http.overloaded) }
    while !fanout.passIsOver { fanout.rollPass() }
    fanout.endWithdrawn()
  }

  /// Whether a request has begun on the connection or its answer waits for the socket.
  private func isUnfinished(_ slot: UInt32) -> Bool {
    guard case .http(let exchange) = connections[slot].phase else { return false }
    return !exchange.isBetweenRequests || connections[slot].isBlocked
  }

  private func advance(_ slot: UInt32) {
    flush(slot)
    guard connections.contains(slot), case .http(let exchange) = connections[slot].phase,
      exchange.answering == nil, !exchange.isBetweenRequests,
      connections[slot].interest.contains(.readable)
    else { return }
    input.read(slot)
  }

  // MARK: Passing

  /// Sends every connection that can be passed on. Nil: the other process has not got them.
  private func pass(_ task: HandoverTask) -> [UInt32]? {
    guard let link = task.connect() else { return nil }
    var (passed, batch): ([UInt32], PassedBatch) = ([], PassedBatch())
    for slot in io.passesConnections ? connections.indices : [] {
      guard var record = connections.record(slot) else { continue }
      record.interests = subscribers.interests(of: slot)
      let bytes = record.bytes
      guard bytes.count <= ConnectionBatch.recordBytes else { continue }
      passed.append(slot)
      batch.add(bytes, connections[slot].descriptor)
      if batch.isFull, !batch.send(link) { return nil }
    }
    guard batch.isEmpty || batch.send(link), link.finish(passed.count) else { return nil }
    task.reached(.passed(count: passed.count, kept: connections.count - passed.count))
    return passed
  }

  // MARK: After the order

  /// The connections are another process's: they are forgotten here, without a word to their peers. The listeners go on
  /// there, too.
  private func leave(_ passed: [UInt32]) {
    io.leaveListeners()
    descriptors.close()
    for slot in passed { connections.close(slot) }
  }

  /// Serves again: those that are left, or all.
  private func goOn(_ held: [Parcel]) {
    http.isSettling = false
    io.updateTime()
    for parcel in held { open(parcel) }
    for slot in connections.indices {
      if case .http(let exchange) = connections[slot].phase, exchange.hasMore { input.resume(slot) }
    }
    updateBusy()
  }

  // MARK: Connections from another process

  /// Goes on with them. Before the loop runs.
  func adopt(_ staged: [(descriptor: Int32, record: ConnectionRecord)]) {
    io.updateTime()
    for (descriptor, record) in staged {
      guard let slot = connections.adopt(descriptor, record) else { continue }
      guard record.compression == .none || compressor.prepare() else {
        // There is no memory to read what such a client sends.
        output.end(slot, .tryAgainLater)
        continue
      }
      fanout.adopt(slot, record.interests)
      if !record.input.isEmpty { input.adopted(slot, record.input) }
    }
    counters.publish()
    updateBusy()
  }
}

/// Connections that leave in one message.
private struct PassedBatch {
  private var records: [[UInt8]] = []
  private var descriptors: [Int32] = []
  private var bytes = 0

  var isEmpty: Bool { records.isEmpty }
  var isFull: Bool { records.count == ConnectionBatch.most || bytes >= ConnectionBatch.usualBytes }

  mutating func add(_ record: [UInt8], _ descriptor: Int32) {
    records.append(record)
    descriptors.append(descriptor)
    bytes += record.count
  }

  mutating func send(_ link: any HandoverLink) -> Bool {
    defer { self = PassedBatch() }
    return link.send(records, descriptors)
  }
}

extension Parcel {
  /// What it asks of connections that have left meanwhile; nil: nothing.
  fileprivate var late: LateCommand? {
    switch self {
    case .withdrawClient(let id, let code, let reason): .withdraw(client: id, code, reason: reason)
    case .endCredential(let credential, let moment): .end(credential, at: moment)
    case .tellClient(let id, let text): .tell(client: id, text)
    default: nil
    }
  }
}
