import ControlPlane
import FanoutCore
import Testing

@testable import seatcast

@Suite("Topic adapter")
struct TopicAdapterTests {
  private let ticket = Ticket(loop: LoopID(1), slot: 2, generation: 3, request: 4)

  @Test("What a loop asks for reaches the backend in its own words")
  func asks() {
    let backend = FakeBackend()
    let adapter = TopicAdapter(backend: backend)
    #expect(adapter.open(TopicID(5), for: LoopID(3)))
    #expect(adapter.close(TopicID(5), for: LoopID(3)))
    #expect(adapter.history(of: TopicID(5), after: 1, through: 9, ticket: ticket))
    #expect(
      backend.asked == [
        .watch(EventID(5), Watcher(3)), .unwatch(EventID(5), Watcher(3)),
        .history(EventID(5), .authenticated, after: 1, through: 9, ReplyTicket(ticket)),
      ])
  }

  @Test("A topic of anonymous viewers is asked for in their name")
  func anonymous() {
    let backend = FakeBackend()
    let adapter = TopicAdapter(backend: backend)
    #expect(adapter.open(TopicID(-5), for: LoopID(3)))
    #expect(adapter.history(of: TopicID(-5), after: 1, through: 9, ticket: ticket))
    #expect(
      backend.asked == [
        .watch(EventID(5), Watcher(3, .anonymous)),
        .history(EventID(5), .anonymous, after: 1, through: 9, ReplyTicket(ticket)),
      ])
  }

  @Test("A full queue is told to the loop")
  func full() {
    let adapter = TopicAdapter(backend: FakeBackend(isFull: true))
    #expect(!adapter.open(TopicID(5), for: LoopID(3)))
    #expect(!adapter.close(TopicID(5), for: LoopID(3)))
    #expect(!adapter.history(of: TopicID(5), after: 1, through: 9, ticket: ticket))
  }
}
