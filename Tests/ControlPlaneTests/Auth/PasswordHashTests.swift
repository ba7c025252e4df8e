import Testing

@testable import ControlPlane

@Suite("PasswordHash")
struct PasswordHashTests {
  @Test("The PHC string is written and read back")
  func roundTrip() {
    let hash = PasswordHash(
      parameters: .init(ln: 14, r: 8, p: 5), salt: [UInt8](repeating: 0xFB, count: 16),
      hash: [UInt8](repeating: 1, count: 32))
    #expect(
      hash.text
        == "$scrypt$ln=14,r=8,p=5$+/v7+/v7+/v7+/v7+/v7+w$AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE")
    #expect(PasswordHash(hash.text) == hash)
  }

  @Test(
    "Refuses other algorithms, other orders, damage, and what would cost gigabytes",
    arguments: [
      "", "$", "scrypt$ln=14,r=8,p=5$AAAAAAAAAAAAAAAAAAAAAA$AQEBAQEBAQEBAQEBAQEBAQ",
      "$argon2id$ln=14,r=8,p=5$AAAAAAAAAAAAAAAAAAAAAA$AQEBAQEBAQEBAQEBAQEBAQ",
      "$scrypt$r=8,ln=14,p=5$AAAAAAAAAAAAAAAAAAAAAA$AQEBAQEBAQEBAQEBAQEBAQ",
      "$scrypt$ln=18,r=8,p=5$AAAAAAAAAAAAAAAAAAAAAA$AQEBAQEBAQEBAQEBAQEBAQ",
      "$scrypt$ln=14,r=17,p=5$AAAAAAAAAAAAAAAAAAAAAA$AQEBAQEBAQEBAQEBAQEBAQ",
      "$scrypt$ln=14,r=8,p=17$AAAAAAAAAAAAAAAAAAAAAA$AQEBAQEBAQEBAQEBAQEBAQ",
      "$scrypt$ln=0,r=8,p=5$AAAAAAAAAAAAAAAAAAAAAA$AQEBAQEBAQEBAQEBAQEBAQ",
      "$scrypt$ln=014,r=8,p=5$AAAAAAAAAAAAAAAAAAAAAA$AQEBAQEBAQEBAQEBAQEBAQ",
      "$scrypt$ln=14,r=8$AAAAAAAAAAAAAAAAAAAAAA$AQEBAQEBAQEBAQEBAQEBAQ",
      "$scrypt$ln=14,r=8,p=5$AAAA$AQEBAQEBAQEBAQEBAQEBAQ",
      "$scrypt$ln=14,r=8,p=5$AAAAAAAAAAAAAAAAAAAAAA$AQEB",
      "$scrypt$ln=14,r=8,p=5$AAAAAAAAAAAAAAAAAAAAAA", "$scrypt$ln=14,r=8,p=5$AAAAAAAAAAAAAAAAAAAAAA$",
      "$scrypt$ln=14,r=8,p=5$AAAAAAAAAAAAAAAAAAAAAA==$AQEBAQEBAQEBAQEBAQEBAQ",
      "$scrypt$ln=14,r=8,p=5$AAAAAAAAAAAAAAAAAAAAAA$AQEBAQEBAQEBAQEBAQEBAQ$",
    ])
  func damaged(text: String) {
    #expect(PasswordHash(text) == nil)
  }
}
