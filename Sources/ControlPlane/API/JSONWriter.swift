// Writes JSON (RFC 8259) as bytes into a buffer that its owner may reuse. Members come out in the order they
// are written, without spaces and line breaks, so a text also fits one `data:` line of an event stream.

/// A value that knows how to write itself.
protocol JSONWritable {
  func write(to writer: inout JSONWriter)
}

struct JSONWriter {
  private(set) var bytes: [UInt8]
  /// Whether the next member or element must be preceded by a comma.
  private var needsComma = false

  /// `capacity`: the bytes that are expected.
  init(capacity: Int = 512) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  // MARK: Structure

  mutating func object(_ content: (inout JSONWriter) -> Void) {
    begin(UInt8(ascii: "{"))
    content(&self)
    end(UInt8(ascii: "}"))
  }

  mutating func array(_ content: (inout JSONWriter) -> Void) {
    begin(UInt8(ascii: "["))
    content(&self)
    end(UInt8(ascii: "]"))
  }

  /// Opens a member; its value must follow. `name` must need no escapes: names are ours.
  mutating func name(_ name: String) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: name.utf8)
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  private mutating func begin(_ byte: UInt8) {
    separate()
    bytes.append(byte)
    needsComma = false
  }

  private mutating func end(_ byte: UInt8) {
    bytes.append(byte)
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  // MARK: Members

  mutating func member(_ name: String, _ value: String) {
    self.name(name)
    string(value)
  }

  mutating func member<Value: BinaryInteger>(_ name: String, _ value: Value) {
    self.name(name)
    integer(value)
  }

  mutating func member(_ name: String, _ value: Bool) {
    self.name(name)
    bool(value)
  }

  mutating func member(_ name: String, _ moment: Instant) {
    self.name(name)
    timestamp(moment)
  }

  /// Written as `null` when there is no moment.
  mutating func member(_ name: String, orNull moment: Instant?) {
    self.name(name)
    if let moment { timestamp(moment) } else { null() }
  }

  /// Written as `null` when there is no number.
  mutating func member(_ name: String, orNull value: Int?) {
    self.name(name)
    if let value { integer(value) } else { null() }
  }

  /// Written as `null` when there is no text.
  mutating func member(_ name: String, orNull value: String?) {
    self.name(name)
    if let value { string(value) } else { null() }
  }

  mutating func member(_ name: String, _ value: some JSONWritable) {
    self.name(name)
    value.write(to: &self)
  }

  mutating func member(_ name: String, _ values: [some JSONWritable]) {
    self.name(name)
    array { writer in for value in values { value.write(to: &writer) } }
  }

  /// Members that are finished text, without braces (`"a":1,"b":2`).
  mutating func members(verbatim text: [UInt8]) {
    guard !text.isEmpty else { return }
    separate()
    bytes.append(contentsOf: text)
  }

  // MARK: Values

  /// A value that is appended as finished text.
  mutating func verbatim(_ content: (inout [UInt8]) -> Void) {
    separate()
    content(&bytes)
  }

  mutating func null() { word("null") }

  mutating func bool(_ value: Bool) { word(value ? "true" : "false") }

  /// Values beyond 64 bits do not occur in this server; one would be written as the nearest that fits.
  mutating func integer(_ value: some BinaryInteger) {
    separate()
    if value < 0 {
      Decimal.append(Int64(clamping: value), to: &bytes)
    } else {
      Decimal.append(UInt64(clamping: value), to: &bytes)
    }
  }

  mutating func timestamp(_ moment: Instant) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    Timestamps.append(moment, to: &bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  mutating func string(_ value: String) {
    separate()
    Self.append(value, to: &bytes)
  }

  /// Appends a string in quotes. Escapes what must be escaped and nothing else (RFC 8259, section 7).
  static func append(_ value: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    // Nearly all texts need no escape: they are copied whole and looked at afterwards.
    let start = bytes.count
    bytes.append(contentsOf: value.utf8)
    for index in start..<bytes.count where mustBeEscaped(bytes[index]) {
      let text = bytes[start...]
      bytes.removeSubrange(start...)
      appendEscaped(text, to: &bytes)
      break
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func mustBeEscaped(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  private static func appendEscaped(_ text: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
    for byte in text {
      if mustBeEscaped(byte) { escape(byte, into: &bytes) } else { bytes.append(byte) }
    }
  }

  private mutating func word(_ text: String) {
    separate()
    bytes.append(contentsOf: text.utf8)
  }

  private static func escape(_ byte: UInt8, into bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
    case 0x0A: bytes.append(UInt8(ascii: "n"))
    case 0x0D: bytes.append(UInt8(ascii: "r"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    default:
      bytes.append(contentsOf: "u00".utf8)
      for digit in [byte >> 4, byte & 15] {
        bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      }
    }
  }
}

extension JSONWriter {
  /// One object as bytes.
  static func object(_ content: (inout JSONWriter) -> Void) -> [UInt8] {
    var writer = JSONWriter()
    writer.object(content)
    return writer.bytes
  }
}
