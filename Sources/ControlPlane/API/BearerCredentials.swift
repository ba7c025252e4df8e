/// What an `Authorization` field says by the scheme `Bearer` (RFC 6750, section 2.1).
public enum BearerCredentials {
  private static let scheme = "bearer"

  /// The token: what follows the scheme (whose case does not matter) without spaces and tabs around it. Nil when the
  /// scheme is another one or nothing follows.
  /// - Parameter field: the field's value, a range of `bytes`.
  public static func token(in bytes: [UInt8], _ field: Range<Int>) -> Range<Int>? {
    let end = field.lowerBound + scheme.utf8.count
    guard end < field.upperBound, bytes[end] == UInt8(ascii: " "),
      bytes.equals(field.lowerBound..<end, lowercased: scheme)
    else { return nil }
    let token = bytes.trimmingBlanks(end..<field.upperBound)
    return token.isEmpty ? nil : token
  }
}
