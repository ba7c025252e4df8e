// Accounts, tokens and log-outs as the whole server has them: flags, REST, WebSockets, the database of a restart.
import TestSupport
import Testing

@Suite("Accounts", .timeLimit(.minutes(30)))
struct AccountsTests {
  private static let issuer = "https://id.example"

  private func external(_ more: [String] = []) throws -> TestServer {
    var options = ServerOptions()
    options.arguments = ["--accounts", "external", "--issuer", Self.issuer] + more
    return try TestServer(options)
  }

  private func token(
    _ server: TestServer, _ subject: JSON, _ more: [String: JSON] = [:], iss: String = issuer
  )
    -> String
  {
    let now = secondsSince1970()
    let claims: [String: JSON] = [
      "iss": .string(iss), "sub": subject, "iat": .integer(now - 5), "exp": .integer(now + 600),
    ]
    return server.mint.token(claims: .object(claims.merging(more) { $1 }))
  }

  @Test("with local accounts another issuer's token opens nothing, though the secret is right")
  func localOnly() throws {
    let server = try TestServer()
    let event = try server.event(seats: 10)
    let foreign = token(server, "3")
    #expect(try server.server.client(token: foreign).tryToBook(event).status == 401)
    let socket = try WebSocketClient(port: server.port, path: "/ws/events/\(event)", token: foreign)
    #expect(try socket.expectClose() == (1008, "Invalid authentication token"))
  }

  @Test("with external accounts subjects are texts, shown as they are, and local administrators still log in")
  func externalAccounts() throws {
    let server = try external(["--admin-claim", "role=admin"])
    let event = try server.event(seats: 10)
    let boss = server.server.client(token: token(server, "boss", ["role": ["staff", "admin"]]))
    let watcher = try WebSocketClient(
      port: server.port, path: "/ws/events/\(event)", token: token(server, "auth0|\u{e9}\"1"))
    _ = try watcher.expect("connection_established")
    for (subject, shown) in [("auth0|\u{e9}\"1", JSON.string("auth0|\u{e9}\"1")), ("3", 3), ("03", "03")]
      as [(String, JSON)]
    {
      let booking = try server.server.client(token: token(server, .string(subject))).book(event)
      #expect(booking["userId"] == shown)
      #expect(try watcher.expect("booking_created")["userId"] == shown)
    }
    #expect(try boss.get("/api/bookings").json()["items"]?.array?.count == 3)
    let own = try server.server.client(token: token(server, "3")).get("/api/bookings")
    #expect(try own.json()["items"]?.array?.count == 1)
    let local = try WebSocketClient(
      port: server.port, path: "/ws", token: token(server, "3", iss: "seatcast"))
    #expect(try local.expectClose() == (1008, "Invalid authentication token"))
    let person: JSON = ["email": "a@example.test", "password": "a long enough password", "name": "A"]
    let client = server.server.client()
    #expect(try client.request("POST", "/api/auth/register", json: person).problem() == "registration-off")
    #expect(try client.request("POST", "/api/auth/login", json: person).problem() == "login-off")
  }

  @Test("an account made with a decomposed address and password is the one of the composed")
  func normalization() throws {
    let client = try TestServer().server.client()
    func person(_ e: String) -> JSON {
      ["email": .string("zo\(e)@example.test"), "password": .string("caf\(e) cr\(e)me"), "name": "Z"]
    }
    #expect(try client.request("POST", "/api/auth/register", json: person("e\u{301}")).status == 201)
    #expect(try client.request("POST", "/api/auth/register", json: person("\u{e9}")).status == 409)
    for e in ["e\u{301}", "\u{e9}"] {
      #expect(try client.request("POST", "/api/auth/login", json: person(e)).status == 200)
    }
  }

  @Test("logging out refuses the tokens of the user and of nobody else, also after a restart")
  func logOut() throws {
    let server = try TestServer()
    let event = try server.event(seats: 10)
    let token = server.mint.token(user: 41)
    let (other, _) = try server.watch(event, user: 42)
    #expect(try server.admin().request("POST", "/api/users/41/logout").status == 204)
    #expect(try server.server.client(token: token).tryToBook(event).status == 401)
    try server.person(42).book(event)
    _ = try other.expect("booking_created")
    try server.server.kill9()
    try server.server.restart()
    #expect(try server.server.client(token: token).tryToBook(event).status == 401)
    #expect(try server.person(42).tryToBook(event).status == 201)
  }

  @Test("logging out ends the WebSockets and event streams of the user and of nobody else")
  func connectionsOfLogOut() throws {
    let server = try TestServer()
    let event = try server.event(seats: 10)
    let (socket, _) = try server.watch(event, user: 41)
    let idle = try server.connect(user: 41)
    let (other, _) = try server.watch(event, user: 42)
    let stream = try EventStreamClient(
      port: server.port, path: "/api/events/\(event)/stream", token: server.mint.token(user: 41))
    #expect(try server.admin().request("POST", "/api/users/41/logout").status == 204)
    #expect(try socket.expectClose() == (4001, "logged out"))
    #expect(try idle.expectClose() == (4001, "logged out"))
    var last = try stream.next()
    while last.name != "end" { last = try stream.next() }
    #expect(last.data == "logged out")
    try server.person(42).book(event)
    _ = try other.expect("booking_created")
  }
}
