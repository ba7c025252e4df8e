// SHA-1 (FIPS 180-4, section 6.1), SHA-256 (6.2), HMAC (RFC 2104) and Base64 (RFC 4648), written for tests
// so that what the server computes is held against something that shares no code with it. Slow.

/// The digests that the tests need.
public enum Digests {
  public static func sha1(_ message: [UInt8]) -> [UInt8] {
    var state: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
    for words in blocks(message) {
      var w = words
      for index in 16..<80 {
        w.append(rotate(w[index - 3] ^ w[index - 8] ^ w[index - 14] ^ w[index - 16], left: 1))
      }
      var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
      for index in 0..<80 {
        let (mixed, constant): (UInt32, UInt32) =
          switch index {
          case 0..<20: ((b & c) | (~b & d), 0x5a82_7999)
          case 20..<40: (b ^ c ^ d, 0x6ed9_eba1)
          case 40..<60: ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc)
          default: (b ^ c ^ d, 0xca62_c1d6)
          }
        let next = rotate(a, left: 5) &+ mixed &+ e &+ constant &+ w[index]
        (e, d, c, b, a) = (d, c, rotate(b, left: 30), a, next)
      }
      for (index, value) in [a, b, c, d, e].enumerated() { state[index] &+= value }
    }
    return bigEndian(state)
  }

  public static func sha256(_ message: [UInt8]) -> [UInt8] {
    var state: [UInt32] = [
      0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
      0x5be0_cd19,
    ]
    for words in blocks(message) {
      var w = words
      for index in 16..<64 {
        let (early, late) = (w[index - 15], w[index - 2])
        let s0 = rotate(early, left: 25) ^ rotate(early, left: 14) ^ (early >> 3)
        let s1 = rotate(late, left: 15) ^ rotate(late, left: 13) ^ (late >> 10)
        w.append(w[index - 16] &+ s0 &+ w[index - 7] &+ s1)
      }
      var v = state
      for index in 0..<64 {
        let s1 = rotate(v[4], left: 26) ^ rotate(v[4], left: 21) ^ rotate(v[4], left: 7)
        let choice = (v[4] & v[5]) ^ (~v[4] & v[6])
        let first = v[7] &+ s1 &+ choice &+ sha256Constants[index] &+ w[index]
        let s0 = rotate(v[0], left: 30) ^ rotate(v[0], left: 19) ^ rotate(v[0], left: 10)
        let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2])
        v = [first &+ s0 &+ majority, v[0], v[1], v[2], v[3] &+ first, v[4], v[5], v[6]]
      }
      for index in 0..<8 { state[index] &+= v[index] }
    }
    return bigEndian(state)
  }

  public static func hmacSHA256(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    var padded = key.count > 64 ? sha256(key) : key
    padded += [UInt8](repeating: 0, count: 64 - padded.count)
    let inner = sha256(padded.map { $0 ^ 0x36 } + message)
    return sha256(padded.map { $0 ^ 0x5c } + inner)
  }

  public static func base64(_ bytes: [UInt8]) -> String {
    encode(
      bytes, alphabet: Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8),
      pad: true)
  }

  public static func base64URL(_ bytes: [UInt8]) -> String {
    encode(
      bytes, alphabet: Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8),
      pad: false)
  }

  private static func encode(_ bytes: [UInt8], alphabet: [UInt8], pad: Bool) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = Array(bytes[start..<min(start + 3, bytes.count)])
      let bits = (0..<3).reduce(0) { $0 << 8 | Int($1 < group.count ? group[$1] : 0) }
      for digit in 0...group.count { text.append(alphabet[(bits >> (18 - 6 * digit)) & 63]) }
      if pad { text += [UInt8](repeating: UInt8(ascii: "="), count: 3 - group.count) }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The message with its padding and length, cut into blocks of sixteen words.
  private static func blocks(_ message: [UInt8]) -> [[UInt32]] {
    var padded = message + [0x80]
    while padded.count % 64 != 56 { padded.append(0) }
    let bits = UInt64(message.count) * 8
    padded += (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * UInt64($0))) }
    return stride(from: 0, to: padded.count, by: 64).map { block in
      (0..<16).map { word in
        (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(padded[block + word * 4 + $1]) }
      }
    }
  }

  private static func rotate(_ value: UInt32, left: UInt32) -> UInt32 {
    value << left | value >> (32 - left)
  }

  private static func bigEndian(_ words: [UInt32]) -> [UInt8] {
    words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * UInt32($0))) } }
  }

  private static let sha256Constants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
  ]
}
