// What fields of a head mean where HTTP gives them one shape: comma-separated lists and the fate of the
// connection (RFC 9110, sections 5.6.1 and 7.6.1).

extension HTTPRequestHead {
  /// Whether the connection stays open after the answer (RFC 9112, section 9.3): HTTP/1.1 unless `close`
  /// is asked for, HTTP/1.0 only when `keep-alive` is.
  public var wantsKeepAlive: Bool {
    guard known.contains(.connection) else { return minorVersion >= 1 }
    if listContains("connection", "close") { return false }
    return minorVersion >= 1 || listContains("connection", "keep-alive")
  }

  /// Whether one of the comma-separated items of the fields of this name is `item`, ASCII case aside.
  public func listContains(_ name: String, _ item: String) -> Bool {
    for index in stride(from: 0, to: fields.count, by: 2) where equals(fields[index], name) {
      var rest = fields[index + 1]
      while let range = nextItem(in: &rest) {
        if equals(range, item) { return true }
      }
    }
    return false
  }

  /// The comma-separated items of all fields of this name, in order, without white space, without empty ones.
  public func listItems(_ name: String) -> [String] {
    var items: [String] = []
    for index in stride(from: 0, to: fields.count, by: 2) where equals(fields[index], name) {
      var rest = fields[index + 1]
      while let range = nextItem(in: &rest) { items.append(string(range)) }
    }
    return items
  }

  /// Takes the next item that is not empty from the front of a list; commas inside quotes do not occur in the lists
  /// that the server reads.
  private func nextItem(in rest: inout Range<Int>) -> Range<Int>? {
    while !rest.isEmpty {
      let end = bytes[rest].firstIndex(of: UInt8(ascii: ",")) ?? rest.upperBound
      let item = bytes.trimmingBlanks(rest.lowerBound..<end)
      rest = min(end + 1, rest.upperBound)..<rest.upperBound
      if !item.isEmpty { return item }
    }
    return nil
  }

  /// Whether the bytes of `range` are `text`, ASCII case aside.
  func equals(_ range: Range<Int>, _ text: String) -> Bool { bytes.equals(range, text) }
}
