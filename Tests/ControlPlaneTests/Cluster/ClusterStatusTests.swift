import TestSupport
import Testing

@testable import ControlPlane

@Suite("What is told of nodes")
struct ClusterStatusTests {
  @Test("Facts come back as they were written, and unknown members are passed over")
  func facts() {
    let facts = NodeFacts(
      connections: 1, subscriptions: 2, bookings: 3, bookingsPerSecond: 4, lag: 5, busIsConnected: false,
      leads: true,
      clockOffset: -6, key: "k\"")
    #expect(NodeFacts(json: facts.json) == facts)
    var without = facts
    without.busIsConnected = nil
    #expect(NodeFacts(json: without.json) == without)
    #expect(NodeFacts(json: Array(#"{"connections":7,"later":[1]}"#.utf8)) == NodeFacts(connections: 7))
    #expect(NodeFacts(json: Array("nonsense".utf8)) == NodeFacts())
  }

  @Test("A node that was not seen for ten seconds is dead, leads no more and does not count")
  func dead() throws {
    let clock = StillClock(milliseconds: 100_000)
    let board = MemoryBoard()
    let registry = NodeRegistry(NodeReport(name: "b"), clock: SharedClock(clock), observer: IncidentList())
    board.state.withLock { state in
      state.others = [
        NodeReport(
          name: "a", seenAt: Instant(milliseconds: 90_000), facts: NodeFacts(connections: 5, leads: true)),
        NodeReport(name: "c", seenAt: Instant(milliseconds: 90_001), facts: NodeFacts(connections: 7)),
      ]
    }
    try registry.start(board)
    let status = ClusterStatus(
      store: .init(kind: .postgresql, address: "db"), epoch: "e", place: .init(),
      own: {
        NodeReport(
          name: "b", seenAt: clock.now, facts: NodeFacts(connections: 1, busIsConnected: true, clockOffset: 3)
        )
      }, registry: registry, storeFailure: { "full" }, clock: clock)
    let told = try StrictJSON.parse(status.json()).members
    #expect(told?["leader"] == .null && told?["node"]?.text == "b" && told?["bus"]?.text == "connected")
    #expect(told?["store"]?.members?["available"] == .bool(false))
    #expect(
      told?["totals"]?.members?["connections"]?.whole == 8 && told?["totals"]?.members?["nodes"]?.whole == 2)
    guard case .array(let nodes)? = told?["nodes"] else { throw TestFailure("no nodes") }
    #expect(nodes.map { $0.members?["state"]?.text } == ["dead", "alive", "alive"])
    #expect(nodes.map { $0.members?["name"]?.text } == ["a", "b", "c"])
    #expect(status.counts?.alive == 2 && status.counts?.dead == 1 && status.counts?.leads == false)
  }

  @Test("A file of SQLite is opened where no store is named, and nobody else writes it")
  func alone() throws {
    let folder = try TemporaryFolder()
    let opened = try OpenStore(
      Backend.Configuration(dataFolder: folder.path), DataFolder(folder.path), CountingIdentifiers(),
      SystemClock())
    #expect(opened.nodes == nil && opened.database is Database)
  }

  @Test("Who leads is what was said last")
  func lead() {
    let lead = Lead()
    #expect(!lead.isHeld)
    lead.set(true)
    #expect(lead.isHeld)
  }
}
