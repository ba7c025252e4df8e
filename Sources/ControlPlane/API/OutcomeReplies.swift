// The replies to what the ledger decided. Bookings are written by hand into one buffer each, because every sale passes
// here; the usual fields are shared. The ledger's thread, after the commit; refusals of a full queue on workers.

struct OutcomeReplies: OutcomeEncoder {
  /// Told what no rule foresees.
  let observer: any ControlObserver

  func append(_ settlements: [Settlement], to replies: inout [TicketedReply]) {
    var stamp = RepeatedStamp()
    var refusal: Refusal?
    for settlement in settlements {
      switch settlement {
      case .bookingCreated(let settled):
        settle(settled, &replies, &refusal) { Self.created($0, &stamp) }
      case .bookingChanged(let settled):
        settle(settled, &replies, &refusal) { .json(BookingText.body(of: $0, &stamp)) }
      case .waiting(let settled): settle(settled, &replies, &refusal) { .json($0, status: 201) }
      case .leftWaitlist(let settled): settle(settled, &replies, &refusal) { _ in .noContent() }
      case .eventCreated(let settled): settle(settled, &replies, &refusal) { Self.created($0) }
      case .eventPatched(let settled):
        settle(settled, &replies, &refusal) { .json($0, fields: [EventEndpoints.tag($0)]) }
      case .eventDeleted(let settled): settle(settled, &replies, &refusal)
      case .user(let settled): settle(settled, &replies, &refusal)
      case .passwordHash(let settled): settle(settled, &replies, &refusal)
      case .loggedOut(let settled): settle(settled, &replies, &refusal)
      case .personChanged(let settled): settle(settled, &replies, &refusal)
      case .serviceToken(let settled): settle(settled, &replies, &refusal)
      case .sealed(let settled): settle(settled, &replies, &refusal)
      }
    }
  }

  /// The last refusal of the batch, with its reply: of a sold out event nearly all are the same.
  private struct Refusal {
    let error: DomainError
    let reply: Reply
  }

  /// - Parameter success: the usual reply. Commands about accounts bring a reply of their own.
  @inline(__always)
  private func settle<Outcome>(
    _ settled: Settled<Outcome>, _ replies: inout [TicketedReply], _ refusal: inout Refusal?,
    _ success: (Outcome) -> Reply = { _ in .noContent() }
  ) {
    switch settled.asker {
    case .request(let ticket): replies.append((ticket, reply(settled, &refusal, success)))
    case .limited(let ticket, let lines):
      var reply = reply(settled, &refusal, success)
      reply.fieldLines.append(lines)
      replies.append((ticket, reply))
    case .reply(let ticket, let answer): replies.append((ticket, answer(settled.result)))
    case .call(let body): body(settled.result)
    }
  }

  @inline(__always)
  private func reply<Outcome>(
    _ settled: Settled<Outcome>, _ refusal: inout Refusal?, _ success: (Outcome) -> Reply
  ) -> Reply {
    switch settled.result {
    case .success(let outcome): success(outcome)
    case .failure(let error): reply(to: error, &refusal)
    }
  }

  private func reply(to error: DomainError, _ last: inout Refusal?) -> Reply {
    if let last, last.error == error {
      Problem.report(error, to: observer)
      return last.reply
    }
    let reply = Problem.reporting(error, to: observer).reply
    last = Refusal(error: error, reply: reply)
    return reply
  }

  private static func created(_ outcome: BookingOutcome, _ stamp: inout RepeatedStamp) -> Reply {
    var reply = Reply.json(BookingText.body(of: outcome, &stamp), status: 201)
    reply.fieldLines.append(start: locationStart) { outcome.booking.publicID.append(to: &$0) }
    if outcome.replayed { reply.fieldLines.append("idempotency-replayed", "true") }
    return reply
  }

  private static let locationStart = Array("location: /api/bookings/".utf8)

  private static func created(_ event: Event) -> Reply {
    let location = FieldLines.Field(name: "location", value: "/api/events/\(event.id.rawValue)")
    return .json(event, status: 201, fields: [location, EventEndpoints.tag(event)])
  }
}

/// A booking as JSON.
enum BookingText {
  static func body(of outcome: BookingOutcome, _ stamp: inout RepeatedStamp) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(256)
    append(outcome, &stamp, to: &text)
    return text
  }

  static func append(_ outcome: BookingOutcome, _ stamp: inout RepeatedStamp, to text: inout [UInt8]) {
    let (booking, words) = (outcome.booking, words)
    text += words.booking
    booking.publicID.append(to: &text)
    text += words.event
    Decimal.append(booking.event.rawValue, to: &text)
    text += words.user
    booking.subject.append(to: &text)
    text += words.quantity
    Decimal.append(Int64(booking.quantity), to: &text)
    if let type = booking.type {
      text += words.type
      Decimal.append(Int64(type), to: &text)
    }
    text += words.status(booking.status)
    stamp.append(booking.createdAt, to: &text)
    if let expiresAt = booking.expiresAt, booking.status == .held || booking.status == .expired {
      text += words.expiresAt
      stamp.append(expiresAt, to: &text)
    }
    if let cancelledAt = booking.cancelledAt {
      text += words.cancelledAt
      stamp.append(cancelledAt, to: &text)
    }
    text += words.available
    Decimal.append(Int64(outcome.availableSeats), to: &text)
    text += words.seq
    Decimal.append(outcome.seq, to: &text)
    text.append(UInt8(ascii: "}"))
  }

  private static let words = Words()

  /// What stands between the values, made once.
  private struct Words {
    let booking = Array(#"{"bookingId":""#.utf8)
    let event = Array(#"","eventId":"#.utf8)
    let user = Array(#","userId":"#.utf8)
    let quantity = Array(#","quantity":"#.utf8)
    let type = Array(#","typeId":"#.utf8)
    private let confirmed = Array(#","status":"confirmed","createdAt":""#.utf8)
    private let held = Array(#","status":"held","createdAt":""#.utf8)
    private let cancelled = Array(#","status":"cancelled","createdAt":""#.utf8)
    private let expired = Array(#","status":"expired","createdAt":""#.utf8)
    let expiresAt = Array(#"","expiresAt":""#.utf8)
    let cancelledAt = Array(#"","cancelledAt":""#.utf8)
    let available = Array(#"","availableSeats":"#.utf8)
    let seq = Array(#","seq":"#.utf8)

    /// Up to the moment at which the booking was made.
    func status(_ status: BookingStatus) -> [UInt8] {
      switch status {
      case .confirmed: confirmed
      case .held: held
      case .cancelled: cancelled
      case .expired: expired
      }
    }
  }
}

extension BookingOutcome: JSONWritable {
  func write(to writer: inout JSONWriter) {
    var stamp = RepeatedStamp()
    writer.verbatim { BookingText.append(self, &stamp, to: &$0) }
  }
}
