// What fields of a head mean where HTTP gives them one shape: comma-separated lists and the fate of the
// connection (RFC 9110, sections 5.6.1 and 7.6.1).

extension HTTPRequestHead {
  /// Whether the connection stays open after the answer (RFC 9112, section 9.3): HTTP/1.1 unless `close`
  /// is asked for, HTTP/1.0 only when `keep-alive` is.
  public var wantsKeepAlive: Bool {
    if listContains("connection", "close") { return false }
    return minorVersion >= 1 || listContains("connection", "keep-alive")
  }

  /// Whether one of the comma-separated items of the fields of this name is `item`, ASCII case aside.
  public func listContains(_ name: String, _ item: String) -> Bool {
    for field in fields where equals(field.name, name) {
      for range in items(in: field.value) where equals(range, item) { return true }
    }
    return false
  }

  /// The comma-separated items of all fields of this name, in order, without white space, without empty ones.
  public func listItems(_ name: String) -> [String] {
    fields.filter { equals($0.name, name) }.flatMap { items(in: $0.value) }.map(string)
  }

  /// The items of one list; commas inside quotes do not occur in the lists that the server reads.
  private func items(in value: Range<Int>) -> [Range<Int>] {
    bytes[value].split(separator: UInt8(ascii: ",")).compactMap { item in
      let trimmed = bytes.trimmingBlanks(item.indices)
      return trimmed.isEmpty ? nil : trimmed
    }
  }

  /// Whether the bytes of `range` are `text`, ASCII case aside.
  func equals(_ range: Range<Int>, _ text: String) -> Bool { bytes.equals(range, text) }
}

extension [UInt8] {
  /// Whether the bytes of `range` are `text`, ASCII case aside.
  func equals(_ range: Range<Int>, _ text: String) -> Bool {
    range.count == text.utf8.count
      && zip(self[range], text.utf8).allSatisfy { asciiLowercased($0) == asciiLowercased($1) }
  }

  /// `range` without spaces and tabs at its ends.
  func trimmingBlanks(_ range: Range<Int>) -> Range<Int> {
    var (lower, upper) = (range.lowerBound, range.upperBound)
    while lower < upper, HTTPByte.isBlank(self[lower]) { lower += 1 }
    while lower < upper, HTTPByte.isBlank(self[upper - 1]) { upper -= 1 }
    return lower..<upper
  }
}
