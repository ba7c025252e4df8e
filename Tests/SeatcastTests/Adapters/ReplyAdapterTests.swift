import ControlPlane
import FanoutCore
import Testing

@testable import seatcast

@Suite("Reply adapter")
struct ReplyAdapterTests {
  private let ticket = Ticket(loop: LoopID(1), slot: 2, generation: 3, request: 4)

  @Test("The replies of a batch go over in one call, in order, each to its own ticket")
  func batch() {
    let plane = FakeDataPlane()
    let other = Ticket(loop: LoopID(0), slot: 9, generation: 9, request: 9)
    ReplyAdapter(plane: plane).deliver([
      (
        ReplyTicket(ticket),
        Reply(status: 201, fieldLines: [.init(name: "location", value: "/x")], body: [1, 2])
      ),
      (ReplyTicket(other), Reply(status: 409)),
    ])
    let replies = plane.heard.replies
    #expect(replies.map(\.ticket) == [ticket, other])
    #expect(replies.map(\.response.status) == [201, 409])
    #expect(replies.first?.response.value("location") == "/x")
    #expect(replies.first?.response.body == [1, 2])
    #expect(replies.first?.response.stream == nil)
  }

  @Test("A stream is a topic, a place to go on from, whose it is, and until when")
  func stream() throws {
    func start(_ resume: Reply.Stream.Resume, isStillValid: Bool = true) throws -> StreamStart {
      let reply = Reply(
        status: 200,
        stream: .init(
          event: EventID(5), resume: resume, client: 7, key: 3, expiresAt: Instant(milliseconds: 99),
          isStillValid: { isStillValid }))
      return try #require(HTTPResponse(reply).stream)
    }
    #expect(try start(.after(3)).topic == TopicID(5))
    #expect(try start(.after(3)).resume == .after(3))
    #expect(try start(.none).resume == .none)
    #expect(try start(.elsewhere).resume == .impossible)
    #expect(try start(.none).client == ClientTag(key: 7))
    #expect(try start(.none).credential == Credential(3))
    #expect(try start(.none).expiresAt == 99)
    #expect(try start(.none).refusal() == nil)
    #expect(try start(.none, isStillValid: false).refusal() == "logged out")
  }

  @Test("A stream of an anonymous viewer is of the topic for anybody and has no end")
  func anonymousStream() throws {
    let stream = Reply.Stream(
      event: EventID(5), resume: .none, client: nil, expiresAt: nil, isStillValid: { true })
    let start = try #require(HTTPResponse(Reply(status: 200, stream: stream)).stream)
    #expect(start.topic == TopicID(-5) && start.client == .anonymous && start.expiresAt == nil)
  }
}
