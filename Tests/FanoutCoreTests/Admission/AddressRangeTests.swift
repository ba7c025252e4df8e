import Testing

@testable import FanoutCore

@Suite("Address ranges")
struct AddressRangeTests {
  private func address(_ text: String) throws -> PeerAddress {
    try #require(PeerAddress(text: Array(text.utf8)))
  }

  @Test(
    "A range contains what has its prefix",
    arguments: [
      ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false), ("10.1.2.3", "10.1.2.3", true),
      ("10.1.2.3", "10.1.2.4", false), ("0.0.0.0/0", "192.0.2.1", true), ("0.0.0.0/0", "2001:db8::1", false),
      ("::/0", "2001:db8::1", true), ("::/0", "192.0.2.1", false),
      ("2001:db8::/32", "2001:db8:ffff::1", true),
      ("2001:db8::/32", "2001:db9::", false), ("fd00::/65", "fd00::7fff:0:0:1", true),
      ("fd00::/65", "fd00::8000:0:0:1", false), ("::1/128", "::1", true), ("::1/128", "::2", false),
      ("127.0.0.0/31", "127.0.0.1", true), ("127.0.0.0/31", "127.0.0.2", false),
      ("192.0.2.1/32", "::ffff:192.0.2.1", true),
    ])
  func containment(range: String, member: String, isInside: Bool) throws {
    #expect(try #require(AddressRange(range)).contains(address(member)) == isInside)
  }

  @Test(
    "What is no range is refused",
    arguments: [
      "", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.1/8", "10.0.0/8", "::/129",
      "2001:db8::1/32", "localhost", "10.0.0.0/8/8", "010.0.0.0/8", "fe80::1%eth0", "::1 ", "10.0.0.0/0008",
    ])
  func malformed(text: String) {
    #expect(AddressRange(text) == nil)
  }

  @Test("An address is read as the one that it is")
  func text() throws {
    for text in ["127.0.0.1", "255.255.255.255", "::", "2001:db8::ab:1", "2001:db8:1:2:3:4:5:6"] {
      #expect(try address(text).description == text)
    }
    #expect(try address("::ffff:10.0.0.1") == PeerAddress(ipv4: 0x0A00_0001))
    for text in ["", "1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.04", "::g", "1::2::3", "1.2.3.4\u{0}"] {
      #expect(PeerAddress(text: Array(text.utf8)) == nil, "\(text)")
    }
  }

  @Test("Limits count IPv4 by the address and IPv6 by its first 64 bits")
  func limitKeys() throws {
    #expect(try address("192.0.2.1").limitKey != address("192.0.2.2").limitKey)
    #expect(try address("2001:db8:0:1::1").limitKey == address("2001:db8:0:1:ffff::").limitKey)
    #expect(try address("2001:db8:0:1::1").limitKey != address("2001:db8:0:2::1").limitKey)
    #expect(try address("64:ff9b::192.0.2.1").limitKey == address("192.0.2.1").limitKey)
  }
}
