import ControlPlane
import FanoutCore
import Testing

@testable import seatcast

@Suite("Notice adapter")
struct NoticeAdapterTests {
  private let plane = FakeDataPlane(watched: [TopicID(1)])
  private var adapter: NoticeAdapter { NoticeAdapter(publisher: plane, plane: plane) }
  private let summary = EventSummary(seq: 4, snapshot: [1], before: [2], after: [3])

  @Test("Interest is what the broadcaster says")
  func interest() {
    #expect(adapter.isWatched(EventID(1), by: .authenticated))
    #expect(!adapter.isWatched(EventID(1), by: .anonymous))
    #expect(!adapter.isWatched(EventID(2), by: .authenticated))
  }

  @Test("A batch is published in one call with everything in it")
  func announce() {
    adapter.announce(
      [
        EventUpdate(
          event: EventID(1), notices: [EncodedNotice(seq: 3, text: [7]), EncodedNotice(seq: 4, text: [8])],
          summary: summary)
      ], committedAt: 5)
    #expect(
      plane.heard.updates == [
        [
          TopicUpdate(
            topic: TopicID(1), notices: [Notice(seq: 3, text: [7]), Notice(seq: 4, text: [8])],
            summary: TopicSummary(seq: 4, snapshot: [1], before: [2], after: [3]))
        ]
      ])
  }

  @Test("Grants, refusals and releases reach the loop that asked")
  func grants() {
    adapter.grant(EventID(1), to: Watcher(3), at: summary)
    adapter.grant(EventID(9), to: Watcher(4, .anonymous), at: nil)
    adapter.released(EventID(1), by: Watcher(3))
    let heard = plane.heard
    #expect(heard.grants.map(\.topic) == [TopicID(1), TopicID(-9)])
    #expect(heard.grants.map(\.loop) == [LoopID(3), LoopID(4)])
    #expect(
      heard.grants.map(\.summary) == [TopicSummary(seq: 4, snapshot: [1], before: [2], after: [3]), nil])
    #expect(heard.releases.map(\.topic) == [TopicID(1)])
    #expect(heard.releases.map(\.loop) == [LoopID(3)])
  }

  @Test("What anonymous viewers read goes to a topic of its own")
  func audiences() {
    let update = EventUpdate(event: EventID(1), for: .anonymous, notices: [], summary: summary)
    #expect(TopicUpdate(update).topic == TopicID(-1))
  }

  @Test("A withdrawn event is two withdrawn topics")
  func withdrawn() {
    adapter.withdraw(EventID(1))
    #expect(plane.heard.withdrawals == [TopicID(1), TopicID(-1)])
  }

  @Test("The connections of a client that was logged out are closed")
  func loggedOut() {
    adapter.withdraw(client: 77)
    #expect(plane.heard.withdrawnClients == [77])
  }

  @Test("What a key signed ends at its moment")
  func endedKey() {
    adapter.end(key: 3, at: Instant(milliseconds: 99))
    #expect(plane.heard.endedCredentials.map(\.credential) == [Credential(3)])
    #expect(plane.heard.endedCredentials.map(\.moment) == [99])
  }

  @Test("A private text goes to the client's connections")
  func told() {
    adapter.tell(client: 77, [1, 2])
    #expect(plane.heard.told.map(\.client) == [77] && plane.heard.told.map(\.text) == [[1, 2]])
  }

  @Test("Old notices go to the ticket that asked for them")
  func history() {
    let ticket = Ticket(loop: LoopID(1), slot: 2, generation: 3, request: 4)
    adapter.history(
      [EncodedNotice(seq: 1, text: [9])], of: EventID(5), for: .anonymous, ticket: ReplyTicket(ticket))
    #expect(
      plane.heard.histories.map(\.history) == [
        History(topic: TopicID(-5), notices: [Notice(seq: 1, text: [9])])
      ])
    #expect(plane.heard.histories.map(\.ticket) == [ticket])
  }
}
