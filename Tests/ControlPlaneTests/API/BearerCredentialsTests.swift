import Testing

@testable import ControlPlane

@Suite("Bearer credentials")
struct BearerCredentialsTests {
  @Test(
    "The token is what follows the scheme, whatever the case of the scheme and the spaces around",
    arguments: ["Bearer a.b.c", "bearer a.b.c", "bEARER   a.b.c", "Bearer a.b.c  ", "Bearer \t a.b.c\t"])
  func token(field: String) {
    #expect(BearerCredentials.token(in: field) == "a.b.c")
  }

  @Test(
    "Another scheme, or nothing behind it, is no token",
    arguments: [
      "", "Bearer", "Bearer ", "Bearer    ", "Basic abc", "Bearerx a", "Bearer\ta", "\u{02}earer a",
    ])
  func none(field: String) {
    #expect(BearerCredentials.token(in: field) == nil)
  }

  @Test("What stands behind the scheme is not judged here")
  func unjudged() {
    #expect(BearerCredentials.token(in: "Bearer a b") == "a b")
    #expect(BearerCredentials.token(in: "Bearer \u{20AC}") == "\u{20AC}")
  }
}
