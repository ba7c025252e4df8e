// Conditions of a request on what it finds (RFC 9110, section 13.1): `If-Match` guards a change against changes
// in between, `If-None-Match` saves the transfer of what is known. Pure.

extension EventTag {
  /// As a strong entity tag: `"3.17"`.
  var field: String { "\"\(text)\"" }
}

/// The value of `If-Match` or `If-None-Match`.
enum EntityTags: Equatable {
  case any
  case listed([Tag])

  struct Tag: Equatable {
    var isWeak: Bool
    /// What stands between the quotes.
    var text: String
  }

  /// Nil when the request has no such field. All fields of one name are one list (RFC 9110, section 5.3).
  init?(_ name: String, of request: Request) throws(Problem) {
    let values = request.values(of: name)
    if values.isEmpty { return nil }
    let list = values.count == 1 ? values[0] : ArraySlice(values.joined(separator: [UInt8(ascii: ",")]))
    guard let tags = Self.parse(list) else {
      throw Problem(.invalidHeader, "\(name) must be * or a list of quoted entity tags.")
    }
    self = tags
  }

  /// `If-None-Match` compares weakly: marks of weakness are overlooked.
  func matchesWeakly(_ tag: EventTag) -> Bool {
    switch self {
    case .any: true
    case .listed(let tags): tags.contains { $0.text == tag.text }
    }
  }

  /// `If-Match` compares strongly: weak tags match nothing. Nil: anything that exists is good.
  var strong: [EventTag]? {
    switch self {
    case .any: nil
    case .listed(let tags): tags.filter { !$0.isWeak }.compactMap { EventTag($0.text) }
    }
  }

  // MARK: Grammar (RFC 9110, section 8.8.3)

  static func parse(_ text: ArraySlice<UInt8>) -> EntityTags? {
    var rest = text
    skip(&rest, [0x20, 0x09, UInt8(ascii: ",")])
    if rest.elementsEqual("*".utf8) { return .any }
    var tags: [Tag] = []
    while !rest.isEmpty {
      guard let tag = tag(&rest) else { return nil }
      tags.append(tag)
      skip(&rest, [0x20, 0x09])
      guard rest.isEmpty || rest.first == UInt8(ascii: ",") else { return nil }
      skip(&rest, [0x20, 0x09, UInt8(ascii: ",")])
    }
    return tags.isEmpty ? nil : .listed(tags)
  }

  private static func tag(_ rest: inout ArraySlice<UInt8>) -> Tag? {
    let isWeak = rest.starts(with: "W/".utf8)
    if isWeak { rest = rest.dropFirst(2) }
    guard rest.first == UInt8(ascii: "\"") else { return nil }
    rest = rest.dropFirst()
    guard let end = rest.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
    let text = rest[..<end]
    guard text.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
    rest = rest[rest.index(after: end)...]
    return Tag(isWeak: isWeak, text: String(decoding: text, as: UTF8.self))
  }

  private static func skip(_ rest: inout ArraySlice<UInt8>, _ bytes: [UInt8]) {
    rest = rest.drop { bytes.contains($0) }
  }
}
