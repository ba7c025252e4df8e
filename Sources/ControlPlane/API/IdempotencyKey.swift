// The `Idempotency-Key` of a request: 1 to 255 visible ASCII characters, bare or as a quoted string (RFC 9651,
// section 3.3.3). Both spellings of one key are the same key. Pure.

enum IdempotencyKey {
  static let maximumBytes = 255

  /// Nil when the request has none. Fails when it has several or one that breaks the rule.
  static func of(_ request: Request) throws(Problem) -> String? {
    switch request.occurrence(of: "idempotency-key") {
    case .absent: return nil
    case .once(let value):
      if let key = parse(request.bytes[value]) { return key }
    case .repeated: break
    }
    throw Problem(
      .invalidHeader, "Idempotency-Key must be sent once, as 1 to \(maximumBytes) visible ASCII characters.")
  }

  static func parse(_ value: ArraySlice<UInt8>) -> String? {
    guard value.first == UInt8(ascii: "\"") else { return isKey(value) ? text(value) : nil }
    return unquoted(value.dropFirst()).flatMap { isKey($0[...]) ? text($0[...]) : nil }
  }

  private static func isKey(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard (1...maximumBytes).contains(bytes.count) else { return false }
    for byte in bytes where byte < 0x21 || byte > 0x7E { return false }
    return true
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

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
