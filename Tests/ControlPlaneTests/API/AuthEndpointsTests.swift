import Testing

@testable import ControlPlane

@Suite("AuthEndpoints")
struct AuthEndpointsTests {
  private let backend: APIFixture

  init() throws { backend = try APIFixture() }

  private func register(_ email: String, _ password: String, _ name: String) throws -> Reply {
    let body = JSONWriter.object { writer in
      writer.member("email", email)
      writer.member("password", password)
      writer.member("name", name)
    }
    return try backend.send("POST", "/api/auth/register", String(decoding: body, as: UTF8.self))
  }

  @Test("Registering gives 201, an ordinary user and a token that works at once")
  func register() throws {
    let reply = try register("ann@example.org", "password", "Ann")
    #expect(reply.status == 201)
    let user = try #require(try reply.member("user").members)
    #expect(Set(user.keys) == ["id", "email", "name", "role"])
    #expect(user["email"] == .string("ann@example.org"))
    #expect(user["name"] == .string("Ann"))
    #expect(user["role"] == .string("user"))
    #expect(try reply.text("expiresAt") == "2024-11-12T10:30:00.000Z")
    let me = try backend.send("GET", "/api/auth/me", token: reply.text("token"))
    #expect(me.status == 200)
    #expect(try me.json.members == user)
  }

  @Test("Logging in gives 200 and the same shape, in any case of the address")
  func login() throws {
    let registered = try register("ann@example.org", "password", "Ann")
    let reply = try backend.send(
      "POST", "/api/auth/login", #"{"email":"ANN@example.org","password":"password"}"#)
    #expect(reply.status == 200)
    #expect(try reply.member("user") == registered.member("user"))
    #expect(try Set(#require(try reply.json.members).keys) == ["user", "token", "expiresAt"])
  }

  @Test("A wrong password and an unknown address get the very same answer")
  func wrong() throws {
    _ = try register("ann@example.org", "password", "Ann")
    let wrong = try backend.send(
      "POST", "/api/auth/login", #"{"email":"ann@example.org","password":"passw0rd"}"#)
    let unknown = try backend.send(
      "POST", "/api/auth/login", #"{"email":"bob@example.org","password":"password"}"#)
    #expect(wrong.status == 401 && wrong.problem == "wrong-credentials")
    #expect(wrong.first("www-authenticate") != nil)
    #expect(wrong.body == unknown.body && wrong.fields == unknown.fields && unknown.status == 401)
  }

  @Test("An address is taken once, whatever its case")
  func taken() throws {
    _ = try register("ann@example.org", "password", "Ann")
    let reply = try register("Ann@Example.org", "password", "Other")
    #expect(reply.status == 409 && reply.problem == "email-taken")
  }

  @Test("Passwords have 8 to 1024 bytes")
  func passwordBounds() throws {
    #expect(try register("a@b.c", String(repeating: "x", count: 7), "A").status == 422)
    #expect(try register("a@b.c", String(repeating: "é", count: 513), "A").status == 422)
    #expect(try register("a@b.c", String(repeating: "x", count: 8), "A").status == 201)
    #expect(try register("d@e.f", String(repeating: "é", count: 512), "A").status == 201)
  }

  @Test("Every wrong member is named by its pointer")
  func validation() throws {
    let reply = try backend.send("POST", "/api/auth/register", #"{"email":"nobody","password":1}"#)
    #expect(reply.status == 422 && reply.problem == "validation-failed")
    guard case .array(let errors) = try reply.member("errors") else {
      Issue.record("errors is an array")
      return
    }
    let pointers = errors.compactMap { $0.members?["pointer"]?.text }
    #expect(Set(pointers) == ["/email", "/password", "/name"])
    #expect(try register("a@b.c", "password", "line\nbreak").status == 422)
    #expect(try register("a@b.c", "password", "").status == 422)
  }

  @Test("Login bodies are checked like all others")
  func loginBodies() throws {
    #expect(try backend.send("POST", "/api/auth/login", "{").status == 400)
    #expect(try backend.send("POST", "/api/auth/login", "{}").status == 422)
    #expect(try backend.send("POST", "/api/auth/login", #"{"email":1,"password":[]}"#).status == 422)
    let form = try backend.send(
      "POST", "/api/auth/login", "email=a", fields: [.init(name: "content-type", value: "text/plain")])
    #expect(form.status == 415)
  }

  @Test("A token of a user who is not here has no account")
  func foreign() throws {
    let token = TokenForge.sign(payload: #"{"iss":"seatcast","sub":"4711","exp":9999999999}"#)
    let reply = try backend.send("GET", "/api/auth/me", token: token)
    #expect(reply.status == 404 && reply.problem == "unknown-user")
  }

  @Test("A token dies after 24 hours")
  func expiry() throws {
    let token = try backend.userToken()
    backend.clock.set(milliseconds: backend.clock.now.milliseconds + TokenIssuer.lifetimeMilliseconds)
    #expect(try backend.send("GET", "/api/auth/me", token: token).problem == "invalid-token")
  }

  @Test(
    "Another spelling of a taken address is taken or refused, and does not log in",
    arguments: [
      ("ann@example.org.", 422), ("ann@example\u{3002}org", 422), ("ann@exam\u{ad}ple.org", 422),
      ("an\u{200b}n@example.org", 422), ("ann@e\u{2093}ample.org", 422), ("ann@example\u{ff0e}org", 409),
      ("\u{ff41}nn@Example.ORG", 409),
    ])
  func otherSpellings(email: String, status: Int) throws {
    _ = try register("ann@example.org", "password", "Ann")
    #expect(try register(email, "password", "Other").status == status)
    let body = JSONWriter.object { writer in
      writer.member("email", email)
      writer.member("password", "password")
    }
    let login = try backend.send("POST", "/api/auth/login", String(decoding: body, as: UTF8.self))
    #expect(login.status == (status == 409 ? 200 : 401))
  }

  @Test("What is wrong with an address or a password is told")
  func faults() throws {
    let reply = try register("ann@example.org.", "line\nbreak", "Ann")
    guard case .array(let errors) = try reply.member("errors") else {
      Issue.record("errors is an array")
      return
    }
    let details = errors.compactMap { $0.members?["detail"]?.text }
    #expect(details.count == 2 && details[0].contains("empty labels") && details[1].contains("control"))
  }

  @Test("a user changes the password with the current one: a new token, and the other sessions end")
  func changePassword() throws {
    let backend = try APIFixture()
    let (here, other) = (
      try backend.userToken("ann"), try backend.token("ann@example.org", "password of ann")
    )
    func change(_ current: String, _ new: String, token: String?) throws -> Reply {
      try backend.send(
        "POST", "/api/auth/password", #"{"currentPassword":"\#(current)","newPassword":"\#(new)"}"#,
        token: token)
    }
    #expect(try change("wrong password", "a better one", token: here).problem == "wrong-password")
    #expect(try change("password of ann", "short", token: here).status == 422)
    #expect(try change("password of ann", "a better one", token: nil).status == 401)
    let reply = try change("password of ann", "a better one", token: here)
    #expect(reply.status == 200)
    let new = try reply.text("token")
    for (token, status) in [(here, 401), (other, 401), (new, 200)] {
      #expect(try backend.send("GET", "/api/auth/me", token: token).status == status)
    }
    #expect(try backend.token("ann@example.org", "a better one").isEmpty == false)
    let stale = #"{"email":"ann@example.org","password":"password of ann"}"#
    #expect(try backend.send("POST", "/api/auth/login", stale).status == 401)
  }

  @Test("guessing the current password is limited like logging in")
  func guessing() throws {
    let backend = try APIFixture(limits: AdmissionLimits(logins: 3))
    let token = try backend.userToken("ann")
    let statuses = try (0..<4).map { _ in
      try backend.send(
        "POST", "/api/auth/password", #"{"currentPassword":"a guess","newPassword":"a better one"}"#,
        token: token
      ).status
    }
    #expect(statuses == [403, 403, 403, 429])
  }

  @Test("another system's user has no password here")
  func foreignPassword() throws {
    let backend = try APIFixture { $0.accounts = .external(issuer: "them", adminClaim: nil) }
    let token = TokenForge.sign(payload: #"{"iss":"them","sub":"x","exp":9999999999}"#)
    let reply = try backend.send(
      "POST", "/api/auth/password", #"{"currentPassword":"a","newPassword":"a better one"}"#, token: token)
    #expect(reply.problem == "forbidden")
  }
}

extension AdmissionLimits {
  /// So many log-ins per account and minute.
  fileprivate init(logins: Int) {
    self.init()
    loginPerAccount = RateLimit(logins, per: 60_000)
  }
}
