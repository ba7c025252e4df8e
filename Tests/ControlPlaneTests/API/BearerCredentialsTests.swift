import Testing

@testable import ControlPlane

@Suite("Bearer credentials")
struct BearerCredentialsTests {
  /// The token of a field that stands in the middle of other bytes.
  private func token(in field: String) -> String? {
    let bytes = Array("Bearer \(field) x".utf8)
    return BearerCredentials.token(in: bytes, 7..<bytes.count - 2).map {
      String(decoding: bytes[$0], as: UTF8.self)
    }
  }

  @Test(
    "The token is what follows the scheme, whatever the case of the scheme and the spaces around",
    arguments: ["Bearer a.b.c", "bearer a.b.c", "bEARER   a.b.c", "Bearer a.b.c  ", "Bearer \t a.b.c\t"])
  func token(field: String) {
    #expect(token(in: field) == "a.b.c")
  }

  @Test(
    "Another scheme, or nothing behind it, is no token",
    arguments: [
      "", "Bearer", "Bearer ", "Bearer    ", "Basic abc", "Bearerx a", "Bearer\ta", "\u{02}earer a",
    ])
  func none(field: String) {
    #expect(token(in: field) == nil)
  }

  @Test("What stands behind the scheme is not judged here")
  func unjudged() {
    #expect(token(in: "Bearer a b") == "a b")
    #expect(token(in: "Bearer \u{20AC}") == "\u{20AC}")
  }
}
