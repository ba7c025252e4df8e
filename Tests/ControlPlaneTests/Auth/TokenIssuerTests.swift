import Testing

@testable import ControlPlane

@Suite("TokenIssuer")
struct TokenIssuerTests {
  private let clock = StillClock(milliseconds: 1_700_000_000_500)
  private let user = User(
    id: UserID(3), subject: Subject(12), email: "ann@example.org", name: "Ann \"the\" Ö\n", role: .admin,
    createdAt: Instant(milliseconds: 0))

  @Test("A token carries all claims and lasts 24 hours")
  func claims() throws {
    let issuer = TokenIssuer(TrustedKeys(TokenForge.secret), audience: "us", Revocations(), clock: clock)
    let token = issuer.issue(to: user)
    let payload = try #require(
      JSONWebSignature.payload(of: Array(token.text.utf8), signedWith: TokenForge.secret))
    let members = try #require(try StrictJSON.parse(payload).members)
    let expected: [String: JSONValue] = [
      "sub": .string("12"), "email": .string(user.email), "name": .string(user.name),
      "role": .string("admin"),
      "iat": .integer(1_700_000_000), "exp": .integer(1_700_086_400), "iss": .string("seatcast"),
      "aud": .string("us"),
    ]
    #expect(members == expected)
    #expect(token.expiresAt == Instant(milliseconds: 1_700_086_400_000))
  }

  @Test("A token names the secret that signed it, also after the secret was replaced")
  func keyID() throws {
    let keys = TrustedKeys(TokenForge.secret)
    let issuer = TokenIssuer(keys, Revocations(), clock: clock)
    func name() -> String? { JSONWebSignature(Array(issuer.issue(to: user).text.utf8))?.keyID }
    #expect(name() == TokenForge.secret.keyID)
    let other = try SigningSecret(Array(repeating: 7, count: 32))
    keys.replace(by: Authorities(local: .local(other, audience: nil), signing: other, external: nil))
    #expect(name() == other.keyID && other.keyID != TokenForge.secret.keyID)
  }

  @Test("A token issued in the second of a log-out is good, the one before it is not")
  func afterLogout() {
    let (keys, revocations) = (TrustedKeys(TokenForge.secret), Revocations())
    let issuer = TokenIssuer(keys, revocations, clock: clock)
    let verifier = TokenVerifier(keys, revocations, clock: clock)
    let old = issuer.issue(to: user).text
    #expect(verifier.verify(old) != .invalid)
    revocations.add(
      user.identity,
      before: Revocations.moment(of: user.identity, loggedOutAt: clock.now, last: nil))
    #expect(verifier.verify(old) == .invalid)
    let new = issuer.issue(to: user)
    #expect(new.text != old && verifier.verify(new.text) != .invalid)
    #expect(new.expiresAt == Instant(milliseconds: 1_700_086_400_000))
  }

  @Test("The verifier of the same configuration accepts it, for exactly that long")
  func verifies() {
    let keys = TrustedKeys(TokenForge.secret, audience: "us")
    let issuer = TokenIssuer(keys, audience: "us", Revocations(), clock: clock)
    let verifier = TokenVerifier(keys, Revocations(), clock: clock)
    let token = issuer.issue(to: user)
    let expected = Principal(
      identity: .local(12), role: .admin, email: user.email, name: user.name,
      issuedAt: Instant(milliseconds: 1_700_000_000_000), expiresAt: token.expiresAt,
      key: TokenForge.keyNumber)
    #expect(verifier.verify(token.text) == .valid(expected))
    clock.set(milliseconds: token.expiresAt.milliseconds)
    #expect(verifier.verify(token.text) == .invalid)
  }
}
