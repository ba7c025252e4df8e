// The mixing of the generator SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
// Not cryptographic: it spreads keys over a table and makes the rounds of BookingIDCipher. Pure; any thread.

enum SplitMix64 {
  /// 2^64 divided by the golden ratio: the step between two states.
  static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// A permutation: each bit of the word moves about half of the bits of the result.
  static func mixed(_ word: UInt64) -> UInt64 {
    var bits = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
    return bits ^ bits >> 31
  }
}
