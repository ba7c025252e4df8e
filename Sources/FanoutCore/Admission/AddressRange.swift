// Ranges of addresses in CIDR notation (RFC 4632, section 3.1; RFC 4291, section 2.3), and addresses as text.
// Pure; any thread.
#if canImport(Glibc)
  internal import Glibc
#endif

/// All addresses with a common prefix, or one address. IPv4 and IPv6 never contain each other.
public struct AddressRange: Sendable, Equatable {
  /// The lowest address: bits behind the prefix are 0.
  public let base: PeerAddress
  /// Of 128 bits; an IPv4 prefix counts the 96 bits before it, too.
  private let prefix: Int

  /// `10.0.0.0/8`, `2001:db8::/32` or one address. Nil when it is neither, or bits behind the prefix are set.
  public init?(_ text: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = PeerAddress(text: Array(parts[0])) else { return nil }
    let offset = address.ipv4 == nil ? 0 : 96
    var prefix = 128
    if parts.count == 2 {
      guard let length = Self.decimal(parts[1]), length <= 128 - offset else { return nil }
      prefix = offset + length
    }
    guard address.masked(to: prefix) == address else { return nil }
    (base, self.prefix) = (address, prefix)
  }

  public func contains(_ address: PeerAddress) -> Bool {
    (address.ipv4 == nil) == (base.ipv4 == nil) && address.masked(to: prefix) == base
  }

  private static func decimal(_ digits: Substring.UTF8View) -> Int? {
    let isDecimal = digits.allSatisfy(HTTPByte.isDigit)
    guard (1...3).contains(digits.count), isDecimal else { return nil }
    return Int(Substring(digits))
  }
}

extension PeerAddress {
  /// An IPv4 address in dotted decimal form, or the text of an IPv6 address (RFC 4291, section 2.2) without a zone.
  public init?(text: some Collection<UInt8>) {
    guard (2..<Int(INET6_ADDRSTRLEN)).contains(text.count), !text.contains(0) else { return nil }
    let isVersion6 = text.contains(UInt8(ascii: ":"))
    var address = in6_addr()
    let isAddress = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: text.count + 1) { string in
      for (index, byte) in text.enumerated() { unsafe string[index] = CChar(bitPattern: byte) }
      unsafe string[text.count] = 0
      return unsafe inet_pton(isVersion6 ? AF_INET6 : AF_INET, string.baseAddress, &address) == 1
    }
    guard isAddress else { return nil }
    self = unsafe withUnsafeBytes(of: &address) { bytes in
      if !isVersion6 { return unsafe PeerAddress(ipv4: UInt32(bigEndian: bytes.load(as: UInt32.self))) }
      return unsafe PeerAddress(
        upper: UInt64(bigEndian: bytes.load(as: UInt64.self)),
        lower: UInt64(bigEndian: bytes.load(fromByteOffset: 8, as: UInt64.self)))
    }
  }

  /// The address with the bits behind the first `prefix` set to 0.
  func masked(to prefix: Int) -> PeerAddress {
    PeerAddress(
      upper: prefix >= 64 ? upper : upper & ~(UInt64.max >> UInt64(prefix)),
      lower: prefix <= 64 ? 0 : prefix >= 128 ? lower : lower & ~(UInt64.max >> UInt64(prefix - 64)))
  }

  /// What limits count by: an IPv4 address, also one inside the translation prefix 64:ff9b::/96 (RFC 6052), whole; an
  /// IPv6 address by its first 64 bits, because a single subscriber has all addresses behind them.
  var limitKey: UInt64 {
    let isTranslated = upper == 0x0064_FF9B_0000_0000 && lower >> 32 == 0
    return ipv4 != nil || isTranslated ? 0xFFFF << 32 | lower & 0xFFFF_FFFF : upper
  }
}
