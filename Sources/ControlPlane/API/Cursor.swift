// Lists in pages. A cursor names the last item that was seen, so pages neither repeat nor skip items when
// others come and go; clients treat it as opaque.

enum Cursor {
  /// Which list a cursor belongs to: one of another list is refused.
  enum Kind: UInt8 {
    case event = 0x65
    case booking = 0x62
    case audit = 0x61
    case user = 0x75
  }

  static func text(_ kind: Kind, _ number: UInt64) -> String {
    var bytes = [kind.rawValue]
    Decimal.append(number, to: &bytes)
    return String(decoding: Base64.encode(bytes, .urlSafe), as: UTF8.self)
  }

  /// Nil when we never made this text for such a list.
  static func number(_ kind: Kind, _ text: String) -> UInt64? {
    guard let bytes = Base64.decode(text.utf8, .urlSafe), bytes.first == kind.rawValue else { return nil }
    return Decimal.parse(bytes.dropFirst())
  }
}

/// Items of one page.
enum PageSize {
  static let standard = 20
  static let maximum = 100
}

/// `{items, next}`, and the same `next` as a link (RFC 8288).
struct Page<Item: JSONWritable>: JSONWritable {
  var items: [Item]
  /// What the next page is asked for with; nil: this is the last page.
  var next: Next?

  enum Next {
    case cursor(String)
    case seq(UInt64)

    /// As a query parameter.
    fileprivate var parameter: String {
      switch self {
      case .cursor(let text): "cursor=\(text)"
      case .seq(let seq): "after=\(seq)"
      }
    }
  }

  init(items: [Item], next: Next?) { (self.items, self.next) = (items, next) }

  /// `found`: up to one item more than `limit`, which tells that there is a next page.
  init<Source>(
    _ found: [Source], limit: Int, item: (Source) -> Item, next: (Source) -> Next
  ) {
    items = found.prefix(limit).map(item)
    if found.count > limit { self.next = found.prefix(limit).last.map(next) }
  }

  /// `parameters`: what else the next page's URL must repeat, encoded.
  func reply(path: String, parameters: [String]) -> Reply {
    var fields = FieldLines()
    if let next {
      let query = (parameters + [next.parameter]).joined(separator: "&")
      fields.append("link", "<\(path)?\(query)>; rel=\"next\"")
    }
    return .json(self, fields: fields)
  }

  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("items", items)
      writer.name("next")
      switch next {
      case .cursor(let text): writer.string(text)
      case .seq(let seq): writer.integer(seq)
      case nil: writer.null()
      }
    }
  }
}

extension Query {
  /// How many items a page is to have.
  func limit() throws(Problem) -> Int {
    try number("limit", in: 1...UInt64(PageSize.maximum)).map { Int($0) } ?? PageSize.standard
  }

  func cursor(_ kind: Cursor.Kind) throws(Problem) -> UInt64? {
    guard let text = value("cursor") else { return nil }
    guard let number = Cursor.number(kind, text) else {
      throw Self.invalid("cursor", "is not one that this list gave out")
    }
    return number
  }
}
