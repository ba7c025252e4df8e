// The one JSON reader of this plane: REST bodies, client messages and tokens. Strict where others are lenient:
// one value, nothing after it, no member twice, no lone surrogate, valid UTF-8, bounded depth.
// Every error names the byte at which the document stopped being JSON. Pure; any thread.

/// Why a document was refused, and where.
struct JSONRefusal: Error, Equatable, CustomStringConvertible {
  enum Reason: Equatable {
    case endsTooSoon
    case unexpected(expected: String)
    case trailing
    case tooDeep
    case duplicate(String)
    case badEscape
    case loneSurrogate
    case controlCharacter
    case badUTF8
    case numberOutOfRange
  }
  var reason: Reason
  /// Counted from 0.
  var offset: Int

  var description: String {
    let what =
      switch reason {
      case .endsTooSoon: "the document ends too soon"
      case .unexpected(let expected): "\(expected) is expected"
      case .trailing: "nothing may follow the value"
      case .tooDeep: "the nesting is too deep"
      case .duplicate(let name): "the member \"\(name)\" stands twice"
      case .badEscape: "the escape is not one that JSON knows"
      case .loneSurrogate: "half of a surrogate pair stands alone"
      case .controlCharacter: "a control character in a string must be escaped"
      case .badUTF8: "the string is not valid UTF-8"
      case .numberOutOfRange: "the number is too large"
      }
    return "\(what) (byte \(offset))"
  }
}

/// RFC 8259, and of its choices always the strict one.
struct StrictJSON {
  /// Arrays and objects inside each other.
  static let maximumDepth = 16

  private let bytes: [UInt8]
  private let maximumDepth: Int
  private var position = 0

  private init(_ bytes: [UInt8], maximumDepth: Int) {
    self.bytes = bytes
    self.maximumDepth = maximumDepth
  }

  /// The one value that `bytes` are.
  static func parse(
    _ bytes: [UInt8], maximumDepth: Int = StrictJSON.maximumDepth
  ) throws(JSONRefusal) -> JSONValue {
    var reader = StrictJSON(bytes, maximumDepth: maximumDepth)
    reader.skipSpace()
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.position == bytes.count else { throw reader.refusal(.trailing) }
    return value
  }

  // MARK: Values

  private mutating func value(depth: Int) throws(JSONRefusal) -> JSONValue {
    guard let byte = peek else { throw refusal(.endsTooSoon) }
    switch byte {
    case UInt8(ascii: "{"): return try object(depth: depth + 1)
    case UInt8(ascii: "["): return try array(depth: depth + 1)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw refusal(.unexpected(expected: "a value"))
    }
  }

  private mutating func object(depth: Int) throws(JSONRefusal) -> JSONValue {
    guard depth <= maximumDepth else { throw refusal(.tooDeep) }
    position += 1
    var members: [String: JSONValue] = [:]
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      skipSpace()
      let start = position
      guard peek == UInt8(ascii: "\"") else { throw unexpected("a member name") }
      let name = try string()
      guard members[name] == nil else { throw JSONRefusal(reason: .duplicate(name), offset: start) }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw unexpected("a colon") }
      skipSpace()
      members[name] = try value(depth: depth)
      skipSpace()
      if take(UInt8(ascii: "}")) { return .object(members) }
      guard take(UInt8(ascii: ",")) else { throw unexpected("a comma or a closing brace") }
    }
  }

  private mutating func array(depth: Int) throws(JSONRefusal) -> JSONValue {
    guard depth <= maximumDepth else { throw refusal(.tooDeep) }
    position += 1
    var elements: [JSONValue] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array(elements) }
    while true {
      skipSpace()
      elements.append(try value(depth: depth))
      skipSpace()
      if take(UInt8(ascii: "]")) { return .array(elements) }
      guard take(UInt8(ascii: ",")) else { throw unexpected("a comma or a closing bracket") }
    }
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(JSONRefusal) -> JSONValue {
    for byte in word.utf8 where !take(byte) { throw unexpected("a value") }
    return value
  }

  // MARK: Numbers

  private mutating func number() throws(JSONRefusal) -> JSONValue {
    let start = position
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try digits() }
    var isWhole = true
    if take(UInt8(ascii: ".")) {
      isWhole = false
      try digits()
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isWhole = false
      if !take(UInt8(ascii: "-")) { _ = take(UInt8(ascii: "+")) }
      try digits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole, let integer = Int64(text) { return .integer(integer) }
    guard let double = Double(text), double.isFinite else {
      throw JSONRefusal(reason: .numberOutOfRange, offset: start)
    }
    return .number(double)
  }

  private mutating func digits() throws(JSONRefusal) {
    let start = position
    while let byte = peek, isDigit(byte) { position += 1 }
    guard position > start else { throw unexpected("a digit") }
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  // MARK: Strings

  /// From the opening quote to behind the closing one.
  private mutating func string() throws(JSONRefusal) -> String {
    let start = position
    position += 1
    var plainStart = position
    var text: [UInt8] = []
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        text += bytes[plainStart..<position]
        position += 1
        guard let string = Self.string(text) else {
          throw JSONRefusal(reason: .badUTF8, offset: start)
        }
        return string
      case UInt8(ascii: "\\"):
        text += bytes[plainStart..<position]
        try escape(into: &text)
        plainStart = position
      case 0..<0x20: throw refusal(.controlCharacter)
      default: position += 1
      }
    }
    throw refusal(.endsTooSoon)
  }

  /// The general validation is slow, and nearly all strings are ASCII.
  private static func string(_ text: [UInt8]) -> String? {
    text.allSatisfy { $0 < 0x80 }
      ? String(decoding: text, as: UTF8.self) : String(validating: text, as: UTF8.self)
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONRefusal) {
    let start = position
    position += 1
    guard let byte = peek else { throw refusal(.endsTooSoon) }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text += UTF8.encode(try escapedScalar(from: start)) ?? .init()
    default: throw JSONRefusal(reason: .badEscape, offset: start)
    }
  }

  /// The scalar of `\uXXXX`, or of the two escapes that make a surrogate pair (RFC 8259, section 7).
  private mutating func escapedScalar(from start: Int) throws(JSONRefusal) -> Unicode.Scalar {
    let first = try fourHexDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    let lone = JSONRefusal(reason: .loneSurrogate, offset: start)
    guard first < 0xDC00 else { throw lone }
    guard position < bytes.count else { throw refusal(.endsTooSoon) }
    guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw lone }
    let second = try fourHexDigits()
    guard (0xDC00...0xDFFF).contains(second) else { throw lone }
    let scalar = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
    guard let scalar = Unicode.Scalar(scalar) else { throw lone }
    return scalar
  }

  private mutating func fourHexDigits() throws(JSONRefusal) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = peek else { throw refusal(.endsTooSoon) }
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw refusal(.badEscape)
      }
      value = value << 4 | UInt16(digit)
      position += 1
    }
    return value
  }

  // MARK: Bytes

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private func refusal(_ reason: JSONRefusal.Reason) -> JSONRefusal {
    JSONRefusal(reason: reason, offset: position)
  }

  private func unexpected(_ expected: String) -> JSONRefusal {
    peek == nil ? refusal(.endsTooSoon) : refusal(.unexpected(expected: expected))
  }
}
