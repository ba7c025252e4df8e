// One committed change of an event: a row of the append-only notice table, which is the audit log, the outbox and the
// source of replays at once. `seq` starts at 1 per event and has no gaps.

struct Notice: Sendable, Equatable {
  var event: EventID
  var seq: UInt64
  var change: Change
  /// Free seats and capacity right after this change.
  var availableSeats: Int
  var seatCapacity: Int
  /// The same of each ticket type; empty when the event has none.
  var types: [TypeAvailability] = []
  /// The time of the commit.
  var at: Instant

  enum Change: Sendable, Equatable {
    case bookingCreated(BookingFacts)
    case bookingCancelled(BookingFacts)
    /// An admin changed the capacity.
    case capacityChanged
    /// An admin changed anything else, or deleted the event.
    case eventUpdated(EventDetails)
  }

  struct BookingFacts: Sendable, Equatable {
    var booking: PublicBookingID
    var user: Subject
    var quantity: Int
    var type: Int?
  }
}
