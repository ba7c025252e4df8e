// Finds the endpoint of a request and who asks, calls it, and turns every refusal into a reply. Workers call
// it, several at once; it has no state.

struct Router: RequestHandler {
  /// Everything at one path.
  private struct Resource {
    let path: PathPattern
    var methods: [(name: String, endpoint: Endpoint)]
    /// The methods of the path (RFC 9110, section 10.2.1).
    var allow: FieldLines
  }

  private let resources: [Resource]
  /// What `OPTIONS *` is told.
  private let allowAll: FieldLines
  private let tokens: any TokenVerifying
  private let admission: AdmissionControl
  private let events: CommittedEvents
  private let observer: any ControlObserver
  private let watchIsPublic: Bool

  /// - Parameters:
  ///   - routes: no two of them match the same method and path.
  ///   - watchIsPublic: whether `.watcher` endpoints are open to whoever shows no token.
  init(
    routes: [Route], tokens: any TokenVerifying, events: CommittedEvents, admission: AdmissionControl,
    observer: any ControlObserver, watchIsPublic: Bool = false
  ) {
    (self.tokens, self.events, self.admission, self.observer) = (tokens, events, admission, observer)
    self.watchIsPublic = watchIsPublic
    var resources: [Resource] = []
    for route in routes {
      let index = resources.firstIndex { $0.path.text == route.path.text } ?? resources.endIndex
      if index == resources.endIndex {
        resources.append(Resource(path: route.path, methods: [], allow: []))
      }
      resources[index].methods.append((route.method, route.endpoint))
      resources[index].allow = Self.allow(resources[index].methods.map(\.name))
    }
    self.resources = resources
    allowAll = Self.allow(routes.map(\.method))
  }

  func handle(_ request: Request, reads: any ReadStore) -> Handling {
    do throws(Problem) {
      return try route(request, reads: reads)
    } catch {
      return .reply(error.reply)
    }
  }

  private func route(_ request: Request, reads: any ReadStore) throws(Problem) -> Handling {
    if request.bytes.matches(request.path, "*") {
      guard request.isMethod("OPTIONS") else { throw notAllowed(request, allowAll) }
      return .reply(.noContent(fields: allowAll))
    }
    let (resource, capture) = try find(request)
    if request.isMethod("OPTIONS") { return .reply(.noContent(fields: resource.allow)) }
    let isHead = request.isMethod("HEAD")
    let match = resource.methods.first { isHead ? $0.name == "GET" : request.isMethod($0.name) }
    guard let endpoint = match?.endpoint else { throw notAllowed(request, resource.allow) }
    let call = Call(
      request: request, capture: capture, query: try Self.query(request), reads: reads,
      events: events, observer: observer)
    let handling = try admit(call, to: endpoint)
    guard isHead, case .reply(var reply) = handling else { return handling }
    reply.stream = nil
    return .reply(reply)
  }

  // MARK: Paths

  private func find(_ request: Request) throws(Problem) -> (Resource, ArraySlice<UInt8>) {
    guard PathPattern.isWellFormed(request.bytes, request.path) else {
      throw Problem(.malformedPath, "The path has a broken percent escape.")
    }
    for resource in resources {
      if let capture = resource.path.match(request.bytes, request.path) {
        return (resource, Self.decoded(request.bytes[capture]))
      }
    }
    throw Problem(.notFound, "There is nothing at this path.")
  }

  private static func decoded(_ capture: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard capture.contains(UInt8(ascii: "%")) else { return capture }
    return PercentEncoding.decodedBytes(capture)?[...] ?? []
  }

  private static func query(_ request: Request) throws(Problem) -> Query {
    guard let query = request.query else { return Query() }
    do throws(QueryFailure) {
      return try Query(request.bytes[query])
    } catch {
      throw Problem(error)
    }
  }

  private static func allow(_ names: [String]) -> FieldLines {
    var methods: [String] = []
    for method in names.flatMap({ $0 == "GET" ? ["GET", "HEAD"] : [$0] }) + ["OPTIONS"]
    where !methods.contains(method) { methods.append(method) }
    return [.init(name: "allow", value: methods.joined(separator: ", "))]
  }

  /// A method may be any token; only a short one is repeated to the asker.
  private func notAllowed(_ request: Request, _ allow: FieldLines) -> Problem {
    let name =
      request.method.count <= 20
      ? String(decoding: request.bytes[request.method], as: UTF8.self) : "this method"
    return Problem(.methodNotAllowed, "This path does not take \(name).", fields: allow)
  }

  // MARK: Who asks

  private func admit(_ call: Call, to endpoint: Endpoint) throws(Problem) -> Handling {
    switch endpoint {
    case .anyone(let endpoint): return Self.handling(try endpoint(call))
    case .visitor(let endpoint): return Self.handling(try endpoint(call, visitor(call)))
    case .user(let endpoint): return Self.handling(try endpoint(call, principal(of: call)))
    case .userCommand(let endpoint): return .command(try endpoint(call, principal(of: call)))
    case .watcher(let endpoint):
      let (call, principal) = try watcher(call)
      return Self.handling(try endpoint(call, principal))
    case .admin(let endpoint): return Self.handling(try endpoint(call, admin(of: call)))
    case .adminCommand(let endpoint): return .command(try endpoint(call, admin(of: call)))
    }
  }

  /// - Parameter reply: nil when a service has the ticket.
  private static func handling(_ reply: Reply?) -> Handling { reply.map(Handling.reply) ?? .later }

  private func admin(of call: Call) throws(Problem) -> Principal {
    let principal = try principal(of: call)
    guard try call.isAdmin(principal) else {
      throw Problem.notAdministrator
    }
    return principal
  }

  /// Whoever a valid token in the request speaks for.
  private func visitor(_ call: Call) throws(Problem) -> Principal? {
    guard let token = try? Self.bearer(call.request),
      case .valid(let principal) = tokens.verify(token)
    else { return nil }
    try admission.request(of: principal, isExempt: { () throws(Problem) in try call.isAdmin(principal) })
    return principal
  }

  private func principal(of call: Call) throws(Problem) -> Principal {
    try principal(of: call, Self.bearer(call.request))
  }

  private func principal(of call: Call, _ token: [UInt8]?) throws(Problem) -> Principal {
    guard let token else {
      throw Problem(.authenticationRequired, "A bearer token is needed.", fields: [.challenge()])
    }
    guard case .valid(let principal) = tokens.verify(token) else { throw Self.invalidToken }
    try admission.request(of: principal, isExempt: { () throws(Problem) in try call.isAdmin(principal) })
    return principal
  }

  /// The token in the URL, for clients that cannot set header fields; an empty one counts as none.
  private static func queryToken(_ call: Call) -> [UInt8]? {
    guard let text = call.query.value("token"), !text.isEmpty else { return nil }
    return Array(text.utf8)
  }

  /// Whoever has a token in a field or in the URL, or a connection token, which is used up; nil: an anonymous viewer.
  private func watcher(_ call: Call) throws(Problem) -> (Call, Principal?) {
    guard let text = call.query.value("connect") else {
      let token = try Self.bearer(call.request) ?? Self.queryToken(call)
      if token == nil, watchIsPublic { return (call, nil) }
      return (call, try principal(of: call, token))
    }
    guard let grant = tokens.redeem(Array(text.utf8)) else {
      throw Problem(
        .invalidToken, "The connection token is unknown, used or expired.",
        fields: [.challenge(error: "invalid_token")])
    }
    let principal = grant.principal
    try admission.request(of: principal, isExempt: { () throws(Problem) in try call.isAdmin(principal) })
    var call = call
    call.watchable = grant.events
    return (call, principal)
  }

  /// The token of `Authorization: Bearer` (RFC 6750, section 2.1); nil when there is no such field.
  private static func bearer(_ request: Request) throws(Problem) -> [UInt8]? {
    switch request.occurrence(of: "authorization") {
    case .absent: return nil
    case .once(let field):
      if let token = BearerCredentials.token(in: request.bytes, field) { return Array(request.bytes[token]) }
    case .repeated: break
    }
    throw invalidToken
  }

  private static let invalidToken = Problem(
    .invalidToken, "The token is malformed, expired or not for this server.",
    fields: [.challenge(error: "invalid_token")])
}
