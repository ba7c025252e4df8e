// The caps and budgets of a loop: which connections it takes, and how much one client may ask for. Asked for a
// new connection here and in `Loop.accept`; for a resume in `Fanout`. One loop's thread.

/// The caps and budgets of one loop.
final class LoopAdmission<IO: Transport> {
  private let io: IO
  private let limits: Limits
  private let counters: LoopCounters
  private let connections: Connections<IO>
  private let table: DescriptorTable
  private let observer: any LoopObserver
  private var isAccepting = true
  /// The longest idle HTTP connections when they were looked for last, the longest idle at the end.
  private var idle: [(slot: UInt32, generation: UInt32, since: UInt64)] = []

  init(
    io: IO, limits: Limits, counters: LoopCounters, connections: Connections<IO>, table: DescriptorTable,
    observer: any LoopObserver
  ) {
    self.io = io
    self.limits = limits
    self.counters = counters
    self.connections = connections
    self.table = table
    self.observer = observer
  }

  // MARK: Connections

  enum Verdict: Equatable {
    case admitted
    /// On a descriptor that is kept for health checks and administrators.
    case reserved
    case refused
  }

  /// Whether a connection that was accepted may stay. When descriptors run short the longest idle one makes room.
  func judgeConnection(from peer: PeerAddress) -> Verdict {
    guard isAccepting else { return .refused }
    guard connections.count < limits.connectionsPerLoop else { return refuse() }
    if table.count < table.room { return .admitted }
    if closeLongestIdle() { return .admitted }
    guard table.count < table.roomWithReserve else { return refuse() }
    counters.own.reservedAccepted += 1
    return .reserved
  }

  /// Nobody is admitted any more.
  func close() { isAccepting = false }

  private func refuse() -> Verdict {
    counters.own.connectionsRefused += 1
    observer.observe(.connectionRefused)
    return .refused
  }

  /// Closes the HTTP connection that has waited longest for a request. False: none waits.
  private func closeLongestIdle() -> Bool {
    for _ in 0..<2 {
      while let candidate = idle.popLast() {
        guard connections.at(candidate.slot)?.generation == candidate.generation,
          connections.idleSince(candidate.slot) == candidate.since
        else { continue }
        connections.close(candidate.slot)
        counters.own.idleClosed += 1
        return true
      }
      findIdle()
    }
    return false
  }

  /// Looks through all connections, once for many that are to be closed.
  private func findIdle() {
    var found: [(slot: UInt32, generation: UInt32, since: UInt64)] = []
    for slot in connections.indices {
      if let since = connections.idleSince(slot) {
        found.append((slot, connections[slot].generation, since))
      }
    }
    if !found.isEmpty { observer.observe(.descriptorsShort) }
    found.sort { ($0.since, $0.generation) > ($1.since, $1.generation) }
    idle = Array(found.suffix(Limits.idleCandidates))
  }

  // MARK: Resumes

  enum ResumeVerdict: Equatable {
    case admitted
    /// It is answered with the newest state instead.
    case refused
    /// The client goes on and on: its connection is closed.
    case closing
  }

  /// Whether a resume of this connection may be read from the notice table.
  func judgeResume(_ slot: UInt32) -> ResumeVerdict {
    var verdict = ResumeVerdict.admitted
    let period = UInt16(truncatingIfNeeded: io.now / limits.resumeInterval)
    connections.withWebSocket(slot) { socket in
      socket.resumes.used -= min(socket.resumes.used, period &- socket.resumes.countedAt)
      socket.resumes.countedAt = period
      if Int(socket.resumes.used) >= limits.resumesPerConnection + limits.resumesRefused {
        verdict = .closing
      } else {
        if Int(socket.resumes.used) >= limits.resumesPerConnection { verdict = .refused }
        socket.resumes.used += 1
      }
    }
    switch verdict {
    case .admitted: break
    case .refused: counters.own.recallsRefused += 1
    case .closing:
      counters.own.recallersClosed += 1
      observer.observe(.tooManyResumes(peer: connections[slot].peer))
    }
    return verdict
  }
}
