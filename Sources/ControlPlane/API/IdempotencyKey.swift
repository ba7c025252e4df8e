// The `Idempotency-Key` of a request: 1 to 255 visible ASCII characters, bare or as a quoted string (RFC 9651,
// section 3.3.3). Both spellings of one key are the same key. Pure.

enum IdempotencyKey {
  static let maximumBytes = 255

  /// Nil when the request has none. Fails when it has several or one that breaks the rule.
  static func of(_ request: Request) throws(Problem) -> String? {
    let values = request.fields.filter { $0.name == "idempotency-key" }.map(\.value)
    guard let value = values.first else { return nil }
    guard values.count == 1, let key = parse(value) else {
      throw Problem(
        .invalidHeader, "Idempotency-Key must be 1 to \(maximumBytes) visible ASCII characters, stand once.")
    }
    return key
  }

  static func parse(_ value: String) -> String? {
    let bytes = Array(value.utf8)
    let key = bytes.first == UInt8(ascii: "\"") ? unquoted(bytes.dropFirst()) : bytes
    guard let key, (1...maximumBytes).contains(key.count), key.allSatisfy({ (0x21...0x7E).contains($0) })
    else { return nil }
    return String(decoding: key, as: UTF8.self)
  }

  /// What stands before the closing quote, which must be the last character.
  private static func unquoted(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var key: [UInt8] = []
    var rest = text.makeIterator()
    while let byte = rest.next() {
      switch byte {
      case UInt8(ascii: "\""): return rest.next() == nil ? key : nil
      case UInt8(ascii: "\\"):
        guard let escaped = rest.next(), escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\")
        else { return nil }
        key.append(escaped)
      default: key.append(byte)
      }
    }
    return nil
  }
}
