// Method: people fight for seats through three nodes, with retries and cancellations at whichever node answers, while subscribers watch
// at all of them; nodes, PostgreSQL and NATS are killed, frozen and cut off meanwhile. Everything that was acknowledged, heard and
// stored is held against one model, and judged by the checker of `seatcast verify`: nobody is sold a seat twice, nothing
// acknowledged is lost, every subscriber hears everything once, in the same order, whichever nodes it was at.
import Glibc
import TestSupport
import Testing

@testable import seatcast

@Suite("A rush through a cluster", .needsCluster, .timeLimit(.minutes(30)), .serialized)
struct ClusterRushTests {
  /// What happens to the cluster in the midst of a rush.
  enum Fault: CaseIterable, Sendable, CustomTestStringConvertible {
    case none, node, leader, postgres, bus, noBus, frozenLeader, frozenPostgres, frozenBus, wrongClocks
    case cutFromDatabase, cutFromBus, cutFromBoth, slowDatabase

    var testDescription: String {
      switch self {
      case .none: "in peace"
      case .node: "kill -9 of a node"
      case .leader: "kill -9 of the node that leads"
      case .postgres: "kill -9 of PostgreSQL"
      case .bus: "kill -9 of NATS"
      case .noBus: "without NATS"
      case .frozenLeader: "the node that leads is frozen"
      case .frozenPostgres: "PostgreSQL is frozen"
      case .frozenBus: "NATS is frozen"
      case .wrongClocks: "clocks of nodes that differ by hours, and jump"
      case .cutFromDatabase: "a node is cut off from PostgreSQL"
      case .cutFromBus: "a node is cut off from NATS"
      case .cutFromBoth: "a node is cut off from both"
      case .slowDatabase: "a node whose way to PostgreSQL takes 15 ms"
      }
    }

    /// Each kind once; all of them in a soak.
    static var ofThisRun: [Self] {
      Seeds.soakSeconds == nil ? [.leader, .postgres, .frozenPostgres, .wrongClocks, .cutFromBoth] : allCases
    }

    var needsCables: Bool {
      switch self {
      case .cutFromDatabase, .cutFromBus, .cutFromBoth, .slowDatabase: true
      default: false
      }
    }
  }

  @Test(
    "nothing is oversold, nothing acknowledged is lost, everybody hears everything once",
    arguments: Fault.ofThisRun)
  func rush(fault: Fault) throws {
    let scene = try Scene(
      cables: fault.needsCables, hasBus: fault != .noBus, setsClocks: fault == .wrongClocks)
    try scene.play(people: 16, watchers: 9, allowsGaps: fault == .frozenLeader) {
      try scene.awaitBookings(40)
      try scene.disturb(fault, milliseconds: 2_500)
      try scene.cluster.awaitReady()
      try scene.awaitBookings(40)
    }
  }

  @Test("the same with faults at random moments, one after the other", .enabled(if: Seeds.soakSeconds != nil))
  func soak() throws {
    let deadline = Deadline(.seconds(Seeds.soakSeconds ?? 0))
    var random = SeededRandom(seed: Seeds.first())
    while !deadline.hasPassed {
      let scene = try Scene(cables: true, setsClocks: true)
      try scene.play(people: 16, watchers: 12, allowsGaps: true) {
        for _ in 0..<8 where !deadline.hasPassed {
          pause(milliseconds: Int.random(in: 200...2_000, using: &random))
          guard let fault = Fault.allCases.randomElement(using: &random) else { continue }
          try scene.disturb(fault, milliseconds: Int.random(in: 100...8_000, using: &random))
        }
        try scene.cluster.awaitReady()
        try scene.awaitBookings(40)
      }
    }
  }

  @Test("the same when the kernel's own link between hosts is cut", .needsNetwork)
  func partition() throws {
    try NetworkNamespace.run {
      let host = try OtherHost(links: 3)
      let scene = try Scene(host: host)
      try scene.play(people: 16, watchers: 9) {
        for node in 0..<3 {
          try scene.awaitBookings(20)
          try host.cut(node)
          pause(milliseconds: 2_500)
          try host.mend(node)
          try scene.cluster.awaitReady()
        }
        try scene.awaitBookings(20)
      }
    }
  }

  @Test("the same over links that are slow, late and lose packets", .needsNetwork, .needsNetem)
  func slowLinks() throws {
    try NetworkNamespace.run {
      let host = try OtherHost(links: 3)
      let scene = try Scene(host: host)
      try host.slow(1, milliseconds: 20, bitsPerSecond: 10_000_000)
      try host.slow(2, milliseconds: 100, bitsPerSecond: 1_000_000)
      try scene.play(people: 16, watchers: 9) { try scene.awaitBookings(100) }
    }
  }

  @Test("holds end once, at their time, whatever clocks the nodes have and whichever of them leads")
  func holds() throws {
    let clocks = try [-7_200, 0, 7_200].map { try ShiftedClock(ahead: $0) }
    var options = ClusterOptions()
    options.environment = { clocks[$0].environment }
    let cluster = try Cluster(options)
    let event = try cluster.nodes[0].event(seats: 6, ["holdSeconds": 4])
    let (socket, _) = try cluster.nodes[1].watch(event)
    for node in cluster.nodes {
      let held = try node.person(1).request(
        "POST", "/api/bookings", json: ["eventId": .integer(event), "quantity": 2, "hold": true])
      #expect(held.status == 201)
    }
    for left in [4, 2, 0] { #expect(try socket.expect("booking_created").number("availableSeats") == left) }
    // None of them has ended early: by no clock but the database's.
    #expect(try cluster.nodes[2].person(2).tryToBook(event).problem() == "sold-out")
    let leader = cluster.nodes[try cluster.leader()].server.process
    leader.signal(SIGSTOP)
    defer { leader.signal(SIGCONT) }
    for left in [2, 4, 6] {
      #expect(try socket.expect("booking_cancelled", within: .seconds(40)).number("availableSeats") == left)
    }
  }
}

/// A cluster with a rush in it: so few people that whoever is away for a few seconds can still be sent what it missed, and so few
/// seats that most are refused now and then.
private struct Scene {
  private static let seats = 24

  let cluster: Cluster
  let clocks: [ShiftedClock]
  let rush: RushServer

  init(
    cables: Bool = false, hasBus: Bool = true, setsClocks: Bool = false, host: OtherHost? = nil
  ) throws {
    let clocks = setsClocks ? try [0, 10_800, -10_800].map { try ShiftedClock(ahead: $0) } : []
    // A secret of its own: whoever gets a port of a node that was killed refuses its tokens.
    let secret = "the secret of rush \(UInt64.random(in: 0...UInt64.max)), long enough"
    var options = ClusterOptions(hasBus: hasBus, hasCables: cables, host: host)
    options.environment = {
      ["SEATCAST_JWT_SECRET": secret].merging(clocks.isEmpty ? [:] : clocks[$0].environment) { own, _ in own }
    }
    (cluster, self.clocks) = (try Cluster(options), clocks)
    let event = try cluster.nodes[0].event(seats: Self.seats)
    let servers = cluster.nodes.map(\.server)
    // Tokens that are good by every clock of this test.
    rush = RushServer(
      server: servers[0], others: Array(servers[1...]), patience: .seconds(4),
      mint: TokenMint(secret: secret), event: event, history: try HistoryRecorder(by: "the rush"))
    let state = try servers[0].client().get("/api/events/\(event)").body
    rush.history.record(HistoryText.event(event, epoch: nil, isExclusive: true, state: state))
  }

  func play(people: Int, watchers: Int, allowsGaps: Bool = false, director: () throws -> Void) throws {
    try RushPlay(
      rush: rush, seats: Self.seats, people: people, watchers: watchers, allowsGaps: allowsGaps
    )
      .play(rounds: nil, director: director)
  }

  func awaitBookings(_ count: Int) throws {
    let start = try rush.seq()
    try eventually(within: .seconds(90), "bookings go on") { try rush.seq() > start + count }
  }

  /// Lets it happen, waits so long, and mends it.
  func disturb(_ fault: ClusterRushTests.Fault, milliseconds: Int) throws {
    let victim = Int.random(in: cluster.nodes.indices)
    switch fault {
    case .none, .noBus: pause(milliseconds: milliseconds)
    case .node: try kill(victim, milliseconds)
    case .leader: try kill(try cluster.leader(), milliseconds)
    case .postgres:
      cluster.postgres.kill()
      pause(milliseconds: milliseconds)
      try cluster.postgres.start()
    case .bus:
      try cluster.nats?.kill9()
      pause(milliseconds: milliseconds)
      try cluster.nats?.start()
    case .frozenLeader:
      let leader = cluster.nodes[try cluster.leader()].server.process
      leader.signal(SIGSTOP)
      // Longer than its session may be idle.
      pause(milliseconds: max(milliseconds, 12_000))
      leader.signal(SIGCONT)
    case .frozenPostgres:
      cluster.postgres.freeze()
      pause(milliseconds: milliseconds)
      cluster.postgres.thaw()
    case .frozenBus:
      cluster.nats?.freeze()
      pause(milliseconds: milliseconds)
      cluster.nats?.thaw()
    case .wrongClocks:
      for seconds in [86_400, -3_600, 0] as [Int64] where !clocks.isEmpty {
        try clocks[victim].set(ahead: seconds)
        pause(milliseconds: milliseconds / 3)
      }
    case .cutFromDatabase, .cutFromBus, .cutFromBoth, .slowDatabase: cut(fault, victim, milliseconds)
    }
  }

  private func kill(_ node: Int, _ milliseconds: Int) throws {
    try cluster.nodes[node].server.kill9()
    pause(milliseconds: milliseconds)
    try cluster.nodes[node].server.restart()
  }

  private func cut(_ fault: ClusterRushTests.Fault, _ node: Int, _ milliseconds: Int) {
    guard !cluster.cables.isEmpty else { return }
    let cable = cluster.cables[node]
    if fault == .slowDatabase { cable.database.delay(milliseconds: 15) }
    if fault == .cutFromDatabase || fault == .cutFromBoth { cable.database.cut() }
    if fault == .cutFromBus || fault == .cutFromBoth { cable.bus?.cut() }
    pause(milliseconds: milliseconds)
    cable.database.delay(milliseconds: 0)
    cable.database.mend()
    cable.bus?.mend()
  }
}
