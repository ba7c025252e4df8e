// Lists that are searched by words (`?q=`): each word must stand somewhere in an item's texts, whatever its case. A request
// looks at so many items at most, whatever it finds, and its `next` goes on behind them. Any thread.

struct WordSearch: Sendable {
  /// Items that one request looks at, and those that are read at a time.
  static let most = 1_000
  static let step = 250
  private static let bytes = 200

  private let text: String
  private let words: [[UInt8]]

  /// Nil: nothing is searched for.
  init?(_ query: Query) throws(Problem) {
    guard let text = query.value("q") else { return nil }
    guard text.utf8.count <= Self.bytes else {
      throw Query.invalid("q", "must have at most \(Self.bytes) bytes")
    }
    self.text = text
    words = text.lowercased().split(whereSeparator: \.isWhitespace).map { Array($0.utf8) }
    if words.isEmpty { return nil }
  }

  /// What the next page's URL must repeat.
  var parameter: String { "q=" + PercentEncoding.encode(text) }

  func finds(_ texts: [String?]) -> Bool {
    let all = Array(texts.compactMap(\.self).joined(separator: " ").lowercased().utf8)
    return words.allSatisfy { Self.contains(all, $0) }
  }

  private static func contains(_ text: [UInt8], _ word: [UInt8]) -> Bool {
    guard word.count <= text.count else { return false }
    return (0...text.count - word.count).contains { start in
      text[start] == word[0] && text[start..<start + word.count].elementsEqual(word)
    }
  }

  /// The first `limit` items that are found.
  /// - Parameters:
  ///   - read: so many items behind a place, in the list's order; fewer are the last ones.
  ///   - place: of an item.
  /// - Returns: with the place behind which the search goes on; nil: it has come to the end.
  func find<Item, Place>(
    limit: Int, after start: Place?, _ read: (Place?, Int) throws(DomainError) -> [Item],
    place: (Item) -> Place, texts: (Item) -> [String?]
  ) throws(DomainError) -> (found: [Item], last: Place?) {
    var (found, last, looked): ([Item], Place?, Int) = ([], start, 0)
    while looked < Self.most {
      let items = try read(last, Self.step)
      for item in items {
        last = place(item)
        if finds(texts(item)) { found.append(item) }
        if found.count == limit { return (found, last) }
      }
      if items.count < Self.step { return (found, nil) }
      looked += items.count
    }
    return (found, last)
  }
}
