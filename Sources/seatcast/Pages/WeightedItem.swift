// What a client prefers: fields like `Accept` and `Accept-Encoding`, whose items have weights (RFC 9110, section 12.4.2).
// Pure.

struct WeightedItem: Equatable, Sendable {
  /// In lower case.
  let name: String
  /// Besides the weight; names in lower case.
  let parameters: [Parameter]
  /// In thousandths: 1000 when there is none, 0 when it cannot be read.
  let weight: Int

  struct Parameter: Equatable, Sendable {
    let name: String
    let value: String
  }

  /// The items of all lines of the field.
  static func all(_ fields: [String]) -> [WeightedItem] {
    fields.flatMap { $0.split(separator: ",") }.compactMap(WeightedItem.init)
  }

  private init?(_ item: Substring) {
    let parts = item.split(separator: ";").map(Self.trimmed)
    guard let name = parts.first, !name.isEmpty else { return nil }
    let parameters = parts.dropFirst().map { part in
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return Parameter(name: sides[0].lowercased(), value: sides.count > 1 ? String(sides[1]) : "")
    }
    self.name = name.lowercased()
    self.parameters = parameters.filter { $0.name != "q" }
    weight = parameters.first { $0.name == "q" }.map { Self.thousandths($0.value) } ?? 1_000
  }

  private static func thousandths(_ text: String) -> Int {
    guard let value = Double(text), (0...1).contains(value) else { return 0 }
    return Int(value * 1_000)
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop { $0 == " " || $0 == "\t" }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return text
  }
}
