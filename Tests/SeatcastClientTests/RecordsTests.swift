import Testing

@testable import SeatcastClient

@Suite("Records")
struct RecordsTests {
  @Test("Events, bookings and sessions are read, and unknown members passed over")
  func reads() throws {
    let event = try EventDetails(
      Array(
        #"{"id":1,"name":"A","description":null,"venue":"V","startsAt":null,"opensAt":null,"closesAt":null,"status":"on_sale","seatCapacity":10,"availableSeats":9,"maxPerBooking":10,"maxPerUser":0,"seq":1,"more":{}}"#
          .utf8))
    #expect(event.id == 1 && event.venue == "V" && event.description == nil && event.seq == 1)
    let booking = try Booking(
      Array(
        #"{"bookingId":"BK-1","eventId":1,"userId":"03","quantity":2,"status":"held","createdAt":"x","expiresAt":"y"}"#
          .utf8))
    #expect(booking.userID == "03" && booking.expiresAt == "y" && booking.seq == nil)
    let session = try Session(
      Array(#"{"user":{"id":3,"email":"e","name":"N","role":"user"},"token":"t","expiresAt":"x"}"#.utf8))
    #expect(session.userID == 3 && session.token == "t" && session.role == "user")
  }

  @Test("An answer that lacks something is refused in words")
  func refuses() {
    #expect(throws: ClientError.protocolViolation("The server's event has no valid id.")) {
      try EventDetails(Array("{}".utf8))
    }
    #expect(throws: ClientError.protocolViolation("The server's answer is no booking.")) { try Booking([]) }
  }
}
