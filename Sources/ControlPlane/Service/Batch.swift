// One batch of commands on its way through the ledger: what is undone when the commit fails, and what is announced
// and answered when it succeeds. The ledger's thread only.

struct Batch {
  /// The clocks as they were read at the start: one reading for the whole batch.
  let time: Timekeeper.Reading
  /// The stamp of everything that this batch writes.
  var at: Instant { time.stamp }
  /// Events as they were before the batch touched them; nil: there was none.
  private(set) var originals: [EventID: Event?] = [:]
  /// Events whose row is to be written before the commit.
  private(set) var unsaved: Set<EventID> = []
  /// Committed changes per event, in order; `order` says which event came first.
  private(set) var notices: [EventID: [Notice]] = [:]
  private(set) var order: [EventID] = []
  /// Events that this batch deletes, as their last notice leaves them.
  private(set) var deleted: [EventID: Event] = [:]
  /// Identities whose rows this batch made.
  var newIdentities: [Identity] = []
  var settlements: [Settlement] = []
  var watches: [Watch] = []
  /// Whether the transaction is begun, and whether anything was written in it.
  var hasBegun = false
  var hasWritten = false
  var counts = ControlCounters()

  /// Tells a command's outcome, or the failure of the whole batch, to whoever waits for it.
  typealias Settlement = (StoreFailure?) -> TicketedReply?

  enum Watch {
    case begin(EventID, Watcher)
    case end(EventID, Watcher)
  }

  init(_ time: Timekeeper.Reading) { self.time = time }

  /// To be called before an event in memory changes.
  mutating func keepOriginal(_ id: EventID, _ event: Event?) {
    if originals[id] == nil { originals.updateValue(event, forKey: id) }
  }

  mutating func markUnsaved(_ id: EventID) { unsaved.insert(id) }

  /// The event's row is gone, so there is nothing to save.
  mutating func markDeleted(_ event: Event) {
    unsaved.remove(event.id)
    deleted[event.id] = event
  }

  mutating func add(_ notice: Notice) {
    if notices[notice.event] == nil { order.append(notice.event) }
    notices[notice.event, default: []].append(notice)
  }
}
