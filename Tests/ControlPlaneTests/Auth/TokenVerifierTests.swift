import Testing

@testable import ControlPlane

@Suite("TokenVerifier")
struct TokenVerifierTests {
  private let clock = StillClock(milliseconds: 1_000_000)

  private func verifier(issuer: String? = nil) -> TokenVerifier {
    TokenVerifier(secret: TokenForge.secret, issuer: issuer, audience: "seatcast", clock: clock)
  }

  private func verdict(_ payload: String, issuer: String? = nil) -> TokenVerdict {
    verifier(issuer: issuer).verify(TokenForge.sign(payload: payload))
  }

  @Test("A good token gives its principal")
  func good() {
    let expected = Principal(
      user: UserID(5), role: .admin, email: "a@b.c", name: "Ann",
      expiresAt: Instant(milliseconds: 2_000_000))
    #expect(
      verdict(#"{"sub":"5","role":"admin","email":"a@b.c","name":"Ann","exp":2000}"#) == .valid(expected))
  }

  @Test("exp must be in the future, to the millisecond")
  func expiry() {
    #expect(verdict(#"{"sub":"5","exp":1001}"#) != .invalid)
    #expect(verdict(#"{"sub":"5","exp":1000.001}"#) != .invalid)
    #expect(verdict(#"{"sub":"5","exp":1000}"#) == .invalid)
    #expect(verdict(#"{"sub":"5","exp":999}"#) == .invalid)
    #expect(verdict(#"{"sub":"5"}"#) == .invalid)
  }

  @Test("nbf must not be in the future")
  func notBefore() {
    #expect(verdict(#"{"sub":"5","exp":2000,"nbf":1000}"#) != .invalid)
    #expect(verdict(#"{"sub":"5","exp":2000,"nbf":1001}"#) == .invalid)
  }

  @Test("aud, when present, must name this server")
  func audience() {
    #expect(verdict(#"{"sub":"5","exp":2000,"aud":"seatcast"}"#) != .invalid)
    #expect(verdict(#"{"sub":"5","exp":2000,"aud":["other","seatcast"]}"#) != .invalid)
    #expect(verdict(#"{"sub":"5","exp":2000,"aud":"other"}"#) == .invalid)
    #expect(verdict(#"{"sub":"5","exp":2000,"aud":["other"]}"#) == .invalid)
    #expect(verdict(#"{"sub":"5","exp":2000,"aud":[]}"#) == .invalid)
  }

  @Test("iss is checked only when one is configured")
  func issuer() {
    #expect(verdict(#"{"sub":"5","exp":2000,"iss":"anybody"}"#) != .invalid)
    #expect(verdict(#"{"sub":"5","exp":2000,"iss":"us"}"#, issuer: "us") != .invalid)
    #expect(verdict(#"{"sub":"5","exp":2000,"iss":"anybody"}"#, issuer: "us") == .invalid)
    #expect(verdict(#"{"sub":"5","exp":2000}"#, issuer: "us") == .invalid)
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
    let token = TokenForge.sign(payload: #"{"sub":"5","exp":2000}"#)
    #expect(verifier.verify(token) != .invalid)
    clock.set(milliseconds: 1_999_999)
    #expect(verifier.verify(token) != .invalid)
    clock.set(milliseconds: 2_000_000)
    #expect(verifier.verify(token) == .invalid)
  }

  @Test("A text that Unicode calls equal to a remembered token is another token")
  func unicodeEquality() throws {
    let verifier = verifier()
    let token = try #require(
      (1...200).lazy.map { TokenForge.sign(payload: #"{"sub":"\#($0)","exp":2000}"#) }
        .first { $0.contains("K") })
    let kelvin = String(token.map { $0 == "K" ? "\u{212A}" : $0 })
    #expect(kelvin == token)
    #expect(verifier.verify(token) != .invalid)
    #expect(verifier.verify(kelvin) == .invalid)
  }

  @Test("Many threads may ask at once")
  func threads() async {
    let verifier = verifier()
    let tokens = (1...50).map { TokenForge.sign(payload: #"{"sub":"\#($0)","exp":2000}"#) }
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          tokens.enumerated().allSatisfy { index, token in
            if case .valid(let principal) = verifier.verify(token) {
              principal.user == UserID(Int64(index + 1))
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
