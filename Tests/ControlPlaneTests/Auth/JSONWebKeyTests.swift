import TestSupport
import Testing

@testable import ControlPlane

@Suite("JSONWebKey")
struct JSONWebKeyTests {
  private func keys(_ elements: [String]) throws(KeyRefusal) -> [TokenKey] {
    try JSONWebKeySet.keys(Array(ForeignKeys.set(elements).utf8))
  }

  private func refusal(_ elements: [String]) -> String? {
    do throws(KeyRefusal) {
      _ = try keys(elements)
      return nil
    } catch {
      return error.description
    }
  }

  @Test("A key is for the algorithms of its kind, or for the one that it names")
  func kinds() throws {
    let found = try keys([
      ForeignKeys.key("RS256"), ForeignKeys.key("ES256"), ForeignKeys.key("EdDSA"),
      #"{\#(ForeignKeys.rsa),"alg":"RS256","use":"sig","key_ops":["verify"],"x5c":["a"]}"#,
    ])
    #expect(found.map(\.id) == ["rsa", "ec", "ed", nil])
    #expect(found.map(\.algorithms) == [[.rs256, .ps256], [.es256], [.edDSA], [.rs256]])
  }

  @Test(
    "Keys for other purposes are passed over",
    arguments: [
      #""use":"enc""#, #""use":"SIG""#, #""key_ops":[]"#, #""key_ops":["sign","encrypt"]"#, #""alg":"RS512""#,
      #""alg":"ES256""#, #""alg":"HS256""#, #""alg":"none""#, #""alg":"RSA-OAEP""#,
    ])
  func otherPurposes(member: String) throws {
    let other = #"{"kid":"x",\#(ForeignKeys.rsa),\#(member)}"#
    #expect(try keys([other, ForeignKeys.key("ES256")]).map(\.id) == ["ec"])
    #expect(refusal([other]) == "has no key for RS256, PS256, ES256 or EdDSA")
  }

  @Test("Keys of other kinds are passed over")
  func otherKinds() throws {
    let others = [
      "{\(ForeignKeys.p384)}", #"{"kty":"OKP","crv":"X25519","x":"AA"}"#,
      #"{"kty":"OKP","crv":"Ed448","x":"AA"}"#,
      #"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}"#, #"{"kty":"rsa"}"#, #"{"kty":"new"}"#,
    ]
    #expect(try keys(others + [ForeignKeys.key("EdDSA")]).map(\.id) == ["ed"])
  }

  @Test("A secret in the file is refused with a sentence, because somebody published it")
  func secrets() {
    #expect(
      refusal([#"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ"}"#])
        == "has a key that cannot be used: number 0 is symmetric; only public keys belong into the file")
    for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
      let key = ForeignKeys.key("RS256", more: #","\#(name)":"AA""#)
      #expect(
        refusal([ForeignKeys.key("ES256"), key])
          == "has a key that cannot be used: number 1 has the private member \"\(name)\"; only public keys"
          + " belong into the file")
    }
  }

  @Test("RSA keys have at least 2048 bits")
  func rsaBits() {
    #expect(
      refusal(["{\(ForeignKeys.rsa1024)}"])
        == "has a key that cannot be used: number 0 has 1024 bits; RSA keys need at least 2048")
    let long = String(repeating: "_", count: 1_500)
    #expect(refusal([#"{"kty":"RSA","n":"\#(long)","e":"AQAB"}"#])?.contains("is too large") == true)
    #expect(refusal([#"{"kty":"RSA","n":"AQ","e":"AQABAQABAQAB"}"#])?.contains("is too large") == true)
  }

  @Test(
    "A key has one spelling and the right types",
    arguments: [
      #"{"kty":"RSA","n":"AAEC","e":"AQAB"}"#, #"{"kty":"RSA","n":"AQ==","e":"AQAB"}"#,
      #"{"kty":"RSA","n":"","e":"AQAB"}"#, #"{"kty":"RSA","e":"AQAB"}"#, #"{"kty":"RSA","n":1,"e":"AQAB"}"#,
      #"{"kty":1}"#, "{}", "[]", "1", #"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#,
      #"{"kty":"EC","crv":"P-256","x":"HcftG1McOO-eV0X3Q2iWYaFuBmtbFxFnF-vJ69zLhYc","y":"HcftG1McOO-eV0X3Q2iWYaFuBmtbFxFnF-vJ69zLhYc"}"#,
      #"{"kty":"OKP","crv":"Ed25519","x":"QVUcSUQCqwuln3OjCLxZhpjEn5xFf9px7Nyd99hhpZt"}"#,
      #"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#, #"{"kty":"OKP","x":"AA"}"#,
      #"{"kid":1,"kty":"OKP","crv":"Ed25519","x":"QVUcSUQCqwuln3OjCLxZhpjEn5xFf9px7Nyd99hhpZs"}"#,
      #"{"use":["sig"],"kty":"OKP","crv":"Ed25519","x":"QVUcSUQCqwuln3OjCLxZhpjEn5xFf9px7Nyd99hhpZs"}"#,
      #"{"key_ops":"verify","kty":"OKP","crv":"Ed25519","x":"QVUcSUQCqwuln3OjCLxZhpjEn5xFf9px7Nyd99hhpZs"}"#,
      #"{"key_ops":["verify","verify"],"kty":"OKP","crv":"Ed25519","x":"QVUcSUQCqwuln3OjCLxZhpjEn5xFf9px7Nyd99hhpZs"}"#,
      #"{"kty":"OKP","kty":"OKP","crv":"Ed25519","x":"QVUcSUQCqwuln3OjCLxZhpjEn5xFf9px7Nyd99hhpZs"}"#,
    ])
  func strictness(key: String) {
    #expect(refusal([key, ForeignKeys.key("RS256")]) != nil)
  }

  @Test("A set is an object with at most 64 keys, 64 KiB, and no name twice")
  func sets() throws {
    for text in ["", "x", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[]}"#] {
      #expect(throws: KeyRefusal.self) { try JSONWebKeySet.keys(Array(text.utf8)) }
    }
    let others = Array(repeating: #"{"kty":"new"}"#, count: 63)
    #expect(try keys(others + [ForeignKeys.key("ES256")]).count == 1)
    #expect(
      refusal(others + [ForeignKeys.key("ES256"), ForeignKeys.key("RS256")]) == "has more than 64 keys")
    #expect(refusal([ForeignKeys.key("ES256"), ForeignKeys.key("ES256")])?.contains("same \"kid\"") == true)
    let padded = ForeignKeys.set([ForeignKeys.key("ES256")]) + String(repeating: " ", count: 64 * 1_024)
    #expect(throws: KeyRefusal("has more than 65536 bytes")) { try JSONWebKeySet.keys(Array(padded.utf8)) }
  }
}
