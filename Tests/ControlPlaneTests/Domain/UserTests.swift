import Testing

@testable import ControlPlane

@Suite("User")
struct UserTests {
  @Test(
    "two spellings of an address are one key",
    arguments: ["Ann@Example.org", "ann@example.ORG", "  ann@example.org", "ann@example.org\n"])
  func sameKey(_ email: String) { #expect(EmailKey(email) == EmailKey("ann@example.org")) }

  @Test(
    "an address composed, decomposed, wide or in capitals is one key",
    arguments: ["\u{e9}@x.y", "e\u{301}@x.y", "E\u{301}@X.Y", "\u{c9}@\u{ff58}.y", " \u{e9}@x.y"])
  func encodings(_ email: String) { #expect(EmailKey(email) == EmailKey("\u{e9}@x.y")) }

  @Test("nothing but space is the empty key", arguments: ["", " ", "\t\n"])
  func emptyKey(_ email: String) { #expect(EmailKey(email).text.isEmpty) }

  @Test("different addresses are different keys")
  func differentKeys() { #expect(EmailKey("an@example.org") != EmailKey("ann@example.org")) }
}
