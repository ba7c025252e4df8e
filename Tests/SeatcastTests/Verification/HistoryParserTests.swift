// Lines of a history, read and written; and what is none.
import SeatcastClient
import Testing

@testable import seatcast

private func line(_ text: String) throws(HistoryFault) -> HistoryLine {
  try HistoryParser.line(Array(text.utf8))
}

@Suite("HistoryParser and HistoryText")
struct HistoryParserTests {
  @Test("What is written is read")
  func roundTrip() throws {
    var request = HistoryRequest(3, at: 7, client: "a \"quoted\" client", .book)
    (request.userID, request.event, request.quantity) = ("auth0|1", 9, 2)
    (request.typeID, request.isHold, request.key) = (4, true, "k")
    let point = ResumePoint(event: 9, seq: 44, epoch: "e")
    let written: [([UInt8], HistoryLine)] = [
      (HistoryText.header(by: "tests"), .header(version: 1)),
      (HistoryText.request(request), .request(request)),
      (HistoryText.unanswered(3), .unanswered(request: 3)),
      (HistoryText.opened(1, client: "v", resume: point), .opened(connection: 1, client: "v", resume: point)),
      (HistoryText.opened(1, client: "v", resume: nil), .opened(connection: 1, client: "v", resume: nil)),
      (HistoryText.subscribe(1, point), .subscribe(connection: 1, resume: point)),
      (HistoryText.pinged(1), .pinged(connection: 1)), (HistoryText.ponged(1), .ponged(connection: 1)),
      (HistoryText.closed(1, code: 4_404), .closed(connection: 1, code: 4_404)),
      (HistoryText.closed(1, code: nil), .closed(connection: 1, code: nil)), (HistoryText.quiet, .quiet),
      (HistoryText.restored(epoch: "f"), .restored(epoch: "f")),
      (HistoryText.listed(event: 9), .listed(event: 9)),
    ]
    for (text, value) in written {
      #expect(text.last == UInt8(ascii: "\n"))
      #expect(try HistoryParser.line(text) == value)
    }
  }

  @Test("An answer is read from the body as it came")
  func answers() throws {
    let body =
      #"{"bookingId":"B","eventId":9,"userId":3,"quantity":2,"typeId":4,"status":"held","expiresAt":"2026-01-01T00:00:01.500Z","availableSeats":5,"seq":12}"#
    let text = HistoryText.answer(to: 3, at: 8, status: 201, isReplayed: true, body: Array(body.utf8))
    guard case .answer(let answer) = try HistoryParser.line(text) else { return #expect(Bool(false)) }
    #expect(
      answer.request == 3 && answer.at == 8 && answer.isReplayed && answer.booking == "B" && answer.event == 9
    )
    #expect(answer.telling?.seq == 12 && answer.telling?.availableSeats == 5 && answer.telling?.status == nil)
    #expect(answer.quantity == 2 && answer.typeID == 4 && answer.expiresAt == 1_767_225_601_500)
    let refused = try line(
      #"{"kind":"answer","at":1,"request":1,"status":409,"body":{"type":"urn:seatcast:problem:sold-out","available":3}}"#
    )
    guard case .answer(let refusal) = refused else { return #expect(Bool(false)) }
    #expect(refusal.problem == "sold-out" && refusal.available == 3 && !refusal.isSuccess)
    #expect(
      !String(
        decoding: HistoryText.answer(to: 1, at: 1, status: 502, isReplayed: false, body: Array("<p>".utf8)),
        as: UTF8.self
      ).contains("body"))
  }

  @Test("Messages of the server are read as they came")
  func frames() throws {
    func frame(_ text: String) throws -> ServerFrame {
      try HistoryParser.frame(#require(JSONReading(Array(text.utf8))))
    }
    let types = #""types":[{"id":1,"available":2}]"#
    guard
      case .notice(let told) = try frame(
        #"{"type":"booking_created","eventId":9,"bookingId":"B","userId":3,"quantity":2,"typeId":1,"availableSeats":5,"seatCapacity":8,"seq":12,\#(types)}"#
      )
    else { return #expect(Bool(false)) }
    #expect(
      told.telling.change == .created && told.telling.userID == "3"
        && told.telling.types == [TypeSeats(id: 1, available: 2)])
    guard
      case .notice(let many) = try frame(
        #"{"type":"seat_update","eventId":9,"availableSeats":5,"seatCapacity":8,"seq":12,"fromSeq":10,"toSeq":12}"#
      )
    else { return #expect(Bool(false)) }
    #expect(many.telling.fromSeq == 10 && many.telling.change == nil)
    #expect(
      try frame(#"{"type":"pong","positions":[{"eventId":9,"seq":4}]}"#)
        == .pong([ResumePoint(event: 9, seq: 4)]))
    #expect(try frame(#"{"type":"pong"}"#) == .pong([]))
    #expect(try frame(#"{"type":"unsubscribed","eventId":9}"#) == .unsubscribed(event: 9))
    #expect(
      try frame(#"{"type":"error","code":"event_not_found","eventId":9}"#)
        == .refused(event: 9, code: "event_not_found"))
    #expect(
      try frame(#"{"type":"waitlist_offer","eventId":9,"bookingId":"B"}"#) == .offer(event: 9, bookingID: "B")
    )
    #expect(try frame(#"{"type":"server_draining"}"#) == .draining)
    #expect(try frame(#"{"type":"news"}"#) == .other)
    #expect(try frame(#"{"type":"connection_established"}"#) == .other)
  }

  @Test("Notices of the log and entries of the feed are the same witness")
  func witnesses() throws {
    let counts = #""eventId":9,"seq":4,"availableSeats":5,"seatCapacity":8"#
    let held = try HistoryParser.notice(
      Array(
        #"{"position":"e.7","type":"booking_held","bookingId":"B","userId":3,"quantity":2,\#(counts)}"#.utf8))
    #expect(held?.telling.change == .created && held?.telling.isExpiry == nil)
    let expired = try HistoryParser.notice(
      Array(#"{"type":"booking_expired","bookingId":"B",\#(counts)}"#.utf8))
    #expect(expired?.telling.change == .cancelled && expired?.telling.isExpiry == true)
    #expect(try HistoryParser.notice(Array(#"{"type":"booking_extended","eventId":9}"#.utf8)) == nil)
    let wrapped = try HistoryParser.notice(
      Array(#"{"kind":"notice","epoch":"e","notice":{"type":"seat_update",\#(counts)}}"#.utf8))
    #expect(wrapped?.epoch == "e" && wrapped?.telling.change == .resized)
  }

  @Test(
    "What is no line of a history is refused with the reason",
    arguments: [
      ("[]", "is no JSON object"), ("{}", "has no kind"),
      (#"{"kind":"news","connection":1}"#, "unknown kind news"),
      (#"{"kind":"request","at":1,"request":1,"client":"c","act":"steal"}"#, "unknown act steal"),
      (#"{"kind":"request","at":1,"request":1,"client":"c","act":"book"}"#, "has no eventId"),
      (#"{"kind":"request","at":1,"request":1,"client":"c","act":"cancel"}"#, "has no bookingId"),
      (#"{"kind":"answer","request":1,"status":200}"#, "has no number at"),
      (#"{"kind":"answer","at":9223372036854775807,"request":1,"status":200}"#, "that no clock tells"),
      (#"{"kind":"frame","at":1,"connection":1}"#, "has no object message"),
      (
        #"{"kind":"frame","at":1,"connection":1,"message":{"type":"seat_update","eventId":1}}"#,
        "without eventId or seq"
      ),
      (#"{"kind":"notice","notice":{"type":"news","eventId":1}}"#, "unknown type news"),
      (#"{"kind":"notice","notice":{"type":"seat_update","eventId":1,"seq":1}}"#, "has no counts"),
    ])
  func refused(text: String, reason: String) {
    do {
      _ = try line(text)
      Issue.record("\(text) was read")
    } catch {
      #expect(error.description.contains(reason), "\(error)")
    }
  }
}
