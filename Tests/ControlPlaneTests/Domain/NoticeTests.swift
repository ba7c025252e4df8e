import TestSupport
import Testing

@testable import ControlPlane

@Suite("Notice")
struct NoticeTests {
  @Test("every kind of change comes back from the table as it went in")
  func kinds() throws {
    let house = try LedgerHouse()
    let event = try house.makeEvent(capacity: 10)
    let booking = try house.book(event, user: 4, 3).booking
    try house.cancel(booking.publicID, by: 4)
    try house.patch(event, EventPatch(seatCapacity: 11))
    #expect(
      try house.log(event).map(\.change) == [
        .bookingCreated(booking.facts), .bookingCancelled(booking.facts), .capacityChanged,
      ])
  }
}
