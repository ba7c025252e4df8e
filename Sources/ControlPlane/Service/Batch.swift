// One batch of commands on its way through the ledger: what must be undone when the commit fails, what must
// be told when it succeeds.

struct Batch {
  /// The time of the commit: one for the whole batch.
  let at: Instant
  /// Events as they were before the batch touched them; nil: there was none.
  private(set) var originals: [EventID: Event?] = [:]
  /// Events whose row is to be written before the commit.
  private(set) var unsaved: Set<EventID> = []
  /// Committed changes per event, in order; `order` says which event came first.
  private(set) var notices: [EventID: [Notice]] = [:]
  private(set) var order: [EventID] = []
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

  init(at: Instant) { self.at = at }

  /// To be called before an event in memory changes.
  mutating func keepOriginal(_ id: EventID, _ event: Event?) {
    if originals[id] == nil { originals.updateValue(event, forKey: id) }
  }

  mutating func markUnsaved(_ id: EventID) { unsaved.insert(id) }

  mutating func forget(_ id: EventID) { unsaved.remove(id) }

  mutating func add(_ notice: Notice) {
    if notices[notice.event] == nil { order.append(notice.event) }
    notices[notice.event, default: []].append(notice)
  }
}
