import Testing

@testable import ControlPlane

@Suite("Waiting list endpoints")
struct WaitlistEndpointsTests {
  private let backend: APIFixture

  init() throws { backend = try APIFixture() }

  private func ask(_ method: String, _ event: Int64, _ body: String? = nil, _ token: String?) throws -> Reply
  {
    try backend.send(method, "/api/events/\(event)/waitlist", body, token: token)
  }

  @Test("Join, look, leave")
  func story() throws {
    let event = try backend.event(#""seatCapacity":1"#)
    let (ann, bob) = (try backend.userToken(), try backend.userToken("bob"))
    let early = try ask("POST", event, "{}", ann)
    #expect(early.status == 409 && early.problem == "seats-available")
    _ = try backend.book(event, token: ann)
    #expect(try ask("GET", event, nil, bob).problem == "not-waiting")
    let joined = try ask("POST", event, #"{"quantity":1}"#, bob)
    #expect(joined.status == 201)
    #expect(try joined.number("position") == 1)
    #expect(try joined.number("quantity") == 1)
    #expect(try ask("GET", event, nil, bob).body == joined.body)
    #expect(try ask("DELETE", event, nil, bob).status == 204)
    #expect(try ask("DELETE", event, nil, bob).status == 204)
    #expect(try ask("GET", event, nil, bob).status == 404)
  }

  @Test("What cannot be waited for is told")
  func refusals() throws {
    let (event, token) = (try backend.event(#""seatCapacity":1"#), try backend.userToken())
    _ = try backend.book(event, token: token)
    #expect(try ask("POST", 999, "{}", token).problem == "unknown-event")
    #expect(try ask("GET", 999, nil, token).problem == "unknown-event")
    #expect(try ask("DELETE", 999, nil, token).problem == "unknown-event")
    #expect(try ask("POST", event, #"{"quantity":0}"#, token).status == 422)
    #expect(try ask("POST", event, #"{"quantity":11}"#, token).problem == "quantity-limit")
    #expect(try ask("POST", event, #"{"typeId":1}"#, token).problem == "unknown-ticket-type")
    #expect(try ask("POST", event, "{}", nil).status == 401)
  }

  @Test("A draft is no event for its waiting list either")
  func draft() throws {
    let (event, token) = (try backend.event(#""seatCapacity":1,"status":"draft""#), try backend.userToken())
    for method in ["GET", "DELETE"] {
      let (hidden, absent) = (try ask(method, event, nil, token), try ask(method, 999, nil, token))
      #expect(hidden.status == 404 && hidden.body == absent.body)
    }
    #expect(try ask("POST", event, "{}", token).body == ask("POST", 999, "{}", token).body)
  }

  @Test("What a user is told in private says which event, what, and until when")
  func texts() throws {
    let encoder = NoticeEncoder(identity: .none, epoch: "e")
    let booking = Booking(
      id: BookingID(1), publicID: try #require(PublicBookingID("BK-0123ABCD")), event: EventID(4),
      user: UserID(9), subject: Subject(5), quantity: 2, type: 3, status: .held,
      createdAt: Instant(milliseconds: 0), createdSeq: 6, expiresAt: Instant(milliseconds: 600_000))
    let offer = encoder.text(of: .offer(booking), at: Instant(milliseconds: 0))
    #expect(
      String(decoding: offer, as: UTF8.self)
        == #"{"type":"waitlist_offer","eventId":4,"bookingId":"BK-0123ABCD","quantity":2,"typeId":3,"#
        + #""expiresAt":"1970-01-01T00:10:00.000Z","timestamp":"1970-01-01T00:00:00.000Z"}"#)
    let entry = WaitingEntry(
      id: 1, event: EventID(4), user: .local(5), quantity: 2, joinedAt: Instant(milliseconds: 0))
    let position = encoder.text(
      of: .position(WaitingPlace(entry: entry, position: 7)), at: Instant(milliseconds: 0))
    #expect(
      String(decoding: position, as: UTF8.self)
        == #"{"type":"waitlist_position","eventId":4,"position":7,"quantity":2,"#
        + #""timestamp":"1970-01-01T00:00:00.000Z"}"#)
  }
}
