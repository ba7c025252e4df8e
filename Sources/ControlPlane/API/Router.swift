// Finds the endpoint of a request and who asks, calls it, and turns every refusal into a reply. Workers call
// it, several at once; it has no state.

struct Router: RequestHandler {
  private let routes: [Route]
  private let tokens: any TokenVerifying
  private let observer: any ControlObserver

  init(routes: [Route], tokens: any TokenVerifying, observer: any ControlObserver) {
    (self.routes, self.tokens, self.observer) = (routes, tokens, observer)
  }

  func handle(_ request: Request, reads: any ReadStore) -> Reply? {
    do throws(Problem) {
      return try route(request, reads: reads)
    } catch {
      return error.reply
    }
  }

  private func route(_ request: Request, reads: any ReadStore) throws(Problem) -> Reply? {
    let matches = try self.matches(request.path)
    guard request.path == "*" || !matches.isEmpty else {
      throw Problem(.notFound, "There is nothing at this path.")
    }
    let allow = Self.allow(matches.map(\.route))
    if request.method == "OPTIONS" { return .noContent(fields: [allow]) }
    let method = request.method == "HEAD" ? "GET" : request.method
    guard let match = matches.first(where: { $0.route.method == method }) else {
      throw Problem(
        .methodNotAllowed, "This path does not take \(Self.name(of: request.method)).", fields: [allow])
    }
    guard let query = Query(request.query) else {
      throw Problem(.invalidParameter, "The query has a broken percent escape.")
    }
    let call = Call(
      request: request, capture: match.capture, query: query, reads: reads, observer: observer)
    var reply = try admit(call, to: match.route.endpoint)
    if request.method == "HEAD" { reply?.stream = nil }
    return reply
  }

  // MARK: Paths

  private typealias Match = (route: Route, capture: String)

  private func matches(_ path: String) throws(Problem) -> [Match] {
    if path == "*" { return routes.map { ($0, "") } }
    var segments: [String] = []
    let slash = UInt8(ascii: "/")
    for segment in path.utf8.split(separator: slash, omittingEmptySubsequences: false).dropFirst() {
      guard let text = PercentEncoding.decode(Substring(segment)) else {
        throw Problem(.malformedPath, "The path has a broken percent escape.")
      }
      segments.append(text)
    }
    return routes.compactMap { route in route.path.match(segments).map { (route, $0) } }
  }

  /// The methods of one path (RFC 9110, section 10.2.1).
  private static func allow(_ routes: [Route]) -> Request.Field {
    var methods: [String] = []
    for method in routes.flatMap({ $0.method == "GET" ? ["GET", "HEAD"] : [$0.method] }) + ["OPTIONS"]
    where !methods.contains(method) { methods.append(method) }
    return .init(name: "allow", value: methods.joined(separator: ", "))
  }

  /// A method may be any token; only a short one is repeated to the asker.
  private static func name(of method: String) -> String { method.utf8.count <= 20 ? method : "this method" }

  // MARK: Who asks

  private func admit(_ call: Call, to endpoint: Endpoint) throws(Problem) -> Reply? {
    switch endpoint {
    case .anyone(let endpoint): return try endpoint(call)
    case .user(let endpoint): return try endpoint(call, principal(of: call))
    case .watcher(let endpoint): return try endpoint(call, principal(of: call, takesQuery: true))
    case .admin(let endpoint):
      let principal = try principal(of: call)
      guard try call.isAdmin(principal) else {
        throw Problem(.forbidden, "Only administrators of this server may do this.")
      }
      return try endpoint(call, principal)
    }
  }

  /// `takesQuery`: whether the token may stand in the URL, for clients that cannot set header fields.
  private func principal(of call: Call, takesQuery: Bool = false) throws(Problem) -> Principal {
    var token = try Self.bearer(call.request)
    if token == nil, takesQuery { token = try call.query.value("token") }
    guard let token else {
      throw Problem(.authenticationRequired, "A bearer token is needed.", fields: [.challenge()])
    }
    guard case .valid(let principal) = tokens.verify(token) else { throw Self.invalidToken }
    return principal
  }

  /// The token of `Authorization: Bearer` (RFC 6750, section 2.1); nil when there is no such field.
  private static func bearer(_ request: Request) throws(Problem) -> String? {
    let values = request.fields.filter { $0.name == "authorization" }
    guard let value = values.first?.value else { return nil }
    guard values.count == 1, let token = BearerCredentials.token(in: value), !token.utf8.contains(0x20) else {
      throw invalidToken
    }
    return token
  }

  private static let invalidToken = Problem(
    .invalidToken, "The token is malformed, expired or not for this server.",
    fields: [.challenge(error: "invalid_token")])
}
