import Testing

@testable import ControlPlane

@Suite("TokenAuthority")
struct TokenAuthorityTests {
  private let now = Instant(milliseconds: 1_000_000)

  private func principal(_ claims: String, _ authority: TokenAuthority) -> Principal? {
    TokenClaims(Array(#"{"sub":"7","exp":2000,\#(claims)}"#.utf8))
      .flatMap { authority.principal($0, at: now) }
  }

  private func external(audience: String? = nil, _ adminClaim: String? = nil) -> TokenAuthority {
    .external(
      "https://id.example", KeyRing(TokenForge.secret), audience: audience,
      adminClaim: adminClaim.flatMap { AdminClaim($0) })
  }

  @Test("an external user is the issuer and the subject, whatever else the token says")
  func externalUser() {
    let found = principal(
      #""iss":"https://id.example","role":["king"],"email":"a@b.c","iat":5"#, external())
    #expect(found?.identity == Identity(issuer: "https://id.example", subject: Subject(7)))
    #expect(found?.role == .user)
    #expect(found?.email == "a@b.c")
    #expect(found?.issuedAt == Instant(milliseconds: 5_000))
  }

  @Test(
    "only the configured claim makes an external admin: equal text, or a member of an array",
    arguments: [
      (#""groups":"seat admins""#, Role.admin), (#""groups":["a","seat admins"]"#, .admin),
      (#""groups":"seat admin""#, .user), (#""groups":"Seat Admins""#, .user), (#""groups":[]"#, .user),
      (#""groups":["seat admins x"]"#, .user), (#""groups":[["seat admins"]]"#, .user),
      (#""groups":{"seat admins":true}"#, .user), (#""groups":true"#, .user), (#""role":"admin""#, .user),
      (#""Groups":"seat admins""#, .user),
    ])
  func adminClaim(claims: String, role: Role) {
    let authority = external("groups=seat admins")
    #expect(principal(#""iss":"https://id.example",\#(claims)"#, authority)?.role == role)
    #expect(principal(#""iss":"https://id.example",\#(claims)"#, external())?.role == .user)
  }

  @Test("a configured audience must be there and name this server; else only a foreign one is refused")
  func audience() {
    func isGood(_ claims: String, _ authority: TokenAuthority) -> Bool {
      principal(#""iss":"https://id.example"\#(claims)"#, authority) != nil
    }
    #expect(isGood(#","aud":["x","tickets"]"#, external(audience: "tickets")))
    for claims in ["", #","aud":"seatcast""#, #","aud":[]"#, #","aud":"Tickets""#] {
      #expect(!isGood(claims, external(audience: "tickets")), "\(claims)")
    }
    #expect(isGood("", external()))
    #expect(isGood(#","aud":"seatcast""#, external()))
    #expect(!isGood(#","aud":"other""#, external()))
  }

  @Test("issuer and audience are compared byte by byte")
  func bytes() {
    let authority = TokenAuthority.external(
      "caf\u{e9}", KeyRing(TokenForge.secret), audience: nil, adminClaim: AdminClaim("r=\u{e9}"))
    #expect(principal(#""iss":"caf\u00e9""#, authority) != nil)
    #expect(principal(#""iss":"cafe\u0301""#, authority) == nil)
    #expect(principal(#""iss":"caf\u00e9","r":"e\u0301""#, authority)?.role == .user)
  }

  @Test("the local role is user unless the token says admin; other words are refused")
  func localRole() {
    let local = TokenAuthority.local(TokenForge.secret, audience: nil)
    #expect(principal(#""iss":"seatcast""#, local)?.role == .user)
    #expect(principal(#""iss":"seatcast","role":"user""#, local)?.role == .user)
    #expect(principal(#""iss":"seatcast","role":"admin""#, local)?.role == .admin)
    for role in ["\"Admin\"", "\"root\"", "null", "1", "[\"admin\"]", "\"\""] {
      #expect(principal(#""iss":"seatcast","role":\#(role)"#, local) == nil)
    }
  }

  @Test("beside another system only administrators have local tokens")
  func localAdmins() {
    let local = TokenAuthority.local(TokenForge.secret, audience: nil, adminsOnly: true)
    #expect(principal(#""iss":"seatcast","role":"admin""#, local)?.role == .admin)
    #expect(principal(#""iss":"seatcast","role":"user""#, local) == nil)
    #expect(principal(#""iss":"seatcast""#, local) == nil)
  }

  @Test("a key that ends ends its tokens")
  func keyWithAnEnd() throws {
    let local = TokenAuthority.local(TokenForge.secret, audience: nil)
    let claims = try #require(TokenClaims(Array(#"{"sub":"7","exp":2000,"iss":"seatcast"}"#.utf8)))
    for (until, expected) in [(1_500_000, 1_500_000), (3_000_000, 2_000_000)] {
      let key = TokenKey(TokenForge.secret, until: Instant(milliseconds: Int64(until)))
      #expect(local.principal(claims, by: key, at: now)?.expiresAt.milliseconds == Int64(expected))
    }
  }

  @Test("an admin claim is a name, an equals sign and a value")
  func adminClaimText() {
    #expect(AdminClaim("role=admin") != nil)
    #expect(AdminClaim("https://example.org/role=a=b") != nil)
    for text in ["", "role", "=", "role=", "=admin"] { #expect(AdminClaim(text) == nil, "\(text)") }
  }
}
