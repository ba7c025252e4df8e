import Testing

@testable import ControlPlane

@Suite("ConnectionTokenEndpoints")
struct ConnectionTokenEndpointsTests {
  private let backend: APIFixture
  private let event: Int64

  init() throws {
    backend = try APIFixture()
    event = try backend.event()
  }

  private func token(_ body: String? = nil, for user: String) throws -> String {
    let reply = try backend.send("POST", "/api/connection-tokens", body, token: user)
    #expect(reply.status == 201)
    return try reply.text("token")
  }

  private func stream(_ connect: String, _ event: Int64) throws -> Reply {
    try backend.send("GET", "/api/events/\(event)/stream?connect=\(connect)")
  }

  @Test("a token opens one stream, as whoever asked for it, until that user's own token ends")
  func opens() throws {
    let user = try backend.userToken()
    let reply = try backend.send("POST", "/api/connection-tokens", token: user)
    let end = Timestamps.text(Instant(milliseconds: backend.clock.now.milliseconds + 30_000))
    #expect(try reply.text("expiresAt") == end)
    let connect = try reply.text("token")
    let stream = try #require(try stream(connect, event).stream)
    let own = try backend.send("GET", "/api/events/\(event)/stream", token: user).stream
    #expect(stream.client == own?.client && stream.expiresAt == own?.expiresAt)
    #expect(try self.stream(connect, event).problem == "invalid-token")
    #expect(try self.stream("x", event).status == 401)
  }

  @Test("a token may be bound to events")
  func events() throws {
    let user = try backend.userToken()
    let other = try backend.event()
    #expect(try stream(token("{\"events\":[\(event)]}", for: user), event).status == 200)
    #expect(try stream(token("{\"events\":[\(event)]}", for: user), other).problem == "forbidden")
    #expect(try stream(token("{}", for: user), other).status == 200)
    let many = "[" + (1...65).map(String.init).joined(separator: ",") + "]"
    for events in ["[]", "1", "[0]", "[1.5]", "[\"1\"]", "null", many] {
      let reply = try backend.send("POST", "/api/connection-tokens", "{\"events\":\(events)}", token: user)
      #expect(reply.status == 422, "\(events)")
    }
    #expect(try backend.send("POST", "/api/connection-tokens").status == 401)
  }

  @Test(
    "a token is refused after its 30 seconds, and once its user is logged out or the user's token has ended")
  func ends() throws {
    let (admin, user) = (try backend.adminToken(), try backend.userToken())
    let late = try token(for: user)
    backend.clock.set(milliseconds: backend.clock.now.milliseconds + 30_000)
    #expect(try stream(late, event).status == 401)
    let revoked = try token(for: user)
    let id = try backend.send("GET", "/api/auth/me", token: user).number("id")
    #expect(try backend.send("POST", "/api/users/\(id)/logout", token: admin).status == 204)
    #expect(try stream(revoked, event).status == 401)
    let seconds = backend.clock.now.milliseconds / 1_000 + 10
    let short = TokenForge.sign(payload: #"{"iss":"seatcast","sub":"9","exp":\#(seconds)}"#)
    let reply = try backend.send("POST", "/api/connection-tokens", token: short)
    #expect(try reply.text("expiresAt") == Timestamps.text(Instant(milliseconds: seconds * 1_000)))
    backend.clock.set(milliseconds: seconds * 1_000)
    #expect(try stream(reply.text("token"), event).status == 401)
  }
}
