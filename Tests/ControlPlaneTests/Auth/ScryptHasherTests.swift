import Testing

@testable import ControlPlane

@Suite("ScryptHasher")
struct ScryptHasherTests {
  private let hasher = ScryptHasher(cost: .insecureTest)

  @Test("The right password is correct, any other is wrong")
  func verifies() throws {
    let hash = try hasher.hash("correct horse battery staple")
    #expect(hasher.verify("correct horse battery staple", against: hash) == .correct)
    #expect(hasher.verify("correct horse battery stapl", against: hash) == .wrong)
    #expect(hasher.verify("", against: hash) == .wrong)
  }

  @Test("Two hashes of one password differ")
  func salted() throws {
    #expect(try hasher.hash("password") != hasher.hash("password"))
  }

  @Test("Passwords are bytes: another normalization is another password, and NUL does not end one")
  func bytes() throws {
    let composed = try hasher.hash("caf\u{E9}")
    #expect(hasher.verify("cafe\u{301}", against: composed) == .wrong)
    let withNull = try hasher.hash("abc\u{0}def")
    #expect(hasher.verify("abc\u{0}xyz", against: withNull) == .wrong)
    #expect(hasher.verify("abc\u{0}def", against: withNull) == .correct)
  }

  @Test("A hash of other parameters verifies and asks to be renewed")
  func stale() throws {
    let salt = [UInt8](repeating: 3, count: 16)
    let old = try #require(
      Cryptography.scrypt(password: Array("password".utf8), salt: salt, logN: 3, r: 8, p: 1, count: 32))
    let hash = PasswordHash(parameters: .init(ln: 3, r: 8, p: 1), salt: salt, hash: old).text
    #expect(hasher.verify("password", against: hash) == .correctButStale)
    #expect(hasher.verify("passw0rd", against: hash) == .wrong)
  }

  @Test("An unknown account and a damaged hash are wrong, whatever the password")
  func unknown() {
    #expect(hasher.verify("password", against: nil) == .wrong)
    #expect(hasher.verify("password", against: "$scrypt$damaged") == .wrong)
  }

  @Test("The costs are the contract's, and the cheap one is named insecure")
  func costs() throws {
    #expect(PasswordCost.interactive.parameters == .init(ln: 14, r: 8, p: 5))
    #expect(PasswordCost.insecureTest.parameters == .init(ln: 4, r: 8, p: 1))
    let hash = try #require(PasswordHash(hasher.hash("password")))
    #expect(hash.parameters == PasswordCost.insecureTest.parameters)
    #expect(hash.salt.count == 16 && hash.hash.count == 32)
  }
}
