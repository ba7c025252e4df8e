// How bytes are put together and looked at: everything grows one `[UInt8]` at its end, without a String in
// between; what is long is looked at in words of eight.

extension [UInt8] {
  /// Appends all bytes of `span` in one step.
  @inline(__always)
  mutating func append(_ span: Span<UInt8>) {
    // Of nothing, an empty array would write its count into the one storage that all empty arrays share.
    if span.isEmpty { return }
    append(addingCapacity: span.count) { output in
      for index in span.indices { output.append(span[index]) }
    }
  }

  /// Appends the UTF-8 bytes of `text`.
  mutating func append(utf8 text: String) {
    append(contentsOf: text.utf8)
  }

  /// Appends `number` in decimal digits, without sign or separators.
  mutating func appendDecimal(_ number: UInt64) {
    var divisor: UInt64 = 1
    while number / divisor >= 10 { divisor *= 10 }
    var rest = number
    while divisor > 0 {
      append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / divisor))
      rest %= divisor
      divisor /= 10
    }
  }

  /// Appends `number`, which must be below 100, as two digits.
  mutating func appendTwoDigits(_ number: Int) {
    append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 10 % 10))
    append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
  }
}

extension Span<UInt8> {
  /// The eight bytes from `index` on, the first one lowest. Safe code: the bounds are checked once per word,
  /// and the compiler makes one load of it.
  @inline(__always)
  func word(at index: Int) -> UInt64 {
    let bytes = extracting(index..<index + 8)
    var word: UInt64 = 0
    for offset in 0..<8 { word |= UInt64(bytes[offset]) << UInt64(8 * offset) }
    return word
  }
}
