// The header fields of an answer as finished bytes, so that constant sets of them are made once and shared, and an
// answer is copied out without a look at its fields.
// Invariant: every line is a name that this server chose, a colon, a value without control bytes, and CRLF.

public struct FieldLines: Sendable, Equatable, ExpressibleByArrayLiteral {
  public private(set) var bytes: [UInt8] = []

  /// One field: a name in lower case that is a token, and its value.
  public struct Field: Sendable, Equatable {
    public var name: String
    public var value: String
    public init(name: String, value: String) { (self.name, self.value) = (name, value) }
  }

  public init(arrayLiteral fields: Field...) {
    for field in fields { append(field) }
  }

  /// - Parameter finished: whole lines; nothing in them is checked.
  init(finished bytes: [UInt8]) { self.bytes = bytes }

  /// The lines of both, with room for more.
  init(_ first: FieldLines, _ second: FieldLines, room: Int) {
    bytes.reserveCapacity(first.bytes.count + second.bytes.count + room)
    bytes += first.bytes
    bytes += second.bytes
  }

  public var isEmpty: Bool { bytes.isEmpty }

  public mutating func append(_ field: Field) { append(field.name, field.value) }

  /// A value that could split the answer in two is not sent, and neither is its name.
  public mutating func append(_ name: String, _ value: String) {
    let start = bytes.count
    bytes.append(contentsOf: name.utf8)
    bytes.append(contentsOf: [UInt8(ascii: ":"), UInt8(ascii: " ")])
    let valueStart = bytes.count
    bytes.append(contentsOf: value.utf8)
    for index in valueStart..<bytes.count where Self.isControl(bytes[index]) {
      bytes.removeSubrange(start...)
      return
    }
    endLine()
  }

  /// Appends lines that are finished.
  public mutating func append(_ lines: FieldLines) { bytes.append(contentsOf: lines.bytes) }

  /// Appends one line.
  /// - Parameters:
  ///   - start: the name, the colon and a space.
  ///   - value: appends printable ASCII.
  mutating func append(start: [UInt8], _ value: (inout [UInt8]) -> Void) {
    bytes.append(contentsOf: start)
    value(&bytes)
    endLine()
  }

  /// A tab may stand in a value (RFC 9110, section 5.5).
  private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 && byte != 0x09 || byte == 0x7F }

  private mutating func endLine() {
    bytes.append(0x0D)
    bytes.append(0x0A)
  }
}
