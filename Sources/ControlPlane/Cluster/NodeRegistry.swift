// Keeps this node's row in the table of nodes and the rows of its interest, and knows what the others are like. A thread of its own
// with a connection of its own: neither the ledger nor a loop waits for it. Once a second, and as soon as interest changes.
//
// Invariant: what `note` was told last of an event is in the table after the next beat that succeeds. After a failure, and after a
// pause in which others may have taken the rows for a dead node's, all of it is written.

import Glibc

final class NodeRegistry: Interest, RemoteAudiences {
  /// Milliseconds between two beats.
  static let interval: Int64 = 1_000
  /// Microseconds for which interest gathers before it is written.
  private static let gathering: UInt32 = 5_000
  /// A node that was not seen for so long counts as dead, and is forgotten after the second.
  static let deadAfter: Int64 = 10_000
  static let forgottenAfter: Int64 = 3_600_000
  /// Shorter than `deadAfter`, for the time that a beat takes.
  private static let doubtAfter: Int64 = 7_000
  /// How long a start waits for the former process of the same name to be gone.
  private static let patience = 10_000

  fileprivate struct State {
    var report: NodeReport
    var table: NodeTable?
    /// Why the last beat failed; nil: it did not.
    var failure: String?
    /// By `uptime`, of the last beat that succeeded.
    var beatAt: Int64?
    /// The count of bookings from which the rate is told, and when it was taken.
    var counted: (bookings: UInt64, at: Int64)?
    var rateBefore: UInt64 = 0
    /// Nodes that sign with another secret, as far as that was told.
    var strangers: Set<String> = []
    var watched: Set<EventID> = []
    var changed: Set<EventID> = []
    /// Where it is not 0.
    var viewers: [EventID: Int] = [:]
    /// As of the last beat, and what has changed of it since it was asked for; nil: it never was.
    var others: [EventID: Int] = [:]
    var otherChanges: [EventID: Int]?
    var isOver = false
  }

  private let state: Monitor<State>
  private let clock: SharedClock
  private let facts: Monitor<@Sendable () -> NodeFacts>
  private let observer: any ControlObserver

  init(_ report: NodeReport, clock: SharedClock, observer: any ControlObserver) {
    state = Monitor(State(report: report))
    (self.clock, self.observer) = (clock, observer)
    facts = Monitor { NodeFacts() }
  }

  /// Supplies what a beat tells of this node; once, when the plane is put together.
  func describe(by facts: @escaping @Sendable () -> NodeFacts) { self.facts.withLock { $0 = facts } }

  /// Where this node serves, once it listens.
  func serves(at address: String) { state.withLock { $0.report.address = address } }

  var name: String { state.withLock { $0.report.name } }

  // MARK: Interest

  func note(_ event: EventID, isWatched: Bool) {
    state.withLock { state in
      if isWatched { state.watched.insert(event) } else { state.watched.remove(event) }
      state.changed.insert(event)
    }
    state.notifyOne()
  }

  // MARK: Audiences

  /// Written with the next beat.
  func note(_ viewers: [EventID: Int]) {
    state.withLock { state in
      for (event, count) in viewers {
        state.viewers[event] = count == 0 ? nil : count
        if state.watched.contains(event) { state.changed.insert(event) }
      }
    }
  }

  func takeOthers() -> [EventID: Int] {
    state.withLock { state in
      defer { state.otherChanges = [:] }
      return state.otherChanges ?? [:]
    }
  }

  // MARK: What is known

  /// This node, as the last beat told it.
  var report: NodeReport { state.withLock { $0.report } }

  /// The nodes as of the last beat; nil: there was none that succeeded.
  var table: NodeTable? { state.withLock { $0.table } }
  var failure: String? { state.withLock { $0.failure } }
  /// Milliseconds since the last beat that succeeded.
  var age: Int64? { state.withLock { $0.beatAt }.map { max(0, clock.uptime - $0) } }

  // MARK: The registry's thread

  /// Blocks until the name is this process', and the first row is written.
  func start(_ board: any NodeBoard) throws(StartFailure) {
    do throws(StoreFailure) {
      let end = clock.uptime + Int64(Self.patience)
      while try !board.take(name) {
        guard clock.uptime < end else {
          throw StoreFailure(
            code: StoreFailure.refused,
            message:
              "another process is the node \(name) of this database; give this one another name with --node")
        }
        usleep(200_000)
      }
      try beat(board, isFirst: true)
    } catch {
      throw StartFailure(error.message)
    }
  }

  func run(_ board: any NodeBoard) {
    var judge = ClockJudge()
    _ = judge.begin(ClockReading(offset: clock.offset))
    var next = clock.uptime + Self.interval
    while true {
      let wait = max(0, next - clock.uptime)
      let word = state.wait(milliseconds: Int(wait)) { state -> Bool? in
        state.isOver ? true : state.changed.isEmpty ? nil : false
      }
      if word == true { break }
      if word == false { usleep(Self.gathering) }
      if clock.uptime >= next { next = clock.uptime + Self.interval }
      do throws(StoreFailure) {
        // A lost session has lost the name, too.
        _ = try board.take(name)
        judgeClock(try beat(board, isFirst: false), &judge)
        recover()
      } catch {
        fail(error)
      }
    }
    try? board.leave(name)
  }

  func stop() {
    state.withLock { $0.isOver = true }
    state.notifyOne()
  }

  @discardableResult
  private func beat(_ board: any NodeBoard, isFirst: Bool) throws(StoreFailure) -> ClockReading {
    let facts = facts.withLock { $0 }()
    let (report, change) = state.withLock { state in
      state.report.facts = facts
      state.rate(at: clock.uptime)
      let isDoubtful = state.beatAt.map { clock.uptime - $0 > Self.doubtAfter } ?? true
      return (state.report, state.take(isWhole: isFirst || isDoubtful || state.failure != nil))
    }
    let before = clock.unshared
    let table: NodeTable
    do throws(StoreFailure) {
      table = try board.beat(report, change)
    } catch {
      state.withLock { $0.giveBack(change) }
      throw error
    }
    let strangers = state.withLock { state in
      (state.table, state.beatAt) = (table, clock.uptime)
      state.takeOthers(table.viewersElsewhere)
      return state.newStrangers()
    }
    for name in strangers { observer.observe(.keysDiffer(node: name)) }
    return ClockReading(before: before, after: clock.unshared, database: table.now)
  }

  private func judgeClock(_ reading: ClockReading, _ judge: inout ClockJudge) {
    let before = judge.offset
    guard let offset = judge.take(reading) else { return }
    clock.offset = offset
    if max(abs(offset), abs(before)) >= ClockJudge.notable {
      observer.observe(.clockDiffers(milliseconds: -offset))
    }
  }

  private func fail(_ failure: StoreFailure) {
    let isNews = state.withLock { state in
      defer { state.failure = failure.message }
      return state.failure == nil
    }
    if isNews { observer.observe(.registryFailed(failure.message)) }
  }

  private func recover() {
    let isNews = state.withLock { state in
      defer { state.failure = nil }
      return state.failure != nil
    }
    if isNews { observer.observe(.registryRecovered) }
  }
}

extension NodeRegistry.State {
  fileprivate mutating func take(isWhole: Bool) -> InterestChange {
    defer { changed = [] }
    var change = InterestChange(isWhole: isWhole, asksOthers: otherChanges != nil)
    change.watched = isWhole ? Array(watched) : changed.filter { watched.contains($0) }
    if !isWhole { change.unwatched = changed.filter { !watched.contains($0) } }
    for event in change.watched { change.viewers[event] = viewers[event] }
    return change
  }

  fileprivate mutating func takeOthers(_ found: [EventID: Int]) {
    guard var changes = otherChanges else { return }
    for (event, count) in found where others[event] != count { changes[event] = count }
    for event in others.keys where found[event] == nil { changes[event] = 0 }
    (others, otherChanges) = (found, changes)
  }

  /// The rate of bookings since the last count that is old enough for one.
  fileprivate mutating func rate(at now: Int64) {
    let bookings = report.facts.bookings
    report.facts.bookingsPerSecond = rateBefore
    guard let before = counted, bookings >= before.bookings else {
      counted = (bookings, now)
      return
    }
    let elapsed = now - before.at
    guard elapsed >= NodeRegistry.interval / 2 else { return }
    rateBefore = (bookings - before.bookings) * 1_000 / UInt64(elapsed)
    report.facts.bookingsPerSecond = rateBefore
    counted = (bookings, now)
  }

  /// Nodes that are alive and sign with another secret, each once.
  fileprivate mutating func newStrangers() -> [String] {
    guard let table, !report.facts.key.isEmpty else { return [] }
    let found = table.nodes.filter { node in
      !node.facts.key.isEmpty && node.facts.key != report.facts.key
        && table.now.milliseconds - node.seenAt.milliseconds < NodeRegistry.deadAfter
    }.map(\.name)
    defer { strangers = Set(found) }
    return found.filter { !strangers.contains($0) }
  }

  /// It was not written. After a failure everything is written anyway.
  fileprivate mutating func giveBack(_ change: InterestChange) {
    if !change.isWhole { changed.formUnion(change.watched + change.unwatched) }
  }
}

extension ClockReading {
  /// As if it were exact.
  init(offset: Int64) {
    let zero = Instant(milliseconds: 0)
    self.init(before: zero, after: zero, database: Instant(milliseconds: offset))
  }
}
