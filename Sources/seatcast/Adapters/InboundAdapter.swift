// Requests on their way in: the executable's own pages are answered on the loop, everything else is handed to the control
// plane with the bytes and ranges that the parser made, a turn's requests at a time. Loop threads; never blocks.
import ControlPlane
import FanoutCore

struct InboundAdapter: InboundSink {
  let backend: any BackendPort
  let pages: Pages
  let origins: OriginPolicy
  /// Whether clients reach this server by TLS only.
  var isSecure = false
  var routes = RequestRoutes.ofServer
  /// Whether health, metrics and the like are at another listener, and so at none of these paths.
  var hidesAdministration = false
  /// Nil: there is none.
  var accessLog: AccessLog?

  var commonLines: [UInt8] { Answers.commonLines(isSecure: isSecure) + origins.commonLines }

  func originLines(for request: HTTPRequestHead) -> [UInt8] { origins.lines(for: request) }

  func receive(_ request: HTTPRequest, from peer: PeerAddress, ticket: Ticket) -> InboundDisposition {
    if request.head.hasOrigin, let refusal = origins.refusal(of: request.head) { return .answer(refusal) }
    if hidesAdministration, AdministrationPaths.contains(request.head) {
      return .answer(WebSocketHandler.nothingHere)
    }
    // No page is below /api/, and most requests are.
    if request.head.hasPath(prefix: "/api/") { return .later }
    return pages.answer(request.head).map(InboundDisposition.answer) ?? .later
  }

  func kind(of request: HTTPRequestHead) -> Int {
    routes.number(
      request.bytes, method: request.methodRange, path: request.pathRange,
      isFile: { !request.hasPath(prefix: "/api/") && pages.files.has(request.path) })
  }

  var namesRequests: Bool { true }
  func named(_ response: HTTPResponse, _ id: RequestID) -> HTTPResponse { Answers.named(response, id) }
  var wantsAnswers: Bool { accessLog != nil }
  func answered(_ request: AnsweredRequest) { accessLog?.write(request) }

  func answer(to refusal: RateRefusal) -> HTTPResponse { Answers.rateLimited(refusal) }

  /// Health checks and metrics, and whatever an administrator asks with a token in the `Authorization` field.
  func isPrivileged(_ request: HTTPRequestHead) -> Bool {
    if Pages.healthPaths.contains(request.path) { return true }
    guard let field = request.firstRange("authorization"),
      let token = BearerCredentials.token(in: request.bytes, field),
      case .valid(let principal) = backend.verify(Array(request.bytes[token]))
    else { return false }
    return principal.role == .admin
  }

  func take(_ requests: [InboundRequest]) -> Int { backend.offer(requests.map(Request.init)) }

  func abandoned(_ ticket: Ticket) { backend.abandon(ReplyTicket(ticket)) }

  var overloaded: HTTPResponse { Answers.overloaded }
}

extension Request {
  init(_ inbound: InboundRequest) {
    let (head, peer) = (inbound.request.head, inbound.peer)
    self.init(
      bytes: head.bytes, method: head.methodRange, path: head.pathRange, query: head.queryRange,
      fields: head.fields, body: inbound.request.body, client: ClientAddress(peer),
      ticket: ReplyTicket(inbound.ticket))
  }
}
