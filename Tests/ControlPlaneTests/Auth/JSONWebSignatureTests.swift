import TestSupport
import Testing

@testable import ControlPlane

@Suite("JSONWebSignature")
struct JSONWebSignatureTests {
  private let secret = TokenForge.secret

  @Test("The example of RFC 7515, appendix A.1, verifies")
  func appendixA1() throws {
    let key = try #require(
      Base64.decode(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow".utf8,
        .urlSafe))
    let token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
      + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
      + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    let payload = JSONWebSignature.payload(of: Array(token.utf8), signedWith: try SigningSecret(key))
    let text = payload.map { String(decoding: $0, as: UTF8.self) }
    #expect(text == "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}")
  }

  @Test("What was signed comes back, and only with the same secret")
  func roundTrip() throws {
    let token = JSONWebSignature.sign(Array("{\"a\":1}".utf8), with: secret)
    #expect(JSONWebSignature.payload(of: token, signedWith: secret) == Array("{\"a\":1}".utf8))
    let other = try SigningSecret(Array(repeating: 7, count: 32))
    #expect(JSONWebSignature.payload(of: token, signedWith: other) == nil)
  }

  @Test("A token names its secret by the first bytes of the secret's digest")
  func keyID() throws {
    let token = try #require(JSONWebSignature(JSONWebSignature.sign(Array("{}".utf8), with: secret)))
    #expect(token.keyID == Digests.base64URL(Array(Digests.sha256(TokenForge.secretBytes).prefix(8))))
  }

  @Test("Changing any one character makes the token invalid")
  func tampering() {
    let token = JSONWebSignature.sign(Array("{\"sub\":\"1\"}".utf8), with: secret)
    for index in token.indices {
      var changed = token
      changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      #expect(JSONWebSignature.payload(of: changed, signedWith: secret) == nil)
    }
  }

  @Test(
    "Refuses every header but a plain HS256 one, though the signature is right",
    arguments: [
      #"{"alg":"none"}"#, #"{"alg":"None"}"#, #"{"alg":"hs256"}"#, #"{"alg":"HS512"}"#, #"{"alg":"RS256"}"#,
      #"{"typ":"JWT"}"#, #"{"alg":["HS256"]}"#, #"{"alg":"HS256","crit":["exp"]}"#,
      #"{"alg":"HS256","crit":[]}"#, #"{"alg":"none","alg":"HS256"}"#, #"{"alg":"HS256","alg":"HS256"}"#,
      #"["HS256"]"#, #"{"alg":"HS256"} x"#, "", #"{"alg":"HS256","crit":null}"#,
      #"{"alg":"HS256","kid":1}"#, #"{"alg":"HS256","kid":null}"#, #"{"alg":"HS256","kid":["a"]}"#,
      #"{"alg":"HS256","typ":1}"#, #"{"alg":"HS256","typ":{}}"#, #"{"alg":"HS256","cty":true}"#,
      #"{"alg":"HS256","jku":1}"#, #"{"alg":"HS256","x5u":[]}"#, #"{"alg":"HS256","x5t":0}"#,
      #"{"alg":"HS256","jwk":"a"}"#, #"{"alg":"HS256","x5c":"a"}"#, #"{"alg":"HS256","x5c":[1]}"#,
      #"{"alg":"HS256","b64":true}"#, #"{"alg":"HS256","kid":"a","kid":"a"}"#,
      #"{"alg":"HS256","jwk":{"a":1,"a":2}}"#,
    ])
  func headers(header: String) {
    let token = TokenForge.sign(header: header, payload: "{}")
    #expect(JSONWebSignature.payload(of: Array(token.utf8), signedWith: secret) == nil)
  }

  @Test("A header with members that we do not know is good")
  func unknownHeaderMembers() {
    let token = TokenForge.sign(
      header: #"{"kid":"a","alg":"HS256","typ":"at+jwt","x5c":["a"],"jwk":{},"x":[1]}"#, payload: "{}")
    #expect(JSONWebSignature.payload(of: Array(token.utf8), signedWith: secret) == Array("{}".utf8))
  }

  @Test("Refuses a token without signature, with more parts, and lax Base64")
  func shapes() {
    let good = String(decoding: JSONWebSignature.sign(Array("{}".utf8), with: secret), as: UTF8.self)
    let parts = good.split(separator: ".")
    let unsigned = "\(parts[0]).\(parts[1])."
    let bad = [
      "", ".", "..", "...", unsigned, "\(parts[0]).\(parts[1])", good + ".", good + ".AA", "." + good,
      good + "=",
      " " + good, good + " ", good + "\n",
      TokenForge.sign(rawHeader: "eyJhbGciOiJIUzI1NiJ9=", rawPayload: "e30"),
      TokenForge.sign(rawHeader: "eyJhbGciOiJIUzI1NiJ9", rawPayload: "e31"),
      TokenForge.sign(rawHeader: "eyJhbGciOiJIUzI1NiJ9", rawPayload: "e30="),
    ]
    for token in bad {
      #expect(JSONWebSignature.payload(of: Array(token.utf8), signedWith: secret) == nil, "\(token)")
    }
    let plain = TokenForge.sign(rawHeader: "eyJhbGciOiJIUzI1NiJ9", rawPayload: "e30")
    #expect(JSONWebSignature.payload(of: Array(plain.utf8), signedWith: secret) != nil)
  }

  @Test("A token of 4 KiB is read, a longer one is not")
  func size() {
    func token(payloadBytes: Int) -> [UInt8] {
      JSONWebSignature.sign([UInt8](repeating: 0x20, count: payloadBytes), with: secret)
    }
    var bytes = 2_000
    while token(payloadBytes: bytes + 1).count <= 4_096 { bytes += 1 }
    #expect(JSONWebSignature.payload(of: token(payloadBytes: bytes), signedWith: secret) != nil)
    #expect(JSONWebSignature.payload(of: token(payloadBytes: bytes + 1), signedWith: secret) == nil)
  }
}
