import Testing

@testable import ControlPlane

@Suite("ServiceTokenEndpoints")
struct ServiceTokenEndpointsTests {
  private let backend: APIFixture

  init() throws { backend = try APIFixture() }

  private func mint(_ scopes: String, name: String = "shop") throws -> Reply {
    try backend.send(
      "POST", "/api/service-tokens", #"{"name":"\#(name)","scopes":[\#(scopes)]}"#,
      token: backend.adminToken())
  }

  @Test("A token is told once; the list has the others, and a revoked one is refused at once")
  func life() throws {
    let reply = try mint(#""bookings:confirm","feed:read""#)
    #expect(reply.status == 201)
    #expect(try reply.member("scopes") == .array([.string("feed:read"), .string("bookings:confirm")]))
    let token = try reply.text("token")
    #expect(try backend.send("GET", "/api/notices", token: token).status == 200)
    let list = try backend.send("GET", "/api/service-tokens", token: backend.adminToken())
    #expect(try list.items.count == 1 && list.items[0].members?["name"] == .string("shop"))
    #expect(try list.items[0].members?["token"] == nil)
    let path = "/api/service-tokens/\(try reply.number("id"))"
    #expect(try backend.send("DELETE", path, token: backend.adminToken()).status == 204)
    #expect(try backend.send("DELETE", path, token: backend.adminToken()).problem == "unknown-service-token")
    #expect(try backend.send("GET", "/api/notices", token: token).problem == "invalid-token")
  }

  @Test("A service confirms what a user holds, and can do nothing that users do")
  func scopes() throws {
    let (event, user) = (try backend.event(), try backend.userToken())
    let held = try backend.send("POST", "/api/bookings", #"{"eventId":\#(event),"hold":true}"#, token: user)
    let path = "/api/bookings/\(try held.text("bookingId"))"
    let (feed, payments) = (
      try mint(#""feed:read""#).text("token"), try mint(#""bookings:confirm""#).text("token")
    )
    let refused = try backend.send("POST", "\(path)/confirm", token: feed)
    #expect(refused.status == 403 && refused.problem == "insufficient-scope")
    #expect(refused.first("www-authenticate")?.contains("insufficient_scope") == true)
    #expect(try backend.send("GET", "/api/notices", token: payments).problem == "insufficient-scope")
    #expect(try backend.send("POST", "\(path)/confirm", token: payments).text("status") == "confirmed")
    #expect(try backend.send("DELETE", path, token: payments).problem == "not-held")
    for (method, other) in [
      ("GET", "/api/bookings"), ("GET", path), ("POST", "/api/bookings"), ("GET", "/api/auth/me"),
      ("POST", "\(path)/extend"), ("GET", "/api/events/\(event)/stream"), ("GET", "/api/service-tokens"),
      ("POST", "/api/connection-tokens"),
    ] {
      #expect(
        try backend.send(method, other, method == "POST" ? "{}" : nil, token: payments).status == 401,
        "\(other)")
    }
    #expect(backend.backend.verify(Array(payments.utf8)) == .invalid)
  }

  @Test("Whoever waits for the feed with a token that is revoked is answered at the next commit")
  func revokedWhileWaiting() throws {
    let minted = try mint(#""feed:read""#)
    let waiting = try backend.ask("GET", "/api/notices?wait=60", token: try minted.text("token"))
    #expect(try backend.answer(waiting) == nil)
    _ = try backend.send("DELETE", "/api/service-tokens/\(minted.number("id"))", token: backend.adminToken())
    #expect(try backend.answer(waiting)?.status == 200)
  }

  @Test(
    "What cannot be minted is refused with a sentence",
    arguments: [
      #"{"scopes":["feed:read"]}"#, #"{"name":"a","scopes":[]}"#, #"{"name":"a","scopes":["admin"]}"#,
      #"{"name":"a","scopes":["feed:read","x"]}"#, #"{"name":"a","scopes":"feed:read"}"#, #"{"name":"a"}"#,
      #"{"name":"a","scopes":["feed:read"],"expiresAt":"2000-01-01T00:00:00Z"}"#,
      #"{"name":"a","scopes":["feed:read"],"expiresAt":"2999-01-01T00:00:00Z"}"#,
      #"{"name":"a","scopes":["feed:read"],"scope":1}"#, #"{"name":"","scopes":["feed:read"]}"#,
    ])
  func invalid(body: String) throws {
    let reply = try backend.send("POST", "/api/service-tokens", body, token: backend.adminToken())
    #expect(reply.status == 422 && reply.problem == "validation-failed")
  }

  @Test("A token ends after a year")
  func expiry() throws {
    let token = try mint(#""feed:read""#).text("token")
    backend.clock.set(milliseconds: backend.clock.now.milliseconds + 364 * 86_400_000)
    #expect(try backend.send("GET", "/api/notices", token: token).status == 200)
    backend.clock.set(milliseconds: backend.clock.now.milliseconds + 86_400_000)
    #expect(try backend.send("GET", "/api/notices", token: token).status == 401)
  }
}
