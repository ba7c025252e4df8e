// The numbers that a running server tells administrators: `GET /api/server/stats` and the metrics page.
import TestSupport
import Testing

@Suite("Stats", .timeLimit(.minutes(30)))
struct StatsTests {
  @Test("The numbers follow what happens: viewers, bookings, refusals and the time that notices took")
  func numbers() throws {
    let world = try TestServer(ServerOptions(arguments: ["--watch", "public"]))
    let event = try world.event(seats: 2)
    let (socket, _) = try world.watch(event)
    let anonymous = try WebSocketClient(port: world.port, path: "/ws/events/\(event)")
    _ = try anonymous.expect("connection_established")
    let buyer = world.person(1)
    for _ in 0..<2 { try buyer.book(event) }
    #expect(try buyer.tryToBook(event).status == 409)
    for _ in 0..<2 { _ = try socket.expect("booking_created") }
    let admin = try world.admin()
    func stats() throws -> JSON { try admin.get("/api/server/stats").json() }
    try eventually("the loops have told their numbers") {
      let told = try stats()
      return told["events"]?[0]?["subscribers"] == 2 && told["totals"]?["deliveries"] == 4
    }
    let told = try stats()
    #expect(told["events"]?[0]?["eventId"] == .integer(event))
    #expect(told["connections"]?["webSockets"] == 2 && told["connections"]?["anonymous"] == 1)
    #expect(told["subscriptions"] == 2 && told["connections"]?["lagging"] == 0)
    #expect(told["totals"]?["bookings"] == 2 && told["totals"]?["deliveries"] == 4)
    #expect(told["refusals"]?["sold-out"] == 1)
    // Each notice once per audience, because anonymous viewers read another text.
    for name in ["commitToWire", "commitToLastSubscriber"] {
      #expect(told["histograms"]?[name]?["count"] == 4)
    }
    #expect(try told["memory"]?.number("anonymousBytes") ?? 0 > 0)
    #expect(try world.person(1).get("/api/server/stats").status == 403)
  }

  @Test("Administrators look at how each loop broadcasts an event")
  func fanout() throws {
    let world = try TestServer(ServerOptions(arguments: ["--loops", "2"]))
    let event = try world.event(seats: 5)
    let sockets = try (0..<4).map { try world.watch(event, user: 7_000 + $0).0 }
    try world.person(1).book(event)
    for socket in sockets { _ = try socket.expect("booking_created") }
    let told = try world.admin().get("/debug/fanout/\(event)").json()
    let loops = try #require(told["loops"]?.array)
    #expect(loops.count == 2 && loops.allSatisfy { $0["answered"] == true })
    let feeds = loops.flatMap { $0["audiences"]?.array ?? [] }
    #expect(try feeds.reduce(0) { try $0 + $1.number("subscribers") } == 4)
    #expect(feeds.allSatisfy { $0["seq"] == 1 && $0["oldestSeq"] == 1 && $0["audience"] == "authenticated" })
    #expect(try world.person(1).get("/debug/fanout/\(event)").status == 403)
  }

  @Test("An administrator's WebSocket answers get_stats with the same object, anybody else's with an error")
  func overWebSocket() throws {
    let world = try TestServer()
    let token = try #require(try world.admin().token)
    let socket = try WebSocketClient(port: world.port, path: "/ws", token: token)
    _ = try socket.expect("connection_established")
    try socket.send(json: ["type": "get_stats"])
    let told = try socket.expect("stats")
    let answered = try world.admin().get("/api/server/stats").json()
    #expect(
      Set(told.members?.keys.map { $0 } ?? [])
        == Set(answered.members?.keys.map { $0 } ?? []).union(["type", "timestamp"]))
    #expect(try told["connections"]?.number("webSockets") ?? 0 <= 1)
    let other = try world.connect()
    try other.send(json: ["type": "get_stats"])
    #expect(try other.expect("error")["code"] == "forbidden")
  }
}
