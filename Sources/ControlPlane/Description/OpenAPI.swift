// `/openapi.json` (OpenAPI 3.1.0), written from `Operations` and `Schemas`. Made once, at start.

/// The descriptions of this API, for the executable to serve.
public enum APIDescription {
  /// - Parameter version: of the server.
  public static func openAPI(version: String) -> [UInt8] { OpenAPI(version: version).document }
  public static func asyncAPI(version: String) -> [UInt8] { AsyncAPI(version: version).document }
  public static func page(version: String) -> [UInt8] { DocumentationPage(version: version).document }
}

extension JSONWriter {
  /// The member `info`, which OpenAPI and AsyncAPI have alike.
  mutating func info(_ title: String, version: String, _ description: String) {
    name("info")
    object { writer in
      writer.member("title", title)
      writer.member("version", version)
      writer.member("description", description)
    }
  }
}

struct OpenAPI {
  let version: String

  var document: [UInt8] {
    JSONWriter.object { writer in
      writer.member("openapi", "3.1.0")
      writer.info("seatcast", version: version, Self.introduction)
      writer.name("tags")
      writer.array { writer in
        for group in Operation.Group.allCases { writer.object { $0.member("name", group.rawValue) } }
      }
      writer.name("paths")
      writer.object(Self.paths)
      writer.name("components")
      writer.object(Self.components)
    }
  }

  static let introduction =
    "Sells seats and broadcasts every booking. HEAD works wherever GET does, OPTIONS everywhere; another method is"
    + " 405 with Allow. Problems have a stable type (RFC 9457). The live protocol is described in /asyncapi.json."

  // MARK: Paths

  private static func paths(_ writer: inout JSONWriter) {
    var seen: [String] = []
    for operation in Operations.all where !seen.contains(operation.path) {
      seen.append(operation.path)
      writer.name(operation.path)
      writer.object { writer in
        for other in Operations.all where other.path == operation.path {
          writer.name(other.method.lowercased())
          writer.object { write(other, &$0) }
        }
      }
    }
  }

  private static func write(_ operation: Operation, _ writer: inout JSONWriter) {
    writer.member("operationId", operation.id)
    writer.name("tags")
    writer.array { $0.string(operation.group.rawValue) }
    writer.member("summary", operation.summary)
    let who = "For \(operation.access.rawValue)."
    writer.member("description", operation.details.isEmpty ? who : "\(operation.details) \(who)")
    writer.name("security")
    writer.array { writer in
      if operation.access == .optionalUser || operation.access == .watcher { writer.object { _ in } }
      if operation.access.takesToken { writer.object { $0.member("bearer", [String]()) } }
    }
    if !parameters(operation).isEmpty { writer.member("parameters", parameters(operation)) }
    if let body = operation.body {
      writer.name("requestBody")
      writer.object { write(body, &$0) }
    }
    writer.name("responses")
    writer.object { responses(operation, &$0) }
  }

  /// A parameter and where it stands.
  private struct PlacedParameter: JSONWritable {
    let place: String
    let parameter: Operation.Parameter

    func write(to writer: inout JSONWriter) {
      writer.object { writer in
        writer.member("name", parameter.name)
        writer.member("in", place)
        if place == "path" { writer.member("required", true) }
        writer.member("description", parameter.summary)
        writer.name("schema")
        writer.verbatim { $0 += parameter.schema.utf8 }
      }
    }
  }

  private static func parameters(_ operation: Operation) -> [PlacedParameter] {
    (operation.pathParameter.map { [PlacedParameter(place: "path", parameter: $0)] } ?? [])
      + operation.query.map { PlacedParameter(place: "query", parameter: $0) }
      + operation.requestFields.map { PlacedParameter(place: "header", parameter: $0) }
  }

  private static func write(_ body: Operation.Body, _ writer: inout JSONWriter) {
    writer.member("required", !body.isOptional)
    writer.name("content")
    writer.object { writer in
      for type in ["application/json"] + (body.isPatch ? ["application/merge-patch+json"] : []) {
        media(type, &writer) { $0.member("$ref", "#/components/schemas/\(body.schema)") }
      }
    }
  }

  private static func media(
    _ type: String, _ writer: inout JSONWriter, _ schema: (inout JSONWriter) -> Void
  ) {
    writer.name(type)
    writer.object { writer in
      writer.name("schema")
      writer.object(schema)
    }
  }

  // MARK: Answers

  private static func responses(_ operation: Operation, _ writer: inout JSONWriter) {
    let problems = operation.problems
    for success in operation.successes {
      writer.name(String(success.status))
      // A status may be a success of one kind and a problem of another (503 of /readyz).
      let types = problems.first { $0.status == success.status }?.types
      writer.object { write(success, andProblems: types, &$0) }
    }
    for (status, types) in problems where !operation.successes.contains(where: { $0.status == status }) {
      writer.name(String(status))
      writer.object { writer in
        writer.member("description", types.map(shortName).joined(separator: ", "))
        if let fields = fields(ofStatus: status) { headers(fields, &writer) }
        writer.name("content")
        writer.object { problem(types, &$0) }
      }
    }
    writer.name("default")
    writer.object { $0.member("$ref", "#/components/responses/RefusedByHTTP") }
  }

  private static func write(
    _ success: Operation.Success, andProblems types: [String]?, _ writer: inout JSONWriter
  ) {
    writer.member("description", success.summary)
    if !success.fields.isEmpty { headers(success.fields, &writer) }
    if case .none = success.content { return }
    writer.name("content")
    writer.object { writer in
      switch success.content {
      case .none: break
      case .json(let schema):
        media("application/json", &writer) { $0.member("$ref", "#/components/schemas/\(schema)") }
      case .text("application/json"): media("application/json", &writer) { $0.member("type", "object") }
      case .text(let type): media(type, &writer) { $0.member("type", "string") }
      case .texts(let types):
        for type in types { media(type, &writer) { $0.member("type", "string") } }
      }
      if let types { problem(types, &writer) }
    }
  }

  private static func problem(_ types: [String], _ writer: inout JSONWriter) {
    media("application/problem+json", &writer) { writer in
      writer.member("$ref", "#/components/schemas/Problem")
      writer.name("properties")
      writer.object { writer in
        writer.name("type")
        writer.object { $0.member("enum", types) }
      }
    }
  }

  private static func shortName(_ type: String) -> String {
    type.split(separator: ":").last.map(String.init) ?? type
  }

  private static func fields(ofStatus status: Int) -> [String]? {
    switch status {
    case 401: ["WWW-Authenticate"]
    case 429: ["Retry-After", "RateLimit", "RateLimit-Policy"]
    case 503: ["Retry-After"]
    default: nil
    }
  }

  private static func headers(_ names: [String], _ writer: inout JSONWriter) {
    writer.name("headers")
    writer.object { writer in
      for name in names {
        writer.name(name)
        writer.object { $0.member("$ref", "#/components/headers/\(name)") }
      }
    }
  }

  // MARK: Components

  private static func components(_ writer: inout JSONWriter) {
    writer.name("schemas")
    writer.object { schemas(Schemas.rest, Schemas.notices, &$0) }
    writer.name("responses")
    writer.object { writer in
      writer.name("RefusedByHTTP")
      writer.object { writer in
        writer.member("description", refusedByHTTP)
        writer.name("content")
        writer.object { problem(["about:blank"], &$0) }
      }
    }
    writer.name("headers")
    writer.object { writer in
      for (name, summary) in headerSummaries {
        writer.name(name)
        writer.object { writer in
          writer.member("description", summary)
          writer.name("schema")
          writer.object { $0.member("type", "string") }
        }
      }
    }
    writer.name("securitySchemes")
    writer.object { writer in
      writer.name("bearer")
      writer.object { writer in
        writer.member("type", "http")
        writer.member("scheme", "bearer")
        writer.member("bearerFormat", "JWT")
      }
    }
  }

  /// Schemas and messages by name; both documents have them at the same place.
  static func schemas(_ named: [NamedSchema], _ messages: [MessageSchema], _ writer: inout JSONWriter) {
    for schema in named {
      writer.name(schema.name)
      writer.verbatim { $0 += schema.json.utf8 }
    }
    for message in messages {
      writer.name(message.name)
      writer.verbatim { $0 += message.json.utf8 }
    }
  }

  private static let refusedByHTTP =
    "The request broke HTTP or a limit: 408 too slow, 413 body, 414 request line, 431 head, 417, 501, 505."

  private static let headerSummaries = [
    ("ETag", "The event's version."), ("Location", "Where what was made can be read."),
    ("Link", "rel=\"next\": the next page."), ("Retry-After", "In seconds."),
    ("RateLimit", "What is left of the limits that counted (draft-ietf-httpapi-ratelimit-headers)."),
    ("RateLimit-Policy", "The limits that counted."),
    ("Idempotency-Replayed", "true: the result of an earlier request with this key."),
    ("WWW-Authenticate", "Which credentials would be accepted."),
  ]
}

extension String: JSONWritable {
  func write(to writer: inout JSONWriter) { writer.string(self) }
}
