// Holds answers against an OpenAPI document and messages against an AsyncAPI document: what a server says must be
// documented, and what is documented for it must be what it says.

/// An OpenAPI document as a judge of answers.
public struct APIContract: Sendable {
  private let document: JSON
  private let schemas: JSONSchema

  public init(_ document: JSON) {
    self.document = document
    schemas = JSONSchema(document)
  }

  /// Every method and path of the document: `GET /api/events/{id}`.
  public var operations: [String] {
    (document["paths"]?.members ?? [:]).flatMap { path, item in
      (item.members ?? [:]).keys.map { "\($0.uppercased()) \(path)" }
    }
  }

  /// What is wrong with the answer to a request. The target may have a query.
  public func faults(_ method: String, _ target: String, _ answer: HTTPAnswer) -> [String] {
    let path = String(target.prefix { $0 != "?" })
    let name = "\(method) \(path): \(answer.status)"
    guard let operation = operation(method, path) else {
      let isOdd = path.hasPrefix("/api/") && answer.status < 300 && method != "OPTIONS" && method != "HEAD"
      return isOdd ? ["\(name): this operation is not documented"] : []
    }
    let responses = operation["responses"]
    guard let response = responses?[String(answer.status)] ?? fallback(responses, answer.status) else {
      return ["\(name) is not documented"]
    }
    return body(of: answer, by: response).map { "\(name): \($0)" }
  }

  private func fallback(_ responses: JSON?, _ status: Int) -> JSON? {
    guard status >= 400, let response = responses?["default"] else { return nil }
    return response["$ref"]?.string.flatMap(schemas.resolve) ?? response
  }

  private func body(of answer: HTTPAnswer, by response: JSON) -> [String] {
    guard let content = response["content"] else { return answer.body.isEmpty ? [] : ["has a body"] }
    let type = String((answer.field("Content-Type") ?? "").prefix { $0 != ";" })
    guard let schema = content[type]?["schema"] else { return ["is of type \(type)"] }
    guard type.hasSuffix("json") else { return [] }
    guard let value = try? answer.json() else { return ["is no JSON"] }
    return schemas.faults(of: value, by: schema)
  }

  private func operation(_ method: String, _ path: String) -> JSON? {
    let segments = path.split(separator: "/", omittingEmptySubsequences: false)
    for (template, item) in document["paths"]?.members ?? [:] {
      let parts = template.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == segments.count, zip(parts, segments).allSatisfy({ $0 == $1 || $0.hasPrefix("{") })
      else { continue }
      if let operation = item[method.lowercased()] { return operation }
    }
    return nil
  }
}

/// An AsyncAPI document as a judge of messages.
public struct MessageContract: Sendable {
  private let schemas: JSONSchema
  /// By the value of `type`.
  private let payloads: [String: JSON]

  public init(_ document: JSON) {
    schemas = JSONSchema(document)
    let messages = (document["components"]?["messages"]?.members ?? [:]).values
    payloads = Dictionary(
      messages.compactMap { message in
        message["name"]?.string.flatMap { name in message["payload"].map { (name, $0) } }
      }, uniquingKeysWith: { $1 })
  }

  public var types: Set<String> { Set(payloads.keys) }

  public func faults(of message: JSON) -> [String] {
    guard let type = message["type"]?.string, let payload = payloads[type] else {
      return ["a message that is not documented: \(message.text)"]
    }
    return schemas.faults(of: message, by: payload).map { "\(type)\($0)" }
  }
}
