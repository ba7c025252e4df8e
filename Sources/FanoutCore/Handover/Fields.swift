// How values are written for another process of this program, perhaps of another version: fields, each a tag, a length and
// its bytes, so that a reader can pass over a field that it does not know. Numbers have their lowest byte first.
//
// Invariant: a tag of 128 and above is essential. Whoever does not know it must not use the record, because without the
// field it would mean something else. Pure values; any thread.

/// Appends fields to an array of bytes.
public struct FieldWriter: Sendable {
  public private(set) var bytes: [UInt8] = []

  public init() {}

  public mutating func add(_ tag: UInt8, _ value: [UInt8]) {
    bytes.append(tag)
    append(UInt64(value.count), 4)
    bytes.append(contentsOf: value)
  }

  public mutating func add(_ tag: UInt8, _ number: UInt64) {
    bytes.append(tag)
    append(8, 4)
    append(number, 8)
  }

  public mutating func add(_ tag: UInt8, _ text: String) { add(tag, Array(text.utf8)) }

  /// The eight bytes of a number, for a field that holds several values.
  public static func number(_ number: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }
  }

  private mutating func append(_ number: UInt64, _ count: Int) {
    for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * index))) }
  }
}

/// Gives out the fields of a record, in order.
public struct FieldReader: Sendable {
  private let bytes: [UInt8]
  private var position: Int
  private let end: Int

  public init(_ bytes: [UInt8], from start: Int = 0) {
    (self.bytes, position, end) = (bytes, start, bytes.count)
  }

  /// Whether no field is left.
  public var isAtEnd: Bool { position == end }

  /// Whether a reader that does not know this tag must refuse the whole record.
  public static func isEssential(_ tag: UInt8) -> Bool { tag >= 128 }

  /// The next field. Nil: there is none, or the bytes are none of a record's (`isAtEnd` tells which).
  public mutating func next() -> (tag: UInt8, value: ArraySlice<UInt8>)? {
    guard end - position >= 5 else { return nil }
    let count = Int(Self.number(bytes[position + 1..<position + 5]))
    guard count <= end - position - 5 else { return nil }
    let tag = bytes[position]
    defer { position += 5 + count }
    return (tag, bytes[position + 5..<position + 5 + count])
  }

  /// A number of at most eight bytes; longer ones are cut.
  public static func number(_ value: ArraySlice<UInt8>) -> UInt64 {
    var number: UInt64 = 0
    for (index, byte) in value.prefix(8).enumerated() { number |= UInt64(byte) << UInt64(8 * index) }
    return number
  }

  /// The numbers of eight bytes each that a value begins with.
  public static func numbers(_ value: ArraySlice<UInt8>) -> [UInt64] {
    stride(from: value.startIndex, to: value.endIndex - 7, by: 8).map { number(value[$0..<$0 + 8]) }
  }
}
