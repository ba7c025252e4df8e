#if canImport(Glibc)
  import Glibc
#endif

/// The network address of a connection's peer, without its port: an IPv6 address, or an IPv4 address mapped into one
/// (RFC 4291, section 2.5.5.2). 16 bytes and no memory of its own, because every connection keeps one.
public struct PeerAddress: Hashable, Sendable {
  /// The first and the last eight bytes, in network order.
  public let upper: UInt64
  public let lower: UInt64

  public init(upper: UInt64, lower: UInt64) { (self.upper, self.lower) = (upper, lower) }

  /// The IPv4 address with these four bytes, the first one highest.
  public init(ipv4 address: UInt32) { self.init(upper: 0, lower: 0xFFFF << 32 | UInt64(address)) }

  /// The IPv4 address that is mapped, if it is one.
  public var ipv4: UInt32? { upper == 0 && lower >> 32 == 0xFFFF ? UInt32(truncatingIfNeeded: lower) : nil }
}

extension PeerAddress: CustomStringConvertible {
  /// `127.0.0.1`, or the text of RFC 5952.
  public var description: String {
    if let ipv4 { return (0..<4).map { String(ipv4 >> (24 - 8 * $0) & 0xFF) }.joined(separator: ".") }
    var address = in6_addr()
    unsafe withUnsafeMutableBytes(of: &address) { bytes in
      unsafe bytes.storeBytes(of: upper.bigEndian, as: UInt64.self)
      unsafe bytes.storeBytes(of: lower.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
    return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
      guard let base = text.baseAddress,
        unsafe inet_ntop(AF_INET6, &address, base, socklen_t(INET6_ADDRSTRLEN)) != nil
      else { return "" }
      return unsafe String(cString: base)
    }
  }
}
