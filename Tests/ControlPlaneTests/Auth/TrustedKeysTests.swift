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

  @Test("A replacement tells which keys are gone, and which end earlier than before")
  func ends() throws {
    let keys = TrustedKeys(TokenForge.secret)
    let first = TokenKey(TokenForge.secret).number
    let other = try SigningSecret(Array(repeating: 7, count: 32))
    func replace(_ secret: SigningSecret, previous: SigningSecret? = nil, until: Int64 = 0) -> [TrustedKeys
      .End]
    {
      let previous = previous.map { TokenKey($0, until: Instant(milliseconds: until)) }
      let local = TokenAuthority.local(secret, previous: previous, audience: nil)
      return keys.replace(by: Authorities(local: local, signing: secret, external: nil))
    }
    #expect(replace(TokenForge.secret) == [])
    #expect(
      replace(other, previous: TokenForge.secret, until: 90) == [
        .init(key: first, at: Instant(milliseconds: 90))
      ])
    #expect(replace(other, previous: TokenForge.secret, until: 90) == [])
    #expect(replace(other) == [.init(key: first, at: nil)])
    #expect(replace(TokenForge.secret) == [.init(key: TokenKey(other).number, at: nil)])
  }
}
