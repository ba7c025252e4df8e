// One entry of the feed: everything that happened to all events, in the order of the commits. Shops, mailers and
// warehouses follow it by its positions. Positions are whole numbers without gaps; old entries are forgotten from the
// front, and the newest is always kept, so that no position is given twice. Pure values.

struct FeedItem: Sendable, Equatable {
  var position: Int64
  var event: EventID
  /// When it was committed.
  var at: Instant
  var change: Change
  /// The event after the notice that announced the same change; nil: it changed no count and was not announced.
  var state: EventState?

  enum Change: Sendable, Equatable {
    /// - Parameter expiresAt: of holds, the end as this change left it.
    case booking(BookingChange, Notice.BookingFacts, issuer: String, expiresAt: Instant?)
    case capacityChanged
    case eventUpdated(EventDetails)
    /// As it was made.
    case eventCreated(EventDetails, seatCapacity: Int)
  }

  enum BookingChange: String, Sendable, CaseIterable {
    case held = "booking_held"
    /// At once, or a hold that was confirmed.
    case confirmed = "booking_confirmed"
    case extended = "booking_extended"
    case cancelled = "booking_cancelled"
    case expired = "booking_expired"
  }

  /// What the API calls it.
  var type: String {
    switch change {
    case .booking(let change, _, _, _): change.rawValue
    case .capacityChanged: "capacity_changed"
    case .eventCreated: "event_created"
    case .eventUpdated(let details):
      switch details.status {
      case .cancelled: "event_cancelled"
      case .deleted: "event_deleted"
      default: "event_updated"
      }
    }
  }
}

/// What stands behind a position of the feed.
enum FeedAnswer: Sendable, Equatable {
  /// In order, without a gap after the position; empty when nothing has happened since.
  case items([FeedItem])
  /// Some entries after the position are forgotten, or the position was never given. What is kept begins after `from`.
  case restarted(from: Int64)
}
