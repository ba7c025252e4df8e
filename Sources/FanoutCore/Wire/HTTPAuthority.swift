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
    for index in 1..<text.count where !isDigit(text[index]) { return false }
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
        guard text[index] == UInt8(ascii: "%"), index + 2 < text.count, isHex(text[index + 1]),
          isHex(text[index + 2])
        else { return false }
        index += 3
      }
    }
    return true
  }

  /// What stands in the brackets of `IP-literal`.
  private static func isLiteral(_ text: Span<UInt8>) -> Bool {
    if text.count > 1, text[0] | 0x20 == UInt8(ascii: "v") { return isFutureAddress(text) }
    return isIPv6(text)
  }

  /// `IPvFuture`: `v`, hexadecimal digits, a dot, and characters of a name or colons.
  private static func isFutureAddress(_ text: Span<UInt8>) -> Bool {
    var index = 1
    while index < text.count, isHex(text[index]) { index += 1 }
    guard index > 1, index + 1 < text.count, text[index] == UInt8(ascii: ".") else { return false }
    let plain = ASCIISet.name
    for byte in index + 1..<text.count where !plain.contains(text[byte]) && text[byte] != UInt8(ascii: ":") {
      return false
    }
    return true
  }

  /// Eight groups of 16 bits, the last two perhaps as an IPv4 address; `::` stands once for one group of zeros or more
  /// (section 3.2.2; a zone is no part of a URI there).
  private static func isIPv6(_ text: Span<UInt8>) -> Bool {
    var (index, groups, isShortened) = (0, 0, false)
    if text.count >= 2, text[0] == UInt8(ascii: ":") {
      guard text[1] == UInt8(ascii: ":") else { return false }
      (index, isShortened) = (2, true)
    }
    while index < text.count {
      let start = index
      while index < text.count, index - start < 4, isHex(text[index]) { index += 1 }
      if index < text.count, text[index] == UInt8(ascii: ".") {
        guard isIPv4(text.extracting(start..<text.count)) else { return false }
        groups += 2
        break
      }
      guard index > start else { return false }
      groups += 1
      if index == text.count { break }
      guard text[index] == UInt8(ascii: ":"), index + 1 < text.count else { return false }
      index += 1
      if text[index] == UInt8(ascii: ":") {
        guard !isShortened else { return false }
        isShortened = true
        index += 1
      }
    }
    return isShortened ? groups <= 7 : groups == 8
  }

  /// Four numbers up to 255 without leading zeros.
  private static func isIPv4(_ text: Span<UInt8>) -> Bool {
    var (index, numbers) = (0, 0)
    while true {
      let start = index
      var value = 0
      while index < text.count, index - start < 3, isDigit(text[index]) {
        value = value * 10 + Int(text[index] - UInt8(ascii: "0"))
        index += 1
      }
      guard index > start, value <= 255, index - start == 1 || text[start] != UInt8(ascii: "0") else {
        return false
      }
      numbers += 1
      if index == text.count { return numbers == 4 }
      guard text[index] == UInt8(ascii: "."), numbers < 4 else { return false }
      index += 1
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  private static func isHex(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 6
  }
}
