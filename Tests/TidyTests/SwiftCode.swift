// Swift source without comments and string literals: what is left are the names that the compiler sees.

struct SwiftCode {
  /// The source with comments and the content of literals replaced by spaces; lines keep their places.
  let text: String

  var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

  /// Modules that the file imports, whatever the access level and attributes in front.
  var imports: [String] {
    lines.compactMap { line in
      let words = line.split(separator: " ")
      guard let index = words.firstIndex(of: "import"), index + 1 < words.count else { return nil }
      return words[index + 1].split(separator: ".").first.map(String.init)
    }
  }

  /// Every name, once per use.
  var names: [Substring] { Self.names(in: text[...]) }

  static func names(in text: Substring) -> [Substring] {
    text.split { !($0.isLetter || $0.isNumber || $0 == "_") }.filter { !($0.first?.isNumber ?? true) }
  }

  /// The words of a name in lower case: `EventStreamID` is `event`, `stream`, `id`.
  static func words(of name: Substring) -> [String] {
    var words: [String] = []
    var word = ""
    let characters = Array(name)
    for (index, character) in characters.enumerated() {
      let follows = index + 1 < characters.count && characters[index + 1].isLowercase
      let begins = character.isUppercase && (word.last?.isUppercase != true || follows)
      if character == "_" || begins, !word.isEmpty {
        words.append(word.lowercased())
        word = ""
      }
      if character != "_" { word.append(character) }
    }
    if !word.isEmpty { words.append(word.lowercased()) }
    return words
  }

  init(_ source: String) {
    var scanner = Scanner(rest: source.unicodeScalars[...])
    scanner.scanCode(untilParenthesis: false)
    text = String(scanner.output)
  }

  private struct Scanner {
    var rest: Substring.UnicodeScalarView
    var output = String.UnicodeScalarView()

    /// Until the end, or to the parenthesis that ends an interpolation.
    mutating func scanCode(untilParenthesis: Bool) {
      var depth = 0
      while let scalar = rest.first {
        if starts("//") {
          while let next = rest.first, next != "\n" { blank(next) }
        } else if starts("/*") {
          scanBlockComment()
        } else if let pounds = literalStart() {
          scanLiteral(pounds: pounds)
        } else {
          if scalar == "(" { depth += 1 }
          if scalar == ")" {
            if untilParenthesis && depth == 0 { return }
            depth -= 1
          }
          output.append(scalar)
          rest.removeFirst()
        }
      }
    }

    private mutating func scanBlockComment() {
      while let scalar = rest.first, !starts("*/") { blank(scalar) }
      skip(2)
    }

    /// The number of `#` before the quote of a literal that begins here; nil when none does.
    private func literalStart() -> Int? {
      let pounds = rest.prefix { $0 == "#" }.count
      return rest.dropFirst(pounds).first == "\"" ? pounds : nil
    }

    private mutating func scanLiteral(pounds: Int) {
      skip(pounds)
      let quotes = starts("\"\"\"") ? "\"\"\"" : "\""
      skip(quotes.count)
      let marks = String(repeating: "#", count: pounds)
      while let scalar = rest.first, !starts(quotes + marks) {
        if starts("\\" + marks + "(") {
          skip(2 + pounds)
          scanCode(untilParenthesis: true)
          skip(1)
        } else if pounds == 0 && scalar == "\\" {
          skip(2)
        } else {
          blank(scalar)
        }
      }
      skip(quotes.count + pounds)
    }

    private func starts(_ text: String) -> Bool { rest.starts(with: text.unicodeScalars) }

    private mutating func skip(_ count: Int) {
      for _ in 0..<count { if let scalar = rest.first { blank(scalar) } }
    }

    private mutating func blank(_ scalar: Unicode.Scalar) {
      output.append(scalar == "\n" ? "\n" : " ")
      rest.removeFirst()
    }
  }
}
