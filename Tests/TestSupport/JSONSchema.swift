// Holds JSON values against schemas (JSON Schema, draft 2020-12), as far as the served descriptions use it. Stricter in one
// thing: a member that the schema of an object does not name is a fault, so that no answer says more than is documented.

/// A document with schemas that refer to each other by `#/…`.
public struct JSONSchema: Sendable {
  private let document: JSON

  /// Every keyword that is understood or may be passed over; another one is a fault of the schema.
  private static let keywords: Set = [
    "$ref", "type", "properties", "required", "enum", "const", "items", "oneOf", "minimum", "maximum",
    "minLength", "maxLength", "minItems", "maxItems", "pattern", "additionalProperties", "description",
    "format",
    "default",
  ]

  public init(_ document: JSON) { self.document = document }

  /// What is wrong with `value`, each as a sentence with its place.
  public func faults(of value: JSON, by schema: JSON, at place: String = "") -> [String] {
    guard let keywords = schema.members else { return ["\(place): the schema is no object"] }
    var faults = keywords.keys.filter { !Self.keywords.contains($0) }.map {
      "\(place): unknown keyword \($0)"
    }
    if let reference = keywords["$ref"]?.string {
      guard let target = resolve(reference) else { return faults + ["\(place): no schema \(reference)"] }
      faults += self.faults(of: value, by: without(closing: target), at: place)
    }
    if let choices = keywords["oneOf"]?.array {
      let fitting = choices.filter { self.faults(of: value, by: $0).isEmpty }.count
      if fitting != 1 {
        faults.append("\(place): fits \(fitting) of \(choices.count) schemas: \(value.text)")
      }
    }
    faults += simple(value, keywords).map { "\(place): \($0), not \(value.text)" }
    if let members = value.members { faults += self.members(members, schema, place) }
    if let items = value.array, let schema = keywords["items"] {
      faults += items.enumerated().flatMap { self.faults(of: $1, by: schema, at: "\(place)/\($0)") }
    }
    return faults
  }

  /// `#/components/schemas/Event`
  public func resolve(_ reference: String) -> JSON? {
    guard reference.hasPrefix("#/") else { return nil }
    return reference.dropFirst(2).split(separator: "/").reduce(document) { $0?[String($1)] }
  }

  /// The schema without the word that its members are all: names are compared by `members` alone.
  private func without(closing schema: JSON) -> JSON {
    guard case .object(var keywords) = schema else { return schema }
    keywords["additionalProperties"] = nil
    return .object(keywords)
  }

  private func simple(_ value: JSON, _ keywords: [String: JSON]) -> [String] {
    var faults: [String] = []
    if let type = keywords["type"] {
      let types = type.array?.compactMap(\.string) ?? [type.string ?? ""]
      if !types.contains(where: { value.isOfType($0) }) { faults.append("must be \(types)") }
    }
    if let choices = keywords["enum"]?.array, !choices.contains(value) {
      faults.append("must be one of \(choices.map(\.text))")
    }
    if let constant = keywords["const"], constant != value { faults.append("must be \(constant.text)") }
    if let number = value.integer {
      if let least = keywords["minimum"]?.integer, number < least {
        faults.append("must be \(least) at least")
      }
      if let most = keywords["maximum"]?.integer, number > most { faults.append("must be \(most) at most") }
    }
    if let least = keywords["minItems"]?.integer, let items = value.array, items.count < least {
      faults.append("must have \(least) items at least")
    }
    if let most = keywords["maxItems"]?.integer, let items = value.array, items.count > most {
      faults.append("must have \(most) items at most")
    }
    if let text = value.string { faults += self.text(text, keywords) }
    return faults
  }

  private func text(_ text: String, _ keywords: [String: JSON]) -> [String] {
    var faults: [String] = []
    let length = text.unicodeScalars.count
    if let least = keywords["minLength"]?.integer, length < least { faults.append("must be longer") }
    if let most = keywords["maxLength"]?.integer, length > most { faults.append("must be shorter") }
    if let pattern = keywords["pattern"]?.string {
      guard let regex = try? Regex(pattern) else { return faults + ["has a broken pattern"] }
      if text.firstMatch(of: regex) == nil { faults.append("must match \(pattern)") }
    }
    if keywords["format"]?.string == "date-time",
      text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/) == nil
    {
      faults.append("must be a time")
    }
    return faults
  }

  private func members(_ members: [String: JSON], _ schema: JSON, _ place: String) -> [String] {
    var faults: [String] = []
    for name in schema["required"]?.array ?? [] where members[name.string ?? ""] == nil {
      faults.append("\(place): has no \(name.text)")
    }
    for (name, schema) in schema["properties"]?.members ?? [:] {
      if let value = members[name] { faults += self.faults(of: value, by: schema, at: "\(place)/\(name)") }
    }
    // Whoever is referred to is asked by itself; here all names count that stand anywhere.
    if schema["oneOf"] == nil, let known = names(schema), schema["$ref"] == nil || schema["properties"] != nil
    {
      faults += members.keys.filter { !known.contains($0) }.map {
        "\(place): says \($0), which is not documented"
      }
    }
    return faults
  }

  /// The members that a schema names; nil: it names none, and any may stand there.
  private func names(_ schema: JSON) -> Set<String>? {
    var names = Set(schema["properties"]?.members?.keys.map { $0 } ?? [])
    if let target = schema["$ref"]?.string.flatMap(resolve) { names.formUnion(self.names(target) ?? []) }
    return names.isEmpty ? nil : names
  }
}

extension JSON {
  fileprivate func isOfType(_ name: String) -> Bool {
    switch (name, self) {
    case ("null", .null), ("boolean", .bool), ("integer", .integer), ("number", .integer),
      ("number", .fraction), ("string", .string), ("array", .array), ("object", .object):
      true
    default: false
    }
  }
}
