import TestSupport
import Testing

@testable import ControlPlane

@Suite("AsyncAPI")
struct AsyncAPITests {
  private func document() throws -> JSON { try JSON(parsing: AsyncAPI(version: "1.2.3").document) }

  @Test("The document is AsyncAPI 3.0; its references lead somewhere, and both channels have all messages")
  func channels() throws {
    let document = try self.document()
    #expect(document["asyncapi"]?.string == "3.0.0")
    let schemas = JSONSchema(document)
    for reference in OpenAPITests.references(document) {
      #expect(schemas.resolve(reference) != nil, "\(reference)")
    }
    #expect(document["channels"]?["event"]?["address"]?.string == "/ws/events/{eventId}")
    for channel in ["session", "event"] {
      #expect(document["channels"]?[channel]?["messages"]?.members?.count == Schemas.messages.count)
    }
    #expect(document["operations"]?.members?.count == 4)
  }

  @Test("The messages that are made here are as documented")
  func messages() throws {
    let contract = MessageContract(try document())
    let messages = SessionMessages(
      epoch: "e", clock: StillClock(milliseconds: 0), identifiers: SystemRandom())
    let encoder = NoticeEncoder(identity: .full, epoch: "e")
    let notice = Notice(
      event: EventID(3), seq: 17, change: .capacityChanged, availableSeats: 4, seatCapacity: 50,
      at: Instant(milliseconds: 0))
    let summary = encoder.summary(
      of: EventState(event: EventID(3), seq: 17, availableSeats: 4, seatCapacity: 50),
      details: [], at: Instant(milliseconds: 0))
    let texts = [
      messages.connected(event: nil, snapshot: nil, recovered: nil),
      messages.subscribed(summary.snapshot, recovered: true), messages.pong([]),
      messages.pong([(EventID(7), 3)]), messages.viewers(12, of: EventID(7)),
      messages.unsubscribed(EventID(3)), messages.error(code: "x", message: "y"),
      messages.draining(reconnectAfterMilliseconds: 5), encoder.text(of: notice),
      summary.before + Array("3".utf8) + summary.after,
    ]
    for text in texts { #expect(contract.faults(of: try JSON(parsing: text)) == []) }
    #expect(!contract.faults(of: ["type": "nonsense"]).isEmpty)
    #expect(!contract.faults(of: ["type": "pong", "timestamp": 5]).isEmpty)
  }
}
