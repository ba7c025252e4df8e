import Testing

@testable import ControlPlane

@Suite("ServiceTokenAuthority")
struct ServiceTokenAuthorityTests {
  private let clock = StillClock(milliseconds: 1_000_000)
  private let keys = TrustedKeys(TokenForge.secret)
  private let token = ServiceToken(
    id: 3, jti: "0123", name: "shop", scopes: [.feedRead], createdAt: Instant(milliseconds: 1_000_000),
    expiresAt: Instant(milliseconds: 2_000_000))
  private let authority: ServiceTokenAuthority

  init() { authority = ServiceTokenAuthority(keys, ServiceTokens([token]), clock: clock) }

  private func payload(_ change: (inout [String: String]) -> Void = { _ in }) -> String {
    var claims = [
      "iss": #""seatcast""#, "aud": #""seatcast:service""#, "sub": #""s""#, "jti": #""0123""#, "exp": "2000",
    ]
    change(&claims)
    return "{" + claims.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
  }

  @Test("What was minted is accepted until it ends or is revoked")
  func accepted() {
    let text = Array(authority.text(of: token).utf8)
    #expect(authority.verify(text) == token)
    authority.tokens.remove(token)
    #expect(authority.verify(text) == nil)
    authority.tokens.add(token)
    clock.set(milliseconds: 2_000_000)
    #expect(authority.verify(text) == nil)
  }

  @Test("A right signature is not enough: the claims must be those of a service token that has a row")
  func refused() {
    #expect(authority.verify(Array(TokenForge.sign(payload: payload()).utf8)) == token)
    let changes: [(inout [String: String]) -> Void] = [
      { $0["jti"] = #""0124""# }, { $0["jti"] = nil }, { $0["aud"] = #""seatcast""# }, { $0["aud"] = nil },
      { $0["aud"] = #"["seatcast:service","seatcast"]"# }, { $0["iss"] = #""other""# }, { $0["iss"] = nil },
      { $0["exp"] = "1000" }, { $0["exp"] = nil }, { $0["jti"] = "123" },
    ]
    for (number, change) in changes.enumerated() {
      #expect(authority.verify(Array(TokenForge.sign(payload: payload(change)).utf8)) == nil, "\(number)")
    }
    var forged = Array(TokenForge.sign(payload: payload()).utf8)
    forged[forged.count - 2] ^= 1
    #expect(authority.verify(forged) == nil)
    #expect(authority.verify([]) == nil)
  }

  @Test("No user's endpoint takes a service token, also when the audience is configured like theirs")
  func notAUser() {
    let text = Array(authority.text(of: token).utf8)
    for audience in [nil, ServiceTokenAuthority.audience] {
      let verifier = TokenVerifier(
        TrustedKeys(TokenForge.secret, audience: audience), Revocations(), clock: clock)
      #expect(verifier.verify(text) == .invalid)
    }
  }
}
