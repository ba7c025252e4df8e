import TestSupport
import Testing

@testable import ControlPlane

@Suite("CatalogueService")
struct CatalogueServiceTests {
  private let stage = Stage()
  private let ticket = ReplyTicket(high: 0, low: 1)

  @Test("commands go to the ledger as they are, with their condition")
  func submitting() {
    let door = RecordingCommands(isOpen: true)
    let service = CatalogueService(ledger: door, replies: stage)
    let tag = EventTag(version: 1, seq: 2)
    service.create(EventDraft(name: "E", seatCapacity: 3), ticket: ticket) { $0.told }
    service.patch(
      PatchEvent(event: EventID(4), patch: EventPatch(name: "F"), ifMatch: [tag]), ticket: ticket
    ) { $0.told }
    service.delete(EventID(5), ifMatch: nil, ticket: ticket) { $0.told }
    let commands = door.commands
    guard commands.count == 3, case .createEvent(let draft, .reply(ticket, _)) = commands[0],
      case .patchEvent(let change, .reply(ticket, _)) = commands[1],
      case .deleteEvent(EventID(5), ifMatch: nil, .reply(ticket, _)) = commands[2]
    else {
      Issue.record("other commands: \(commands)")
      return
    }
    #expect(draft == EventDraft(name: "E", seatCapacity: 3))
    #expect(change.ifMatch == [tag])
    #expect(stage.replies.isEmpty)
  }

  @Test("a full ledger is answered at once")
  func overloaded() {
    let service = CatalogueService(ledger: RecordingCommands(isOpen: false), replies: stage)
    service.delete(EventID(5), ifMatch: nil, ticket: ticket) { $0.told }
    #expect(stage.replies[1]?.body == Array("overloaded".utf8))
  }
}
