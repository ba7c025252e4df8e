import TestSupport
import Testing

@testable import ControlPlane

@Suite("TokenKey")
struct TokenKeyTests {
  private let now = Instant(milliseconds: 0)

  private func token(_ text: String) throws -> JSONWebSignature {
    try #require(JSONWebSignature(Array(text.utf8)))
  }

  private func ring(_ keys: [String]) throws -> KeyRing {
    KeyRing(publicKeys: try JSONWebKeySet.keys(Array(ForeignKeys.set(keys).utf8)))
  }

  @Test("The key fixes the algorithm: a public key is no secret for HS256, and a secret no public key")
  func confusion() throws {
    let key = ForeignKeys.key("RS256")
    let secret = try SigningSecret(Array(key.utf8))
    let forged = String(
      decoding: JSONWebSignature.sign(Array(ForeignKeys.claims.utf8), with: secret), as: UTF8.self)
    #expect(KeyRing(secret).signer(of: try token(forged), at: now) != nil)
    #expect(try ring([key]).signer(of: token(forged), at: now) == nil)
    #expect(try KeyRing(secret).signer(of: token(ForeignKeys.token("RS256")), at: now) == nil)
  }

  @Test("Where a key says alg, it is for that algorithm alone")
  func algorithm() throws {
    let ring = try ring([ForeignKeys.key("PS256", more: #","alg":"PS256""#)])
    #expect(try ring.signer(of: token(ForeignKeys.token("PS256")), at: now) != nil)
    #expect(try ring.signer(of: token(ForeignKeys.token("RS256")), at: now) == nil)
  }

  @Test("kid selects; without one, the key is taken that is the only one of the algorithm")
  func selection() throws {
    let one = try ring([ForeignKeys.key("ES256"), ForeignKeys.key("EdDSA"), ForeignKeys.key("RS256")])
    for algorithm in ForeignKeys.algorithms {
      #expect(try one.signer(of: token(ForeignKeys.token(algorithm)), at: now) != nil)
      #expect(try one.signer(of: token(ForeignKeys.namelessToken(algorithm)), at: now) != nil)
    }
    let renamed = try ring([#"{"kid":"other",\#(ForeignKeys.p256)}"#])
    #expect(try renamed.signer(of: token(ForeignKeys.token("ES256")), at: now) == nil)
    let two = try ring([ForeignKeys.key("ES256"), #"{"kid":"other",\#(ForeignKeys.p256)}"#])
    #expect(try two.signer(of: token(ForeignKeys.token("ES256")), at: now) != nil)
    #expect(try two.signer(of: token(ForeignKeys.namelessToken("ES256")), at: now) == nil)
  }

  @Test("A secret is tried for names that it did not give, because its other holder may give names, too")
  func secrets() throws {
    let (old, new) = (TokenForge.secret, try SigningSecret(Array(repeating: 7, count: 32)))
    let ring = KeyRing(new, previous: TokenKey(old, until: Instant(milliseconds: 10)))
    func signer(_ header: String, at moment: Int64 = 0) throws -> String? {
      let token = try token(TokenForge.sign(header: header, payload: "{}"))
      return ring.signer(of: token, at: Instant(milliseconds: moment))?.id
    }
    for kid in ["", #","kid":"theirs""#, #","kid":"\#(old.keyID)""#] {
      #expect(try signer(#"{"alg":"HS256"\#(kid)}"#) == old.keyID)
      #expect(try signer(#"{"alg":"HS256"\#(kid)}"#, at: 10) == nil)
    }
    // The name of the other secret is a lie.
    #expect(try signer(#"{"alg":"HS256","kid":"\#(new.keyID)"}"#) == nil)
  }

  @Test("A set lacks the key of a token that names another one")
  func lacks() throws {
    let ring = try ring([ForeignKeys.key("ES256")])
    #expect(try ring.lacksKey(of: token(ForeignKeys.token("EdDSA"))))
    #expect(try ring.lacksKey(of: token(ForeignKeys.namelessToken("EdDSA"))))
    #expect(try !ring.lacksKey(of: token(ForeignKeys.token("ES256"))))
    #expect(try !ring.lacksKey(of: token(TokenForge.sign(payload: "{}"))))
    #expect(try !KeyRing(TokenForge.secret).lacksKey(of: token(ForeignKeys.token("ES256"))))
  }
}
