import Testing

@testable import ControlPlane

@Suite("User")
struct UserTests {
  @Test(
    "two spellings of an address are one key",
    arguments: ["Ann@Example.org", "ann@example.ORG", "  ann@example.org", "ann@example.org\n"])
  func sameKey(_ email: String) { #expect(EmailKey(email) == EmailKey("ann@example.org")) }

  @Test("nothing but space is the empty key", arguments: ["", " ", "\t\n"])
  func emptyKey(_ email: String) { #expect(EmailKey(email).text.isEmpty) }

  @Test("different addresses are different keys")
  func differentKeys() { #expect(EmailKey("an@example.org") != EmailKey("ann@example.org")) }
}
