import Testing

@testable import ControlPlane

@Suite("UserEndpoints")
struct UserEndpointsTests {
  private static let issuer = "https://id.example"
  private let backend: APIFixture

  init() throws { backend = try APIFixture() }

  private func logOut(
    _ id: String, _ backend: APIFixture, token: String, query: String = ""
  ) throws -> Reply {
    try backend.send("POST", "/api/users/\(id)/logout\(query)", token: token)
  }

  private func status(_ token: String, _ backend: APIFixture) throws -> Int {
    try backend.send("GET", "/api/bookings", token: token).status
  }

  @Test("an admin logs somebody out: old tokens are refused, a new log-in in the same second works")
  func logOut() throws {
    let (admin, ann, bob) = (
      try backend.adminToken(), try backend.userToken("ann"), try backend.userToken("bob")
    )
    let id = try backend.send("GET", "/api/auth/me", token: ann).number("id")
    #expect(try logOut("\(id)", backend, token: admin).status == 204)
    #expect(try status(ann, backend) == 401)
    #expect(try status(bob, backend) == 200)
    let again = try backend.token("ann@example.org", "password of ann")
    #expect(try status(again, backend) == 200)
    #expect(try status(ann, backend) == 401)
    #expect(try logOut("\(id)", backend, token: admin).status == 204)
    #expect(try status(again, backend) == 401)
  }

  @Test("only admins log others out")
  func forbidden() throws {
    let ann = try backend.userToken("ann")
    #expect(try logOut("1", backend, token: ann).status == 403)
    #expect(try backend.send("POST", "/api/users/1/logout").status == 401)
    #expect(try backend.send("GET", "/api/users/1/logout").status == 405)
  }

  @Test("a user of another system is named by the percent-encoded subject, a local admin with the issuer")
  func external() throws {
    let backend = try APIFixture { $0.accounts = .external(issuer: Self.issuer, adminClaim: nil) }
    let admin = try backend.adminToken()
    func token(_ subject: String) -> String {
      TokenForge.sign(
        payload: #"{"iss":"\#(Self.issuer)","sub":"\#(subject)","iat":1000,"exp":9999999999}"#)
    }
    #expect(try logOut("a%2Fb%7C1", backend, token: admin).status == 204)
    #expect(try status(token("a/b|1"), backend) == 401)
    #expect(try status(token("a/b|2"), backend) == 200)
    #expect(try logOut("1", backend, token: admin).status == 204)
    #expect(try status(token("1"), backend) == 401)
    #expect(try status(admin, backend) == 200)
    #expect(try logOut("1", backend, token: admin, query: "?issuer=them").status == 400)
    #expect(try logOut("1", backend, token: admin, query: "?issuer=seatcast").status == 204)
    #expect(try status(admin, backend) == 401)
  }

  @Test("a subject has 1 to 255 bytes")
  func subjects() throws {
    let admin = try backend.adminToken()
    #expect(try logOut(String(repeating: "x", count: 256), backend, token: admin).status == 404)
    #expect(try logOut("%FF", backend, token: admin).problem == "malformed-path")
  }

  // MARK: People

  private func id(_ token: String) throws -> Int64 {
    try backend.send("GET", "/api/auth/me", token: token).number("id")
  }

  private func patch(_ id: Int64, _ body: String, token: String) throws -> Reply {
    try backend.send("PATCH", "/api/users/\(id)", body, token: token)
  }

  @Test("an admin lists people in pages and finds one by the address")
  func list() throws {
    let admin = try backend.adminToken()
    for name in ["ann", "bob", "cy"] { _ = try backend.userToken(name) }
    var path = "/api/users?limit=2"
    var names: [String?] = []
    while true {
      let page = try backend.send("GET", path, token: admin)
      names += try page.items.map { $0.members?["name"]?.text }
      guard let cursor = try page.member("next").text else { break }
      #expect(page.first("link") == "</api/users?limit=2&cursor=\(cursor)>; rel=\"next\"")
      path = "/api/users?limit=2&cursor=\(cursor)"
    }
    #expect(names == ["Admin", "ann", "bob", "cy"])
    let found = try backend.send("GET", "/api/users?email=BOB@example.org", token: admin).items
    #expect(found.count == 1)
    #expect(
      found.first?.members?.filter { !["id", "createdAt"].contains($0.key) } == [
        "issuer": .string("seatcast"), "email": .string("bob@example.org"), "name": .string("bob"),
        "role": .string("user"), "disabled": .bool(false),
      ])
    #expect(try backend.send("GET", "/api/users?email=nobody@x.y", token: admin).items.isEmpty)
    #expect(try backend.send("GET", "/api/users?cursor=x", token: admin).status == 400)
    #expect(try backend.send("GET", "/api/users", token: backend.userToken("dan")).status == 403)
    #expect(try backend.send("GET", "/api/users").status == 401)
  }

  @Test(
    "who is disabled has no good token and no log-in, learns so only by the right password, until enabled")
  func disable() throws {
    let (admin, ann) = (try backend.adminToken(), try backend.userToken("ann"))
    let id = try id(ann)
    let reply = try patch(id, #"{"disabled":true}"#, token: admin)
    #expect(reply.status == 200)
    #expect(try reply.member("disabled") == .bool(true))
    #expect(try status(ann, backend) == 401)
    // Also a token that somebody with the secret makes afterwards.
    let forged = TokenForge.sign(
      payload: #"{"iss":"seatcast","sub":"\(id)","iat":9999999998,"exp":9999999999}"#)
    #expect(try status(forged, backend) == 401)
    func login(_ password: String) throws -> Reply {
      try backend.send(
        "POST", "/api/auth/login", #"{"email":"ann@example.org","password":"\#(password)"}"#)
    }
    #expect(try login("password of ann").problem == "account-disabled")
    #expect(try login("password of ann").status == 403)
    #expect(try login("password of bob").problem == "wrong-credentials")
    #expect(try patch(id, #"{"disabled":false}"#, token: admin).status == 200)
    #expect(try login("password of ann").status == 200)
    #expect(try status(ann, backend) == 401)
  }

  @Test("an admin gives and takes the admin role, but not the own one")
  func roles() throws {
    let (admin, ann) = (try backend.adminToken(), try backend.userToken("ann"))
    let id = try id(ann)
    #expect(try patch(id, #"{"role":"admin"}"#, token: admin).text("role") == "admin")
    #expect(try status(ann, backend) == 200)
    let promoted = try backend.token("ann@example.org", "password of ann")
    #expect(try backend.send("GET", "/api/users", token: promoted).status == 200)
    let own = try self.id(admin)
    for body in [#"{"role":"user"}"#, #"{"disabled":true}"#, #"{"role":"user","disabled":true}"#] {
      #expect(try patch(own, body, token: admin).problem == "own-account")
    }
    #expect(try patch(id, #"{"role":"user"}"#, token: admin).status == 200)
    #expect(try status(promoted, backend) == 401)
    #expect(try patch(own, #"{"role":"user"}"#, token: backend.userToken("bob")).status == 403)
  }

  @Test("a change has known members of the right types and somebody to change")
  func badChanges() throws {
    let admin = try backend.adminToken()
    for body in [#"{"disabled":1}"#, #"{"role":"king"}"#, #"{"roles":"admin"}"#, #"{"role":null}"#, "[]"] {
      #expect(try patch(1, body, token: admin).status == 422, "\(body)")
    }
    #expect(try patch(99, #"{"disabled":true}"#, token: admin).problem == "unknown-user")
    #expect(try patch(99, "{}", token: admin).problem == "unknown-user")
    #expect(try backend.send("PATCH", "/api/users/1", "{", token: admin).status == 400)
  }

  @Test("another system's users can be disabled, and have their role elsewhere")
  func foreign() throws {
    let backend = try APIFixture { $0.accounts = .external(issuer: Self.issuer, adminClaim: nil) }
    let admin = try backend.adminToken()
    let token = TokenForge.sign(
      payload: #"{"iss":"\#(Self.issuer)","sub":"x","iat":1000,"exp":9999999999}"#)
    #expect(try status(token, backend) == 200)
    let reply = try backend.send("PATCH", "/api/users/x", #"{"disabled":true}"#, token: admin)
    #expect(try reply.member("email") == .null && reply.member("role") == .null)
    #expect(try status(token, backend) == 401)
    #expect(try backend.send("PATCH", "/api/users/x", #"{"role":"admin"}"#, token: admin).status == 422)
  }

  @Test("an admin gives somebody a new password, which ends the sessions")
  func resetPassword() throws {
    let (admin, ann) = (try backend.adminToken(), try backend.userToken("ann"))
    let path = "/api/users/\(try id(ann))/password"
    let body = #"{"newPassword":"a better one"}"#
    #expect(try backend.send("POST", path, body, token: ann).status == 403)
    #expect(try backend.send("POST", path, #"{"newPassword":"short"}"#, token: admin).status == 422)
    #expect(try backend.send("POST", path, body, token: admin).status == 204)
    #expect(try status(ann, backend) == 401)
    #expect(try status(backend.token("ann@example.org", "a better one"), backend) == 200)
    #expect(try backend.send("POST", "/api/users/99/password", body, token: admin).status == 404)
  }
}
