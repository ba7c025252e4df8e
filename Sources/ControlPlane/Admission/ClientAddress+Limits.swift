extension ClientAddress {
  /// What limits count by: an IPv4 address, also one inside the translation prefix 64:ff9b::/96 (RFC 6052), whole; an
  /// IPv6 address by its first 64 bits, because a single subscriber has all addresses behind them.
  var limitKey: UInt64 {
    let isMapped = upper == 0 && lower >> 32 == 0xFFFF
    let isTranslated = upper == 0x0064_FF9B_0000_0000 && lower >> 32 == 0
    return isMapped || isTranslated ? 0xFFFF << 32 | lower & 0xFFFF_FFFF : upper
  }
}
