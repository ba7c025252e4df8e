import TestSupport
import Testing

@testable import ControlPlane

/// A table of nodes in memory.
final class MemoryBoard: NodeBoard {
  struct State {
    var beats: [(node: NodeReport, interest: InterestChange)] = []
    var others: [NodeReport] = []
    var now = Instant(milliseconds: 5_000_000)
    var viewersElsewhere: [EventID: Int] = [:]
    var failure: StoreFailure?
    /// So often the name is somebody else's.
    var isTakenFor = 0
    var left: [String] = []
  }
  let state = Guarded(State())

  func take(_ name: String) throws(StoreFailure) -> Bool {
    state.withLock { state in
      state.isTakenFor -= 1
      return state.isTakenFor < 0
    }
  }

  func beat(_ node: NodeReport, _ interest: InterestChange) throws(StoreFailure) -> NodeTable {
    let outcome: Result<NodeTable, StoreFailure> = state.withLock { state in
      if let failure = state.failure { return .failure(failure) }
      state.beats.append((node, interest))
      return .success(
        NodeTable(
          now: state.now, nodes: [node] + state.others,
          viewersElsewhere: interest.asksOthers ? state.viewersElsewhere : [:]))
    }
    return try outcome.get()
  }

  func leave(_ name: String) throws(StoreFailure) { state.withLock { $0.left.append(name) } }
}

@Suite("NodeRegistry")
struct NodeRegistryTests {
  private let board = MemoryBoard()
  private let incidents = IncidentList()
  private let registry: NodeRegistry
  private let clock = SharedClock(SystemClock())

  init() {
    registry = NodeRegistry(
      NodeReport(name: "a", version: "1", startedAt: Instant(milliseconds: 7)), clock: clock,
      observer: incidents)
  }

  private var beats: [(node: NodeReport, interest: InterestChange)] { board.state.withLock { $0.beats } }

  private func running(_ body: () throws -> Void) throws {
    let thread = try NodeThread(registry, board)
    defer { thread.close() }
    try body()
  }

  /// What the beats together have left of this node's interest.
  private var interest: Set<EventID> {
    beats.reduce(into: []) { interest, beat in
      if beat.interest.isWhole { interest = [] }
      interest.formUnion(beat.interest.watched)
      interest.subtract(beat.interest.unwatched)
    }
  }

  @Test("Before a start returns, others see the node; at the end it is gone")
  func life() throws {
    registry.describe { NodeFacts(connections: 3, bookings: 10, key: "k") }
    try running {
      #expect(beats.first?.node.name == "a" && beats.first?.node.facts.connections == 3)
      #expect(beats.first?.interest == InterestChange(isWhole: true))
      #expect(registry.table?.nodes.map(\.name) == ["a"] && registry.failure == nil)
    }
    #expect(board.state.withLock(\.left) == ["a"])
  }

  @Test("A name that another process has for a moment is waited for")
  func name() throws {
    board.state.withLock { $0.isTakenFor = 2 }
    try running { #expect(beats.count == 1) }
  }

  @Test("Interest is written soon, the last word on each event")
  func interestIsWritten() throws {
    try running {
      registry.note(EventID(1), isWatched: true)
      registry.note(EventID(2), isWatched: true)
      registry.note(EventID(2), isWatched: false)
      try eventually("the first is written") { interest == [EventID(1)] }
      registry.note(EventID(1), isWatched: false)
      registry.note(EventID(3), isWatched: true)
      try eventually("the other one is written") { interest == [EventID(3)] }
    }
  }

  @Test("How many watch is written for what is watched, and with everything that is written anew")
  func viewersAreWritten() throws {
    func told(_ event: Int64) -> Int? { beats.compactMap { $0.interest.viewers[EventID(event)] }.last }
    try running {
      registry.note([EventID(1): 4, EventID(2): 9])
      registry.note(EventID(1), isWatched: true)
      try eventually("the number is written") { told(1) == 4 }
      registry.note([EventID(1): 5])
      try eventually("the change is written") { told(1) == 5 }
      #expect(told(2) == nil, "nobody watches it, as far as the ledger knows")
      board.state.withLock { $0.failure = StoreFailure(code: StoreFailure.unreachable, message: "away") }
      registry.note([EventID(1): 6])
      try eventually("a beat has failed") { registry.failure != nil }
      board.state.withLock { $0.failure = nil }
      try eventually("it is written anew") { told(1) == 6 }
      #expect(beats.last { $0.interest.viewers[EventID(1)] == 6 }?.interest.isWhole == true)
    }
  }

  @Test("What others tell of their viewers is told once per change, and is asked for only when somebody wants it")
  func viewersElsewhere() throws {
    board.state.withLock { $0.viewersElsewhere = [EventID(1): 3, EventID(2): 1] }
    try running {
      #expect(beats.first?.interest.asksOthers == false)
      #expect(registry.takeOthers().isEmpty)
      try eventually("the others are asked") { beats.contains { $0.interest.asksOthers } }
      var heard: [EventID: Int] = [:]
      try eventually("they are told") {
        heard.merge(registry.takeOthers()) { $1 }
        return heard == [EventID(1): 3, EventID(2): 1]
      }
      board.state.withLock { $0.viewersElsewhere = [EventID(1): 2] }
      heard = [:]
      try eventually("changes are told, and that nobody is left") {
        heard.merge(registry.takeOthers()) { $1 }
        return heard == [EventID(1): 2, EventID(2): 0]
      }
    }
  }

  @Test("After a failure, which is told once, all of the interest is written")
  func failure() throws {
    try running {
      registry.note(EventID(1), isWatched: true)
      try eventually("the first is written") { interest == [EventID(1)] }
      board.state.withLock { $0.failure = StoreFailure(code: StoreFailure.unreachable, message: "away") }
      registry.note(EventID(2), isWatched: true)
      try eventually("it is so") { registry.failure == "away" }
      registry.note(EventID(3), isWatched: true)
      let before = beats.count
      board.state.withLock { $0.failure = nil }
      try eventually("it is so") { registry.failure == nil }
      let next = beats[before].interest
      #expect(next.isWhole && Set(next.watched) == [EventID(1), EventID(2), EventID(3)])
    }
    #expect(incidents.all == [.registryFailed("away"), .registryRecovered])
  }

  @Test("A node that is alive and signs with another secret is told once")
  func keys() throws {
    registry.describe { NodeFacts(key: "k") }
    let now = board.state.withLock(\.now)
    board.state.withLock { state in
      state.others = [
        NodeReport(name: "b", seenAt: now, facts: NodeFacts(key: "k")),
        NodeReport(name: "c", seenAt: now, facts: NodeFacts(key: "other")),
        NodeReport(name: "d", seenAt: Instant(milliseconds: 0), facts: NodeFacts(key: "other")),
      ]
    }
    try running {
      registry.note(EventID(1), isWatched: true)
      try eventually("it beats") { beats.count >= 3 }
    }
    #expect(incidents.all == [.keysDiffer(node: "c")])
  }
}
