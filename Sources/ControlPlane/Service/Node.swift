// What the ledger knows as one node of several that write one store: which events it must look at again, what it has still to
// tell, and whether it does for all what is done by the clock. docs/decisions/0044. The ledger's thread only.

final class Node {
  let shared: any SharedStore

  /// Whether this node does for all what is done by the clock. It only saves work when one does it: what two do is done once,
  /// because each looks again under the event's lock.
  var isLeading = false
  /// When to ask next who leads, and for holds whose time is over; by `Clock.uptime`.
  var nextAsk: Int64 = .min
  var nextHolds: Int64 = .min
  /// Holds that were found over, to be ended by the next batch.
  var dueHolds: [EventID: [Hold]] = [:]

  /// Events that somebody watches here: others' messages are heard, and they know.
  var followed: Set<EventID> = []
  /// Events that are to be looked at: somebody watches them here, or this node leads.
  var unsure: Set<EventID> = []
  /// Events that others have changed and nobody needs here: looked at when somebody watches or books them, or when this node
  /// leads. No more than there are events.
  var stale: Set<EventID> = []
  /// News of transactions of this node of which nobody knows whether they are committed: what they changed is read again.
  var uncertain: [ClusterNews] = []
  /// Service tokens are to be read anew.
  var needsServiceTokens = false
  /// Watchers of events that are not known here, and that could not be looked for.
  var postponed: [Batch.Watch] = []
  /// What others have committed of watched events and nobody here was told.
  var unannounced: [EventID: ForeignNotices] = [:]
  /// Private texts that were told: news may be told twice, people should not.
  var told = TwoGenerations<[UInt8], Bool>(capacity: 1_024)

  /// Takes the bookings of these events that wait behind the batch, at most so many; nil: nothing waits.
  var more: ((Set<EventID>, Int) -> [LedgerCommand])?

  init(_ shared: any SharedStore) { self.shared = shared }

  /// Notices of a watched event that another node has committed.
  struct ForeignNotices {
    /// The last that watchers here were told.
    let after: UInt64
    /// nil: the event is deleted, and its last one is not known.
    var through: UInt64?
    /// All of them, when they are known without asking the store.
    var known: [Notice] = []
    /// As it was here, when it is deleted.
    var deleted: Event?
  }

  /// How often it is asked who leads, in milliseconds, and how often a leader looks for holds whose time is over.
  static let askPause: Int64 = 1_000
  static let holdsPause: Int64 = 250
  /// Holds of one look.
  static let holdsPerLook = 64
  /// Events of one question to the store.
  static let eventsPerLook = 256
  /// More notices of an event than these are told by its state: its watchers learn that they have missed some.
  static let noticesPerEvent = 1_024
  /// Watchers that wait for the store; each data plane asks once for an event.
  static let mostPostponed = 4_096
  /// How often a batch is tried when another node is in the way.
  static let attempts = 3
}

/// What a ledger has beside a shared store, when it is one node of several.
struct NodePorts: Sendable {
  /// Of the cluster that this store belongs to.
  let codec: BusCodec
  /// nil: others learn by the store alone.
  var bus: (any ClusterBus)?
  var interest: (any Interest)?
  /// Where news of other nodes take effect.
  var revocations = Revocations()
  var services = ServiceTokens()
  /// This node has committed something. Must not block. Any thread; `ClusterFollower.committed`.
  var committed: @Sendable () -> Void = {}
  /// Told whether this node leads, each time that changes.
  var leads: @Sendable (Bool) -> Void = { _ in }
}

extension BatchNeeds {
  init(_ commands: [LedgerCommand]) {
    for command in commands { add(command) }
  }

  mutating func add(_ command: LedgerCommand) {
    switch command {
    case .createBooking(let booking, _):
      events.insert(booking.event)
      identities.insert(booking.user)
      if let key = booking.idempotencyKey { keys.append(.init(key: key, identity: booking.user)) }
    case .cancelBooking(let cancel, _): add(cancel.booking, by: cancel.by)
    case .changeHold(let change, _): add(change.booking, by: change.by)
    case .joinWaitlist(let wish, _):
      events.insert(wish.event)
      identities.insert(wish.user)
    case .leaveWaitlist(let event, _, _): events.insert(event)
    case .patchEvent(let change, _): events.insert(change.event)
    case .deleteEvent(let event, _, _): events.insert(event)
    case .erasePerson(let erasure, _): erased.insert(erasure.target)
    case .audited(_, let command): add(command)
    default: break
    }
  }

  /// Whose it is matters only where the actor must be the owner.
  private mutating func add(_ booking: PublicBookingID, by actor: BookingActor) {
    bookings.insert(booking)
    if actor.role != .admin, !actor.isService { identities.insert(actor.user) }
  }
}

extension LedgerCommand {
  func isBooking(of events: Set<EventID>) -> Bool {
    if case .createBooking(let booking, _) = self { events.contains(booking.event) } else { false }
  }

  /// Whether it is decided in a transaction.
  var needsStore: Bool {
    switch self {
    case .watch, .unwatch, .backUp, .followed, .heard: false
    default: true
    }
  }
}
