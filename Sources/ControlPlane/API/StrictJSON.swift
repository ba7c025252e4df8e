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
  private static let maximumDepth = 16
  /// Up to so many members the names of an object are compared one by one; beyond, in a set.
  private static let fewMembers = 8

  private let bytes: [UInt8]
  private var position = 0
  private var nodes: [JSONDocument.Node] = []

  private init(_ bytes: [UInt8]) {
    self.bytes = bytes
    nodes.reserveCapacity(16)
  }

  /// The one value that `bytes` are.
  static func parse(_ bytes: [UInt8]) throws(JSONRefusal) -> JSONValue { try scan(bytes).value(0) }

  /// The same, to be read in place.
  static func scan(_ bytes: [UInt8]) throws(JSONRefusal) -> JSONDocument {
    guard bytes.count <= Int32.max else { throw JSONRefusal(reason: .tooDeep, offset: 0) }
    var reader = StrictJSON(bytes)
    reader.skipSpace()
    try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.position == bytes.count else { throw reader.refusal(.trailing) }
    return JSONDocument(bytes: bytes, nodes: reader.nodes)
  }

  // MARK: Values

  private mutating func value(depth: Int) throws(JSONRefusal) {
    guard let byte = peek else { throw refusal(.endsTooSoon) }
    switch byte {
    case UInt8(ascii: "{"): try object(depth: depth + 1)
    case UInt8(ascii: "["): try array(depth: depth + 1)
    case UInt8(ascii: "\""): try string()
    case UInt8(ascii: "t"): try word("true", .boolean)
    case UInt8(ascii: "f"): try word("false", .boolean)
    case UInt8(ascii: "n"): try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
    default: throw refusal(.unexpected(expected: "a value"))
    }
  }

  /// Appends a node that ends where the reader stands.
  private mutating func append(_ kind: JSONDocument.Node.Kind, from start: Int) {
    nodes.append(
      .init(kind: kind, start: Int32(start), end: Int32(position), next: Int32(nodes.count + 1)))
  }

  /// The array or object at `index` ends here.
  private mutating func end(_ index: Int) {
    nodes[index].end = Int32(position)
    nodes[index].next = Int32(nodes.count)
  }

  private mutating func object(depth: Int) throws(JSONRefusal) {
    guard depth <= Self.maximumDepth else { throw refusal(.tooDeep) }
    let index = nodes.count
    append(.object, from: position)
    position += 1
    skipSpace()
    if take(UInt8(ascii: "}")) { return end(index) }
    var names = MemberNames(object: index)
    while true {
      skipSpace()
      let (start, name) = (position, nodes.count)
      guard peek == UInt8(ascii: "\"") else { throw unexpected("a member name") }
      try string()
      guard isNew(name, &names) else {
        throw JSONRefusal(reason: .duplicate(JSONDocument.string(nodes[name], of: bytes)), offset: start)
      }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw unexpected("a colon") }
      skipSpace()
      try value(depth: depth)
      skipSpace()
      if take(UInt8(ascii: "}")) { return end(index) }
      guard take(UInt8(ascii: ",")) else { throw unexpected("a comma or a closing brace") }
    }
  }

  private mutating func array(depth: Int) throws(JSONRefusal) {
    guard depth <= Self.maximumDepth else { throw refusal(.tooDeep) }
    let index = nodes.count
    append(.array, from: position)
    position += 1
    skipSpace()
    if take(UInt8(ascii: "]")) { return end(index) }
    while true {
      skipSpace()
      try value(depth: depth)
      skipSpace()
      if take(UInt8(ascii: "]")) { return end(index) }
      guard take(UInt8(ascii: ",")) else { throw unexpected("a comma or a closing bracket") }
    }
  }

  private mutating func word(_ word: String, _ kind: JSONDocument.Node.Kind) throws(JSONRefusal) {
    let start = position
    for byte in word.utf8 where !take(byte) { throw unexpected("a value") }
    append(kind, from: start)
  }

  // MARK: Member names

  /// The names of one object so far.
  private struct MemberNames {
    /// The object's node.
    let object: Int
    var count = 0
    /// All of them, once they are no longer few.
    var set: Set<String> = []
  }

  /// Whether no member before it has the name at node `name`, however it is spelled.
  private func isNew(_ name: Int, _ names: inout MemberNames) -> Bool {
    names.count += 1
    if names.count <= Self.fewMembers {
      var other = names.object + 1
      while other < name {
        if isSame(nodes[other], nodes[name]) { return false }
        other = Int(nodes[other + 1].next)
      }
      return true
    }
    if names.count == Self.fewMembers + 1 {
      var other = names.object + 1
      while other < name {
        names.set.insert(JSONDocument.string(nodes[other], of: bytes))
        other = Int(nodes[other + 1].next)
      }
    }
    return names.set.insert(JSONDocument.string(nodes[name], of: bytes)).inserted
  }

  private func isSame(_ one: JSONDocument.Node, _ other: JSONDocument.Node) -> Bool {
    guard one.kind == .string, other.kind == .string, one.isASCII, other.isASCII else {
      return JSONDocument.string(one, of: bytes) == JSONDocument.string(other, of: bytes)
    }
    guard one.end - one.start == other.end - other.start else { return false }
    for offset in 0..<Int(one.end - one.start)
    where bytes[Int(one.start) + offset] != bytes[Int(other.start) + offset] { return false }
    return true
  }

  // MARK: Numbers

  private mutating func number() throws(JSONRefusal) {
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
    // Eighteen digits always fit 64 bits.
    if isWhole, position - start <= 18 || JSONDocument.integer(bytes[start..<position]) != nil {
      return append(.integer, from: start)
    }
    guard let double = Double(String(decoding: bytes[start..<position], as: UTF8.self)), double.isFinite
    else { throw JSONRefusal(reason: .numberOutOfRange, offset: start) }
    append(.number, from: start)
  }

  private mutating func digits() throws(JSONRefusal) {
    let start = position
    while let byte = peek, byte.isDigit { position += 1 }
    guard position > start else { throw unexpected("a digit") }
  }

  // MARK: Strings

  /// From the opening quote to behind the closing one.
  private mutating func string() throws(JSONRefusal) {
    let start = position
    position += 1
    var (kind, isASCII) = (JSONDocument.Node.Kind.string, true)
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        // The general validation is slow, and nearly all strings are ASCII.
        guard isASCII || String(validating: bytes[start + 1..<position], as: UTF8.self) != nil else {
          throw JSONRefusal(reason: .badUTF8, offset: start)
        }
        append(kind, from: start + 1)
        nodes[nodes.count - 1].isASCII = isASCII
        position += 1
        return
      case UInt8(ascii: "\\"):
        try escape()
        kind = .escapedString
      case 0..<0x20: throw refusal(.controlCharacter)
      default:
        if byte >= 0x80 { isASCII = false }
        position += 1
      }
    }
    throw refusal(.endsTooSoon)
  }

  private mutating func escape() throws(JSONRefusal) {
    let start = position
    position += 1
    guard let byte = peek else { throw refusal(.endsTooSoon) }
    position += 1
    if byte == UInt8(ascii: "u") { return try unicodeEscape(from: start) }
    guard JSONEscapes.plain(byte) != nil else { throw JSONRefusal(reason: .badEscape, offset: start) }
  }

  /// Checks the four hexadecimal digits behind `\u`, and the second escape when the first is half of a surrogate pair
  /// (RFC 8259, section 7).
  private mutating func unicodeEscape(from start: Int) throws(JSONRefusal) {
    let first = try fourHexDigits()
    if Unicode.Scalar(first) != nil { return }
    let lone = JSONRefusal(reason: .loneSurrogate, offset: start)
    guard first < 0xDC00 else { throw lone }
    guard position < bytes.count else { throw refusal(.endsTooSoon) }
    guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw lone }
    let second = try fourHexDigits()
    guard (0xDC00...0xDFFF).contains(second) else { throw lone }
  }

  private mutating func fourHexDigits() throws(JSONRefusal) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = peek else { throw refusal(.endsTooSoon) }
      guard let digit = byte.hexDigit else { throw refusal(.badEscape) }
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
