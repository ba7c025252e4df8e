// Requests on their way in: the executable's own pages are answered on the loop, everything else is handed to the control
// plane with the bytes and ranges that the parser made. Loop threads; never blocks.
import ControlPlane
import FanoutCore

struct InboundAdapter: InboundSink {
  let backend: any BackendPort
  let pages: Pages

  func receive(_ request: HTTPRequest, from peer: PeerAddress, ticket: Ticket) -> InboundDisposition {
    // No page is below /api/, and most requests are.
    if !request.head.hasPath(prefix: "/api/"), let answer = pages.answer(request.head) {
      return .answer(answer)
    }
    let taken = backend.offer(Request(request, from: peer, ticket: ReplyTicket(ticket)))
    return taken ? .later : .answer(Answers.overloaded)
  }

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
}

extension Request {
  init(_ request: HTTPRequest, from peer: PeerAddress, ticket: ReplyTicket) {
    let head = request.head
    self.init(
      bytes: head.bytes, method: head.methodRange, path: head.pathRange, query: head.queryRange,
      fields: head.fields, body: request.body,
      client: ClientAddress(peer), ticket: ticket)
  }
}
