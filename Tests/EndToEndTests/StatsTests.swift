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
}
