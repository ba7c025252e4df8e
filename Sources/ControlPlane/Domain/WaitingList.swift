// Who waits for seats of a sold-out event. Freed seats are offered in the order of joining, as holds that the person
// confirms or lets go. A party for which too few seats are free is passed over, and keeps its place: it never blocks
// those behind it. Pure values.

/// Somebody in line: one entry per user and event.
struct WaitingEntry: Sendable, Equatable {
  /// The order of joining.
  var id: Int64
  var event: EventID
  var user: Identity
  var quantity: Int
  /// nil: any ticket type.
  var type: Int?
  var joinedAt: Instant
}

/// What happens to an entry of a waiting list. The raw values are in databases.
enum WaitingChange: Int64, Sendable {
  case joined = 1
  /// By its user, or by an administrator who erased the user.
  case left = 2
  /// Seats are offered: a hold of the same user follows.
  case offered = 3
  /// Its turn came, and a limit that changed meanwhile forbids the booking.
  case passed = 4
  /// The event was cancelled; without a place, the whole list went with a deleted event.
  case dismissed = 5

  /// The kind of its entry in the record.
  var word: String {
    switch self {
    case .joined: "joined"
    case .left: "left"
    case .offered: "offered"
    case .passed: "passed"
    case .dismissed: "dismissed"
    }
  }
}

/// An entry and how many stand before it, itself included.
struct WaitingPlace: Sendable, Equatable {
  var entry: WaitingEntry
  var position: Int
}

/// What only the connections of one user are told.
enum PrivateNotice: Sendable, Equatable {
  /// Seats are held for the user, until the booking's `expiresAt`.
  case offer(Booking)
  case position(WaitingPlace)
}

extension BookingRules {
  /// Whether a booking would be possible if enough seats were free.
  /// - Parameters:
  ///   - type: nil: any ticket type.
  ///   - booked: seats that the user has already.
  static func checkWaiting(
    _ event: Event, quantity: Int, type: Int?, at moment: Instant, booked: Int
  ) throws(DomainError) {
    try checkSales(of: event, at: moment)
    try checkLimits(event, quantity: quantity, booked: booked)
    if let type {
      guard let position = event.type(type) else { throw .unknownTicketType }
      try check(event.types[position], quantity: quantity, at: moment)
    } else if let first = event.types.first, !event.types.contains(where: { $0.sells(quantity, at: moment) })
    {
      try check(first, quantity: quantity, at: moment)
    }
  }

  /// How long an offered hold lasts: as long as the event's holds, and ten minutes where it has none.
  static func offerEnd(_ event: Event, from moment: Instant) -> Instant {
    let seconds = event.holdSeconds > 0 ? event.holdSeconds : 600
    return Instant(milliseconds: moment.milliseconds + Int64(seconds) * 1000)
  }
}
