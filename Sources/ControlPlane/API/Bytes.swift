// Comparisons of ranges of bytes with words that this server knows. Ranges of another length are told apart without a
// look at their bytes.

extension [UInt8] {
  /// Whether the bytes of `range` are exactly `text`.
  func matches(_ range: Range<Int>, _ text: String) -> Bool {
    guard range.count == text.utf8.count else { return false }
    let (own, other) = (span.extracting(range), text.utf8.span)
    for index in own.indices where own[index] != other[index] { return false }
    return true
  }

  /// Whether the bytes of `range` are `name`, ASCII case aside.
  /// - Parameter name: a token in lower case.
  func equals(_ range: Range<Int>, lowercased name: String) -> Bool {
    guard range.count == name.utf8.count else { return false }
    let (own, other) = (span.extracting(range), name.utf8.span)
    for index in own.indices {
      let byte = own[index]
      let lower = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
      if lower != other[index] { return false }
    }
    return true
  }

  /// `range` without spaces and tabs at its ends.
  func trimmingBlanks(_ range: Range<Int>) -> Range<Int> {
    var (lower, upper) = (range.lowerBound, range.upperBound)
    while lower < upper, self[lower].isBlank { lower += 1 }
    while lower < upper, self[upper - 1].isBlank { upper -= 1 }
    return lower..<upper
  }
}

extension UInt8 {
  /// A space or a tab.
  var isBlank: Bool { self == 0x20 || self == 0x09 }
  var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

  /// The value of a hexadecimal digit; nil for any other byte.
  var hexDigit: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
