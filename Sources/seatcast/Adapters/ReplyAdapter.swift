// Answers of the control plane on their way out. Worker, hashing and ledger threads.
import ControlPlane
import FanoutCore

struct ReplyAdapter: ReplySink {
  let plane: any ReplyPort

  func deliver(_ replies: [(ticket: ReplyTicket, reply: Reply)]) {
    plane.reply(replies.map { (ticket: Ticket($0.ticket), response: HTTPResponse($0.reply)) })
  }
}

extension HTTPResponse {
  init(_ reply: Reply) {
    self.init(
      status: reply.status, fieldLines: reply.fieldLines.bytes, body: reply.body,
      stream: reply.stream.map(StreamStart.init))
  }
}

extension StreamStart {
  init(_ stream: Reply.Stream) {
    let client = stream.client.map(ClientTag.init(key:)) ?? .anonymous
    self.init(
      topic: TopicID(stream.event, for: Audience(client)), resume: Resume(stream.resume), client: client,
      credential: Credential(key: stream.key), expiresAt: stream.expiresAt?.milliseconds,
      refusal: { stream.isStillValid() ? nil : NoticeAdapter.loggedOut })
  }
}

extension Resume {
  init(_ resume: Reply.Stream.Resume) {
    self =
      switch resume {
      case .none: .none
      case .after(let seq): .after(seq)
      case .elsewhere: .impossible
      }
  }
}
