// Two issuers of accounts on one server: nobody gets at the bookings of somebody whom the other issuer calls the same.
import Testing

@testable import ControlPlane

@Suite("Accounts of another system")
struct ExternalAccountsTests {
  private static let issuer = "https://id.example"

  private func external() throws -> APIFixture {
    try APIFixture { $0.accounts = .external(issuer: Self.issuer, adminClaim: AdminClaim("role=admin")) }
  }

  /// A token of the other system; `subject` as JSON.
  private func token(_ subject: String, _ more: String = "", name: String = "sub") -> String {
    TokenForge.sign(payload: #"{"iss":"\#(Self.issuer)","\#(name)":\#(subject),"exp":9999999999\#(more)}"#)
  }

  private func localToken(_ subject: String, role: String = "user") -> String {
    TokenForge.sign(
      payload: #"{"iss":"seatcast","sub":"\#(subject)","role":"\#(role)","exp":9999999999}"#)
  }

  @Test("fault 18: a foreign sub 3 books nothing here, and a made one is nobody's number at registration")
  func localMode() throws {
    let backend = try APIFixture()
    let event = try backend.event()
    #expect(try backend.book(event, token: token(#""3""#)).status == 401)

    let booked = try backend.book(event, token: localToken("3"))
    #expect(booked.status == 201)
    for name in ["ann", "bob", "cid", "dan", "eve"] {
      let token = try backend.userToken(name)
      let me = try backend.send("GET", "/api/auth/me", token: token)
      #expect(try me.number("id") != 3)
      #expect(try backend.send("GET", "/api/bookings", token: token).items.isEmpty)
      let path = try "/api/bookings/\(booked.text("bookingId"))"
      #expect(try backend.send("DELETE", path, token: token).status >= 400)
    }
    #expect(try backend.send("GET", "/api/bookings", token: localToken("3")).items.count == 1)
  }

  @Test(
    "fault 18, the other order: who was registered first shares nothing with a foreign user of that number")
  func bothModes() throws {
    let backend = try external()
    let admin = try backend.adminToken()
    let number = try backend.send("GET", "/api/auth/me", token: admin).number("id")
    let event = try backend.event()
    #expect(try backend.book(event, token: admin).status == 201)
    for subject in ["\"\(number)\"", "\"0\(number)\"", "\"\(number)\\u0000\""] {
      let foreign = token(subject)
      #expect(try backend.send("GET", "/api/bookings", token: foreign).items.isEmpty)
      #expect(try backend.book(event, token: foreign).status == 201)
      #expect(try backend.send("GET", "/api/bookings", token: foreign).items.count == 1)
      #expect(
        try backend.send("POST", "/api/events", #"{"name":"x","seatCapacity":1}"#, token: foreign).status
          == 403)
    }
    #expect(try backend.send("GET", "/api/bookings", token: token("\(number)", name: "id")).items.count == 1)
  }

  @Test("subjects that look alike are different people")
  func lookAlikes() throws {
    let backend = try external()
    let event = try backend.event()
    let subjects = [
      #""3""#, #""03""#, #"" 3""#, #""3\u0000""#, #""\u0663""#, #""\uff13""#, #""\u00e9""#, #""e\u0301""#,
      #""a""#, #""A""#, #""\u0430""#, #""auth0|3""#, #""550e8400-e29b-41d4-a716-446655440000""#,
    ]
    for subject in subjects { #expect(try backend.book(event, token: token(subject)).status == 201) }
    for subject in subjects {
      let items = try backend.send("GET", "/api/bookings", token: token(subject)).items
      #expect(items.count == 1, "\(subject)")
      let expected: JSONValue = subject == #""3""# ? .integer(3) : try StrictJSON.parse(Array(subject.utf8))
      let shown = try #require(items.first?.members?["userId"])
      #expect(shown == expected)
      #expect(shown.text.map { Array($0.utf8) } == expected.text.map { Array($0.utf8) })
    }
    #expect(try backend.send("GET", "/api/bookings", token: token("3", name: "userId")).items.count == 1)
  }

  @Test("userId is the subject in answers, lists and the log")
  func shown() throws {
    let backend = try external()
    let event = try backend.event()
    let booked = try backend.book(event, token: token(#""auth0|\"x""#))
    #expect(try booked.text("userId") == #"auth0|"x"#)
    let admin = token(#""boss""#, #","role":["staff","admin"]"#)
    let log = try backend.send("GET", "/api/events/\(event)/notices", token: admin)
    #expect(try log.items.first?.members?["userId"] == .string(#"auth0|"x"#))
    #expect(try backend.send("GET", "/api/bookings", token: admin).items.count == 1)
  }

  @Test("the configured claim makes an admin, and nothing else from outside does")
  func admins() throws {
    let backend = try external()
    let body = #"{"name":"x","seatCapacity":1}"#
    #expect(
      try backend.send("POST", "/api/events", body, token: token(#""b""#, #","role":"admin""#)).status == 201)
    #expect(
      try backend.send("POST", "/api/events", body, token: token(#""b""#, #","admin":true"#)).status == 403)
    let forged = localToken("1", role: "admin")
    #expect(try backend.send("POST", "/api/events", body, token: forged).status == 401)
    let without = try APIFixture { $0.accounts = .external(issuer: Self.issuer, adminClaim: nil) }
    let refused = try without.send("POST", "/api/events", body, token: token(#""b""#, #","role":"admin""#))
    #expect(refused.status == 403)
  }

  @Test("nobody registers or logs in here but administrators; all others get the very same answer")
  func localLogIn() throws {
    let backend = try external()
    let register = try backend.send(
      "POST", "/api/auth/register", #"{"email":"a@b.c","password":"password","name":"A"}"#)
    #expect(register.status == 403 && register.problem == "registration-off")
    #expect(try register.text("detail").contains(Self.issuer))
    _ = try backend.backend.ensure(email: "u@b.c", name: "U", role: .user, password: "password")
    func login(_ email: String, _ password: String) throws -> Reply {
      try backend.send("POST", "/api/auth/login", #"{"email":"\#(email)","password":"\#(password)"}"#)
    }
    let user = try login("u@b.c", "password")
    #expect(user.status == 403 && user.problem == "login-off")
    for (email, password) in [("u@b.c", "passw0rd"), ("x@b.c", "password"), ("admin@example.org", "no")] {
      let refused = try login(email, password)
      #expect(refused.status == 403 && refused.body == user.body)
    }
    let admin = try backend.adminToken()
    #expect(
      try backend.send("POST", "/api/events", #"{"name":"x","seatCapacity":1}"#, token: admin).status == 201)
  }

  @Test("me is what the token says")
  func me() throws {
    let backend = try external()
    let full = try backend.send(
      "GET", "/api/auth/me", token: token(#""x|1""#, #","email":"a@b.c","name":"Ann""#))
    #expect(full.status == 200)
    #expect(
      try full.json.members == [
        "id": .string("x|1"), "email": .string("a@b.c"), "name": .string("Ann"), "role": .string("user"),
      ])
    let bare = try backend.send("GET", "/api/auth/me", token: token("7", name: "id"))
    #expect(try bare.member("id") == .integer(7) && bare.member("email") == .null)
  }

  @Test("with registration off nobody registers, and who is there logs in")
  func registrationOff() throws {
    let backend = try APIFixture { $0.registration = false }
    let register = try backend.send(
      "POST", "/api/auth/register", #"{"email":"a@b.c","password":"password","name":"A"}"#)
    #expect(register.status == 403 && register.problem == "registration-off")
    #expect(try !backend.adminToken().isEmpty)
  }
}
