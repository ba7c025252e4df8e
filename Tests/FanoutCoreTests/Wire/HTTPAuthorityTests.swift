import Testing

@testable import FanoutCore

@Suite("HTTP authority")
struct HTTPAuthorityTests {
  private func isValid(_ text: String) -> Bool { HTTPAuthority.isValid(bytes(text).span) }

  @Test(
    "Names and IPv4 addresses, with or without a port",
    arguments: [
      "a", "localhost", "a.b-c_d~e.example", "xn--bcher-kva.example", "a%20b", "a%C3%A9", "!$&'()*+,;=",
      "a:3000",
      "a:", "127.0.0.1", "1.2.3.4:80", "999.1", "a:99999999",
    ])
  func names(text: String) { #expect(isValid(text)) }

  @Test(
    "IPv6 addresses in brackets",
    arguments: [
      "[::]", "[::1]", "[1::]", "[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7::]", "[::2:3:4:5:6:7:8]",
      "[fe80::aBcD]:80",
      "[::ffff:1.2.3.4]", "[1:2:3:4:5:6:1.2.3.4]", "[::1.2.3.4]:", "[2001:db8::1:0:0:1]",
    ])
  func addresses(text: String) { #expect(isValid(text)) }

  @Test("Addresses of versions to come", arguments: ["[v1.a]", "[VF.::$;]:1", "[v1a2b.x:y]"])
  func futureAddresses(text: String) { #expect(isValid(text)) }

  @Test(
    "What is nearly a host is none",
    arguments: [
      "", ":", ":80", "a:b:c", "a:b", "a:8 0", "a:-1", "1.2.3.4:http", "a b", "a/b", "a@b", "a#b", "a?b",
      "a\"b",
      "a%zz", "a%4", "a%", "%", "a[b", "a]b", "]", "[", "[]", "[::1", "::1", "[::1]x", "[::1]80", "[::1]:x",
      "[::1]]",
      "[zz]", "[:]", "[:1]", "[1:]", "[:::]", "[1:::2]", "[1::2::3]", "[1:2:3:4:5:6:7]",
      "[1:2:3:4:5:6:7:8:9]",
      "[1:2:3:4:5:6:7:8::]", "[12345::]", "[::1.2.3]", "[::1.2.3.4.5]", "[::1.2.3.256]", "[::01.2.3.4]",
      "[1:2:3:4:5:6:7:1.2.3.4]", "[1.2.3.4]", "[1.2.3.4::]", "[fe80::1%25eth0]", "[v.a]", "[v1]", "[v1.]",
      "[vg.a]",
      "[v1.a/b]", "a\u{E9}", "a\u{0}",
    ])
  func refused(text: String) { #expect(!isValid(text)) }
}
