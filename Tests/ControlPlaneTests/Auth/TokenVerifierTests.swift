import TestSupport
import Testing

@testable import ControlPlane

@Suite("TokenVerifier")
struct TokenVerifierTests {
  private let clock = StillClock(milliseconds: 1_000_000)

  private func verifier() -> TokenVerifier {
    TokenVerifier(TrustedKeys(TokenForge.secret), Revocations(), clock: clock)
  }

  private func verdict(_ payload: String) -> TokenVerdict {
    verifier().verify(TokenForge.sign(payload: payload))
  }

  @Test("A good token gives its principal")
  func good() {
    let expected = Principal(
      identity: .local(5), role: .admin, email: "a@b.c", name: "Ann",
      expiresAt: Instant(milliseconds: 2_000_000), key: TokenForge.keyNumber)
    #expect(
      verdict(#"{"iss":"seatcast","sub":"5","role":"admin","email":"a@b.c","name":"Ann","exp":2000}"#)
        == .valid(expected))
  }

  @Test("Tokens that nodes share are redeemed on any of them, once; a log-out in between counts")
  func shared() throws {
    let (store, revocations) = (MemoryTokens(), Revocations())
    func node() -> TokenVerifier {
      TokenVerifier(TrustedKeys(TokenForge.secret), revocations, shared: store, clock: clock)
    }
    let principal = Principal(
      identity: .local(5), role: .user, email: nil, name: nil,
      issuedAt: Instant(milliseconds: 500_000), expiresAt: Instant(milliseconds: 2_000_000),
      key: TokenForge.keyNumber)
    func issue() throws -> [UInt8] {
      let made = ConnectionTokens().issueKept(
        ConnectionGrant(principal: principal, events: [EventID(3)]), at: clock.uptime)
      try store.keep(made.kept, until: Instant(milliseconds: 1_030_000), dropping: made.dropped)
      return made.token
    }
    let (one, other) = (node(), node())
    let token = try issue()
    #expect(try other.redeem(token) == ConnectionGrant(principal: principal, events: [EventID(3)]))
    #expect(try one.redeem(token) == nil && other.redeem(token) == nil)
    #expect(try one.redeem(Array("nonsense".utf8)) == nil)
    #expect(one.trusts(principal))
    let spare = try issue()
    store.fails.withLock { $0 = true }
    #expect(throws: DomainError.storageUnavailable) { try one.redeem(spare) }
    store.fails.withLock { $0 = false }
    let late = try issue()
    revocations.add(.local(5), before: Instant(milliseconds: 600_000))
    #expect(try one.redeem(late) == nil && !one.trusts(principal))
  }

  @Test("exp must be in the future, to the millisecond")
  func expiry() {
    #expect(verdict(#"{"iss":"seatcast","sub":"5","exp":1001}"#) != .invalid)
    #expect(verdict(#"{"iss":"seatcast","sub":"5","exp":1000.001}"#) != .invalid)
    #expect(verdict(#"{"iss":"seatcast","sub":"5","exp":1000}"#) == .invalid)
    #expect(verdict(#"{"iss":"seatcast","sub":"5","exp":999}"#) == .invalid)
    #expect(verdict(#"{"iss":"seatcast","sub":"5"}"#) == .invalid)
  }

  @Test("nbf must not be in the future")
  func notBefore() {
    #expect(verdict(#"{"iss":"seatcast","sub":"5","exp":2000,"nbf":1000}"#) != .invalid)
    #expect(verdict(#"{"iss":"seatcast","sub":"5","exp":2000,"nbf":1001}"#) == .invalid)
  }

  @Test("aud, when present, must name this server")
  func audience() {
    #expect(verdict(#"{"iss":"seatcast","sub":"5","exp":2000,"aud":"seatcast"}"#) != .invalid)
    #expect(verdict(#"{"iss":"seatcast","sub":"5","exp":2000,"aud":["other","seatcast"]}"#) != .invalid)
    #expect(verdict(#"{"iss":"seatcast","sub":"5","exp":2000,"aud":"other"}"#) == .invalid)
    #expect(verdict(#"{"iss":"seatcast","sub":"5","exp":2000,"aud":["other"]}"#) == .invalid)
    #expect(verdict(#"{"iss":"seatcast","sub":"5","exp":2000,"aud":[]}"#) == .invalid)
  }

  @Test("iss must be the authority's, to the byte")
  func issuer() {
    #expect(verdict(#"{"sub":"5","exp":2000}"#) == .invalid)
    for issuer in ["", "Seatcast", "seatcast ", "seatcast\\u0000", "s\u{435}atcast", "anybody"] {
      #expect(verdict(#"{"sub":"5","exp":2000,"iss":"\#(issuer)"}"#) == .invalid, "\(issuer)")
    }
  }

  @Test("Of two authorities the one whose key has signed decides, whatever iss says")
  func twoAuthorities() throws {
    let other = try SigningSecret(Array(repeating: 7, count: 32))
    let authorities = Authorities(
      local: .local(other, audience: nil, adminsOnly: true), signing: other,
      external: .external(
        "https://id.example", KeyRing(TokenForge.secret), audience: nil, adminClaim: nil))
    let verifier = TokenVerifier(TrustedKeys(authorities), Revocations(), clock: clock)
    func verdict(_ payload: String, _ secret: SigningSecret) -> TokenVerdict {
      let token = JSONWebSignature.sign(Array(payload.utf8), with: secret)
      return verifier.verify(String(decoding: token, as: UTF8.self))
    }
    let foreign = #"{"iss":"https://id.example","sub":"5","role":"admin","exp":2000}"#
    let own = #"{"iss":"seatcast","sub":"5","role":"admin","exp":2000}"#
    guard case .valid(let user) = verdict(foreign, TokenForge.secret),
      case .valid(let admin) = verdict(own, other)
    else {
      Issue.record("both authorities' own tokens are good")
      return
    }
    #expect(user.role == .user && admin.role == .admin)
    #expect(user.identity != admin.identity && user.connectionKey != admin.connectionKey)
    #expect(verdict(own, TokenForge.secret) == .invalid)
    #expect(verdict(foreign, other) == .invalid)
    #expect(verdict(#"{"iss":"seatcast","sub":"5","role":"user","exp":2000}"#, other) == .invalid)
  }

  @Test(
    "Garbage of every kind is invalid",
    arguments: ["", "x", "a.b.c", "....", "\u{0}", "ünïcode.ünïcode.ünïcode"])
  func garbage(token: String) {
    #expect(verifier().verify(token) == .invalid)
    #expect(verifier().verify(String(repeating: "a", count: 100_000)) == .invalid)
  }

  @Test("A remembered token dies with its exp")
  func cacheExpiry() {
    let verifier = verifier()
    let token = TokenForge.sign(payload: #"{"iss":"seatcast","sub":"5","exp":2000}"#)
    #expect(verifier.verify(token) != .invalid)
    clock.set(milliseconds: 1_999_999)
    #expect(verifier.verify(token) != .invalid)
    clock.set(milliseconds: 2_000_000)
    #expect(verifier.verify(token) == .invalid)
  }

  @Test("A remembered token dies with its key")
  func replacedKeys() throws {
    let keys = TrustedKeys(TokenForge.secret)
    let verifier = TokenVerifier(keys, Revocations(), clock: clock)
    let token = TokenForge.sign(payload: #"{"iss":"seatcast","sub":"5","exp":2000}"#)
    #expect(verifier.verify(token) != .invalid)
    let other = try SigningSecret(Array(repeating: 7, count: 32))
    keys.replace(by: Authorities(local: .local(other, audience: nil), signing: other, external: nil))
    #expect(verifier.verify(token) == .invalid)
  }

  @Test("A remembered token of the previous secret dies with the time for which that counts")
  func previousSecret() throws {
    let other = try SigningSecret(Array(repeating: 7, count: 32))
    let previous = TokenKey(TokenForge.secret, until: Instant(milliseconds: 1_500_000))
    let local = TokenAuthority.local(other, previous: previous, audience: nil)
    let keys = TrustedKeys(Authorities(local: local, signing: other, external: nil))
    let verifier = TokenVerifier(keys, Revocations(), clock: clock)
    let token = TokenForge.sign(payload: #"{"iss":"seatcast","sub":"5","exp":2000}"#)
    guard case .valid(let principal) = verifier.verify(token) else {
      Issue.record("the previous secret counts")
      return
    }
    #expect(principal.expiresAt.milliseconds == 1_500_000)
    clock.set(milliseconds: 1_499_999)
    #expect(verifier.verify(token) != .invalid)
    clock.set(milliseconds: 1_500_000)
    #expect(verifier.verify(token) == .invalid)
  }

  @Test(
    "A token whose public key is not known asks for a look at the file of keys, a wrong signature does not")
  func asksForKeys() throws {
    let known = try JSONWebKeySet.keys(Array(ForeignKeys.set([ForeignKeys.key("ES256")]).utf8))
    let authorities = Authorities(
      local: .local(TokenForge.secret, audience: nil, adminsOnly: true), signing: TokenForge.secret,
      external: .external(
        ForeignKeys.issuer, KeyRing(publicKeys: known), audience: nil, adminClaim: nil))
    let watch = KeySetWatch {}
    let verifier = TokenVerifier(TrustedKeys(authorities), Revocations(), watch: watch, clock: clock)
    #expect(verifier.verify(ForeignKeys.token("ES256")) != .invalid)
    #expect(verifier.verify(ForeignKeys.token("ES256") + "A") == .invalid)
    #expect(verifier.verify(TokenForge.sign(payload: "{}")) == .invalid)
    #expect(!watch.pump())
    #expect(verifier.verify(ForeignKeys.token("EdDSA")) == .invalid)
    #expect(watch.pump())
  }

  @Test("A text that Unicode calls equal to a remembered token is another token")
  func unicodeEquality() throws {
    let verifier = verifier()
    let token = try #require(
      (1...200).lazy.map { TokenForge.sign(payload: #"{"iss":"seatcast","sub":"\#($0)","exp":2000}"#) }
        .first { $0.contains("K") })
    let kelvin = String(token.map { $0 == "K" ? "\u{212A}" : $0 })
    #expect(kelvin == token)
    #expect(verifier.verify(token) != .invalid)
    #expect(verifier.verify(kelvin) == .invalid)
  }

  @Test("Many threads may ask at once")
  func threads() async {
    let verifier = verifier()
    let tokens = (1...50).map { TokenForge.sign(payload: #"{"iss":"seatcast","sub":"\#($0)","exp":2000}"#) }
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          tokens.enumerated().allSatisfy { index, token in
            if case .valid(let principal) = verifier.verify(token) {
              principal.identity == .local(UInt64(index + 1))
            } else {
              false
            }
          }
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }
}
