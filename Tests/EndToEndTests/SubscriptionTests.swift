// Subscriptions beyond the given part: several on one connection, their limit, the other ways to bring a
// token, foreign origins, events that do not exist, and tokens that run out.
import TestSupport
import Testing

@Suite("Subscriptions", .timeLimit(.minutes(30)))
struct SubscriptionTests {
  @Test("an unknown event is closed with 4404, a malformed id with 1008")
  func badEvents() throws {
    let server = try TestServer()
    let unknown = try WebSocketClient(
      port: server.port, path: "/ws/events/999999", token: server.mint.token(user: 1))
    #expect(try unknown.expectClose() == (4404, "event not found"))
    for id in ["abc", "0", "-1", "1x", "99999999999999999999", "%31%00"] {
      let malformed = try WebSocketClient(
        port: server.port, path: "/ws/events/\(id)", token: server.mint.token(user: 1))
      let (code, reason) = try malformed.expectClose()
      #expect(code == 1008, "id \(id)")
      #expect(reason == "Invalid event id", "id \(id)")
    }
  }

  @Test("one connection hears several events, each with its own seq")
  func several() throws {
    let server = try TestServer()
    let events = try (0..<3).map { _ in try server.event(seats: 10) }
    let socket = try server.connect()
    for event in events {
      try socket.send(json: ["type": "subscribe_event", "eventId": .integer(event)])
      let subscribed = try socket.expect("subscribed")
      #expect(try subscribed.number("eventId") == event)
      #expect(try subscribed.number("seq") == 0)
      #expect(try subscribed.number("availableSeats") == 10)
      #expect(try subscribed.number("seatCapacity") == 10)
    }
    let client = server.person(1)
    for round in 1...2 {
      for event in events {
        try client.book(event)
        let notice = try socket.expect("booking_created")
        #expect(try notice.number("eventId") == event)
        #expect(try notice.number("seq") == round)
      }
    }
  }

  @Test("the 65th subscription of a connection is refused with an error and the others go on")
  func limit() throws {
    let server = try TestServer()
    let admin = try server.admin()
    var events: [Int] = []
    for number in 0..<65 {
      let answer = try admin.request(
        "POST", "/api/events", json: ["name": .string("Event \(number)"), "seatCapacity": 3])
      events.append(try answer.json().number("id"))
    }
    let socket = try server.connect()
    for event in events.prefix(64) {
      try socket.send(json: ["type": "subscribe_event", "eventId": .integer(event)])
      _ = try socket.expect("subscribed")
    }
    try socket.send(json: ["type": "subscribe_event", "eventId": .integer(events[64])])
    let refusal = try socket.expect("error")
    #expect(try refusal.number("eventId") == events[64])
    try server.person(1).book(events[64])
    try server.person(1).book(events[63])
    #expect(try socket.expect("booking_created").number("eventId") == events[63])
    try socket.send(json: ["type": "unsubscribe_event", "eventId": .integer(events[0])])
    _ = try socket.expect("unsubscribed")
    try socket.send(json: ["type": "subscribe_event", "eventId": .integer(events[64])])
    #expect(try socket.expect("subscribed").number("availableSeats") == 2)
  }

  @Test(
    "subscribing to an unknown event, or unsubscribing from what was not subscribed, is an error that changes nothing"
  )
  func errors() throws {
    let server = try TestServer()
    let event = try server.event(seats: 10)
    let (socket, _) = try server.watch(event)
    for message in [
      #"{"type":"subscribe_event","eventId":999999}"#, #"{"type":"unsubscribe_event","eventId":999999}"#,
      #"{"type":"subscribe_event","eventId":"1"}"#, #"{"type":"subscribe_event","eventId":1.5}"#,
      #"{"type":"subscribe_event"}"#, #"{"type":"subscribe_event","eventId":-4}"#,
      #"{"type":"subscribe_event","eventId":99999999999999999999}"#,
      #"{"type":"subscribe_event","eventId":1,"since":-1}"#,
    ] {
      try socket.send(text: message)
      #expect(try !socket.expect("error").word("code").isEmpty, "to \(message)")
    }
    try server.person(1).book(event)
    #expect(try socket.expect("booking_created").number("seq") == 1)
  }

  @Test("a second subscription to the same event does not double its notices")
  func twice() throws {
    let server = try TestServer()
    let event = try server.event(seats: 10)
    let (socket, _) = try server.watch(event)
    try socket.send(json: ["type": "subscribe_event", "eventId": .integer(event)])
    _ = try socket.nextJSON()
    try server.person(1).book(event)
    #expect(try socket.expect("booking_created").number("seq") == 1)
    try socket.send(json: ["type": "ping"])
    _ = try socket.expect("pong")
  }

  @Test("the token may come as a header or as a subprotocol that is not echoed")
  func otherTokens() throws {
    let server = try TestServer()
    let event = try server.event(seats: 10)
    let token = server.mint.token(user: 9)
    let byHeader = try WebSocketClient(
      port: server.port, path: "/ws/events/\(event)", fields: [("Authorization", "Bearer \(token)")])
    #expect(try byHeader.expect("connection_established").number("eventId") == event)
    #expect(byHeader.answer.field("Sec-WebSocket-Protocol") == nil)
    let byProtocol = try WebSocketClient(
      port: server.port, path: "/ws/events/\(event)",
      fields: [("Sec-WebSocket-Protocol", "seatcast.v1, bearer.\(token)")])
    #expect(byProtocol.answer.field("Sec-WebSocket-Protocol") == "seatcast.v1")
    #expect(try byProtocol.expect("connection_established").number("eventId") == event)
  }

  @Test("a foreign origin is refused with 403 before the upgrade, the own one is let in")
  func origins() throws {
    let server = try TestServer()
    let token = server.mint.token(user: 9)
    #expect(throws: HandshakeRefused.self) {
      _ = try WebSocketClient(
        port: server.port, path: "/ws", token: token, fields: [("Origin", "https://evil.example")])
    }
    for foreign in ["null", "http://127.0.0.1:1", "http://127.0.0.1.evil.example:\(server.port)"] {
      do {
        _ = try WebSocketClient(port: server.port, path: "/ws", token: token, fields: [("Origin", foreign)])
        Issue.record("the origin \(foreign) was let in")
      } catch let refusal as HandshakeRefused {
        #expect(refusal.answer.status == 403)
      }
    }
    let own = try WebSocketClient(
      port: server.port, path: "/ws", token: token, fields: [("Origin", "http://127.0.0.1:\(server.port)")])
    _ = try own.expect("connection_established")
  }

  @Test("a connection whose token runs out is closed with 4001")
  func expiry() throws {
    let server = try TestServer()
    let event = try server.event(seats: 10)
    let socket = try WebSocketClient(
      port: server.port, path: "/ws/events/\(event)", token: server.mint.token(user: 3, lifetime: 4))
    _ = try socket.expect("connection_established")
    #expect(try socket.expectClose(within: .seconds(60)) == (4001, "token expired"))
  }

  @Test("tokens with another algorithm, no expiry or another audience are refused")
  func badClaims() throws {
    let server = try TestServer()
    let later = JSON.integer(secondsSince1970() + 600)
    let good: [String: JSON] = ["sub": "5", "exp": later, "aud": "seatcast", "iss": "seatcast"]
    let bad: [JSON] = [
      .object(good.filter { $0.key != "exp" }), .object(good.merging(["aud": "other"]) { $1 }),
      .object(good.filter { $0.key != "sub" }), .object(good.merging(["sub": ""]) { $1 }),
      .object(good.filter { $0.key != "iss" }), .object(good.merging(["iss": "other"]) { $1 }),
      .object(good.merging(["iat": "now"]) { $1 }),
      .object(good.merging(["role": "king"]) { $1 }), .object(good.merging(["exp": "soon"]) { $1 }),
    ]
    var tokens = bad.map { server.mint.token(claims: $0) }
    tokens.append(server.mint.token(claims: .object(good), header: ["alg": "none"]))
    tokens.append(server.mint.token(claims: .object(good), header: ["alg": "HS256", "crit": ["x"]]))
    tokens.append(server.mint.token(claims: .object(good)) + "A")
    for token in tokens {
      let socket = try WebSocketClient(port: server.port, path: "/ws", token: token)
      #expect(try socket.expectClose() == (1008, "Invalid authentication token"), "\(token)")
    }
    let socket = try WebSocketClient(
      port: server.port, path: "/ws", token: server.mint.token(claims: .object(good)))
    _ = try socket.expect("connection_established")
  }

  @Test("a token without sub brings the user's number as id or userId")
  func numericClaims() throws {
    let server = try TestServer()
    let event = try server.event(seats: 10)
    let later = JSON.integer(secondsSince1970() + 600)
    for (name, number) in [("id", 41), ("userId", 42)] {
      let token = server.mint.token(
        claims: .object([name: .integer(number), "exp": later, "iss": "seatcast"]))
      let (socket, _) = try server.watch(event)
      try server.server.client(token: token).book(event)
      #expect(try socket.expect("booking_created").number("userId") == number)
    }
  }
}
