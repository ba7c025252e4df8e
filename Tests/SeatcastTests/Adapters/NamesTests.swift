import ControlPlane
import FanoutCore
import Testing

@testable import seatcast

@Suite("Names of one plane in the words of the other")
struct NamesTests {
  @Test(
    "A ticket comes back as it went",
    arguments: [
      Ticket(loop: LoopID(0), slot: 0, generation: 0, request: 0),
      Ticket(loop: LoopID(.max), slot: .max, generation: .max, request: .max),
      Ticket(loop: LoopID(1), slot: 2, generation: 3, request: 4),
      Ticket(loop: LoopID(.max), slot: 0, generation: .max, request: 0),
      Ticket(loop: LoopID(0), slot: .max, generation: 0, request: .max),
    ])
  func tickets(ticket: Ticket) {
    #expect(Ticket(ReplyTicket(ticket)) == ticket)
  }

  @Test("Tickets that differ in one part differ on the other side")
  func ticketsStayApart() {
    let packed = [
      Ticket(loop: LoopID(1), slot: 0, generation: 0, request: 0),
      Ticket(loop: LoopID(0), slot: 1, generation: 0, request: 0),
      Ticket(loop: LoopID(0), slot: 0, generation: 1, request: 0),
      Ticket(loop: LoopID(0), slot: 0, generation: 0, request: 1),
    ].map { ReplyTicket($0) }
    #expect(Set(packed).count == 4)
  }

  @Test("Loops and watchers, topics and events are the same numbers")
  func numbers() {
    for topic in [TopicID(7), TopicID(-7)] {
      #expect(LoopID(Watcher(LoopID(.max), of: topic)) == LoopID(.max))
      #expect(EventID(topic) == EventID(7))
      #expect(TopicID(EventID(topic), for: Audience(topic)) == topic)
    }
    #expect(TopicID(EventID(7), for: .authenticated) == TopicID(7))
    #expect(TopicID(EventID(7), for: .anonymous) == TopicID(-7))
    #expect(EventID(TopicID(.max)) == EventID(.max))
    #expect(Watcher(LoopID(1), of: TopicID(7)) != Watcher(LoopID(1), of: TopicID(-7)))
    #expect(Audience(ClientTag.anonymous) == .anonymous && Audience(ClientTag(id: 1)) == .authenticated)
  }

  @Test("A client tag is the identity, whatever the role")
  func clientTags() {
    let moment = Instant(milliseconds: 0)
    let principal = Principal(identity: .seven, role: .user, expiresAt: moment)
    let user = ClientTag(principal)
    let admin = ClientTag(Principal(identity: .seven, role: .admin, expiresAt: moment))
    #expect(user == ClientTag(key: principal.connectionKey))
    #expect(admin.id == user.id)
    #expect(ClientTag(Principal(identity: .eight, role: .user, expiresAt: moment)).id != user.id)
  }
}
