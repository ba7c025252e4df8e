import TestSupport
import Testing

@testable import ControlPlane

@Suite("LedgerCommand")
struct LedgerCommandTests {
  private let ticket = ReplyTicket(high: 1, low: 2)

  @Test("a command that was not done is settled with its own asker, a watch with nobody")
  func failing() throws {
    let name = try #require(PublicBookingID(code: 1))
    let commands: [LedgerCommand] = [
      .createBooking(.init(EventID(1), 1, 1), .request(ticket)),
      .cancelBooking(CancelBooking(booking: name, by: .init(user: .local(1), role: .user)), .request(ticket)),
      .createEvent(EventDraft(name: "E", seatCapacity: 1), .request(ticket)),
      .patchEvent(PatchEvent(event: EventID(1), patch: EventPatch(), ifMatch: nil), .request(ticket)),
      .deleteEvent(EventID(1), ifMatch: nil, .request(ticket)),
      .setPasswordHash(UserID(1), "h", replacing: "g", .request(ticket)),
      .changePassword(PasswordChange(target: .local(1), hash: "h"), .request(ticket)),
      .changePerson(PersonChange(target: .local(1), by: .local(2)), .request(ticket)),
    ]
    var replies: [TicketedReply] = []
    OutcomeReplies(observer: IncidentList()).append(
      commands.compactMap { $0.settlement(failing: .overloaded) }, to: &replies)
    #expect(replies.count == commands.count)
    #expect(replies.allSatisfy { $0.ticket == ticket && $0.reply.status == 503 })
    #expect(LedgerCommand.watch(EventID(1), Watcher(1)).settlement(failing: .overloaded) == nil)
    #expect(LedgerCommand.unwatch(EventID(1), Watcher(1)).settlement(failing: .overloaded) == nil)
  }

  @Test("a request with a reply of its own is answered overloaded when the queue is full")
  func overloaded() {
    struct Full: CommandSink {
      func submit(_ command: LedgerCommand) -> Bool { false }
      func submit(contentsOf commands: [LedgerCommand]) -> Int { 0 }
    }
    let stage = Stage()
    Full().submit(
      ticket,
      { (result: Result<EventID, DomainError>) in
        if case .failure(.overloaded) = result { Reply(status: 503) } else { Reply(status: 200) }
      }, replies: stage
    ) { .deleteEvent(EventID(1), ifMatch: nil, $0) }
    #expect(stage.replies[2]?.status == 503)
  }
}
