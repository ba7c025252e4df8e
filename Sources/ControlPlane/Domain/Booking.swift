// Seats that somebody took. A booking is all or nothing: it has its whole quantity or does not exist.

//
//   held ──confirm──▶ confirmed ──cancel──▶ cancelled
//    ├────cancel────────────────────────────▶ cancelled
//    └────expiresAt reached────────────────────▶ expired
//
// Each transition happens at most once. Seats count as held, then as sold, until the booking ends.

enum BookingStatus: Int, Sendable, CaseIterable {
  case confirmed = 1
  /// Keeps its seats until `expiresAt`, for whoever is paying.
  case held
  case cancelled
  /// A hold that nobody confirmed in time.
  case expired

  /// Whether the booking has seats.
  var isActive: Bool { self == .confirmed || self == .held }
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
  /// The ticket type; nil when the event had none.
  var type: Int?
  var status: BookingStatus
  var createdAt: Instant
  /// The event's `seq` of the commit that made this booking.
  var createdSeq: UInt64
  /// Of bookings that began as a hold: when it ends, or would have ended, extension included.
  var expiresAt: Instant?
  /// Milliseconds by which the hold was extended; 0: it was not.
  var extended: Int64 = 0
  /// When it was cancelled or expired.
  var cancelledAt: Instant?
  var cancelledSeq: UInt64?

  /// What its notices tell.
  var facts: Notice.BookingFacts {
    Notice.BookingFacts(booking: publicID, user: subject, quantity: quantity, type: type)
  }

  /// - Parameter status: `cancelled` or `expired`.
  mutating func end(_ status: BookingStatus, at moment: Instant, seq: UInt64) {
    self.status = status
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
