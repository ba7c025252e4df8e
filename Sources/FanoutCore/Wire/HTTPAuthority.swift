// The authority of an http URI: a host and perhaps a port (RFC 3986, section 3.2), as a `Host` field and the target of
// a request in absolute-form name it. Pure. User information is no part of it here (RFC 9110, section 4.2.4).

enum HTTPAuthority {
  /// Whether `text` is a host that is not empty, and nothing or a colon and digits behind it.
  static func isValid(_ text: Span<UInt8>) -> Bool {
    guard !text.isEmpty else { return false }
    if text[0] == UInt8(ascii: "[") {
      var end = 1
      while end < text.count, text[end] != UInt8(ascii: "]") { end += 1 }
      guard end < text.count else { return false }
      return isLiteral(text.extracting(1..<end)) && isPort(text.extracting(end + 1..<text.count))
    }
    var end = 0
    while end < text.count, text[end] != UInt8(ascii: ":") { end += 1 }
    return isName(text.extracting(0..<end)) && isPort(text.extracting(end..<text.count))
  }

  /// Nothing, or a colon and any number of digits (RFC 3986, section 3.2.3).
  private static func isPort(_ text: Span<UInt8>) -> Bool {
    if text.isEmpty { return true }
    guard text[0] == UInt8(ascii: ":") else { return false }
    for index in 1..<text.count where !HTTPByte.isDigit(text[index]) { return false }
    return true
  }

  /// `reg-name` of section 3.2.2, at least one character; an IPv4 address is one, too.
  private static func isName(_ text: Span<UInt8>) -> Bool {
    guard !text.isEmpty else { return false }
    let plain = ASCIISet.name
    var index = 0
    while index < text.count {
      if plain.contains(text[index]) {
        index += 1
      } else {
        guard text[index] == UInt8(ascii: "%"), index + 2 < text.count,
          HTTPByte.hexValue(text[index + 1]) != nil, HTTPByte.hexValue(text[index + 2]) != nil
        else { return false }
        index += 3
      }
    }
    return true
  }

  /// What stands in the brackets of `IP-literal`.
  private static func isLiteral(_ text: Span<UInt8>) -> Bool {
    if text.count > 1, text[0] | 0x20 == UInt8(ascii: "v") { return isFutureAddress(text) }
    // An IPv6 address; a zone is no part of a URI there (RFC 3986, section 3.2.2).
    var bytes: [UInt8] = []
    bytes.append(text)
    return bytes.contains(UInt8(ascii: ":")) && PeerAddress(text: bytes) != nil
  }

  /// `IPvFuture`: `v`, hexadecimal digits, a dot, and characters of a name or colons.
  private static func isFutureAddress(_ text: Span<UInt8>) -> Bool {
    var index = 1
    while index < text.count, HTTPByte.hexValue(text[index]) != nil { index += 1 }
    guard index > 1, index + 1 < text.count, text[index] == UInt8(ascii: ".") else { return false }
    let plain = ASCIISet.name
    for byte in index + 1..<text.count where !plain.contains(text[byte]) && text[byte] != UInt8(ascii: ":") {
      return false
    }
    return true
  }
}
