// What administrators and users do with accounts, as the whole server has it: REST, WebSockets, a restart.
import TestSupport
import Testing

@Suite("People", .timeLimit(.minutes(30)))
struct PeopleTests {
  private func register(_ server: TestServer, _ name: String) throws -> (id: Int, token: String) {
    let answer = try server.server.client().request(
      "POST", "/api/auth/register",
      json: ["email": .string("\(name)@example.test"), "password": "the first one", "name": .string(name)])
    let body = try answer.json()
    guard let id = body["user"]?["id"]?.integer, let token = body["token"]?.string else {
      throw TestFailure("not registered: \(answer.status) \(answer.text)")
    }
    return (id, token)
  }

  private func login(_ server: TestServer, _ name: String, _ password: String) throws -> HTTPAnswer {
    try server.server.client().request(
      "POST", "/api/auth/login",
      json: ["email": .string("\(name)@example.test"), "password": .string(password)])
  }

  @Test("disabling closes the connections and refuses everything, also after a restart, until it is undone")
  func disable() throws {
    let server = try TestServer()
    let event = try server.event(seats: 10)
    let (ann, bob) = (try register(server, "ann"), try register(server, "bob"))
    let socket = try WebSocketClient(port: server.port, path: "/ws/events/\(event)", token: ann.token)
    _ = try socket.expect("connection_established")
    let other = try WebSocketClient(port: server.port, path: "/ws", token: bob.token)
    _ = try other.expect("connection_established")
    let path = "/api/users/\(ann.id)"
    #expect(try server.admin().request("PATCH", path, json: ["disabled": true]).status == 200)
    #expect(try socket.expectClose() == (4001, "logged out"))
    for _ in 0..<2 {
      let refused = try WebSocketClient(port: server.port, path: "/ws", token: ann.token)
      #expect(try refused.expectClose() == (1008, "Invalid authentication token"))
      #expect(try server.server.client(token: ann.token).tryToBook(event).status == 401)
      #expect(try login(server, "ann", "the first one").problem() == "account-disabled")
      #expect(try login(server, "ann", "a wrong one").problem() == "wrong-credentials")
      #expect(try server.server.terminate() == .exited(0))
      try server.server.restart()
    }
    #expect(try server.admin().request("PATCH", path, json: ["disabled": false]).status == 200)
    #expect(try login(server, "ann", "the first one").status == 200)
    #expect(try server.admin().get("/api/users?email=ann@example.test").json()["items"]?.array?.count == 1)
  }

  @Test("a changed password ends the other sessions and their connections; a reset ends all")
  func passwords() throws {
    let server = try TestServer()
    let ann = try register(server, "ann")
    let socket = try WebSocketClient(port: server.port, path: "/ws", token: ann.token)
    _ = try socket.expect("connection_established")
    let client = server.server.client(token: ann.token)
    let answer = try client.request(
      "POST", "/api/auth/password",
      json: ["currentPassword": "the first one", "newPassword": "the second one"])
    #expect(answer.status == 200)
    #expect(try socket.expectClose() == (4001, "logged out"))
    #expect(try client.get("/api/auth/me").status == 401)
    let token = try answer.json()["token"]?.string
    #expect(try server.server.client(token: token).get("/api/auth/me").status == 200)
    #expect(try login(server, "ann", "the first one").status == 401)
    let reset = try server.admin().request(
      "POST", "/api/users/\(ann.id)/password", json: ["newPassword": "the third one"])
    #expect(reset.status == 204)
    #expect(try server.server.client(token: token).get("/api/auth/me").status == 401)
    #expect(try login(server, "ann", "the third one").status == 200)
  }
}
