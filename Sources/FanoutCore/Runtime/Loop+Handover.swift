// Handing the connections of a loop to another process, and going on with those that came from one
// (docs/decisions/0039-whoever-holds-the-lock-has-the-connections.md). Long-lived ones go ahead, while the loop serves them
// (`passAhead`). While it hands over, the loop serves nobody: it stays inside `handOver`, for a bounded time, and its thread
// may wait there.
//
// Invariant: until it is told to leave, nothing of the loop changes but by what it sends and answers; told to go on, it
// serves as before. One loop's thread.

extension Loop {
  /// Sends one message ahead, and says in the task whether more are to follow. When the handover is off, those that went ahead
  /// are served on as all others.
  func passAhead(_ task: HandoverTask) {
    assertOwner()
    guard task.order == .wait else { return connections.ahead = nil }
    guard io.passesConnections else { return task.ahead = .complete }
    if connections.ahead?.task !== task {
      connections.ahead = task.connect().map { PassedAhead(task, $0, slots: connections.indices) }
    }
    guard let ahead = connections.ahead, let hasRoom = ahead.link.hasRoom() else {
      return task.ahead = .failed
    }
    guard !hasRoom || sendAhead(ahead) else { return task.ahead = .failed }
    task.ahead = ahead.isComplete ? .complete : .ready
  }

  private func sendAhead(_ ahead: PassedAhead) -> Bool {
    var batch = PassedBatch()
    while !batch.isFull, let slot = ahead.nextSlot() {
      guard let record = recordAhead(slot), batch.add(record.bytes, connections[slot].descriptor) else {
        continue
      }
      ahead.add(slot, record)
      connections.holdElsewhere(slot)
    }
    return batch.isEmpty || ahead.link.sendAhead(batch.records, batch.descriptors)
  }

  /// What a connection that lasts is sent ahead with; nil: it is none. What waits on its way in or out is not told.
  private func recordAhead(_ slot: UInt32) -> ConnectionRecord? {
    guard connections.contains(slot) else { return nil }
    switch connections[slot].phase {
    case .webSocket, .eventStream: break
    case .opening, .http, .flushing, .lingering: return nil
    }
    guard var record = connections.record(slot) else { return nil }
    (record.input, record.output) = ([], [])
    record.interests = subscribers.interests(of: slot)
    return record
  }

  /// From `asked` to `left`, or back to serving.
  func handOver(_ task: HandoverTask) {
    assertOwner()
    settle(until: io.nanoseconds + task.patience)
    task.reached(.settled)
    while task.order == .wait {
      serveWhatCame()
      HandoverTask.pause()
    }
    let ahead = takeAhead(task)
    guard task.order == .pass, let link = ahead?.link ?? task.connect(), let passed = pass(task, ahead, link)
    else {
      if task.step != .failed { task.reached(.failed) }
      return goOn([])
    }
    var held: [Parcel] = []
    while task.order == .pass {
      while let parcel = proxy.take() { held.append(parcel) }
      HandoverTask.pause()
    }
    guard task.order == .leave || task.order == .close else { return goOn(held) }
    // What was posted before the order is here now, because the order was given behind it.
    while let parcel = proxy.take() { held.append(parcel) }
    // The other process waits for this, and not for what follows, which would take its time on a machine with few cores.
    task.reached(.left, late: held.compactMap(\.late))
    task.awaitClose()
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

  /// What went ahead in this handover; nil: nothing did.
  private func takeAhead(_ task: HandoverTask) -> PassedAhead? {
    defer { connections.ahead = nil }
    return connections.ahead?.task === task ? connections.ahead : nil
  }

  /// Sends every connection that can be passed on, or what has changed of it. Nil: the other process has not got them.
  private func pass(_ task: HandoverTask, _ ahead: PassedAhead?, _ link: any HandoverLink) -> [UInt32]? {
    var (passed, batch): ([UInt32], PassedBatch) = ([], PassedBatch())
    let (slots, sent) = (io.passesConnections ? connections.indices : [], ahead?.records ?? [])
    passed.reserveCapacity(slots.count)
    for slot in slots {
      guard var record = connections.record(slot) else { continue }
      record.interests = subscribers.interests(of: slot)
      let number = connections.isHeldElsewhere(slot) ? ahead?.number(of: slot) : nil
      if let number, let change = ConnectionChange(number, from: sent[number], to: &record) {
        batch.add(change)
      } else {
        guard batch.add(record.bytes, connections[slot].descriptor, inPlaceOf: number) else { continue }
      }
      passed.append(slot)
      guard batch.sendFull(link) else { return nil }
    }
    guard batch.send(link), link.finish(passed.count) else { return nil }
    task.reached(.passed(count: passed.count, kept: connections.count - passed.count))
    return passed
  }

  // MARK: After the order

  /// The connections are another process's: they are forgotten here, without a word to their peers. The listeners go on
  /// there, too.
  private func leave(_ passed: [UInt32]) {
    io.leaveListeners()
    descriptors.close()
    connections.leaveElsewhere()
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
    for (descriptor, record) in staged { adopt(descriptor, record) }
    counters.publish()
    updateBusy()
  }

  /// The same; afterwards they are not staged any more.
  func adopt(_ staged: StagedConnections) {
    io.updateTime()
    staged.take(adopt)
    counters.publish()
    updateBusy()
  }

  private func adopt(_ descriptor: Int32, _ record: ConnectionRecord) {
    guard let slot = connections.adopt(descriptor, record) else { return }
    guard record.compression == .none || compressor.prepare() else {
      // There is no memory to read what such a client sends.
      return output.end(slot, .tryAgainLater)
    }
    fanout.adopt(slot, record.interests)
    if !record.input.isEmpty { input.adopted(slot, record.input) }
  }
}

/// Connections that leave in one message of each kind.
private struct PassedBatch {
  private(set) var records: [[UInt8]] = []
  private(set) var descriptors: [Int32] = []
  private var bytes = 0
  private var replacements: [ConnectionBatch.Replacement] = []
  private var replacedBytes = 0
  private var changes: [UInt8] = []

  var isEmpty: Bool { records.isEmpty }
  var isFull: Bool { records.count == ConnectionBatch.most || bytes >= ConnectionBatch.usualBytes }
  private var isFullOfReplacements: Bool {
    replacements.count == ConnectionBatch.most || replacedBytes >= ConnectionBatch.usualBytes
  }

  /// - Parameter number: under which another record of the connection went ahead; nil: none did.
  /// - Returns: false: the record is too long.
  mutating func add(_ record: [UInt8], _ descriptor: Int32, inPlaceOf number: Int? = nil) -> Bool {
    guard record.count <= ConnectionBatch.recordBytes else { return false }
    if let number {
      replacements.append(ConnectionBatch.Replacement(number: number, record: record))
      replacedBytes += record.count
    } else {
      records.append(record)
      descriptors.append(descriptor)
      bytes += record.count
    }
    return true
  }

  mutating func add(_ change: ConnectionChange) { change.append(to: &changes) }

  /// Sends what fills a message. False: the other process is gone.
  mutating func sendFull(_ link: any HandoverLink) -> Bool {
    (!isFull || sendRecords(link)) && (!isFullOfReplacements || sendReplacements(link))
      && (changes.count < ConnectionBatch.usualBytes || sendChanges(link))
  }

  /// Sends everything. False: the other process is gone.
  mutating func send(_ link: any HandoverLink) -> Bool {
    (records.isEmpty || sendRecords(link)) && (replacements.isEmpty || sendReplacements(link))
      && (changes.isEmpty || sendChanges(link))
  }

  private mutating func sendRecords(_ link: any HandoverLink) -> Bool {
    defer { (records, descriptors, bytes) = ([], [], 0) }
    return link.send(records, descriptors)
  }

  private mutating func sendReplacements(_ link: any HandoverLink) -> Bool {
    defer { (replacements, replacedBytes) = ([], 0) }
    return link.sendReplacements(replacements)
  }

  private mutating func sendChanges(_ link: any HandoverLink) -> Bool {
    defer { changes.removeAll(keepingCapacity: true) }
    return link.sendChanges(changes)
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
