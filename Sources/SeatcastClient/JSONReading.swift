// JSON answers read by name, for commands that are clients and want more than the library's own records. A value.

/// A JSON object. Members of other types than asked for are as if they were not there.
package struct JSONReading: Sendable {
  private let document: JSONDocument
  private let object: Int

  /// Nil: `bytes` are no JSON object.
  package init?(_ bytes: [UInt8]) {
    guard let document = try? StrictJSON.scan(bytes), document.isObject else { return nil }
    (self.document, object) = (document, 0)
  }

  private init(_ document: JSONDocument, _ object: Int) { (self.document, self.object) = (document, object) }

  package var names: [String] { document.memberNames(of: object) }

  /// The bytes of this object.
  package var bytes: [UInt8] {
    let node = document.nodes[object]
    return Array(document.bytes[Int(node.start)..<Int(node.end)])
  }

  package func text(_ name: String) -> String? { document.text(of: name, in: object) }
  package func bool(_ name: String) -> Bool? { document.member(name, of: object).flatMap(document.bool) }
  package func number(_ name: String) -> Double? { document.member(name, of: object).flatMap(number) }
  package func integer(_ name: String) -> Int? { document.number(of: name, in: object) }

  /// A time as the server writes it, in milliseconds since 1970.
  package func moment(_ name: String) -> Int64? { text(name).flatMap { Timestamps.parse($0)?.milliseconds } }

  package func member(_ name: String) -> JSONReading? {
    guard let index = document.member(name, of: object), document.isObject(index) else { return nil }
    return JSONReading(document, index)
  }

  /// The objects of an array.
  package func elements(_ name: String) -> [JSONReading] {
    indices(name).filter { document.isObject($0) }.map { JSONReading(document, $0) }
  }

  /// The numbers of an array.
  package func numbers(_ name: String) -> [Double] { indices(name).compactMap(number) }

  private func indices(_ name: String) -> [Int] {
    document.member(name, of: object).flatMap { document.elements(of: $0) } ?? []
  }

  private func number(_ index: Int) -> Double? {
    switch document.value(index) {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
}
