import Testing

@testable import ControlPlane

@Suite("ServiceToken")
struct ServiceTokenTests {
  private func token(_ id: Int64, _ scopes: [ServiceScope]) -> ServiceToken {
    ServiceToken(
      id: id, jti: "j\(id)", name: "shop", scopes: scopes, createdAt: Instant(milliseconds: 0),
      expiresAt: Instant(milliseconds: 1_000))
  }

  @Test("A token allows its scopes and nothing else")
  func scopes() {
    #expect(token(1, [.feedRead]).allows(.feedRead))
    #expect(!token(1, [.feedRead]).allows(.bookingsConfirm))
  }

  @Test("Two services are two callers, and neither is a user of any issuer")
  func callers() {
    let (one, two) = (Caller(token(1, [])), Caller(token(2, [])))
    #expect(one.principal.identity != two.principal.identity)
    #expect(one.principal.identity.issuer.isEmpty && one.principal.role == .user)
    #expect(one.service?.id == 1)
    #expect(Caller(Principal(identity: .local(1), role: .user, expiresAt: Timestamps.latest)).service == nil)
  }
}
