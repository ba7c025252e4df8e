// Two planes in one process: real sockets, real channels, and one that goes on where the other stops.
import TestSupport
import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite(.timeLimit(.minutes(30))) struct DataPlaneHandoverTests {
  private final class Scene {
    let folder: TemporaryFolder
    let old: DataPlaneFixture
    private(set) var new: DataPlaneFixture?

    init(_ configuration: DataPlane.Configuration) throws {
      folder = try TemporaryFolder()
      old = try DataPlaneFixture(configuration)
    }

    var base: String { folder.path + "/loops" }

    /// Hands everything over; the topics are as they are.
    /// - Parameter ahead: what happens after connections went ahead; nil: none go.
    func handOver(
      _ configuration: DataPlane.Configuration, ahead: (() throws -> Void)? = nil,
      _ topics: (FakeTopics) -> Void
    ) throws -> Int {
      let plane = old.plane
      let loops = old.plane.connectionCounts.count
      var passed = 0
      let new = try DataPlaneFixture(configuration) { taker in
        try taker.take(
          listeners: plane.listeners, apart: nil, areShared: false, fromLoops: loops, at: base)
        let handover = plane.handOver(to: base, loops: configuration.loops, patience: 50)
        if let ahead {
          guard handover.passAhead(within: 10_000) else { throw TestFailure("not passed ahead") }
          try ahead()
        }
        guard handover.settle(within: 10_000), let moved = handover.pass(within: 10_000) else {
          throw TestFailure("not passed")
        }
        guard taker.awaitConnections() == moved.passed else { throw TestFailure("not all taken") }
        passed = moved.passed
        _ = handover.leave()
        handover.close()
      }
      topics(new.topics)
      self.new = new
      return passed
    }

    func close() throws {
      try old.close()
      try new?.close()
    }
  }

  @Test(
    "subscribers of any number of loops go on at another number of loops",
    arguments: [(1, 3), (3, 1), (2, 2)], [true, false])
  func moves(_ loops: (Int, Int), _ goesAhead: Bool) throws {
    let (from, to) = loops
    let scene = try Scene(DataPlaneFixture.configuration(loops: from))
    scene.old.topics.create(5, head: 2)
    let clients = try (0..<40).map { _ in try scene.old.webSocket("/ws/5", greeting: "connected 5 s 5 2") }
    let stream = try EventStreamClient(port: scene.old.port, path: "/stream/5", token: nil)
    _ = try stream.next()
    let http = HTTPClient(port: scene.old.port)
    #expect(try http.get("/small").status == 200)
    var configuration = DataPlaneFixture.configuration(loops: to)
    configuration.descriptorTables = to == 3 ? .perLoop : .shared
    let gone = try scene.old.webSocket("/ws/5", greeting: "connected 5 s 5 2")
    var newcomers: [WebSocketClient] = []
    let passed = try scene.handOver(
      configuration,
      ahead: goesAhead
        ? {
          // What went ahead is served on; one that ends then is told so, although the other process has its socket.
          try gone.send(.close(1000))
          #expect(try gone.serverCloses())
          newcomers.append(try scene.old.webSocket("/ws/5", greeting: "connected 5 s 5 2"))
        } : nil
    ) { $0.create(5, head: 4) }
    #expect(passed == 43)
    let subscribers = clients + (goesAhead ? newcomers : [gone])
    for client in subscribers {
      #expect(try client.next() == .text("n 5 3"))
      #expect(try client.next() == .text("n 5 4"))
    }
    let new = try #require(scene.new)
    #expect(new.port == scene.old.port)
    new.publish(5)
    for client in subscribers { #expect(try client.next() == .text("n 5 5")) }
    #expect(try (3...5).map { _ in try stream.next().data } == ["n 5 3", "n 5 4", "n 5 5"])
    #expect(try http.get("/small").status == 200)
    try clients[0].send(text: "echo me")
    #expect(try clients[0].next() == .text("echo me"))
    // Every listener is accepted from, and the former plane ends with nobody left.
    for _ in 0..<30 { _ = try new.webSocket("/ws", greeting: "connected") }
    #expect(new.plane.counts().map(\.connectionsAdopted).reduce(0, +) == 43)
    try scene.close()
    subscribers.forEach { $0.drop() }
  }

  @Test("when nobody takes the connections the plane serves on")
  func refused() throws {
    let scene = try Scene(DataPlaneFixture.configuration(loops: 2))
    scene.old.topics.create(5)
    let client = try scene.old.webSocket("/ws/5", greeting: "connected 5 s 5 0")
    let handover = scene.old.plane.handOver(to: scene.base, loops: 1, patience: 20)
    #expect(handover.settle(within: 10_000))
    scene.old.publish(5)
    #expect(handover.pass(within: 10_000) == nil)
    handover.goOn()
    #expect(try client.next() == .text("n 5 1"))
    _ = try scene.old.webSocket("/ws/5", greeting: "connected 5 s 5 1")
    client.drop()
    try scene.close()
  }

  @Test(
    "a plane that was to take over and does not start drops what came, and nobody notices",
    arguments: [true, false])
  func abandoned(_ goesAhead: Bool) throws {
    let scene = try Scene(DataPlaneFixture.configuration())
    scene.old.topics.create(5)
    let client = try scene.old.webSocket("/ws/5", greeting: "connected 5 s 5 0")
    let taker = try DataPlane(DataPlaneFixture.configuration(loops: 2))
    try taker.take(
      listeners: scene.old.plane.listeners, apart: nil, areShared: true, fromLoops: 1, at: scene.base)
    let handover = scene.old.plane.handOver(to: scene.base, loops: 2, patience: 20)
    if goesAhead {
      #expect(handover.passAhead(within: 10_000))
      scene.old.publish(5)
      #expect(try client.next() == .text("n 5 1"))
    } else {
      scene.old.publish(5)
      #expect(try client.next() == .text("n 5 1"))
    }
    #expect(handover.settle(within: 10_000))
    #expect(handover.pass(within: 10_000).map { $0.passed } == 1)
    #expect(taker.awaitConnections() == 1)
    taker.abandon()
    handover.goOn()
    scene.old.publish(5)
    #expect(try client.next() == .text("n 5 2"))
    client.drop()
    try scene.close()
  }

  @Test("a plane whose connections went ahead to nobody serves on")
  func aheadToNobody() throws {
    let scene = try Scene(DataPlaneFixture.configuration(loops: 2))
    scene.old.topics.create(5)
    let client = try scene.old.webSocket("/ws/5", greeting: "connected 5 s 5 0")
    let taker = try DataPlane(DataPlaneFixture.configuration())
    try taker.take(
      listeners: scene.old.plane.listeners, apart: nil, areShared: true, fromLoops: 2, at: scene.base)
    let handover = scene.old.plane.handOver(to: scene.base, loops: 1, patience: 20)
    #expect(handover.passAhead(within: 10_000))
    taker.abandon()
    handover.goOn()
    #expect(!scene.old.plane.handOver(to: scene.base, loops: 1, patience: 20).passAhead(within: 10_000))
    scene.old.publish(5)
    #expect(try client.next() == .text("n 5 1"))
    // The other plane has let go of the socket, and this one ends it.
    try client.send(.close(1000))
    #expect(try client.serverCloses())
    try scene.close()
  }

  @Test("a plane that is told to use nothing of what came lets go of it at once, and serves")
  func cancelled() throws {
    let scene = try Scene(DataPlaneFixture.configuration())
    scene.old.topics.create(5)
    let client = try scene.old.webSocket("/ws/5", greeting: "connected 5 s 5 0")
    let plane = scene.old.plane
    let new = try DataPlaneFixture(DataPlaneFixture.configuration()) { taker in
      try taker.take(
        listeners: plane.listeners, apart: nil, areShared: false, fromLoops: 1, at: scene.base)
      let handover = plane.handOver(to: scene.base, loops: 1, patience: 20)
      #expect(handover.passAhead(within: 10_000) && handover.settle(within: 10_000))
      #expect(handover.pass(within: 10_000)?.passed == 1)
      #expect(taker.awaitConnections() == 1)
      // As when the other process ends before this one has said that it has everything.
      taker.stopTaking()
      _ = handover.leave()
      handover.close()
    }
    #expect(try client.serverCloses())
    new.topics.create(5)
    _ = try new.webSocket("/ws/5", greeting: "connected 5 s 5 0")
    try new.close()
    try scene.close()
  }

  @Test("Intake deals loops out in turn, and the loop apart to the loop apart")
  func deals() {
    #expect((0..<5).map { Intake.target(ofLoop: $0, of: 5, loops: 2) } == [0, 1, 0, 1, 0])
    #expect((0..<3).map { Intake.target(ofLoop: $0, of: 2, loops: 4) } == [0, 1, 4])
    #expect(Intake.path("base", loop: 3) == "base.3")
  }
}
