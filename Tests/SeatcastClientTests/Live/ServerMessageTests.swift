import Testing

@testable import SeatcastClient

@Suite("ServerMessage")
struct ServerMessageTests {
  private func read(_ text: String) throws -> ServerMessage { try ServerMessage(Array(text.utf8)) }

  @Test("Notices have their counts, their time and their place")
  func notice() throws {
    let message = try read(
      Script.booked(7, seq: 5, seats: 8, more: #","types":[{"id":1,"available":8}],"later":[]"#))
    guard case .notice(let notice) = message else {
      Issue.record("\(message)")
      return
    }
    #expect(notice.kind == .bookingCreated && notice.eventID == 7 && notice.seq == 5 && notice.fromSeq == 5)
    #expect(notice.count.types == [TypeCount(id: 1, available: 8)])
    #expect(notice.bookingID == "BK-1" && notice.userID == "3" && notice.quantity == 1)
    #expect(notice.committedAt == 1_769_889_600_250)
  }

  @Test("A greeting has counts unless what was missed follows")
  func greeting() throws {
    guard case .greeting(let fresh) = try read(Script.greeting(7, seq: 4, seats: 9)),
      case .greeting(let resumed) = try read(Script.greeting(7, seq: 4, seats: nil, recovered: true))
    else {
      Issue.record("no greetings")
      return
    }
    #expect(fresh.count?.availableSeats == 9 && fresh.state?.status == "on_sale" && fresh.recovered == nil)
    #expect(resumed.count == nil && resumed.recovered == true)
  }

  @Test("Messages that a later version adds are passed over")
  func unknown() throws {
    #expect(try read(#"{"type":"viewers","viewers":3}"#) == .other(type: "viewers"))
    #expect(
      try read(#"{"type":"server_draining","reconnectAfterMs":5}"#)
        == .draining(reconnectAfterMilliseconds: 5))
  }

  @Test(
    "What lacks what its type promises is refused",
    arguments: [
      "", "[]", "{}", #"{"type":"booking_created","eventId":1}"#, #"{"type":"seat_update","seq":-1}"#,
    ])
  func refuses(text: String) {
    #expect(throws: ClientError.self) { try read(text) }
  }
}
