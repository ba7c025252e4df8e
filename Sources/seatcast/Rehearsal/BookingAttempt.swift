// What became of one user of a rehearsal, for the numbers of the report. Values; times are microseconds of one clock.

/// One request for seats and what became of it.
struct BookingAttempt: Sendable, Equatable {
  enum Outcome: Sendable, Equatable {
    case acknowledged(Acknowledgement)
    /// Refused by this type of problem.
    case refused(String)
    /// No answer came: the seats may be booked or not.
    case unknown
  }

  /// Which user, and which of the user's requests: `user 17`.
  let name: String
  let userID: String
  let quantity: Int
  let sentAt: Int64
  let answeredAt: Int64
  let outcome: Outcome
}

/// A booking as it was acknowledged.
struct Acknowledgement: Sendable, Equatable {
  let bookingID: String
  let seq: UInt64
  let availableSeats: Int
}
