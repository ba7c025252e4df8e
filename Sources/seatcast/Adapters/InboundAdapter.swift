// Requests on their way in: the executable's own pages are answered on the loop, everything else is copied once into
// a value of the control plane. Loop threads; never blocks.
import ControlPlane
import FanoutCore

struct InboundAdapter: InboundSink {
  let backend: any BackendPort
  let pages: Pages

  func receive(_ request: HTTPRequest, from peer: PeerAddress, ticket: Ticket) -> InboundDisposition {
    if let answer = pages.answer(request.head) { return .answer(answer) }
    return backend.offer(Request(request, ticket: ReplyTicket(ticket))) ? .later : .answer(Answers.overloaded)
  }
}

extension Request {
  init(_ request: HTTPRequest, ticket: ReplyTicket) {
    let head = request.head
    self.init(
      method: head.method, path: head.path, query: head.query,
      fields: head.fields.map {
        Field(name: head.string($0.name).lowercased(), value: head.string($0.value))
      },
      body: request.body, ticket: ticket)
  }
}
