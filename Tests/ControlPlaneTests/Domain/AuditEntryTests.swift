import Testing

@testable import ControlPlane

@Suite("AuditEntry")
struct AuditEntryTests {
  @Test(
    "An address is written as people write it",
    arguments: [
      (0, 0xFFFF_C000_0207, "192.0.2.7"), (0, 0, "::"), (0, 1, "::1"),
      (0x2001_0DB8_0000_0000, 1, "2001:db8::1"),
      (0x2001_0DB8_0000_0001, 0x0001_0001_0001_0001, "2001:db8:0:1:1:1:1:1"),
      (0x2001_0000_0000_0001, 0x0000_0000_0000_0001, "2001:0:0:1::1"),
      (0x2001_0DB8_0000_0000, 0x0001_0000_0000_0001, "2001:db8::1:0:0:1"),
      (0xFE80_0000_0000_0000, 0, "fe80::"),
    ] as [(UInt64, UInt64, String)])
  func addresses(upper: UInt64, lower: UInt64, text: String) {
    #expect(ClientAddress(upper: upper, lower: lower).text == text)
  }

  @Test("Actions have different names, which are in databases")
  func actions() {
    #expect(Set(AuditAction.allCases.map(\.rawValue)).count == AuditAction.allCases.count)
    #expect(AuditAction.loginFailure.rawValue == "login.failure")
  }
}
