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
}
