/// What an `Authorization` field says by the scheme `Bearer` (RFC 6750, section 2.1). Bytes are looked at, not
/// characters, because it stands on the way of every booking and every handshake.
public enum BearerCredentials {
  private static let scheme = Array("bearer ".utf8)

  /// The token: what follows the scheme (whose case does not matter) without spaces and tabs around it. Nil when the
  /// scheme is another one or nothing follows.
  public static func token(in field: String) -> String? {
    let bytes = field.utf8
    guard bytes.count > scheme.count,
      zip(bytes, scheme).allSatisfy({ $0 == $1 || $0 | 0x20 == $1 && $1 != UInt8(ascii: " ") })
    else { return nil }
    var rest = bytes.dropFirst(scheme.count).drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return rest.isEmpty ? nil : String(Substring(rest))
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }
}
