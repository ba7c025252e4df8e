import TestSupport
import Testing

@testable import ControlPlane

@Suite("Outcome replies")
struct OutcomeRepliesTests {
  private let incidents = IncidentList()
  private let ticket = ReplyTicket(high: 1, low: 2)

  private func reply(_ settlement: Settlement) throws -> Reply {
    var replies: [TicketedReply] = []
    OutcomeReplies(observer: incidents).append([settlement], to: &replies)
    let reply = try #require(replies.first)
    #expect(replies.count == 1 && reply.ticket == ticket)
    return reply.reply
  }

  private func outcome(cancelledAt: Instant? = nil, replayed: Bool = false) throws -> BookingOutcome {
    var booking = Booking(
      id: BookingID(1), publicID: try #require(PublicBookingID("BK-0123ABCD")), event: EventID(4),
      user: UserID(9), subject: Subject(5), quantity: 2, status: .confirmed,
      createdAt: Instant(milliseconds: 0), createdSeq: 6)
    if let cancelledAt { booking.end(.cancelled, at: cancelledAt, seq: 7) }
    return BookingOutcome(
      booking: booking, availableSeats: 3, seq: cancelledAt == nil ? 6 : 7, replayed: replayed)
  }

  @Test("a booking is 201 with its place, and told again it says so")
  func created() throws {
    let reply = try reply(.bookingCreated(Settled(.request(ticket), .success(try outcome()))))
    #expect(reply.status == 201)
    #expect(reply.first("location") == "/api/bookings/BK-0123ABCD")
    #expect(reply.first("idempotency-replayed") == nil)
    #expect(
      String(decoding: reply.body, as: UTF8.self)
        == #"{"bookingId":"BK-0123ABCD","eventId":4,"userId":5,"quantity":2,"status":"confirmed","#
        + #""createdAt":"1970-01-01T00:00:00.000Z","availableSeats":3,"seq":6}"#)
    let again = try self.reply(
      .bookingCreated(Settled(.request(ticket), .success(try outcome(replayed: true)))))
    #expect(again.first("idempotency-replayed") == "true" && again.body == reply.body)
  }

  @Test("a cancelled booking is 200 with both moments")
  func cancelled() throws {
    let outcome = try outcome(cancelledAt: Instant(milliseconds: 1_000))
    let reply = try reply(.bookingChanged(Settled(.request(ticket), .success(outcome))))
    #expect(reply.status == 200 && reply.first("location") == nil)
    #expect(
      String(decoding: reply.body, as: UTF8.self)
        == #"{"bookingId":"BK-0123ABCD","eventId":4,"userId":5,"quantity":2,"status":"cancelled","#
        + #""createdAt":"1970-01-01T00:00:00.000Z","cancelledAt":"1970-01-01T00:00:01.000Z","#
        + #""availableSeats":3,"seq":7}"#)
    var writer = JSONWriter()
    outcome.write(to: &writer)
    #expect(writer.bytes == reply.body, "a booking reads the same in a list")
  }

  @Test("a new event has a place and a tag, a changed one a tag, a deleted one nothing")
  func events() throws {
    var event = Event.sample(capacity: 5)
    event.id = EventID(8)
    let created = try reply(.eventCreated(Settled(.request(ticket), .success(event))))
    #expect(created.status == 201 && created.first("location") == "/api/events/8")
    #expect(created.first("etag") == event.tag.field)
    let patched = try reply(.eventPatched(Settled(.request(ticket), .success(event))))
    #expect(patched.status == 200 && patched.body == created.body && patched.first("location") == nil)
    let deleted = try reply(.eventDeleted(Settled(.request(ticket), .success(EventID(8)))))
    #expect(deleted.status == 204 && deleted.body.isEmpty)
  }

  @Test("a refusal is its problem, and what no rule foresees is told to the observer")
  func refusals() throws {
    let sold = DomainError.soldOut(available: 0, requested: 1)
    #expect(try reply(.bookingCreated(Settled(.request(ticket), .failure(sold)))).problem == "sold-out")
    #expect(incidents.all.isEmpty)
    let odd = try reply(.eventDeleted(Settled(.request(ticket), .failure(.internalFailure("odd")))))
    #expect(odd.status == 500)
    #expect(incidents.all == [.internalFailure("odd")])
  }

  @Test("refusals that follow each other are told each in its own words, and failures are told each time")
  func equalRefusals() {
    let errors: [DomainError] = [
      .soldOut(available: 0, requested: 1), .soldOut(available: 0, requested: 1),
      .soldOut(available: 0, requested: 2),
      .unknownEvent, .soldOut(available: 0, requested: 1), .internalFailure("a"), .internalFailure("a"),
    ]
    let settlements = errors.map { Settlement.bookingCreated(Settled(.request(ticket), .failure($0))) }
    var replies: [TicketedReply] = []
    OutcomeReplies(observer: incidents).append(settlements, to: &replies)
    #expect(replies.map(\.reply.body) == errors.map { Problem($0).reply.body })
    #expect(replies.map(\.reply.status) == [409, 409, 409, 404, 409, 500, 500])
    #expect(incidents.all.count == 2)
  }

  @Test("an asker with a reply of its own gets that, and somebody inside the server none")
  func others() throws {
    let own = Settled<EventID>(.reply(ticket) { _ in Reply(status: 299) }, .success(EventID(1)))
    #expect(try reply(.eventDeleted(own)).status == 299)
    let heard = Monitor<[EventID]>([])
    let call = Settled<EventID>(
      .call { result in heard.withLock { $0 += (try? result.get()).map { [$0] } ?? [] } },
      .success(EventID(7)))
    var replies: [TicketedReply] = []
    OutcomeReplies(observer: incidents).append([.eventDeleted(call)], to: &replies)
    #expect(replies.isEmpty && heard.withLock { $0 } == [EventID(7)])
  }
}
