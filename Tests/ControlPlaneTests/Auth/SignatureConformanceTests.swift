// The examples of the RFCs, and what attackers send, in the form of `seatcast conformance-jws`.
import TestSupport
import Testing

@testable import ControlPlane

@Suite("SignatureConformance")
struct SignatureConformanceTests {
  private func isValid(_ algorithm: String, _ key: JSON, _ token: String) -> Bool {
    let line: JSON = ["alg": .string(algorithm), "k": key, "jws": .string(token)]
    return SignatureConformance.isValid(Array(line.text.utf8))
  }

  private func key(_ algorithm: String) throws -> JSON { try JSON(parsing: ForeignKeys.key(algorithm)) }

  private static let joe =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

  private static let hmacKey =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"

  private static let rsaKey: JSON = [
    "kty": "RSA", "e": "AQAB",
    "n": .string(
      "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-y"
        + "RT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-K"
        + "XBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h"
        + "9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"),
  ]

  @Test("RFC 7515, appendix A.1: HS256")
  func appendixA1() {
    let token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\(Self.joe).dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    #expect(isValid("HS256", .string(Self.hmacKey), token))
    #expect(!isValid("HS256", .string(Self.hmacKey.dropLast() + "x"), token))
    #expect(!isValid("HS256", ["kty": "oct", "k": .string(Self.hmacKey)], token))
  }

  @Test("RFC 7515, appendix A.2: RS256")
  func appendixA2() {
    let token =
      "eyJhbGciOiJSUzI1NiJ9.\(Self.joe)."
      + "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9u"
      + "JdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_e"
      + "SN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5"
      + "AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
    #expect(isValid("RS256", Self.rsaKey, token))
    #expect(isValid("RS256", .string(Self.rsaKey.text), token))
    #expect(!isValid("PS256", Self.rsaKey, token))
  }

  @Test("RFC 7515, appendix A.3: ES256, with the private key as the appendix prints it, too")
  func appendixA3() {
    let token =
      "eyJhbGciOiJFUzI1NiJ9.\(Self.joe)."
      + "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    let (x, y): (JSON, JSON) = (
      "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
    )
    #expect(isValid("ES256", ["kty": "EC", "crv": "P-256", "x": x, "y": y], token))
    #expect(isValid("ES256", ["kty": "EC", "crv": "P-256", "x": x, "y": y, "d": "AA"], token))
    #expect(!isValid("ES256", ["kty": "EC", "crv": "P-256", "x": y, "y": x], token))
  }

  @Test("RFC 8037, appendix A.4: EdDSA")
  func appendixA4() {
    let token =
      "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
      + "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    let key: JSON = [
      "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    ]
    #expect(isValid("EdDSA", key, token))
    #expect(!isValid("Ed25519", key, token))
  }

  @Test(
    "What openssl signed is valid by its key and algorithm, and by no other",
    arguments: ForeignKeys.algorithms)
  func others(algorithm: String) throws {
    for other in ForeignKeys.algorithms {
      for token in [ForeignKeys.token(other), ForeignKeys.namelessToken(other)] {
        #expect(isValid(algorithm, try key(algorithm), token) == (other == algorithm))
      }
    }
  }

  @Test("A public key is no secret: a token signed with its text by HMAC is invalid, whatever the line says")
  func algorithmConfusion() throws {
    let text = ForeignKeys.key("RS256")
    let header = Digests.base64URL(Array(#"{"alg":"HS256"}"#.utf8))
    let signed = header + "." + Digests.base64URL(Array(ForeignKeys.claims.utf8))
    let code = Digests.base64URL(Digests.hmacSHA256(key: Array(text.utf8), Array(signed.utf8)))
    for algorithm in ["HS256", "RS256", "PS256", "ES256", "EdDSA", "none"] {
      #expect(!isValid(algorithm, .string(text), "\(signed).\(code)"))
      #expect(!isValid(algorithm, try JSON(parsing: text), "\(signed).\(code)"))
    }
  }

  @Test("Tokens without a signature, of no algorithm, and of a lying header are invalid")
  func headers() throws {
    let parts = ForeignKeys.token("ES256").split(separator: ".").map(String.init)
    let key = try key("ES256")
    let headers = [
      #"{"alg":"none"}"#, #"{"alg":"None"}"#, #"{"alg":""}"#, #"{}"#, #"{"alg":null}"#, #"{"alg":"HS256"}"#,
      #"{"alg":"RS256"}"#, #"{"alg":"ES256 "}"#,
    ]
    for header in headers.map({ Digests.base64URL(Array($0.utf8)) }) {
      for algorithm in ["ES256", "none", "", "HS256"] {
        for signature in ["", parts[2]] {
          #expect(!isValid(algorithm, key, "\(header).\(parts[1]).\(signature)"))
        }
      }
    }
    #expect(!isValid("ES256", key, "\(parts[0]).\(parts[1])."))
    #expect(!isValid("ES256", key, "\(parts[0]).\(parts[1])"))
  }

  @Test("b64 and crit are refused also when the signature is right")
  func extensions() {
    let secret = String(repeating: "s", count: 32)
    let key = JSON.string(Digests.base64URL(Array(secret.utf8)))
    func token(_ header: JSON) -> String { TokenMint(secret: secret).token(claims: ["a": 1], header: header) }
    #expect(isValid("HS256", key, token(["alg": "HS256"])))
    for header in [
      ["alg": "HS256", "b64": false, "crit": ["b64"]], ["alg": "HS256", "b64": false],
      ["alg": "HS256", "crit": ["exp"]], ["alg": "HS256", "crit": []],
    ] as [JSON] {
      #expect(!isValid("HS256", key, token(header)))
    }
    let short = String(repeating: "s", count: 31)
    #expect(
      !isValid(
        "HS256", .string(Digests.base64URL(Array(short.utf8))),
        TokenMint(secret: short).token(claims: ["a": 1])))
  }

  @Test("A token has one spelling, and nothing before or behind it")
  func spelling() throws {
    let good = ForeignKeys.token("EdDSA")
    let parts = good.split(separator: ".").map(String.init)
    let key = try key("EdDSA")
    #expect(isValid("EdDSA", key, good))
    // The last character of 64 bytes has four bits that say nothing; "g" of "Ag" and "h" decode alike.
    let stray = parts[2].dropLast() + (parts[2].hasSuffix("A") ? "B" : "\(Self.next(parts[2]))")
    for token in [
      good + ".", good + "A", good + "=", good + "==", " " + good, good + "\n", "\(good).\(parts[2])",
      "\(parts[0]).\(parts[1])..\(parts[2])", "\(parts[0]).\(parts[1]).\(stray)",
      "\(parts[0])=.\(parts[1]).\(parts[2])", good + "\u{0}",
    ] {
      #expect(!isValid("EdDSA", key, token), "\(token)")
    }
  }

  /// The character of the alphabet behind the last one of `text`.
  private static func next(_ text: String) -> Character {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    guard let last = text.last, let index = alphabet.firstIndex(of: last) else { return "A" }
    return alphabet[index + 1]
  }

  @Test(
    "A line that is not such an object is invalid",
    arguments: [
      "", "x", "[]", "{}", #"{"alg":"HS256"}"#, #"{"alg":1,"k":2,"jws":3}"#,
      #"{"alg":"HS256","k":"a","jws":""}"#,
    ])
  func badLines(line: String) {
    #expect(!SignatureConformance.isValid(Array(line.utf8)))
  }
}
