// A client written only from the given part of the WebSocket contract (docs/WIRE_PROTOCOL.md): it knows the
// given messages, fields, reasons and paths and nothing of what this server adds. It must work unchanged.
import TestSupport
import Testing

@Suite("The given contract", .timeLimit(.minutes(30)))
struct GivenContractTests {
  /// Logs in over REST as a stranger does, for the token the contract speaks of.
  private func register(_ server: TestServer, _ email: String) throws -> (id: Int, token: String) {
    let answer = try server.server.client().request(
      "POST", "/api/auth/register",
      json: ["email": .string(email), "password": "a long enough password", "name": "Ada"])
    #expect(answer.status == 201)
    let login = try server.server.client().request(
      "POST", "/api/auth/login", json: ["email": .string(email), "password": "a long enough password"])
    #expect(login.status == 200)
    guard let user = try login.json()["user"] else { throw TestFailure("no user in \(login.text)") }
    return (try user.number("id"), try login.json().word("token"))
  }

  private func isTimestamp(_ text: String) -> Bool {
    text.count == 24 && text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil
  }

  @Test("a connection to an event is established with a client id and the event's id")
  func established() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5)
    let (_, token) = try register(server, "ada@example.test")
    let socket = try WebSocketClient(port: server.port, path: "/ws/events/\(event)", token: token)
    let greeting = try socket.expect("connection_established")
    #expect(try greeting.number("eventId") == event)
    #expect(try greeting.word("clientId").wholeMatch(of: /ws_\d+_\w+/) != nil)
  }

  @Test("a booking and its cancellation reach a subscriber with the given fields and types")
  func notices() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5)
    let (user, token) = try register(server, "ada@example.test")
    let socket = try WebSocketClient(port: server.port, path: "/ws/events/\(event)", token: token)
    _ = try socket.expect("connection_established")
    let booking = try server.server.client(token: token).book(event).word("bookingId")
    #expect(booking.hasPrefix("BK-"))
    try server.server.client(token: token).cancel(booking)
    for (type, seats) in [("booking_created", 4), ("booking_cancelled", 5)] {
      let notice = try socket.expect(type)
      #expect(try notice.number("eventId") == event)
      #expect(try notice.word("bookingId") == booking)
      #expect(try notice.number("userId") == user)
      #expect(try notice.number("availableSeats") == seats)
      #expect(isTimestamp(try notice.word("timestamp")))
    }
  }

  @Test("a change of capacity reaches a subscriber as a seat_update")
  func capacity() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5)
    let (_, token) = try register(server, "ada@example.test")
    let socket = try WebSocketClient(port: server.port, path: "/ws/events/\(event)", token: token)
    _ = try socket.expect("connection_established")
    let answer = try server.admin().request("PATCH", "/api/events/\(event)", json: ["seatCapacity": 9])
    #expect(answer.status == 200)
    let update = try socket.expect("seat_update")
    #expect(try update.number("eventId") == event)
    #expect(try update.number("availableSeats") == 9)
    #expect(try update.number("seatCapacity") == 9)
    #expect(isTimestamp(try update.word("timestamp")))
  }

  @Test("a connection without an event subscribes, hears, unsubscribes and hears no more")
  func subscribeLater() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5)
    let (_, token) = try register(server, "ada@example.test")
    let socket = try WebSocketClient(port: server.port, path: "/ws", token: token)
    let greeting = try socket.expect("connection_established")
    #expect(try greeting.word("clientId").hasPrefix("ws_"))
    try socket.send(text: #"{"type":"subscribe_event","eventId":\#(event)}"#)
    let subscribed = try socket.expect("subscribed")
    #expect(try subscribed.number("eventId") == event)
    #expect(isTimestamp(try subscribed.word("timestamp")))
    let client = server.server.client(token: token)
    try client.book(event)
    #expect(try socket.expect("booking_created").number("availableSeats") == 4)
    try socket.send(text: #"{"type":"unsubscribe_event","eventId":\#(event)}"#)
    let unsubscribed = try socket.expect("unsubscribed")
    #expect(try unsubscribed.number("eventId") == event)
    #expect(isTimestamp(try unsubscribed.word("timestamp")))
    try client.book(event)
    try socket.send(text: #"{"type":"ping"}"#)
    _ = try socket.expect("pong")
  }

  @Test("a ping is answered with a pong that carries the time")
  func ping() throws {
    let server = try TestServer()
    let socket = try server.connect()
    try socket.send(text: #"{"type":"ping"}"#)
    #expect(isTimestamp(try socket.expect("pong").word("timestamp")))
  }

  @Test(
    "what is no message is answered with an error and the connection stays",
    arguments: [
      (#"{"type":"dance"}"#, "Unknown message type"), (#"{"eventId":1}"#, "Unknown message type"),
      ("not JSON", "Invalid message format"), ("[1,2]", "Invalid message format"),
      (#"{"type":"ping""#, "Invalid message format"),
    ])
  func errors(_ text: String, _ sentence: String) throws {
    let server = try TestServer()
    let socket = try server.connect()
    try socket.send(text: text)
    let error = try socket.expect("error")
    #expect(try error.word("message") == sentence)
    #expect(isTimestamp(try error.word("timestamp")))
    try socket.send(text: #"{"type":"ping"}"#)
    _ = try socket.expect("pong")
  }

  @Test(
    "without a token the upgrade succeeds and the connection is closed with 1008",
    arguments: ["/ws", "/ws/events/1"])
  func tokenMissing(_ path: String) throws {
    let server = try TestServer()
    let socket = try WebSocketClient(port: server.port, path: path)
    let (code, reason) = try socket.expectClose()
    #expect(code == 1008)
    #expect(reason == "Authentication token required")
    #expect(try socket.serverCloses())
  }

  @Test("with a bad or expired token the upgrade succeeds and the connection is closed with 1008")
  func tokenBad() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5)
    let foreign = TokenMint(secret: "another secret of more than thirty-two bytes").token(user: 1)
    let tokens = ["x", "a.b.c", "", foreign, server.mint.token(user: 1, lifetime: -3_600)]
    for token in tokens.filter({ !$0.isEmpty }) {
      let socket = try WebSocketClient(port: server.port, path: "/ws/events/\(event)", token: token)
      let (code, reason) = try socket.expectClose()
      #expect(code == 1008)
      #expect(reason == "Invalid authentication token")
    }
  }
}
