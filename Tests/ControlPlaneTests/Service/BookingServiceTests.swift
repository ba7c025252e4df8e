import TestSupport
import Testing

@testable import ControlPlane

@Suite("BookingService")
struct BookingServiceTests {
  private let stage = Stage()
  private let ticket = ReplyTicket(high: 0, low: 1)

  @Test("commands go to the ledger as they are, and nothing is answered before it is")
  func submitting() throws {
    let door = RecordingCommands(isOpen: true)
    let service = BookingService(ledger: door, replies: stage)
    service.create(.init(EventID(4), 5, 6, "k"), ticket: ticket) { $0.told }
    let name = try #require(PublicBookingID(code: 1))
    service.cancel(
      CancelBooking(booking: name, by: .init(user: .local(2), role: .admin)), ticket: ticket
    ) { $0.told }
    guard case .createBooking(let create, .reply(ticket, _)) = door.commands.first,
      case .cancelBooking(let cancel, .reply(ticket, _)) = door.commands.last
    else {
      Issue.record("other commands: \(door.commands)")
      return
    }
    #expect(create.event == EventID(4))
    #expect(create.idempotencyKey == "k")
    #expect(cancel.booking == name)
    #expect(stage.replies.isEmpty)
  }

  @Test("a full ledger is answered at once")
  func overloaded() {
    let service = BookingService(ledger: RecordingCommands(isOpen: false), replies: stage)
    service.create(.init(EventID(4), 5, 6), ticket: ticket) { $0.told }
    #expect(stage.replies[1]?.body == Array("overloaded".utf8))
  }
}
