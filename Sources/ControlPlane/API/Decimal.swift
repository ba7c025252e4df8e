// Whole numbers in decimal, to and from bytes, without String in between. Pure.

enum Decimal {
  static func append(_ value: Int64, to bytes: inout [UInt8]) {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    append(value.magnitude, to: &bytes)
  }

  static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    // Sixteen digits fit a word, one in each half of a byte.
    let half: UInt64 = 10_000_000_000_000_000
    if value >= half {
      append(value / half, to: &bytes)
      append(value % half, digits: 16, to: &bytes)
    } else {
      append(value, digits: 1, to: &bytes)
    }
  }

  /// Seconds, with as many decimal places as there are digits.
  static func append(nanoseconds: UInt64, to bytes: inout [UInt8]) {
    append(nanoseconds / 1_000_000_000, to: &bytes)
    let fraction = nanoseconds % 1_000_000_000
    guard fraction > 0 else { return }
    bytes.append(UInt8(ascii: "."))
    append(fraction, digits: 9, to: &bytes)
    while bytes.last == UInt8(ascii: "0") { bytes.removeLast() }
  }

  /// The low `width` digits of `value`, with leading zeros.
  static func append(_ value: Int, width: Int, to bytes: inout [UInt8]) {
    var unit: UInt64 = 1
    for _ in 0..<width { unit *= 10 }
    append(UInt64(value) % unit, digits: width, to: &bytes)
  }

  /// - Parameters:
  ///   - value: below 10^16.
  ///   - digits: at least so many, with leading zeros.
  private static func append(_ value: UInt64, digits: Int, to bytes: inout [UInt8]) {
    var (rest, packed, count) = (value, UInt64(0), 0)
    while rest > 0 || count < digits {
      packed = packed << 4 | rest % 10
      rest /= 10
      count += 1
    }
    for _ in 0..<count {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: packed & 15))
      packed >>= 4
    }
  }

  /// The number that `text` is in its one canonical form: digits only, no sign, no leading zero but in `0`.
  static func parse(_ text: some Collection<UInt8>) -> UInt64? {
    guard let first = text.first, text.count <= 20 else { return nil }
    if first == UInt8(ascii: "0") && text.count > 1 { return nil }
    var value: UInt64 = 0
    for byte in text {
      let digit = byte &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow) = product.addingReportingOverflow(UInt64(digit))
      guard !tooLarge, !overflow else { return nil }
      value = sum
    }
    return value
  }

  /// The numbers that a `seq` can be: the database keeps them in 64 bits with a sign.
  static let seqs: ClosedRange<UInt64> = 0...UInt64(Int64.max)

  /// A `seq` in canonical form.
  static func seq(_ text: some Collection<UInt8>) -> UInt64? {
    guard let value = parse(text), seqs.contains(value) else { return nil }
    return value
  }

  /// A positive identifier in canonical form: 1 to `Int64.max`.
  static func identifier(_ text: some Collection<UInt8>) -> Int64? {
    guard let value = parse(text), value > 0 else { return nil }
    return Int64(exactly: value)
  }
}

extension UInt64 {
  /// The `seq` that `text` is in its one canonical form: at most `Int64.max`, digits only, no leading zero but in `0`.
  public init?(seq text: String) {
    guard let value = Decimal.seq(text.utf8) else { return nil }
    self = value
  }
}
