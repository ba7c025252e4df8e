import Testing

@testable import ControlPlane

@Suite("TokenClaims")
struct TokenClaimsTests {
  private func read(_ payload: String) -> TokenClaims? { TokenClaims(Array(payload.utf8)) }

  @Test("Our own token's claims are read in full")
  func own() throws {
    let claims = try #require(
      read(
        #"{"sub":"7","email":"a@b.c","name":"Ann","role":"admin","iat":1,"exp":100,"iss":"me","aud":"us"}"#))
    #expect(claims.user == UserID(7))
    #expect(claims.role == .admin)
    #expect(claims.email == "a@b.c")
    #expect(claims.name == "Ann")
    #expect(claims.expiresAt == Instant(milliseconds: 100_000))
    #expect(claims.issuer == "me")
    #expect(claims.audience == ["us"])
    #expect(claims.notBefore == nil)
  }

  @Test(
    "The user is named by sub, id or userId",
    arguments: [
      #"{"sub":"42","exp":1}"#, #"{"id":42,"exp":1}"#, #"{"userId":42,"exp":1}"#,
      #"{"sub":"auth0|x","id":42,"exp":1}"#, #"{"sub":"42","id":42,"userId":42,"exp":1}"#,
      #"{"sub":"42","id":"not a number","exp":1}"#,
    ])
  func user(payload: String) {
    #expect(read(payload)?.user == UserID(42))
  }

  @Test(
    "Refuses what names no user, or two",
    arguments: [
      #"{"exp":1}"#, #"{"sub":"","exp":1}"#, #"{"sub":"0","exp":1}"#, #"{"sub":"-1","exp":1}"#,
      #"{"sub":"042","exp":1}"#, #"{"sub":" 42","exp":1}"#, #"{"sub":"4.2","exp":1}"#, #"{"sub":42,"exp":1}"#,
      #"{"sub":"9223372036854775808","exp":1}"#, #"{"id":"42","exp":1}"#, #"{"id":0,"exp":1}"#,
      #"{"id":-42,"exp":1}"#, #"{"id":42.5,"exp":1}"#, #"{"sub":"42","id":43,"exp":1}"#,
      #"{"id":42,"userId":43,"exp":1}"#, #"{"sub":null,"id":42,"exp":1}"#,
    ])
  func noUser(payload: String) {
    #expect(read(payload) == nil)
  }

  @Test("The role is user unless the token says admin; other words are refused")
  func role() {
    #expect(read(#"{"sub":"1","exp":1}"#)?.role == .user)
    #expect(read(#"{"sub":"1","exp":1,"role":"user"}"#)?.role == .user)
    #expect(read(#"{"sub":"1","exp":1,"role":"admin"}"#)?.role == .admin)
    for role in ["\"Admin\"", "\"root\"", "null", "1", "[\"admin\"]", "\"\""] {
      #expect(read(#"{"sub":"1","exp":1,"role":\#(role)}"#) == nil)
    }
  }

  @Test("exp is required and is seconds, possibly with a fraction, of any size")
  func expiry() {
    #expect(read(#"{"sub":"1","exp":1.5}"#)?.expiresAt == Instant(milliseconds: 1_500))
    #expect(read(#"{"sub":"1","exp":9223372036854775807}"#)?.expiresAt == Timestamps.latest)
    #expect(read(#"{"sub":"1","exp":-9223372036854775808}"#)?.expiresAt == Timestamps.earliest)
    #expect(read(#"{"sub":"1","exp":1e300}"#)?.expiresAt == Timestamps.latest)
    for exp in ["\"100\"", "null", "true", "[1]"] { #expect(read(#"{"sub":"1","exp":\#(exp)}"#) == nil) }
    #expect(read(#"{"sub":"1"}"#) == nil)
  }

  @Test("nbf, iss and aud of the wrong type are refused")
  func types() {
    for member in [
      #""nbf":"1""#, #""nbf":null"#, #""iss":1"#, #""iss":null"#, #""aud":1"#, #""aud":[1]"#,
      #""aud":["a",null]"#,
      #""aud":null"#,
    ] {
      #expect(read(#"{"sub":"1","exp":1,\#(member)}"#) == nil, "\(member)")
    }
    #expect(read(#"{"sub":"1","exp":1,"aud":["a","b"]}"#)?.audience == ["a", "b"])
    #expect(read(#"{"sub":"1","exp":1,"aud":[]}"#)?.audience == [])
  }

  @Test("A member that stands twice is refused, also deep inside")
  func duplicates() {
    #expect(read(#"{"sub":"1","sub":"2","exp":1}"#) == nil)
    #expect(read(#"{"sub":"1","exp":1,"exp":2}"#) == nil)
    #expect(read(#"{"sub":"1","exp":1,"x":{"a":1,"a":1}}"#) == nil)
    #expect(read(#"{"sub":"1","exp":1,"\u0073ub":"2"}"#) == nil)
  }

  @Test(
    "What is not an object is refused",
    arguments: ["", "[]", "null", "\"x\"", "{", "{\"sub\":\"1\",\"exp\":1}x"])
  func shapes(payload: String) {
    #expect(read(payload) == nil)
  }
}
