import FoundationEssentials
import Testing

@testable import ControlPlane

@Suite("NoticeEncoder")
struct NoticeEncoderTests {
  private let encoder = NoticeEncoder(identity: .full, epoch: "ep-1")
  private let at = Instant(milliseconds: 1_731_321_000_000)

  private func notice(_ change: Notice.Change) -> Notice {
    Notice(event: EventID(3), seq: 17, change: change, availableSeats: 44, seatCapacity: 50, at: at)
  }

  private func facts() throws -> Notice.BookingFacts {
    let booking = try #require(PublicBookingID("BK-0123ABCD"))
    return .init(booking: booking, user: Subject(9), quantity: 2)
  }

  /// What any client reads, by a JSON parser that is not ours.
  private struct Message: Decodable, Equatable {
    var type: String
    var eventId: Int
    var bookingId: String?
    var userId: Int?
    var quantity: Int?
    var availableSeats: Int
    var seatCapacity: Int
    var timestamp: String
    var seq: UInt64
    var fromSeq: UInt64?
    var toSeq: UInt64?
  }

  private func decode(_ bytes: [UInt8]) throws -> Message {
    #expect(!bytes.contains(UInt8(ascii: "\n")))
    return try JSONDecoder().decode(Message.self, from: Data(bytes))
  }

  @Test("Anonymous viewers learn counts, and never which booking and whose")
  func anonymous() throws {
    let notices = [notice(.bookingCreated(try facts())), notice(.bookingCancelled(try facts()))]
    for text in encoder.encode(notices, for: .anonymous) {
      let message = try decode(text.text)
      #expect(message.bookingId == nil && message.userId == nil)
      #expect(message.availableSeats == 44 && message.quantity == 2 && message.seq == 17)
    }
    #expect(encoder.encode(notices, for: .authenticated).map(\.text) == notices.map(encoder.text(of:)))
    let silent = NoticeEncoder(identity: .none, epoch: "ep-1")
    #expect(silent.encode(notices, for: .authenticated) == encoder.encode(notices, for: .anonymous))
  }

  @Test("A booking and its cancellation carry everything that the contract names")
  func bookings() throws {
    let facts = try facts()
    for (change, type) in [
      (Notice.Change.bookingCreated(facts), "booking_created"),
      (.bookingCancelled(facts), "booking_cancelled"),
    ] {
      let expected = Message(
        type: type, eventId: 3, bookingId: "BK-0123ABCD", userId: 9, quantity: 2, availableSeats: 44,
        seatCapacity: 50, timestamp: "2024-11-11T10:30:00.000Z", seq: 17)
      #expect(try decode(encoder.text(of: notice(change))) == expected)
    }
  }

  @Test("The bytes are these, so that no client breaks by accident")
  func exactBytes() throws {
    let text = String(decoding: encoder.text(of: notice(.bookingCreated(try facts()))), as: UTF8.self)
    #expect(
      text
        == #"{"type":"booking_created","eventId":3,"bookingId":"BK-0123ABCD","userId":9,"quantity":2,"#
        + #""availableSeats":44,"seatCapacity":50,"timestamp":"2024-11-11T10:30:00.000Z","seq":17}"#)
  }

  @Test("Where an event has ticket types, notices and summaries tell what is free of each")
  func types() throws {
    var typed = notice(.bookingCreated(try facts()))
    typed.types = [.init(id: 1, available: 4), .init(id: 3, available: 0)]
    typed.change = .bookingCreated(
      .init(booking: try facts().booking, user: Subject(9), quantity: 2, type: 3))
    let text = String(decoding: encoder.text(of: typed), as: UTF8.self)
    #expect(text.contains(#""quantity":2,"typeId":3,"availableSeats":44"#))
    let types = #""seatCapacity":50,"types":[{"id":1,"available":4},{"id":3,"available":0}],"timestamp""#
    #expect(text.contains(types))
    var state = EventState(event: EventID(3), seq: 17, availableSeats: 44, seatCapacity: 50)
    state.types = typed.types
    let summary = encoder.summary(of: state, details: [], at: at)
    for part in [summary.snapshot, summary.before] {
      #expect(String(decoding: part, as: UTF8.self).contains(types))
    }
  }

  @Test("Without identities neither booking nor user is told")
  func identityNone() throws {
    let quiet = NoticeEncoder(identity: .none, epoch: "ep-1")
    let message = try decode(quiet.text(of: notice(.bookingCreated(try facts()))))
    #expect(message.bookingId == nil && message.userId == nil)
    #expect(message.quantity == 2 && message.seq == 17)
  }

  @Test("A change of capacity is a seat_update")
  func capacity() throws {
    let expected = Message(
      type: "seat_update", eventId: 3, availableSeats: 44, seatCapacity: 50,
      timestamp: "2024-11-11T10:30:00.000Z", seq: 17)
    #expect(try decode(encoder.text(of: notice(.capacityChanged))) == expected)
  }

  private let details = EventDetails(
    status: .closed, name: "Lied \"an\" die\u{1}Freude", startsAt: nil,
    opensAt: Instant(milliseconds: 1_731_321_000_000), closesAt: nil, maxPerBooking: 4)
  private static let members =
    #""status":"closed","name":"Lied \"an\" die\u0001Freude","startsAt":null,"#
    + #""opensAt":"2024-11-11T10:30:00.000Z","closesAt":null,"maxPerBooking":4"#

  private func summary() -> EventSummary {
    let state = EventState(event: EventID(3), seq: 17, availableSeats: 44, seatCapacity: 50)
    return encoder.summary(of: state, details: encoder.members(of: details), at: at)
  }

  @Test("An update of the event has its public state and its counts")
  func updated() {
    let text = String(decoding: encoder.text(of: notice(.eventUpdated(details))), as: UTF8.self)
    #expect(
      text
        == #"{"type":"event_updated","eventId":3,"# + Self.members
        + #","availableSeats":44,"seatCapacity":50,"timestamp":"2024-11-11T10:30:00.000Z","seq":17}"#)
  }

  @Test("A deletion is an update whose status says so")
  func deleted() throws {
    var gone = details
    gone.status = .deleted
    let text = String(decoding: encoder.text(of: notice(.eventUpdated(gone))), as: UTF8.self)
    #expect(text.contains(#""status":"deleted""#))
    #expect(try decode(Array(text.utf8)).type == "event_updated")
  }

  @Test("A summary's snapshot is members without braces")
  func snapshot() throws {
    #expect(summary().seq == 17)
    #expect(
      String(decoding: summary().snapshot, as: UTF8.self)
        == #""eventId":3,"seq":17,"epoch":"ep-1","# + Self.members
        + #","availableSeats":44,"seatCapacity":50,"timestamp":"2024-11-11T10:30:00.000Z""#)
  }

  @Test(
    "before + the first missed seq + after is a seat_update for all that was missed, with the public state")
  func conflation() throws {
    let text = summary().before + Array("5".utf8) + summary().after
    let expected = Message(
      type: "seat_update", eventId: 3, availableSeats: 44, seatCapacity: 50,
      timestamp: "2024-11-11T10:30:00.000Z", seq: 17, fromSeq: 5, toSeq: 17)
    #expect(try decode(text) == expected)
    #expect(String(decoding: text, as: UTF8.self).contains(Self.members))
  }
}
