import Testing

@testable import FanoutCore

@Suite struct PeerAddressTests {
  @Test("an IPv4 address is shown as four numbers")
  func ipv4() {
    let address = PeerAddress(ipv4: 0x7F00_0001)
    #expect(address.description == "127.0.0.1")
    #expect(address.ipv4 == 0x7F00_0001)
    #expect(PeerAddress(ipv4: .max).description == "255.255.255.255")
    #expect(address == PeerAddress(upper: 0, lower: 0xFFFF_7F00_0001))
  }

  @Test("an IPv6 address is shown in its short form (RFC 5952)")
  func ipv6() {
    #expect(PeerAddress(upper: 0, lower: 1).description == "::1")
    #expect(
      PeerAddress(upper: 0x2001_0DB8_0000_0000, lower: 0x0000_0000_00AB_0001).description == "2001:db8::ab:1")
    #expect(PeerAddress(upper: 0x2001_0DB8_0000_0000, lower: 1).ipv4 == nil)
  }

  @Test("it takes as much memory as an address has")
  func size() {
    #expect(MemoryLayout<PeerAddress>.size == 16)
  }
}
