// A subscription is a cursor and a place. It lies in the slab of `Subscribers`; cohorts refer to it by its index.

/// The index of a subscription in its loop's slab.
struct SubscriptionIndex: Hashable, Sendable {
  let rawValue: UInt32
  init(_ rawValue: UInt32) { self.rawValue = rawValue }
  /// No subscription: the end of a connection's list.
  static let none = SubscriptionIndex(.max)
}

/// One connection's interest in one topic, on one loop. 24 bytes: the order of the fields leaves no hole, and what a
/// place needs only for a moment is kept elsewhere for that moment.
struct Subscription {
  var place: Place
  var dialect: Dialect
  /// Whether its connection keeps a window that compressed notices may refer to.
  var keepsWindow = false
  /// The connection's slot.
  let slot: UInt32
  /// The topic's index in the topic table.
  let topic: UInt32
  /// The next subscription of the same connection.
  var next: SubscriptionIndex

  enum Place: Equatable {
    /// The topic's grant is on its way; then the subscriber is greeted.
    indirect case waiting(Resume, Greeting)
    /// It resumes: everything after `cursor` up to `through` is sent one by one, as the socket takes it. The greeting
    /// is sent before the first of it, once it is certain that it can be had; nil: it was.
    indirect case replaying(cursor: UInt64, through: UInt64, Greeting?)
    /// In a cohort, whose cursor is its cursor.
    case cohort(UInt32, position: UInt32)
    /// Out of all cohorts because its connection is blocked; the last `seq` that it was sent.
    case lagging(cursor: UInt64)
  }

  /// Which message greets the subscriber.
  enum Greeting: Equatable {
    /// The connection's first message; a refused topic closes the connection.
    case connected
    /// The answer to a client's message; a refused topic is an error message.
    case subscribed
    /// None any more: the process before this one has greeted it, and it goes on behind its cursor.
    case given
  }
}
