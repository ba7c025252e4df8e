// A subscription is a cursor and a place. It lies in a slab; its index stands in cohorts and connections.

/// The index of a subscription in its loop's slab.
struct SubscriptionIndex: Hashable, Sendable {
  let rawValue: UInt32
  init(_ rawValue: UInt32) { self.rawValue = rawValue }
  /// Nobody: the end of a connection's list.
  static let none = SubscriptionIndex(.max)
}

/// One connection's interest in one topic, on one loop. 24 bytes: the order of the fields leaves no hole, and what a
/// place needs only for a moment is kept elsewhere for that moment.
struct Subscription {
  var place: Place
  let dialect: Dialect
  /// The connection's slot.
  let slot: UInt32
  /// The topic's index in the topic table.
  let topic: UInt32
  /// The next subscription of the same connection.
  var next: SubscriptionIndex

  enum Place: Equatable {
    /// The topic's grant is on its way; then the subscriber is welcomed.
    indirect case waiting(Resume, Greeting)
    /// What it missed after `after` is being fetched under this request number.
    indirect case recalling(request: UInt32, after: UInt64, Greeting)
    /// In a cohort, whose cursor is its cursor.
    case cohort(UInt32, position: UInt32)
    /// Out of all cohorts because its connection is blocked; the last `seq` on its wire.
    case lagging(cursor: UInt64)
  }

  /// Which message greets the subscriber.
  enum Greeting: Equatable {
    /// The connection's first message; a refused topic closes the connection.
    case connected
    /// The answer to a client's wish; a refused topic is an error message.
    case subscribed
  }
}
