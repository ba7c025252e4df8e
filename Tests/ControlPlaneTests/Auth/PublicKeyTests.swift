import TestSupport
import Testing

@testable import ControlPlane

@Suite("PublicKey")
struct PublicKeyTests {
  private func key(_ algorithm: String) throws -> TokenKey {
    let members = try StrictJSON.parse(Array(ForeignKeys.key(algorithm).utf8)).members
    let key = try JSONWebKey.key(members ?? [:])
    return try #require(key)
  }

  private func isValid(_ token: String, _ key: TokenKey) -> Bool {
    JSONWebSignature(Array(token.utf8)).map { key.isSigner(of: $0) } ?? false
  }

  @Test(
    "Tokens that the openssl command signed verify, and not when a bit of the signature is another",
    arguments: ForeignKeys.algorithms)
  func verifies(algorithm: String) throws {
    let key = try key(algorithm)
    let token = ForeignKeys.token(algorithm)
    #expect(isValid(token, key))
    let parts = token.split(separator: ".")
    let signature = try #require(Base64.decode(parts[2].utf8, .urlSafe))
    for index in stride(from: 0, to: signature.count, by: 7) {
      var changed = signature
      changed[index] ^= 1
      let text = String(decoding: Base64.encode(changed, .urlSafe), as: UTF8.self)
      #expect(!isValid("\(parts[0]).\(parts[1]).\(text)", key))
    }
    for wrong in [signature.dropLast(), signature + [0], [], [0] + signature] as [[UInt8]] {
      let text = String(decoding: Base64.encode(wrong, .urlSafe), as: UTF8.self)
      #expect(!isValid("\(parts[0]).\(parts[1]).\(text)", key))
    }
  }

  @Test("No key verifies the tokens of another algorithm", arguments: ForeignKeys.algorithms)
  func algorithms(algorithm: String) throws {
    for other in ForeignKeys.algorithms where other != algorithm {
      let sharesKey = ["RS256", "PS256"].contains(other) && ["RS256", "PS256"].contains(algorithm)
      #expect(isValid(ForeignKeys.token(other), try key(algorithm)) == sharesKey)
    }
  }

  @Test("A PS256 signature has a salt of 32 bytes and no other")
  func saltLength() throws {
    #expect(!isValid(ForeignKeys.shortSaltToken, try key("PS256")))
  }

  @Test("An ES256 signature of zeros, or of numbers as large as the curve's order, is none")
  func zeros() throws {
    let key = try key("ES256")
    let parts = ForeignKeys.token("ES256").split(separator: ".")
    let order: [UInt8] = [
      0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ]
    let zero = [UInt8](repeating: 0, count: 32)
    for signature in [zero + zero, order + order, zero + order, order + zero] {
      let text = String(decoding: Base64.encode(signature, .urlSafe), as: UTF8.self)
      #expect(!isValid("\(parts[0]).\(parts[1]).\(text)", key))
    }
  }

  @Test("Points that are not on their curve, and numbers that are no modulus, are no keys")
  func noKeys() {
    let ones = [UInt8](repeating: 1, count: 32)
    #expect(PublicKey.p256(x: ones, y: ones) == nil)
    #expect(PublicKey.p256(x: [UInt8](repeating: 0, count: 32), y: [UInt8](repeating: 0, count: 32)) == nil)
    #expect(PublicKey.p256(x: [1], y: [1]) == nil)
    #expect(PublicKey.ed25519([1, 2, 3]) == nil)
    #expect(PublicKey.rsa(modulus: [UInt8](repeating: 2, count: 256), exponent: [1, 0, 1]) == nil)
    #expect(PublicKey.rsa(modulus: [], exponent: []) == nil)
    for exponent in [[0], [1], [2]] as [[UInt8]] {
      #expect(PublicKey.rsa(modulus: [UInt8](repeating: 0xF1, count: 256), exponent: exponent) == nil)
    }
  }
}
