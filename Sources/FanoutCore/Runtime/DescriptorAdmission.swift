// Whether a loop has room for one more connection: its own bound, and that of its descriptor table, whose last
// descriptors are kept for health checks and administrators. When they run short, idle HTTP connections make room.
// Asked after `LoopLimiter`, which limits addresses and clients. One loop's thread.

/// The room of one loop for connections.
final class DescriptorAdmission<IO: Transport> {
  private let io: IO
  private let limits: Limits
  private let counters: LoopCounters
  private let connections: Connections<IO>
  private let table: DescriptorTable
  private let observer: any LoopObserver
  private var isAccepting = true
  /// The longest idle HTTP connections when they were looked for last, the longest idle at the end.
  private var idle: [(slot: UInt32, generation: UInt32, since: UInt64)] = []
  /// When they may be looked for again: a search looks at every connection, so that one which found few is not made again
  /// for every socket that is accepted.
  private var nextSearchAt: UInt64 = 0

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

  enum Verdict: Equatable {
    case admitted
    /// On a descriptor that is kept for health checks and administrators.
    case reserved
    case refused
  }

  /// Whether a connection that was accepted may stay. When descriptors run short the longest idle one makes room.
  func judge() -> Verdict {
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
    if closeLastFound() { return true }
    guard io.now >= nextSearchAt else { return false }
    findIdle()
    return closeLastFound()
  }

  /// Closes the longest idle connection of those found that are idle still. False: none is left.
  private func closeLastFound() -> Bool {
    while let candidate = idle.popLast() {
      guard connections.at(candidate.slot)?.generation == candidate.generation,
        connections.idleSince(candidate.slot) == candidate.since
      else { continue }
      connections.close(candidate.slot)
      counters.own.idleClosed += 1
      return true
    }
    return false
  }

  /// Looks through all connections, once for many that are to be closed.
  private func findIdle() {
    counters.own.idleSearches += 1
    var found: [(slot: UInt32, generation: UInt32, since: UInt64)] = []
    for slot in connections.indices {
      if let since = connections.idleSince(slot) {
        found.append((slot, connections[slot].generation, since))
      }
    }
    if !found.isEmpty { observer.observe(.descriptorsShort) }
    found.sort { ($0.since, $0.generation) > ($1.since, $1.generation) }
    idle = Array(found.suffix(Limits.idleCandidates))
    let foundMany =
      found.count > idle.count || found.count * Limits.connectionsPerIdleFound >= connections.count
    nextSearchAt = foundMany ? io.now : io.now + limits.tick
  }
}
