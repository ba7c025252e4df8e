// Seats that somebody took. A booking is all or nothing: it has its whole quantity or does not exist.

enum BookingStatus: String, Sendable, CaseIterable {
  case confirmed
  case cancelled
}

struct Booking: Sendable, Equatable {
  var id: BookingID
  /// How the number looks outside.
  var publicID: PublicBookingID
  var event: EventID
  var user: UserID
  /// What the user's issuer calls the user.
  var subject: Subject
  var quantity: Int
  var status: BookingStatus
  var createdAt: Instant
  /// The event's `seq` of the commit that made this booking.
  var createdSeq: UInt64
  var cancelledAt: Instant?
  var cancelledSeq: UInt64?

  /// What its notices tell.
  var facts: Notice.BookingFacts {
    Notice.BookingFacts(booking: publicID, user: subject, quantity: quantity)
  }

  mutating func cancel(at moment: Instant, seq: UInt64) {
    status = .cancelled
    cancelledAt = moment
    cancelledSeq = seq
  }
}

/// A booking as a command left it, with the counts of that very commit.
struct BookingOutcome: Sendable, Equatable {
  var booking: Booking
  /// Free seats right after the commit that carries `seq`.
  var availableSeats: Int
  var seq: UInt64
  /// The answer to an earlier command, told again; nothing was changed.
  var replayed: Bool
}
