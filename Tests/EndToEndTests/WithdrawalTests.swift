// Events that are deleted while somebody watches them.
import TestSupport
import Testing

@Suite("Withdrawal", .timeLimit(.minutes(30)))
struct WithdrawalTests {
  @Test("who watches an event that is deleted is told and closed, and nobody new is admitted")
  func deleted() throws {
    let server = try TestServer()
    let (event, other) = (try server.event(seats: 50), try server.event(seats: 20))
    let (only, _) = try server.watch(event)
    let (both, _) = try server.watch(event)
    try both.send(json: ["type": "subscribe_event", "eventId": .integer(other)])
    _ = try both.expect("subscribed")
    let stream = try EventStreamClient(
      port: server.port, path: "/api/events/\(event)/stream", token: server.mint.token(user: 5))
    _ = try stream.next()
    let answer = try server.admin().request("DELETE", "/api/events/\(event)")
    #expect(answer.status == 204)
    for socket in [only, both] {
      #expect(try socket.expect("event_updated")["status"]?.string == "deleted")
    }
    #expect(try only.expectClose() == (4404, "event not found"))
    #expect(try JSON(parsing: stream.next().data)["status"]?.string == "deleted")
    let end = try stream.next()
    #expect(end.name == "end" && end.data == "event not found")
    let late = try WebSocketClient(
      port: server.port, path: "/ws/events/\(event)", token: server.mint.token(user: 6))
    #expect(try late.expectClose() == (4404, "event not found"))
    try server.person(3).book(other)
    #expect(try both.expect("booking_created").number("eventId") == other)
  }
}
