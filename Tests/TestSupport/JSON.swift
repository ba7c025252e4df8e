// A small strict JSON value (RFC 8259) for tests: duplicate members, trailing commas and leading zeros are
// refused, and integers stay integers, so that a count sent as "5" or 5.0 is noticed.

/// One JSON value.
public enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int)
  case fraction(Double)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  public subscript(_ name: String) -> JSON? {
    if case .object(let members) = self { members[name] } else { nil }
  }

  public subscript(_ index: Int) -> JSON? {
    if case .array(let items) = self, items.indices.contains(index) { items[index] } else { nil }
  }

  public var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  public var string: String? { if case .string(let value) = self { value } else { nil } }
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
  public var members: [String: JSON]? { if case .object(let value) = self { value } else { nil } }

  /// The value as compact JSON text, members in the order of their names.
  public var text: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .fraction(let value): String(value)
    case .string(let value): JSON.quoted(value)
    case .array(let items): "[" + items.map(\.text).joined(separator: ",") + "]"
    case .object(let members):
      "{"
        + members.sorted { $0.key < $1.key }
        .map { JSON.quoted($0.key) + ":" + $0.value.text }.joined(separator: ",") + "}"
    }
  }

  private static func quoted(_ value: String) -> String {
    var text = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(Dictionary(elements) { _, last in last })
  }
  public init(nilLiteral: ()) { self = .null }
}

extension JSON {
  /// Parses one whole text; throws with the place of the first fault.
  public init(parsing bytes: [UInt8]) throws {
    var parser = JSONParser(bytes: bytes)
    self = try parser.document()
  }

  public init(parsing text: String) throws { try self.init(parsing: Array(text.utf8)) }
}

private struct JSONParser {
  let bytes: [UInt8]
  var place = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws -> JSON {
    let value = try value(depth: 0)
    skipSpace()
    guard place == bytes.count else { throw fault("text after the value") }
    return value
  }

  func fault(_ what: String) -> TestFailure {
    TestFailure("JSON: \(what) at byte \(place) of \(String(decoding: bytes.prefix(400), as: UTF8.self))")
  }

  mutating func skipSpace() {
    while place < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[place]) { place += 1 }
  }

  mutating func take(_ character: Character) -> Bool {
    guard place < bytes.count, bytes[place] == character.asciiValue else { return false }
    place += 1
    return true
  }

  mutating func word(_ text: String, _ value: JSON) throws -> JSON {
    guard bytes[place...].starts(with: text.utf8) else { throw fault("no such word") }
    place += text.utf8.count
    return value
  }

  mutating func value(depth: Int) throws -> JSON {
    guard depth < 64 else { throw fault("too deep") }
    skipSpace()
    guard place < bytes.count else { throw fault("an end too early") }
    switch bytes[place] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  mutating func object(depth: Int) throws -> JSON {
    place += 1
    var members: [String: JSON] = [:]
    skipSpace()
    if take("}") { return .object(members) }
    repeat {
      skipSpace()
      guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { throw fault("no member name") }
      let name = try string()
      skipSpace()
      guard take(":") else { throw fault("no colon") }
      guard members.updateValue(try value(depth: depth + 1), forKey: name) == nil else {
        throw fault("the member \(name) twice")
      }
      skipSpace()
    } while take(",")
    guard take("}") else { throw fault("no end of the object") }
    return .object(members)
  }

  mutating func array(depth: Int) throws -> JSON {
    place += 1
    var items: [JSON] = []
    skipSpace()
    if take("]") { return .array(items) }
    repeat {
      items.append(try value(depth: depth + 1))
      skipSpace()
    } while take(",")
    guard take("]") else { throw fault("no end of the array") }
    return .array(items)
  }

  mutating func number() throws -> JSON {
    let start = place
    while place < bytes.count, "+-.eE0123456789".utf8.contains(bytes[place]) { place += 1 }
    let text = String(decoding: bytes[start..<place], as: UTF8.self)
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    guard let first = digits.first, first.isNumber,
      digits.count == 1 || !digits.hasPrefix("0") || digits.hasPrefix("0.")
    else { throw fault("no number") }
    if let whole = Int(text) { return .integer(whole) }
    guard let fraction = Double(text) else { throw fault("no number") }
    return .fraction(fraction)
  }

  mutating func string() throws -> String {
    place += 1
    var raw: [UInt8] = []
    while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
      guard bytes[place] >= 0x20 else { throw fault("a control character in a string") }
      if bytes[place] == UInt8(ascii: "\\") {
        raw += Array(try escape().utf8)
      } else {
        raw.append(bytes[place])
        place += 1
      }
    }
    guard take("\"") else { throw fault("no end of the string") }
    guard let text = String(validating: raw, as: UTF8.self) else { throw fault("bad UTF-8 before here") }
    return text
  }

  mutating func escape() throws -> String {
    place += 1
    guard place < bytes.count else { throw fault("an end in an escape") }
    defer { place += 1 }
    switch bytes[place] {
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
      return String(Unicode.Scalar(bytes[place]))
    case UInt8(ascii: "u"): return try unicode()
    default: throw fault("no such escape")
    }
  }

  /// `place` stands on the u; afterwards on the last digit.
  mutating func unicode() throws -> String {
    var units = [try hexUnit()]
    if UTF16.isLeadSurrogate(units[0]) {
      guard place + 2 < bytes.count, bytes[place + 1] == UInt8(ascii: "\\"),
        bytes[place + 2] == UInt8(ascii: "u")
      else { throw fault("half a surrogate pair") }
      place += 2
      units.append(try hexUnit())
    }
    guard let text = String(validating: units, as: UTF16.self) else { throw fault("half a surrogate pair") }
    return text
  }

  mutating func hexUnit() throws -> UInt16 {
    guard place + 4 < bytes.count,
      let unit = UInt16(String(decoding: bytes[(place + 1)...(place + 4)], as: UTF8.self), radix: 16)
    else { throw fault("no four digits") }
    place += 4
    return unit
  }
}
