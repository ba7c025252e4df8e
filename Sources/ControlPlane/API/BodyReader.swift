// Reads a request's JSON body member by member and gathers everything that is wrong with it, so that a client
// learns of all its mistakes at once. Members that nobody asks for are ignored.

struct BodyReader {
  private let members: [String: JSONValue]
  private var errors: [FieldError] = []

  /// Fails with 415 for another media type, 400 for what is not JSON, 422 for what is not an object.
  init(_ request: Request, mediaTypes: [String] = ["application/json"]) throws(Problem) {
    try Self.checkMediaType(request, mediaTypes)
    let document: JSONValue
    do throws(JSONRefusal) {
      document = try StrictJSON.parse(request.body)
    } catch {
      throw Problem(
        .malformedJSON, "The body is not JSON that we take: \(error.description).",
        members: [.init("offset", .integer(error.offset))])
    }
    guard let members = document.members else {
      throw Self.failure([.init(pointer: .root, detail: "must be an object, not \(document.kind)")])
    }
    self.members = members
  }

  /// Throws everything that was noted. Values read before are meaningful only when this passes.
  func finish() throws(Problem) {
    if !errors.isEmpty { throw Self.failure(errors) }
  }

  /// Notes that a member breaks a rule.
  mutating func note(_ name: String, _ detail: String) {
    errors.append(.init(pointer: .root.appending(name), detail: detail))
  }

  private static func failure(_ errors: [FieldError]) -> Problem {
    Problem(
      .validationFailed, errors.count == 1 ? "One member is wrong." : "\(errors.count) members are wrong.",
      errors: errors)
  }

  // MARK: Members

  func has(_ name: String) -> Bool { members[name] != nil }

  /// Nil when the member is absent or was noted as wrong. `bytes`: the bounds of its length in UTF-8.
  mutating func text(_ name: String, bytes: ClosedRange<Int>) -> String? {
    guard let value = members[name] else { return nil }
    guard let text = value.text else { return wrong(name, "must be a string, not \(value.kind)") }
    guard bytes.contains(text.utf8.count) else {
      return wrong(name, "must have \(bytes.lowerBound) to \(bytes.upperBound) bytes")
    }
    return text
  }

  /// Nil when the member is absent or was noted as wrong.
  mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
    guard let value = members[name] else { return nil }
    guard let number = value.whole.flatMap({ Int(exactly: $0) }), range.contains(number) else {
      return wrong(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// Nil when the member is absent or was noted as wrong.
  mutating func bool(_ name: String) -> Bool? {
    guard let value = members[name] else { return nil }
    guard case .bool(let bool) = value else { return wrong(name, "must be true or false, not \(value.kind)") }
    return bool
  }

  /// Nil when the member is absent or was noted as wrong; `.some(nil)` when it is `null`.
  mutating func moment(_ name: String) -> Instant?? {
    guard let value = members[name] else { return nil }
    if value == .null { return .some(nil) }
    guard let text = value.text, let moment = Timestamps.parse(text) else {
      return wrong(name, "must be a time like 2026-01-31T20:00:00Z, or null")
    }
    return .some(moment)
  }

  /// One of a type's raw values. Nil when the member is absent or was noted as wrong.
  mutating func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, _: Choice.Type
  ) -> Choice? where Choice.RawValue == String {
    guard let value = members[name] else { return nil }
    guard let choice = value.text.flatMap(Choice.init(rawValue:)) else {
      return wrong(name, "must be one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return choice
  }

  // MARK: Members that must be there. A noted one comes as a value of no meaning.

  mutating func requiredText(_ name: String, bytes: ClosedRange<Int>) -> String {
    require(name)
    return text(name, bytes: bytes) ?? ""
  }

  mutating func requiredInteger(_ name: String, in range: ClosedRange<Int>) -> Int {
    require(name)
    return integer(name, in: range) ?? 0
  }

  private mutating func require(_ name: String) {
    if !has(name) { note(name, "is required") }
  }

  private mutating func wrong<Value>(_ name: String, _ detail: String) -> Value? {
    note(name, detail)
    return nil
  }

  // MARK: The media type

  private static func checkMediaType(_ request: Request, _ accepted: [String]) throws(Problem) {
    let values = request.fields.filter { $0.name == "content-type" }
    // As nearly everybody writes it.
    if values.count == 1, accepted.contains(values[0].value) { return }
    let parts = (values.first?.value ?? "").split(separator: ";").map { part in
      part.filter { $0 != " " && $0 != "\t" && $0 != "\"" }.lowercased()
    }
    let charset = parts.dropFirst().first { $0.hasPrefix("charset=") }
    guard values.count == 1, let type = parts.first, accepted.contains(type),
      charset == nil || charset == "charset=utf-8"
    else {
      throw Problem(
        .unsupportedMediaType, "The body must be \(accepted.joined(separator: " or ")) in UTF-8.",
        fields: [.init(name: "accept", value: accepted.joined(separator: ", "))])
    }
  }
}
