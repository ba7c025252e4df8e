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
    #expect(claims.subject == Subject(7))
    #expect(claims.members["role"] == .string("admin"))
    #expect(claims.issuedAt == Instant(milliseconds: 1_000))
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
      #"{"sub":"42","id":42,"userId":42,"exp":1}"#, #"{"sub":"42","id":"not a number","exp":1}"#,
    ])
  func user(payload: String) {
    #expect(read(payload)?.subject == Subject(42))
  }

  @Test(
    "A sub is any text of 1 to 255 bytes, and beats a number beside it",
    arguments: [
      "auth0|5f7c8ec7c33c6c004bbafe82", "550e8400-e29b-41d4-a716-446655440000", "-1", "042", " 42",
      "4.2",
      "9223372036854775808", "ann@example.org", "\u{e9}", "e\u{301}", String(repeating: "x", count: 255),
    ])
  func textSubjects(text: String) {
    #expect(
      read(#"{"sub":"\#(text)","id":42,"exp":1}"#)?.subject.description.utf8.elementsEqual(text.utf8) == true)
  }

  @Test(
    "Refuses what names no user, or two",
    arguments: [
      #"{"exp":1}"#, #"{"sub":"","exp":1}"#, #"{"sub":42,"exp":1}"#, #"{"sub":["42"],"exp":1}"#,
      #"{"sub":true,"id":42,"exp":1}"#, #"{"sub":"\#(String(repeating: "x", count: 256))","exp":1}"#,
      #"{"sub":"\#(String(repeating: "é", count: 128))","exp":1}"#, #"{"id":"42","exp":1}"#,
      #"{"id":0,"exp":1}"#,
      #"{"id":-42,"exp":1}"#, #"{"id":42.5,"exp":1}"#, #"{"sub":"42","id":43,"exp":1}"#,
      #"{"id":42,"userId":43,"exp":1}"#, #"{"sub":null,"id":42,"exp":1}"#,
    ])
  func noUser(payload: String) {
    #expect(read(payload) == nil)
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

  @Test(
    "Times that are no numbers are refused (RFC 7519, section 4.1.6)",
    arguments: ["iat", "nbf"], [#""1""#, "true", "[]", "{}", "null", #""2024-01-01T00:00:00Z""#])
  func times(claim: String, value: String) {
    #expect(read(#"{"sub":"1","exp":1,"\#(claim)":\#(value)}"#) == nil)
  }

  @Test(
    "Times are numbers of any size and sign",
    arguments: [
      ("0", 0), ("-1", -1_000), ("-0", 0), ("1.0005", 1_000), ("-0.5", -500), ("1e3", 1_000_000),
      ("1e300", Timestamps.latest.milliseconds), ("-1e300", Timestamps.earliest.milliseconds),
      ("18446744073709551616", Timestamps.latest.milliseconds),
    ])
  func timesOfAnySize(number: String, milliseconds: Int64) {
    let claims = read(#"{"sub":"1","exp":1,"iat":\#(number),"nbf":\#(number)}"#)
    #expect(claims?.issuedAt == Instant(milliseconds: milliseconds))
    #expect(claims?.notBefore == Instant(milliseconds: milliseconds))
    #expect(read(#"{"sub":"1","exp":1,"iat":1e400}"#) == nil)
    #expect(read(#"{"sub":"1","exp":1,"iat":NaN}"#) == nil)
  }

  @Test(
    "Claims that are texts by their definition are refused when they are something else",
    arguments: ["iss", "jti", "email", "name"], ["1", "true", "[]", #"["a"]"#, "{}"])
  func texts(claim: String, value: String) {
    #expect(read(#"{"sub":"1","exp":1,"\#(claim)":\#(value)}"#) == nil)
  }

  @Test("null is no registered claim, and an absent email or name")
  func null() {
    for claim in ["iss", "jti", "aud", "iat", "nbf", "exp", "sub"] {
      #expect(read(#"{"sub":"1","exp":1,"\#(claim)":null}"#) == nil, "\(claim)")
    }
    let claims = read(#"{"sub":"1","exp":1,"email":null,"name":null}"#)
    #expect(claims != nil && claims?.email == nil && claims?.name == nil)
  }

  @Test("aud is a text or a list of texts")
  func audience() {
    for value in ["1", "[1]", #"["a",null]"#, #"["a",["b"]]"#, "{}", "true"] {
      #expect(read(#"{"sub":"1","exp":1,"aud":\#(value)}"#) == nil, "\(value)")
    }
    #expect(read(#"{"sub":"1","exp":1,"aud":"a"}"#)?.audience == ["a"])
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
