import Testing

@testable import ControlPlane

@Suite("Booking")
struct BookingTests {
  private func booking() throws -> Booking {
    Booking(
      id: BookingID(1), publicID: try #require(PublicBookingID(code: 77)), event: EventID(2),
      user: UserID(3), subject: Subject(7), quantity: 4, status: .confirmed,
      createdAt: Instant(milliseconds: 5),
      createdSeq: 6)
  }

  @Test("its notices tell its public name, its user and its seats")
  func facts() throws {
    let booking = try booking()
    #expect(
      booking.facts
        == Notice.BookingFacts(booking: booking.publicID, user: Subject(7), quantity: 4))
  }

  @Test("cancelling keeps what it was and says when it ended")
  func cancelling() throws {
    var booking = try booking()
    booking.end(.cancelled, at: Instant(milliseconds: 9), seq: 8)
    var expected = try self.booking()
    (expected.status, expected.cancelledAt, expected.cancelledSeq) = (
      .cancelled, Instant(milliseconds: 9), 8
    )
    #expect(booking == expected)
  }
}
