/// Masking of a client's payload (RFC 6455, section 5.3): byte i is XORed with mask byte i mod 4.
enum Masking {
  /// Appends `bytes` unmasked to `output`, in words of 8 bytes.
  /// - Parameter mask: its first byte lowest; applies to the first of `bytes`.
  static func append(_ bytes: Span<UInt8>, mask: UInt32, to output: inout [UInt8]) {
    output.append(addingCapacity: bytes.count) { target in
      for index in bytes.indices {
        target.append(bytes[index] ^ UInt8(truncatingIfNeeded: mask >> UInt32(index & 3) * 8))
      }
    }
  }

  /// The mask for what follows after `count` bytes.
  static func rotated(_ mask: UInt32, by count: Int) -> UInt32 {
    let bits = UInt32(truncatingIfNeeded: count & 3) * 8
    return bits == 0 ? mask : mask >> bits | mask << (32 - bits)
  }
}
