// What a store can do that several processes ("nodes") write at the same time. Each node's ledger has every event in memory
// and decides there, as with a store of its own; but before it decides, the store keeps the batch's events from the other nodes
// and tells what they have changed, so that the ledger decides on what is true then. docs/decisions/0044.

/// Called on the ledger's thread. After a `StoreFailure` the open transaction can only be rolled back, and nothing is known of
/// any event: the next `begin` tells all of what it is asked for.
protocol SharedStore: AnyObject {
  /// Begins the transaction and keeps its events from all other nodes until it ends. They are taken in the order of their
  /// numbers, so two nodes never wait for each other. One round trip.
  /// - Throws: with `isContention`: another node was in the way; the batch may be tried again from its beginning.
  func begin(_ needs: BatchNeeds) throws(StoreFailure) -> BatchStart

  /// Looks up what more bookings of the locked events will look at. Inside the open transaction, before anything is decided in it.
  /// One round trip.
  func look(_ more: BatchNeeds) throws(StoreFailure)

  /// What others have changed of these events since this store last wrote them or told of them, as the last commit left it.
  /// Outside of transactions.
  func changes(of events: [EventID]) throws(StoreFailure) -> [ForeignChange]

  /// Notes that the event is known as of this revision, which another node has told by the bus.
  /// - Returns: whether it is the next one; false: what lies between is not known, or it was known before.
  func note(_ event: EventID, revision: Int64) -> Bool
  /// Up to which revision the event is known; nil: not at all.
  func revision(of event: EventID) -> Int64?

  /// In order, with `after < seq <= through`, at most `limit`.
  func notices(
    of event: EventID, after: UInt64, through: UInt64, limit: Int
  ) throws(StoreFailure) -> [Notice]

  /// Held bookings whose time is over at `now`, the first to end first.
  /// - Parameter event: only this event's; nil: of all.
  func dueHolds(of event: EventID?, at now: Instant, limit: Int) throws(StoreFailure) -> [(
    event: EventID, hold: Hold
  )]

  /// Inside the open transaction: every other node learns of this after the commit.
  func tell(_ news: [ClusterNews]) throws(StoreFailure)

  /// Whether this node does for all what is done by the clock. Tried anew on each call while it does not; the lease ends with the
  /// session, so a node that is dead or frozen loses it. Outside of transactions.
  func leads() throws(StoreFailure) -> Bool
}

/// What the commands of a batch will look at, so that it is read and locked at once.
struct BatchNeeds: Equatable {
  var events: Set<EventID> = []
  /// Their events are locked, too.
  var bookings: Set<PublicBookingID> = []
  /// Bookings of `events` that are looked at by their inner numbers, because the time of their holds is over.
  var holds: Set<BookingID> = []
  /// By identity, because the row may not be known. Looked up before it is asked for.
  var keys: [IdempotencyKeyOf] = []
  var identities: Set<Identity> = []
  /// Whose places in waiting lists will be taken away: the lists' events are locked, too.
  var erased: Set<Identity> = []

  struct IdempotencyKeyOf: Hashable {
    var key: String
    var identity: Identity
  }
}

struct BatchStart {
  var changes: [ForeignChange]
  /// Of the batch's events, those that somebody watches through another node.
  var watchedElsewhere: Set<EventID>
}

/// An event of which another node has changed something, as it is now.
struct ForeignChange: Equatable {
  var id: EventID
  var revision: Int64
  /// nil: it is deleted.
  var event: Event?
  /// In order of joining; nil: the list is as it was.
  var waiting: [WaitingEntry]?
}

/// What concerns all nodes and no event.
enum ClusterNews: Sendable, Equatable {
  /// Tokens of this identity that were issued before the moment are refused, and its connections are closed.
  case loggedOut(Identity, before: Instant)
  case disabled(Identity, Bool)
  /// One was minted or revoked: they are to be read anew.
  case serviceTokens
  /// A text for the identity's own WebSockets.
  case told(Identity, text: [UInt8])
}

/// Where a node learns what the others have committed. One thread of its own.
protocol ChangeSource: AnyObject {
  /// Waits until another node has committed something, or for so long.
  /// - Returns: whether it was woken.
  func wait(milliseconds: Int) throws(StoreFailure) -> Bool
  /// Everything that others have committed since the last call, and perhaps some of it once more. The first call begins with
  /// now.
  func read() throws(StoreFailure) -> ForeignNews
  /// Gives positions to what of the feed has none yet, when this node leads. In bounded steps.
  /// - Returns: whether it gave any.
  func sequenceFeed() throws(StoreFailure) -> Bool
  /// Ends a `wait`. Any thread.
  func interrupt()
}

struct ForeignNews: Sendable, Equatable {
  var events: [EventID] = []
  var news: [ClusterNews] = []
  /// Whether the feed has new positions.
  var feedHasGrown = false
}
