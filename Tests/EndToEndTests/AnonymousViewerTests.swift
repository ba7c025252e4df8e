// `--watch public`: whoever shows no token watches counts, live and when it resumes, and never learns who booked what.
import TestSupport
import Testing

@Suite("Anonymous viewers", .timeLimit(.minutes(30)))
struct AnonymousViewerTests {
  private func server(limits: Bool = false) throws -> TestServer {
    var options = ServerOptions()
    options.arguments = ["--watch", "public"]
    if limits {
      options.rateLimits = "on"
      options.arguments += ["--limits", "connections-address=4"]
    }
    return try TestServer(options)
  }

  private func expectNamelessBooking(_ notice: JSON, seq: Int, available: Int) throws {
    #expect(try notice.word("type") == "booking_created")
    #expect(try notice.number("seq") == seq && notice.number("availableSeats") == available)
    #expect(notice["bookingId"] == nil && notice["userId"] == nil)
  }

  @Test("live, resumed from memory and resumed from the log, by WebSocket and event stream")
  func counts() throws {
    let server = try server()
    let event = try server.event(seats: 500)
    let socket = try WebSocketClient(port: server.port, path: "/ws/events/\(event)")
    let epoch = try socket.expect("connection_established").word("epoch")
    let stream = try EventStreamClient(port: server.port, path: "/api/events/\(event)/stream", token: nil)
    #expect(stream.answer.status == 200)
    let greeting = try stream.next()
    let (member, _) = try server.watch(event)
    try server.person(1).book(event, quantity: 2)
    try expectNamelessBooking(try socket.nextJSON(), seq: 1, available: 498)
    try expectNamelessBooking(try JSON(parsing: Array(stream.next().data.utf8)), seq: 1, available: 498)
    #expect(try member.expect("booking_created")["userId"]?.integer == 1)
    stream.close()
    socket.drop()
    // More than a topic's log holds, so that the notice table is read.
    for _ in 0..<300 { try server.person(1).book(event) }
    let again = try WebSocketClient(port: server.port, path: "/ws/events/\(event)?since=1&epoch=\(epoch)")
    #expect(try again.expect("connection_established")["recovered"]?.bool == true)
    for seq in 2...301 { try expectNamelessBooking(try again.nextJSON(), seq: seq, available: 499 - seq) }
    let resumed = try EventStreamClient(
      port: server.port, path: "/api/events/\(event)/stream", token: nil, lastEventID: greeting.id)
    _ = try resumed.next()
    for seq in 1...301 {
      let notice = try JSON(parsing: Array(resumed.next().data.utf8))
      #expect(try notice.number("seq") == seq)
      #expect(notice["bookingId"] == nil && notice["userId"] == nil)
    }
  }

  @Test("they may subscribe to 8 events, ping, and change nothing")
  func rights() throws {
    let server = try server()
    let events = try (0..<9).map { _ in try server.event(seats: 5) }
    let socket = try WebSocketClient(port: server.port, path: "/ws")
    _ = try socket.expect("connection_established")
    for event in events { try socket.send(json: ["type": "subscribe_event", "eventId": .integer(event)]) }
    // The refusal needs nobody else's answer and may come first.
    let answers = try events.map { _ in try socket.nextJSON() }
    #expect(try answers.filter { try $0.word("type") == "subscribed" }.count == 8)
    #expect(answers.compactMap { $0["code"]?.string } == ["too_many_subscriptions"])
    try socket.send(json: ["type": "ping"])
    _ = try socket.expect("pong")
    #expect(try server.server.client().tryToBook(events[0]).status == 401)
    let bad = try WebSocketClient(port: server.port, path: "/ws", token: "nonsense")
    #expect(try bad.expectClose() == (1008, "Invalid authentication token"))
    _ = try server.admin().request("PATCH", "/api/events/\(events[0])", json: ["name": "Another name"])
    #expect(try socket.expect("event_updated").word("name") == "Another name")
    #expect(try server.admin().request("DELETE", "/api/events/\(events[1])").status == 204)
    #expect(try socket.expect("event_updated").word("status") == "deleted")
  }

  @Test("connections of one address are bounded, those of users are not among them")
  func perAddress() throws {
    let server = try server(limits: true)
    let event = try server.event(seats: 5)
    let members = try (0..<6).map { try server.watch(event, user: 10 + $0).0 }
    let viewers = try (0..<4).map { _ in
      try WebSocketClient(port: server.port, path: "/ws/events/\(event)")
    }
    #expect(throws: (any Error).self) {
      _ = try WebSocketClient(port: server.port, path: "/ws/events/\(event)", patience: .seconds(10))
    }
    (members + viewers).forEach { $0.drop() }
  }

  @Test("without the flag nobody watches without a token")
  func closedByDefault() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5)
    let socket = try WebSocketClient(port: server.port, path: "/ws/events/\(event)")
    #expect(try socket.expectClose() == (1008, "Authentication token required"))
    #expect(try server.server.client().get("/api/events/\(event)/stream").status == 401)
  }
}
