// A JSON document that was found to be strict, read in place: its bytes and a flat list of its values, in the order in
// which they stand there. A body that is read member by member costs one allocation beside its own bytes. Any thread.

struct JSONDocument: Sendable {
  /// One value, or the name of a member.
  struct Node: Sendable {
    enum Kind: Sendable {
      case null, boolean, integer, number, array, object
      /// Its content is its bytes.
      case string
      /// It has escapes.
      case escapedString
    }

    var kind: Kind
    /// Of a string: whether no byte of it is above 127.
    var isASCII = true
    /// A string's content without the quotes; of other values all bytes.
    var start: Int32
    var end: Int32
    /// The node behind this one and everything inside it.
    var next: Int32
  }

  let bytes: [UInt8]
  /// Behind an object come its members, a name and a value each; behind an array its elements.
  let nodes: [Node]

  /// Whether the whole document is an object.
  var isObject: Bool { nodes[0].kind == .object }

  /// The value of a member of an object, the outermost unless it is said; nil: there is none of this name.
  func member(_ name: String, of object: Int = 0) -> Int? {
    var index = object + 1
    while index < nodes[object].next {
      if isText(index, name) { return index + 1 }
      index = Int(nodes[index + 1].next)
    }
    return nil
  }

  /// The names of an object's members, in order.
  func memberNames(of object: Int = 0) -> [String] {
    var (names, index): ([String], Int) = ([], object + 1)
    while index < nodes[object].next {
      names.append(string(index))
      index = Int(nodes[index + 1].next)
    }
    return names
  }

  func isObject(_ index: Int) -> Bool { nodes[index].kind == .object }

  /// The elements of an array; nil: the value is something else.
  func elements(of array: Int) -> [Int]? {
    guard nodes[array].kind == .array else { return nil }
    var (elements, element): ([Int], Int) = ([], array + 1)
    while element < nodes[array].next {
      elements.append(element)
      element = Int(nodes[element].next)
    }
    return elements
  }

  /// What the value is, for sentences in error messages.
  func kind(_ index: Int) -> String {
    switch nodes[index].kind {
    case .null: "null"
    case .boolean: "a boolean"
    case .integer, .number: "a number"
    case .string, .escapedString: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }

  func isNull(_ index: Int) -> Bool { nodes[index].kind == .null }

  /// Nil: the value is something else.
  func bool(_ index: Int) -> Bool? {
    nodes[index].kind == .boolean ? bytes[Int(nodes[index].start)] == UInt8(ascii: "t") : nil
  }

  /// The whole number when the value is one: `7` and, as JSON knows only one kind of number, `7.0`.
  func whole(_ index: Int) -> Int64? {
    switch nodes[index].kind {
    case .integer: Self.integer(bytes[range(index)])
    case .number: double(index).flatMap { Int64(exactly: $0) }
    default: nil
    }
  }

  /// Nil: the value is something else.
  func text(_ index: Int) -> String? {
    switch nodes[index].kind {
    case .string, .escapedString: string(index)
    default: nil
    }
  }

  /// Whether the value is a string of exactly these bytes.
  func isText(_ index: Int, _ text: String) -> Bool {
    switch nodes[index].kind {
    case .string where nodes[index].isASCII: bytes.matches(range(index), text)
    case .string, .escapedString: string(index) == text
    default: false
    }
  }

  /// The value with all that is inside it.
  func value(_ index: Int) -> JSONValue {
    switch nodes[index].kind {
    case .null: return .null
    case .boolean: return .bool(bool(index) ?? false)
    case .integer: return .integer(Self.integer(bytes[range(index)]) ?? 0)
    case .number: return .number(double(index) ?? 0)
    case .string, .escapedString: return .string(string(index))
    case .array: return .array((elements(of: index) ?? []).map(value))
    case .object: return .object(members(index))
    }
  }

  private func members(_ index: Int) -> [String: JSONValue] {
    var (members, name): ([String: JSONValue], Int) = ([:], index + 1)
    while name < nodes[index].next {
      members[string(name)] = value(name + 1)
      name = Int(nodes[name + 1].next)
    }
    return members
  }

  // MARK: Parts

  private func range(_ index: Int) -> Range<Int> { Int(nodes[index].start)..<Int(nodes[index].end) }

  private func string(_ index: Int) -> String { Self.string(nodes[index], of: bytes) }

  private func double(_ index: Int) -> Double? {
    Double(String(decoding: bytes[range(index)], as: UTF8.self))
  }

  /// The content of a string whose escapes and encoding are known to be right.
  static func string(_ node: Node, of bytes: [UInt8]) -> String {
    let content = bytes[Int(node.start)..<Int(node.end)]
    guard node.kind == .escapedString else { return String(decoding: content, as: UTF8.self) }
    return String(decoding: JSONEscapes.decoded(content), as: UTF8.self)
  }

  /// Digits with or without a minus sign, as JSON has them; nil: they do not fit 64 bits.
  static func integer(_ digits: ArraySlice<UInt8>) -> Int64? {
    let isNegative = digits.first == UInt8(ascii: "-")
    var value: Int64 = 0
    for digit in isNegative ? digits.dropFirst() : digits {
      let step = Int64(digit - UInt8(ascii: "0"))
      let (tens, isTooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflows) =
        isNegative ? tens.subtractingReportingOverflow(step) : tens.addingReportingOverflow(step)
      guard !isTooLarge, !overflows else { return nil }
      value = sum
    }
    return value
  }
}

/// The escapes of JSON strings (RFC 8259, section 7).
enum JSONEscapes {
  /// What a byte behind a backslash stands for; nil: `u`, or no escape at all.
  static func plain(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: nil
    }
  }

  /// - Parameter content: a string whose escapes were found to be right.
  static func decoded(_ content: ArraySlice<UInt8>) -> [UInt8] {
    var (decoded, rest): ([UInt8], ArraySlice<UInt8>) = ([], content)
    decoded.reserveCapacity(content.count)
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\"), let escape = rest.popFirst() else {
        decoded.append(byte)
        continue
      }
      if let plain = plain(escape) {
        decoded.append(plain)
      } else {
        decoded += UTF8.encode(scalar(&rest)) ?? .init()
      }
    }
    return decoded
  }

  private static func scalar(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar {
    let first = unit(&rest)
    if let scalar = Unicode.Scalar(first) { return scalar }
    rest = rest.dropFirst(2)
    let second = unit(&rest)
    return Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) & 0x3FF)) ?? "\u{FFFD}"
  }

  private static func unit(_ rest: inout ArraySlice<UInt8>) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 { value = value << 4 | UInt16(rest.popFirst()?.hexDigit ?? 0) }
    return value
  }
}
