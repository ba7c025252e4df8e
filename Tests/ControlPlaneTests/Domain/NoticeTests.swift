import TestSupport
import Testing

@testable import ControlPlane

@Suite("Notice")
struct NoticeTests {
  @Test("every kind of change comes back from the table as it went in")
  func kinds() throws {
    let fixture = try LedgerFixture()
    let event = try fixture.makeEvent(capacity: 10)
    let booking = try fixture.book(event, user: 4, 3).booking
    try fixture.cancel(booking.publicID, by: 4)
    try fixture.patch(event, EventPatch(seatCapacity: 11))
    #expect(
      try fixture.log(event).map(\.change) == [
        .bookingCreated(booking.facts), .bookingCancelled(booking.facts), .capacityChanged,
      ])
  }
}
