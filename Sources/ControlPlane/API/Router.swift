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
  /// nil: there are no service tokens.
  private let services: ServiceTokenAuthority?
  private let admission: AdmissionControl
  private let events: CommittedEvents
  private let observer: any ControlObserver
  private let watchIsPublic: Bool

  /// - Parameters:
  ///   - routes: no two of them match the same method and path.
  ///   - watchIsPublic: whether `.watcher` endpoints are open to whoever shows no token.
  init(
    routes: [Route], tokens: any TokenVerifying, events: CommittedEvents, admission: AdmissionControl,
    observer: any ControlObserver, watchIsPublic: Bool = false, services: ServiceTokenAuthority? = nil
  ) {
    self.services = services
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
    if request.isMethod("OPTIONS") { return .reply(.noContent(fields: resources[resource].allow)) }
    let isHead = request.isMethod("HEAD")
    guard let endpoint = endpoint(of: resource, request, isHead: isHead) else {
      throw notAllowed(request, resources[resource].allow)
    }
    let handling = try admit(
      Call(
        request: request, capture: capture, query: try Self.query(request), reads: reads,
        events: events, observer: observer), to: endpoint)
    guard isHead, case .reply(var reply) = handling else { return handling }
    reply.stream = nil
    return .reply(reply)
  }

  // MARK: Paths

  /// The index of the resource, which is not copied, and what stands at `{id}`.
  private func find(_ request: Request) throws(Problem) -> (Int, ArraySlice<UInt8>) {
    let isPlain = !request.bytes[request.path].contains(UInt8(ascii: "%"))
    guard isPlain || PathPattern.isWellFormed(request.bytes, request.path) else {
      throw Problem(.malformedPath, "The path has a broken percent escape.")
    }
    for index in resources.indices {
      if let capture = resources[index].path.match(request.bytes, request.path, isPlain: isPlain) {
        return (index, isPlain ? request.bytes[capture] : Self.decoded(request.bytes[capture]))
      }
    }
    throw Problem(.notFound, "There is nothing at this path.")
  }

  private func endpoint(of resource: Int, _ request: Request, isHead: Bool) -> Endpoint? {
    for index in resources[resource].methods.indices
    where isHead
      ? resources[resource].methods[index].name == "GET"
      : request.isMethod(resources[resource].methods[index].name)
    {
      return resources[resource].methods[index].endpoint
    }
    return nil
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

  private func admit(_ call: consuming Call, to endpoint: Endpoint) throws(Problem) -> Handling {
    if case .anyone(let endpoint) = endpoint { return Self.handling(try endpoint(call)) }
    if case .optionalUser(let endpoint, let isPublic) = endpoint, isPublic(call) {
      return Self.handling(try endpoint(call, nil))
    }
    let principal = try identify(&call, endpoint)
    do throws(Problem) {
      let handling = try perform(call, principal, endpoint)
      guard case .reply(let reply) = handling else { return handling }
      return .reply(call.telling(reply))
    } catch {
      throw call.telling(error)
    }
  }

  /// - Parameter principal: nil: there is no token, or none that counts.
  private func perform(
    _ call: Call, _ principal: Principal?, _ endpoint: Endpoint
  ) throws(Problem) -> Handling {
    switch endpoint {
    case .anyone(let endpoint): return Self.handling(try endpoint(call))
    case .optionalUser(let endpoint, _): return Self.handling(try endpoint(call, principal))
    case .watcher(let endpoint):
      if principal == nil, !watchIsPublic { throw Self.missingToken }
      return Self.handling(try endpoint(call, principal))
    case .user(let endpoint): return Self.handling(try endpoint(call, Self.user(principal)))
    case .userCommand(let endpoint): return .command(try endpoint(call, Self.user(principal)))
    case .admin(let endpoint): return Self.handling(try endpoint(call, admin(call, principal)))
    case .adminCommand(let endpoint): return .command(try endpoint(call, admin(call, principal)))
    case .adminOrService(let scope, let endpoint):
      let caller = try caller(call, principal, scope)
      if caller.service == nil { _ = try admin(call, principal) }
      return Self.handling(try endpoint(call, caller))
    case .callerCommand(let scope, let endpoint):
      return .command(try endpoint(call, caller(call, principal, scope)))
    }
  }

  /// - Parameter reply: nil when a service has the ticket.
  private static func handling(_ reply: Reply?) -> Handling { reply.map(Handling.reply) ?? .later }

  private static func user(_ principal: Principal?) throws(Problem) -> Principal {
    guard let principal else { throw missingToken }
    return principal
  }

  private func admin(_ call: Call, _ principal: Principal?) throws(Problem) -> Principal {
    let principal = try Self.user(principal)
    guard try call.isAdmin(principal) else { throw Problem.notAdministrator }
    return principal
  }

  /// A user, or a service whose token has the scope.
  private func caller(
    _ call: Call, _ principal: Principal?, _ scope: ServiceScope
  ) throws(Problem) -> Caller {
    guard let service = call.service else { return Caller(try Self.user(principal)) }
    guard service.allows(scope) else {
      throw Problem(
        .insufficientScope, "This needs a service token with the scope \(scope.rawValue).",
        fields: [.challenge(error: "insufficient_scope")])
    }
    return Caller(service)
  }

  /// Whom the request's token speaks for, and counts the request for it. Nil: there is no token.
  private func identify(_ call: inout Call, _ endpoint: Endpoint) throws(Problem) -> Principal? {
    guard let principal = try bearer(of: &call, endpoint) else { return nil }
    call.standings.requests = try admission.request(
      of: principal, isExempt: { () throws(Problem) in try call.isAdmin(principal) })
    call.rateFields = admission.userFields
    return principal
  }

  /// A connection token counts before any other, and is used up.
  private func bearer(of call: inout Call, _ endpoint: Endpoint) throws(Problem) -> Principal? {
    if case .watcher = endpoint, let text = call.query.value("connect") {
      guard let grant = try redeem(Array(text.utf8)) else { throw Self.invalidConnectionToken }
      call.watchable = grant.events
      return grant.principal
    }
    guard let token = try token(of: call, endpoint) else { return nil }
    // Users first: their tokens are remembered, and no token is a user's and a service's.
    if case .valid(let principal) = tokens.verify(token) { return principal }
    if endpoint.takesServices, let service = services?.verify(token) {
      call.service = service
      return Caller(service).principal
    }
    // Whoever may ask without a token may ask with a bad one.
    if case .optionalUser = endpoint { return nil }
    throw Self.invalidToken
  }

  private func redeem(_ token: [UInt8]) throws(Problem) -> ConnectionGrant? {
    do throws(DomainError) { return try tokens.redeem(token) } catch { throw Problem(error) }
  }

  private func token(of call: Call, _ endpoint: Endpoint) throws(Problem) -> [UInt8]? {
    switch endpoint {
    case .optionalUser: try? Self.bearer(call.request)
    case .watcher: try Self.bearer(call.request) ?? Self.queryToken(call)
    default: try Self.bearer(call.request)
    }
  }

  /// The token in the URL, for clients that cannot set header fields; an empty one counts as none.
  private static func queryToken(_ call: Call) -> [UInt8]? {
    guard let text = call.query.value("token"), !text.isEmpty else { return nil }
    return Array(text.utf8)
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

  private static let missingToken = Problem(
    .authenticationRequired, "A bearer token is needed.", fields: [.challenge()])

  private static let invalidConnectionToken = Problem(
    .invalidToken, "The connection token is unknown, used or expired.",
    fields: [.challenge(error: "invalid_token")])

  private static let invalidToken = Problem(
    .invalidToken, "The token is malformed, expired or not for this server.",
    fields: [.challenge(error: "invalid_token")])
}
