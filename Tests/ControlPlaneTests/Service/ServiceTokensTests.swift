import Testing

@testable import ControlPlane

@Suite("ServiceTokens")
struct ServiceTokensTests {
  private func token(_ id: Int64, created: Int64 = 0, expires: Int64 = 1_000) -> ServiceToken {
    ServiceToken(
      id: id, jti: "j\(id)", name: "shop", scopes: [.feedRead], createdAt: Instant(milliseconds: created),
      expiresAt: Instant(milliseconds: expires))
  }

  @Test("A token is found until it expires or is revoked")
  func finding() {
    let tokens = ServiceTokens([token(1)])
    tokens.add(token(2, expires: 500))
    #expect(tokens.find("j1", at: Instant(milliseconds: 999)) == token(1))
    #expect(tokens.find("j1", at: Instant(milliseconds: 1_000)) == nil)
    #expect(tokens.find("j3", at: Instant(milliseconds: 0)) == nil)
    #expect(tokens.all(at: Instant(milliseconds: 0)).map(\.id) == [1, 2])
    tokens.remove(token(1))
    #expect(tokens.find("j1", at: Instant(milliseconds: 0)) == nil)
    tokens.add(token(3, created: 700, expires: 900))
    #expect(tokens.all(at: Instant(milliseconds: 0)).map(\.id) == [3], "expired ones leave")
  }
}
