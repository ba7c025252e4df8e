// The character classes of HTTP (RFC 9110, section 5.6) and of request targets, as bit sets over ASCII.

/// A set of ASCII bytes; every byte above 127 is outside.
struct ASCIISet: Sendable {
  private let low: UInt64
  private let high: UInt64

  /// The set of the bytes of `characters`; bytes above 127 are left out.
  init(_ characters: String) {
    var (low, high) = (UInt64(0), UInt64(0))
    for byte in characters.utf8 where byte < 128 {
      if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
    }
    (self.low, self.high) = (low, high)
  }

  @inline(__always)
  func contains(_ byte: UInt8) -> Bool {
    byte < 128 && ((byte < 64 ? low : high) >> UInt64(byte & 63)) & 1 == 1
  }

  private static let alphanumerics = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

  /// `tchar` of RFC 9110, section 5.6.2: methods and field names.
  static let token = ASCIISet(alphanumerics + "!#$%&'*+-.^_`|~")

  /// What may stand in a request target: the characters of RFC 3986 and those that browsers leave bare
  /// in a query (URL standard, "query percent-encode set"). No fragment, no quote, no angle bracket.
  static let target = ASCIISet(alphanumerics + "-._~:/?[]@!$&'()*+,;=%" + "\\^`{|}")

  /// `unreserved` and `sub-delims` of RFC 3986, section 2: what a registered name holds besides escapes.
  static let name = ASCIISet(alphanumerics + "-._~!$&'()*+,;=")
}

extension Span<UInt8> {
  /// Whether all bytes of `range` are of `set`.
  @inline(__always)
  func areAll(_ range: Range<Int>, in set: ASCIISet) -> Bool {
    for index in range where !set.contains(self[index]) { return false }
    return true
  }
}

/// The bytes with a meaning of their own in HTTP's grammar.
enum HTTPByte {
  static let tab: UInt8 = 0x09
  static let lineFeed: UInt8 = 0x0A
  static let carriageReturn: UInt8 = 0x0D
  static let space: UInt8 = 0x20
  static let delete: UInt8 = 0x7F

  @inline(__always)
  static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  /// The value of a hexadecimal digit; nil: it is none.
  @inline(__always)
  static func hexValue(_ byte: UInt8) -> Int? {
    if isDigit(byte) { return Int(byte - UInt8(ascii: "0")) }
    let letter = asciiLowercased(byte) &- UInt8(ascii: "a")
    return letter < 6 ? Int(letter) + 10 : nil
  }

  @inline(__always)
  static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }

  /// `field-vchar`, space or tab (RFC 9110, section 5.5): what a line may hold between its ends.
  @inline(__always)
  static func isText(_ byte: UInt8) -> Bool { byte >= space && byte != delete || byte == tab }

  /// How many bytes of `word`, from the lowest on, are text and no tab. (A byte of `x - n * ones` borrows where that of `x`
  /// is below n; the lowest byte that is found so is exact, those above it need not be.)
  @inline(__always)
  static func textBytes(of word: UInt64) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs = ones << 7
    let deletes = word ^ (ones &* UInt64(delete))
    let below = (word &- ones &* UInt64(space)) & ~word
    let equal = (deletes &- ones) & ~deletes
    return ((below | equal) & highs).trailingZeroBitCount / 8
  }
}

/// The byte in lower case when it is an ASCII letter, else itself.
@inline(__always)
func asciiLowercased(_ byte: UInt8) -> UInt8 {
  byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}

extension RandomAccessCollection<UInt8> where Index == Int {
  /// Whether the bytes of `range` are exactly `text`.
  func matches(_ range: Range<Int>, _ text: String) -> Bool {
    guard range.count == text.utf8.count else { return false }
    let other = text.utf8.span
    for index in other.indices where self[range.lowerBound + index] != other[index] { return false }
    return true
  }

  /// Whether the bytes of `range` are `text`, ASCII case aside.
  func equals(_ range: Range<Int>, _ text: String) -> Bool {
    guard range.count == text.utf8.count else { return false }
    let other = text.utf8.span
    for index in other.indices
    where asciiLowercased(self[range.lowerBound + index]) != asciiLowercased(other[index]) { return false }
    return true
  }

  /// `range` without spaces and tabs at its ends.
  func trimmingBlanks(_ range: Range<Int>) -> Range<Int> {
    var (lower, upper) = (range.lowerBound, range.upperBound)
    while lower < upper, HTTPByte.isBlank(self[lower]) { lower += 1 }
    while lower < upper, HTTPByte.isBlank(self[upper - 1]) { upper -= 1 }
    return lower..<upper
  }
}
