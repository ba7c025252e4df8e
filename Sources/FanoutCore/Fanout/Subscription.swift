// A subscription is a cursor and a place. It lies in a slab; its index stands in cohorts and connections.

/// The index of a subscription in its loop's slab.
struct SubscriptionIndex: Hashable, Sendable {
  let rawValue: UInt32
  init(_ rawValue: UInt32) { self.rawValue = rawValue }
  /// Nobody: the end of a connection's list.
  static let none = SubscriptionIndex(.max)
}

/// One connection's interest in one topic, on one loop.
struct Subscription {
  /// The connection's slot.
  let slot: UInt32
  /// The topic's index in the topic table.
  let topic: UInt32
  let dialect: Dialect
  /// The next subscription of the same connection.
  var next: SubscriptionIndex
  var place: Place

  enum Place: Equatable {
    /// The topic's grant is on its way; then the subscriber is welcomed.
    case waiting(Resume, Welcome)
    /// What it missed after `after` is being fetched under this request number.
    case recalling(request: UInt32, after: UInt64, Welcome)
    /// In a cohort, whose cursor is its cursor.
    case cohort(UInt32, position: UInt32)
    /// Out of all cohorts because its connection is blocked; the last `seq` on its wire.
    case lagging(cursor: UInt64)
  }

  /// Which message greets the subscriber.
  enum Welcome: Equatable {
    /// The connection's first message; a refused topic closes the connection.
    case connected
    /// The answer to a client's wish; a refused topic is an error message.
    case subscribed
  }
}
