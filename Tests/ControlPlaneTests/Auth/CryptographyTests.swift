import Testing

@testable import ControlPlane

@Suite("Cryptography")
struct CryptographyTests {
  @Test("HMAC-SHA-256 gives the second vector of RFC 4231")
  func hmac() {
    let code = Cryptography.hmacSHA256("what do ya want for nothing?".utf8, key: Array("Jefe".utf8))
    #expect(hex(code) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
  }

  @Test("scrypt gives the vectors of RFC 7914, section 12")
  func scrypt() {
    let empty = Cryptography.scrypt(password: [], salt: [], logN: 4, r: 1, p: 1, count: 64)
    #expect(
      empty.map(hex)
        == "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
        + "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906")
    let salted = Cryptography.scrypt(
      password: Array("password".utf8), salt: Array("NaCl".utf8), logN: 10, r: 8, p: 16, count: 64)
    #expect(
      salted.map(hex)
        == "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
        + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640")
  }

  @Test("scrypt refuses parameters that make no sense")
  func badParameters() {
    #expect(Cryptography.scrypt(password: [1], salt: [2], logN: 0, r: 8, p: 1, count: 32) == nil)
    #expect(Cryptography.scrypt(password: [1], salt: [2], logN: 4, r: 0, p: 1, count: 32) == nil)
    #expect(Cryptography.scrypt(password: [1], salt: [2], logN: 4, r: 8, p: 0, count: 32) == nil)
  }

  @Test("Equality needs the same length and every byte")
  func equality() {
    #expect(Cryptography.equal([1, 2, 3], [1, 2, 3]))
    #expect(Cryptography.equal([], []))
    #expect(!Cryptography.equal([1, 2, 3], [1, 2, 4]))
    #expect(!Cryptography.equal([1, 2, 3], [1, 2]))
  }

  @Test("Random bytes are as many as asked for and never the same")
  func random() {
    #expect(Cryptography.randomBytes(32).count == 32)
    #expect(Cryptography.randomBytes(32) != Cryptography.randomBytes(32))
  }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
