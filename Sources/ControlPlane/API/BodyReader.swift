// Reads a request's JSON body member by member and gathers everything that is wrong with it, so that a client
// learns of all its mistakes at once. Members that nobody asks for are ignored, unless `refuseUnknown` is called.

struct BodyReader {
  private let document: JSONDocument
  /// The object that is read, and where it stands.
  private var object = 0
  private var pointer = JSONPointer.root
  private var errors: [FieldError] = []

  /// Fails with 415 for another media type, 400 for what is not JSON, 422 for what is not an object.
  init(_ request: Request, mediaTypes: [String] = ["application/json"]) throws(Problem) {
    try Self.checkMediaType(request, mediaTypes)
    try self.init(request.body)
  }

  /// The same of bytes that came without a media type.
  init(_ body: [UInt8]) throws(Problem) {
    do throws(JSONRefusal) {
      document = try StrictJSON.scan(body)
    } catch {
      throw Problem(
        .malformedJSON, "The body is not JSON that we take: \(error.description).",
        members: [.init("offset", .integer(error.offset))])
    }
    guard document.isObject else {
      throw Self.failure([.init(pointer: .root, detail: "must be an object, not \(document.kind(0))")])
    }
  }

  /// Throws everything that was noted. Values read before are meaningful only when this passes.
  func finish() throws(Problem) {
    if !errors.isEmpty { throw Self.failure(errors) }
  }

  /// Notes that a member breaks a rule.
  mutating func note(_ name: String, _ detail: String) {
    errors.append(.init(pointer: pointer.appending(name), detail: detail))
  }

  /// Members of an unknown name that are noted: to look for what was meant costs more than the name's length.
  private static let mostUnknown = 16

  /// Notes members whose name is not among `known`, with the name that was probably meant.
  mutating func refuseUnknown(besides known: [String]) {
    let unknown = document.memberNames(of: object).lazy.filter { !known.contains($0) }
    for name in unknown.prefix(Self.mostUnknown) {
      let meant = Suggestion.nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
      note(name, "is not known here\(meant)")
    }
  }

  private static func failure(_ errors: [FieldError]) -> Problem {
    Problem(
      .validationFailed, errors.count == 1 ? "1 field is invalid." : "\(errors.count) fields are invalid.",
      errors: errors)
  }

  // MARK: Members

  func has(_ name: String) -> Bool { document.member(name, of: object) != nil }

  /// Nil when the member is absent or was noted as wrong. `bytes`: the bounds of its length in UTF-8.
  mutating func text(_ name: String, bytes: ClosedRange<Int>) -> String? {
    guard let member = document.member(name, of: object) else { return nil }
    guard let text = document.text(member) else {
      return wrong(name, "must be a string, not \(document.kind(member))")
    }
    guard bytes.contains(text.utf8.count) else {
      return wrong(name, "must have \(bytes.lowerBound) to \(bytes.upperBound) bytes")
    }
    return text
  }

  /// A text on one line, as names are: the API refuses control characters in it. Otherwise as `text`.
  mutating func line(_ name: String, bytes: ClosedRange<Int>) -> String? {
    guard let text = text(name, bytes: bytes) else { return nil }
    return UnicodeProfiles.isOneLine(text) ? text : wrong(name, Self.controlsFault)
  }

  /// A text that may have several lines, and otherwise is like `line`.
  mutating func lines(_ name: String, bytes: ClosedRange<Int>) -> String? {
    guard let text = text(name, bytes: bytes) else { return nil }
    return UnicodeProfiles.areLines(text) ? text : wrong(name, Self.controlsFault)
  }

  private static let controlsFault = "must not contain control characters"

  /// Nil when the member is absent or was noted as wrong.
  mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
    guard let member = document.member(name, of: object) else { return nil }
    guard let number = document.whole(member).flatMap({ Int(exactly: $0) }), range.contains(number) else {
      return wrong(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// Nil when the member is absent, `null`, or was noted as wrong.
  mutating func optionalInteger(_ name: String, in range: ClosedRange<Int>) -> Int? {
    guard let member = document.member(name, of: object), !document.isNull(member) else { return nil }
    return integer(name, in: range)
  }

  /// Positive whole numbers. Nil when the member is absent or was noted as wrong.
  mutating func identifiers(_ name: String, count: ClosedRange<Int>) -> [Int64]? {
    guard let member = document.member(name, of: object) else { return nil }
    guard case .array(let elements) = document.value(member), count.contains(elements.count) else {
      return wrong(name, "must be a list of \(count.lowerBound) to \(count.upperBound) numbers")
    }
    let numbers = elements.compactMap(\.whole).filter { $0 > 0 }
    return numbers.count == elements.count ? numbers : wrong(name, "must have positive whole numbers only")
  }

  /// Nil when the member is absent or was noted as wrong.
  mutating func bool(_ name: String) -> Bool? {
    guard let member = document.member(name, of: object) else { return nil }
    return document.bool(member) ?? wrong(name, "must be true or false, not \(document.kind(member))")
  }

  /// Nil when the member is absent or was noted as wrong; `.some(nil)` when it is `null`.
  mutating func moment(_ name: String) -> Instant?? {
    guard let member = document.member(name, of: object) else { return nil }
    if document.isNull(member) { return .some(nil) }
    guard let text = document.text(member), let moment = Timestamps.parse(text) else {
      return wrong(name, "must be a time like 2026-01-31T20:00:00Z, or null")
    }
    return .some(moment)
  }

  /// The choice whose raw value the member is. Nil when the member is absent or was noted as wrong.
  mutating func choice<Choice: RawRepresentable>(
    _ name: String, among choices: [Choice]
  ) -> Choice? where Choice.RawValue == String {
    guard let member = document.member(name, of: object) else { return nil }
    let text = document.text(member)
    guard let choice = choices.first(where: { $0.rawValue == text }) else {
      return wrong(name, "must be one of " + choices.map(\.rawValue).joined(separator: ", "))
    }
    return choice
  }

  /// What `read` makes of each object in an array. Nil when the member is absent or was noted as wrong.
  mutating func objects<Value>(
    _ name: String, atMost most: Int, _ read: (inout BodyReader) -> Value
  ) -> [Value]? {
    guard let member = document.member(name, of: object) else { return nil }
    guard let elements = document.elements(of: member), elements.count <= most,
      elements.allSatisfy(document.isObject)
    else { return wrong(name, "must be an array of at most \(most) objects") }
    let outer = (object, pointer)
    defer { (object, pointer) = outer }
    var values: [Value] = []
    for (index, element) in elements.enumerated() {
      (object, pointer) = (element, outer.1.appending(name).appending(String(index)))
      values.append(read(&self))
    }
    return values
  }

  // MARK: Members that must be there. A noted one comes as a value of no meaning.

  mutating func requiredText(_ name: String, bytes: ClosedRange<Int>) -> String {
    require(name)
    return text(name, bytes: bytes) ?? ""
  }

  mutating func requiredLine(_ name: String, bytes: ClosedRange<Int>) -> String {
    require(name)
    return line(name, bytes: bytes) ?? ""
  }

  /// At least one of the choices, in their order and each once.
  mutating func requiredChoices<Choice: RawRepresentable>(
    _ name: String, among choices: [Choice]
  ) -> [Choice] where Choice.RawValue == String {
    require(name)
    guard let member = document.member(name, of: object) else { return [] }
    let names = (document.elements(of: member) ?? []).map { document.text($0) ?? "" }
    let chosen = choices.filter { names.contains($0.rawValue) }
    guard !names.isEmpty, Set(names) == Set(chosen.map(\.rawValue)) else {
      return wrong(name, "must be a list of " + choices.map(\.rawValue).joined(separator: ", ")) ?? []
    }
    return chosen
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
    try refuseCoding(request)
    if case .once(let value) = request.occurrence(of: "content-type") {
      // As nearly everybody writes it.
      for type in accepted where request.bytes.matches(value, type) { return }
      if isAccepted(String(decoding: request.bytes[value], as: UTF8.self), accepted) { return }
    }
    throw Problem(
      .unsupportedMediaType, "The body must be \(accepted.joined(separator: " or ")) in UTF-8.",
      fields: [.init(name: "accept", value: accepted.joined(separator: ", "))])
  }

  /// A body is taken as it is (RFC 9110, sections 8.4 and 15.5.16).
  private static func refuseCoding(_ request: Request) throws(Problem) {
    for value in request.values(of: "content-encoding") where !value.isEmpty {
      if request.bytes.equals(value.indices, lowercased: "identity") { continue }
      throw Problem(
        .unsupportedMediaType, "The body must not be compressed or encoded.",
        fields: [.init(name: "accept-encoding", value: "identity")])
    }
  }

  private static func isAccepted(_ value: String, _ accepted: [String]) -> Bool {
    let parts = value.split(separator: ";").map { part in
      part.filter { $0 != " " && $0 != "\t" && $0 != "\"" }.lowercased()
    }
    let charset = parts.dropFirst().first { $0.hasPrefix("charset=") }
    guard let type = parts.first, accepted.contains(type) else { return false }
    return charset == nil || charset == "charset=utf-8"
  }
}
