import Testing

@testable import ControlPlane

@Suite("AccountRules")
struct AccountRulesTests {
  @Test(
    "an address has one @ with something on both sides",
    arguments: [
      "a@b", "ann.o'neil+x@example.org", "\u{fc}@\u{f6}.de", "Ann@EXAMPLE.org", "\u{ff41}@\u{ff42}.c",
    ])
  func addresses(email: String) { #expect(AccountRules.fault(ofEmail: email) == nil) }

  @Test(
    "anything else is no address",
    arguments: ["", "@", "a@", "@bc", "a@b@c", "a b@c", "a@b\n", "\u{A0}a@b", "a@\u{0}b", "a@b\u{ff20}c"])
  func noAddresses(email: String) { #expect(AccountRules.fault(ofEmail: email) != nil) }

  @Test(
    "a domain that has another spelling is refused",
    arguments: [
      "a@x.com.", "a@.x.com", "a@x..com", "a@.", "a@x.com\u{3002}", "a@x\u{3002}com", "a@x\u{ff61}com",
      "a@x.com\u{ff0e}", "a@xn--bcher-kva.example", "a@XN--bcher-kva.example", "a@mail.xn--p1ai",
      "a@x\u{fb01}.com", "a@x\u{b2}.com", "a@x\u{2024}com", "a@\u{1d41a}.com", "a@\u{2460}.com",
    ])
  func spellings(email: String) {
    #expect(AccountRules.fault(ofEmail: email)?.hasPrefix("must have a domain without") == true)
  }

  @Test(
    "characters that nobody sees are refused on both sides",
    arguments: [
      "a@x\u{ad}.com", "a\u{ad}@x.com", "a@x\u{200b}.com", "a@x\u{200d}.com", "a@x\u{2060}.com",
      "\u{feff}a@x.com", "a@x\u{fe0f}.com", "a@x\u{34f}.com", "a@x.com\u{e0041}",
    ])
  func invisible(email: String) {
    #expect(AccountRules.fault(ofEmail: email) == "must not contain invisible characters")
  }

  @Test("letters of domains in many scripts are taken, and so are the two that only folding changes")
  func scripts() {
    for domain in [
      "b\u{fc}cher.example", "stra\u{df}e.de", "\u{3b4}\u{3cc}\u{3bc}\u{3bf}\u{3c2}.gr",
      "\u{43f}\u{43e}.\u{440}\u{444}",
      "\u{4f8b}\u{5b50}.\u{6d4b}\u{8bd5}", "\u{30c9}\u{30e1}\u{30a4}\u{30f3}.jp", "\u{ff84}\u{ff9e}.jp",
      "\u{627}\u{644}.\u{645}\u{635}\u{631}", "\u{915}\u{93c}.\u{92d}\u{93e}\u{930}\u{924}",
      "\u{d55c}\u{ad6d}.kr", "x--n.org",
    ] {
      #expect(AccountRules.fault(ofEmail: "a@\(domain)") == nil, "\(domain)")
    }
  }

  @Test("addresses have 3 to 254 bytes, passwords 8 to 1024, also when they are composed")
  func lengths() {
    let long = String(repeating: "a", count: 252)
    #expect(AccountRules.fault(ofEmail: long + "@b") == nil)
    #expect(AccountRules.fault(ofEmail: long + "@bc") == "must have 3 to 254 bytes")
    for count in [8, 1_024] {
      #expect(AccountRules.fault(ofPassword: String(repeating: "x", count: count)) == nil)
    }
    for count in [0, 7, 1_025] {
      let fault = AccountRules.fault(ofPassword: String(repeating: "x", count: count))
      #expect(fault == "must have 8 to 1024 bytes, also in NFC")
    }
    #expect(AccountRules.fault(ofPassword: String(repeating: "e\u{301}", count: 3)) != nil)
    #expect(AccountRules.fault(ofPassword: String(repeating: "e\u{301}", count: 400)) != nil)
    #expect(AccountRules.fault(ofPassword: "pass\nword") == "must not contain control characters")
  }
}
