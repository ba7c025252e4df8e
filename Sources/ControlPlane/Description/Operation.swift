// What the API's documents say of one path and method: `Operations` is the table of them, and OpenAPI.swift and
// DocumentationPage.swift write it out. What follows from the kind of an operation (a token that is missing, a body that
// is no JSON) is not repeated in the table but derived here. Values; made once, at start.

struct Operation: Sendable {
  let method: String
  /// With `{id}` where a segment is a parameter.
  let path: String
  /// Names it in generated clients; never changes.
  let id: String
  let group: Group
  let access: Access
  let summary: String
  /// More sentences.
  var details = ""
  /// What stands in the path; nil: nothing does.
  var pathParameter: Parameter?
  var query: [Parameter] = []
  var requestFields: [Parameter] = []
  var body: Body?
  let successes: [Success]
  /// Problems that its rules lead to.
  var refusals: [ProblemType] = []

  enum Group: String, CaseIterable, Sendable {
    case accounts = "Accounts"
    case users = "Users"
    case events = "Events"
    case bookings = "Bookings"
    case serviceTokens = "Service tokens"
    case server = "Server"
  }

  /// Who may ask.
  enum Access: String, Sendable {
    case anyone = "anyone"
    /// Anybody; a valid token may show more.
    case optionalUser = "anyone; with a token perhaps more"
    case user = "whoever has a token"
    case watcher = "whoever has a token, and with --watch public anyone"
    case admin = "administrators"
    case adminOrFeed = "administrators, and service tokens with the scope feed:read"
    case userOrPayments = "whoever has a token, and service tokens with the scope bookings:confirm"

    var needsToken: Bool { self != .anyone && self != .optionalUser }
    /// Whether users are refused who are no administrators.
    var isForAdmins: Bool { self == .admin || self == .adminOrFeed }
    var takesServices: Bool { self == .adminOrFeed || self == .userOrPayments }
    var takesToken: Bool { self != .anyone }
  }

  struct Parameter: Sendable {
    let name: String
    let summary: String
    /// A JSON schema, finished text.
    let schema: String
    init(_ name: String, _ schema: String, _ summary: String) {
      (self.name, self.summary, self.schema) = (name, summary, schema)
    }
  }

  struct Body: Sendable {
    /// Of `Schemas`.
    let schema: String
    /// Whether it may also be called `application/merge-patch+json`.
    var isPatch = false
    /// Whether it may be left out.
    var isOptional = false
  }

  struct Success: Sendable {
    let status: Int
    let summary: String
    var content: Content = .none
    /// Fields of the answer that programs read.
    var fields: [String] = []
  }

  enum Content: Sendable {
    case none
    /// JSON by a schema of `Schemas`.
    case json(String)
    /// A text of this media type.
    case text(String)
    /// A text of one of these media types.
    case texts([String])
  }

  // MARK: What follows

  /// Everything that it can be refused with, by status.
  var problems: [(status: Int, types: [String])] {
    var byStatus: [Int: [String]] = [:]
    for problem in derivedRefusals + refusals {
      if byStatus[problem.status]?.contains(problem.uri) != true {
        byStatus[problem.status, default: []].append(problem.uri)
      }
    }
    if method != "GET" { byStatus[403, default: []].append("urn:seatcast:problem:origin-not-allowed") }
    // HTTP itself is refused by the data plane, which knows no types.
    for status in [400, 503] where byStatus[status] != nil { byStatus[status]?.append("about:blank") }
    return byStatus.sorted { $0.key < $1.key }.map { (status: $0.key, types: $0.value) }
  }

  private var derivedRefusals: [ProblemType] {
    var types: [ProblemType] = [.rateLimited]
    guard path.hasPrefix("/api/") || path.hasPrefix("/debug/") else { return types }
    types += [.invalidParameter, .internalError, .overloaded, .storageUnavailable]
    if pathParameter != nil { types.append(.malformedPath) }
    if access.needsToken { types += [.authenticationRequired, .invalidToken] }
    if access.isForAdmins { types.append(.forbidden) }
    if access.takesServices { types.append(.insufficientScope) }
    if !requestFields.isEmpty { types.append(.invalidHeader) }
    if body != nil { types += [.unsupportedMediaType, .malformedJSON, .validationFailed] }
    return types
  }
}
