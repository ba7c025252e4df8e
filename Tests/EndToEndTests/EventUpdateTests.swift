// Whatever an admin changes of an event reaches everybody who watches it, with a seq of its own.
import TestSupport
import Testing

@Suite("Event updates", .timeLimit(.minutes(30)))
struct EventUpdateTests {
  private func patch(_ server: TestServer, _ event: Int, _ change: JSON) throws -> JSON {
    let answer = try server.admin().request("PATCH", "/api/events/\(event)", json: change)
    guard answer.status == 200 else { throw TestFailure("not patched: \(answer.status) \(answer.text)") }
    return try answer.json()
  }

  @Test(
    "closing, reopening, renaming, moving and cancelling are told to everybody, and nothing is told of nothing"
  )
  func updates() throws {
    let server = try TestServer()
    let event = try server.event(seats: 10)
    let (socket, greeting) = try server.watch(event)
    #expect(greeting["status"]?.string == "on_sale")
    #expect(greeting["name"]?.string == "A concert")
    try server.person(1).book(event, quantity: 3)
    #expect(try socket.expect("booking_created").number("seq") == 1)

    _ = try patch(server, event, ["status": "closed"])
    let closed = try socket.expect("event_updated")
    #expect(closed["status"]?.string == "closed")
    #expect(try closed.number("seq") == 2)
    #expect(try closed.number("availableSeats") == 7)
    #expect(try closed.number("seatCapacity") == 10)
    #expect(try closed.number("maxPerBooking") == 10)
    #expect(closed["opensAt"] == .null)
    #expect(try server.person(1).tryToBook(event).text.contains("sales-closed"))

    _ = try patch(server, event, ["status": "on_sale", "opensAt": "2024-01-01T10:00:00.000Z"])
    let open = try socket.expect("event_updated")
    #expect(open["status"]?.string == "on_sale")
    #expect(open["opensAt"]?.string == "2024-01-01T10:00:00.000Z")
    _ = try patch(server, event, ["status": "on_sale"])
    _ = try patch(server, event, ["seatCapacity": 12])
    #expect(try socket.expect("seat_update").number("seq") == 4)
    _ = try patch(server, event, ["seatCapacity": 20, "name": "Another \"concert\""])
    let resized = try socket.expect("seat_update")
    #expect(try resized.number("availableSeats") == 17)
    #expect(try resized.number("seq") == 5)
    let renamed = try socket.expect("event_updated")
    #expect(renamed["name"]?.string == "Another \"concert\"")
    #expect(try renamed.number("availableSeats") == 17)
    #expect(try renamed.number("seatCapacity") == 20)
    #expect(try renamed.number("seq") == 6)
    _ = try patch(server, event, ["status": "cancelled"])
    #expect(try socket.expect("event_updated")["status"]?.string == "cancelled")

    // Its bookings are cancelled with it.
    let cancelled = try socket.expect("booking_cancelled")
    #expect(try cancelled.number("seq") == 8 && cancelled.number("availableSeats") == 20)

    let (late, now) = try server.watch(event)
    #expect(now["status"]?.string == "cancelled")
    #expect(try now.number("seq") == 8)
    late.drop()
  }

  @Test("an update that was missed is replayed, also after a restart, and the log has it")
  func replay() throws {
    let server = try TestServer()
    let event = try server.event(seats: 10)
    let (socket, greeting) = try server.watch(event)
    socket.drop()
    let epoch = try greeting.word("epoch")
    _ = try patch(server, event, ["status": "closed"])
    _ = try patch(server, event, ["name": "New"])
    for _ in 0..<2 {
      let (again, back) = try server.watch(event, query: "?since=0&epoch=\(epoch)")
      #expect(back["recovered"] == .bool(true))
      #expect(try again.expect("event_updated")["status"]?.string == "closed")
      let second = try again.expect("event_updated")
      #expect(second["name"]?.string == "New" && second["status"]?.string == "closed")
      again.drop()
      let log = try server.admin().get("/api/events/\(event)/notices").json()
      #expect(log["items"]?.array?.map { $0["type"]?.string } == ["event_updated", "event_updated"])
      #expect(try server.server.terminate() == .exited(0))
      try server.server.restart()
    }
  }

  @Test("who watches a deleted event is told and loses it, and nobody gets it again")
  func deletion() throws {
    let server = try TestServer()
    let (event, other) = (try server.event(seats: 10), try server.event(seats: 10))
    let (only, _) = try server.watch(event)
    let (both, _) = try server.watch(event)
    try both.send(json: ["type": "subscribe_event", "eventId": .integer(other)])
    _ = try both.expect("subscribed")
    let stream = try EventStreamClient(
      port: server.port, path: "/api/events/\(event)/stream", token: server.mint.token(user: 1))
    _ = try patch(server, event, ["name": "Soon gone"])
    for socket in [only, both] { #expect(try socket.expect("event_updated").number("seq") == 1) }

    #expect(try server.admin().request("DELETE", "/api/events/\(event)").status == 204)
    for socket in [only, both] {
      let last = try socket.expect("event_updated")
      #expect(last["status"]?.string == "deleted")
      #expect(try last.number("seq") == 2)
    }
    let end = try only.expectClose()
    #expect(end.code == 4_404 && end.reason == "event not found")
    try server.person(1).book(other)
    #expect(try both.expect("booking_created").number("eventId") == other)
    try both.send(json: ["type": "subscribe_event", "eventId": .integer(event)])
    #expect(try both.expect("error").word("code") == "event_not_found")
    var told: [StreamedEvent] = []
    #expect(throws: TestFailure.self) {
      while true { told.append(try stream.next()) }
    }
    #expect(told.contains { $0.data.contains(#""status":"deleted""#) })
    #expect(told.last?.name == "end")

    let late = try WebSocketClient(
      port: server.port, path: "/ws/events/\(event)", token: server.mint.token(user: 2))
    #expect(try late.expectClose().code == 4_404)
    #expect(try server.person(1).get("/api/events/\(event)").status == 404)
    #expect(try server.person(1).tryToBook(event).status == 404)
    #expect(try server.admin().request("DELETE", "/api/events/\(event)").status == 404)
  }
}
