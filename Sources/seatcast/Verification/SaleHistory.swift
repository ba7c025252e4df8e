// What clients recorded of one event: each request with its outcome, and all that each viewer was told. The server's own log of
// notices is the witness. Values; times are milliseconds of one clock. Bounded by whoever records.

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

/// One notice of the server's log.
struct LoggedNotice: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    case created(bookingID: String, userID: String, quantity: Int)
    case cancelled(bookingID: String, userID: String, quantity: Int)
    /// Of the capacity, or of anything else.
    case changed
  }

  let seq: UInt64
  let kind: Kind
  let availableSeats: Int
  let seatCapacity: Int
}

/// What one viewer was told, in order.
struct ViewerLog: Sendable, Equatable {
  enum Entry: Sendable, Equatable {
    /// Connected: `isResumed` when exactly what was missed follows; otherwise the counts are those of `seq`.
    case greeting(seq: UInt64, epoch: String, isResumed: Bool, count: Count?)
    /// Stands for `from` to `seq`.
    case notice(from: UInt64, seq: UInt64, count: Count)
  }

  struct Count: Sendable, Equatable {
    let availableSeats: Int
    let seatCapacity: Int
  }

  let name: String
  var entries: [Entry] = []
}

/// Everything about one event.
struct SaleHistory: Sendable {
  var attempts: [BookingAttempt] = []
  var viewers: [ViewerLog] = []
  /// The notices of the server's log behind `start`, in order.
  var log: [LoggedNotice] = []
  /// The event as it was before: its last change and its counts.
  var start = Start(seq: 0, availableSeats: 0, seatCapacity: 0)
  /// The bookings that the server has at the end, with their quantity, when they stand.
  var standing: [String: Int] = [:]
  /// Whether all bookings of the event are among the attempts.
  var isExclusive = true

  struct Start: Sendable, Equatable {
    let seq: UInt64
    let availableSeats: Int
    let seatCapacity: Int
  }
}
