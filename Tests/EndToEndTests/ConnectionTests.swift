// How long a WebSocket lives, and one-use tokens for it, as the whole server has it.
import TestSupport
import Testing

@Suite("Connections and their tokens", .timeLimit(.minutes(30)))
struct ConnectionTests {
  @Test(
    "a client is told that its token ends, prolongs the connection with a new one, and is closed at its end")
  func refresh() throws {
    let server = try TestServer()
    let event = try server.event(seats: 10)
    let socket = try WebSocketClient(
      port: server.port, path: "/ws/events/\(event)", token: server.mint.token(user: 5, lifetime: 8))
    _ = try socket.expect("connection_established")
    let first = try socket.expect("token_expiring")["expiresAt"]?.string
    try socket.send(json: [
      "type": "refresh_token", "token": .string(server.mint.token(user: 6, lifetime: 600)),
    ])
    #expect(try socket.expect("error")["code"] == "token_mismatch")
    try socket.send(json: ["type": "refresh_token", "token": "nonsense"])
    #expect(try socket.expect("error")["code"] == "invalid_token")
    try socket.send(json: [
      "type": "refresh_token", "token": .string(server.mint.token(user: 5, lifetime: 20)),
    ])
    let second = try socket.expect("token_refreshed")["expiresAt"]?.string
    #expect(first != nil && second != nil && first != second)
    #expect(try socket.expect("token_expiring")["expiresAt"]?.string == second)
    pause(milliseconds: 9_000)
    try server.person(7).book(event)
    _ = try socket.expect("booking_created")
    #expect(try socket.expectClose() == (4001, "token expired"))
  }

  @Test("a connection token opens one connection, for its events, as long as its user may")
  func connectionTokens() throws {
    let server = try TestServer()
    let (event, other) = (try server.event(seats: 10), try server.event(seats: 10))
    func token(_ body: JSON, lifetime: Int = 600) throws -> String {
      let client = server.server.client(token: server.mint.token(user: 5, lifetime: lifetime))
      let answer = try client.request("POST", "/api/connection-tokens", json: body)
      guard answer.status == 201, let token = try answer.json()["token"]?.string else {
        throw TestFailure("no connection token: \(answer.status) \(answer.text)")
      }
      return token
    }
    let bound = try token(["events": [.integer(event)]])
    let socket = try WebSocketClient(port: server.port, path: "/ws/events/\(event)?connect=\(bound)")
    _ = try socket.expect("connection_established")
    let again = try WebSocketClient(port: server.port, path: "/ws/events/\(event)?connect=\(bound)")
    #expect(try again.expectClose() == (1008, "Invalid authentication token"))
    try socket.send(json: ["type": "subscribe_event", "eventId": .integer(other)])
    #expect(try socket.expect("error")["code"] == "not_allowed")
    try server.person(7).book(event)
    _ = try socket.expect("booking_created")
    let elsewhere = try WebSocketClient(
      port: server.port, path: "/ws/events/\(other)?connect=\(try token(["events": [.integer(event)]]))")
    #expect(try elsewhere.expectClose() == (1008, "Event not allowed"))

    let stream = try EventStreamClient(
      port: server.port, path: "/api/events/\(event)/stream?connect=\(try token([:]))", token: nil)
    #expect(try stream.next().data.contains("connection_established"))

    let short = try WebSocketClient(port: server.port, path: "/ws?connect=\(try token([:], lifetime: 6))")
    _ = try short.expect("connection_established")
    _ = try short.expect("token_expiring")
    #expect(try short.expectClose() == (4001, "token expired"))
  }
}
