import Testing

@testable import ControlPlane

@Suite("TrustedKeys")
struct TrustedKeysTests {
  @Test("Keys are replaced with all that was judged by them; whoever has begun ends by the keys before")
  func replaced() throws {
    let keys = TrustedKeys(TokenForge.secret)
    let before = keys.current
    let principal = Principal(identity: .local(1), role: .user, expiresAt: Instant(milliseconds: 10))
    before.cache.remember(principal, for: [1])
    let other = try SigningSecret(Array(repeating: 7, count: 32))
    keys.replace(by: Authorities(local: .local(other, audience: nil), signing: other, external: nil))
    #expect(keys.current.cache.count == 0)
    before.cache.remember(principal, for: [2])
    #expect(before.cache.count == 2 && keys.current.cache.count == 0)
    #expect(keys.current.signing.bytes == other.bytes)
  }
}
