import Testing

@testable import ControlPlane

@Suite("FeedItem")
struct FeedItemTests {
  private func type(_ change: FeedItem.Change) -> String {
    FeedItem(position: 1, event: EventID(1), at: Instant(milliseconds: 0), change: change, state: nil).type
  }

  @Test("The type names what happened, and the end of an event has names of its own")
  func types() throws {
    func details(_ status: PublicStatus) -> EventDetails {
      EventDetails(status: status, name: "E", maxPerBooking: 1)
    }
    let facts = Notice.BookingFacts(
      booking: try #require(PublicBookingID(code: 1)), user: Subject(1), quantity: 1)
    #expect(type(.booking(.held, facts, issuer: "i", expiresAt: nil)) == "booking_held")
    #expect(type(.booking(.expired, facts, issuer: "i", expiresAt: nil)) == "booking_expired")
    #expect(type(.capacityChanged) == "capacity_changed")
    #expect(type(.eventCreated(details(.draft), seatCapacity: 3)) == "event_created")
    #expect(type(.eventUpdated(details(.paused))) == "event_updated")
    #expect(type(.eventUpdated(details(.cancelled))) == "event_cancelled")
    #expect(type(.eventUpdated(details(.deleted))) == "event_deleted")
  }
}
