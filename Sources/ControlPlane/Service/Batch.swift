// One batch of commands on its way through the ledger: what is undone when the commit fails, and what is announced
// and answered when it succeeds. Of an event that only sells, the counts are kept and not the whole event.
// The ledger's thread only.

struct Batch {
  /// The clocks as they were read at the start: one reading for the whole batch.
  let time: Timekeeper.Reading
  /// The stamp of everything that this batch writes.
  var at: Instant { time.stamp }
  /// Events that the batch changes, in the order in which it touched them.
  private(set) var touched: [Touched] = []
  /// Of `touched`, those with notices, in the order of their first notice.
  private(set) var announced: [Int] = []
  private var positions: [EventID: Int] = [:]
  var settlements: [Settlement] = []
  var watches: [Watch] = []
  /// Copies that are to begin, whether or not the batch commits.
  var backups: [BackupOrder] = []
  /// Whether other nodes write the store, too. Ledger+Nodes.swift
  var hasPeers = false
  /// Of the batch's events, those that are watched through another node, with their revisions before the batch.
  var watchedElsewhere: [EventID: Int64?] = [:]
  /// What the other nodes are to be told with the commit.
  private(set) var news: [ClusterNews] = []
  /// Holds that were found over before the batch began, by event.
  var dueHolds: [EventID: [Hold]] = [:]
  /// Events of which no further hold is over.
  var exhausted: Set<EventID> = []
  /// Whether the transaction is begun, and whether anything was written in it.
  var hasBegun = false
  /// Something that readers of the feed may have to see.
  var hasWritten = false
  /// A seal of the record, which tells nobody anything new.
  var hasSealed = false
  var isToCommit: Bool { hasWritten || hasSealed }
  /// Bookings that were looked at and ended, by the clock or by somebody.
  var ends = 0
  /// Holds that were taken out of the agenda.
  var poppedHolds: [(event: EventID, hold: Hold)] = []
  /// What the agenda had of events whose holds were read anew, with this batch's changes, which may be undone.
  var replacedHolds: [(event: EventID, holds: HoldQueue)] = []
  /// Events that were due, and are to be planned when it is known whether the batch is committed.
  var looked: [EventID] = []
  /// Offers that were made to those who wait, and to whom.
  var offers = 0
  var offered: [(user: Identity, booking: Booking)] = []
  /// What to take back of the waiting lists, and from which position on their entries moved up.
  var waitingChanges: [WaitingLists.Change] = []
  var movedLists: [EventID: Int] = [:]
  var counts = ControlCounters()
  var refused = RefusalCounts()
  /// When the transaction was committed, and how long that took, in nanoseconds of the monotonic clock.
  var committedAt: UInt64 = 0
  var commitTime: UInt64 = 0

  /// An event that the batch changes.
  struct Touched {
    let id: EventID
    /// What it was before the batch.
    fileprivate(set) var before: Before
    /// Which columns of its row must be written before the commit.
    fileprivate(set) var unsaved = Unsaved.nothing
    /// Whether somebody watches it; until its first notice, nobody has asked.
    fileprivate(set) var isWatched = false
    fileprivate(set) var isKept = false
    /// Its changes, in order, when it is watched, here or through another node; else only how many there are.
    fileprivate(set) var notices: [Notice] = []
    fileprivate(set) var noticeCount = 0
    /// The event as its last notice leaves it, when the batch deletes it.
    fileprivate(set) var deleted: Event?
  }

  enum Before: Equatable {
    case absent
    /// Only the counts have changed since.
    case counts(Event.Counts)
    case whole(Event)
  }

  enum Unsaved: Comparable {
    case nothing
    case counts
    case whole
  }

  enum Watch: Equatable {
    case begin(EventID, Watcher)
    case end(EventID, Watcher)
  }

  init(_ time: Timekeeper.Reading) { self.time = time }

  /// The transaction fails: every command is refused. Who only watches needs no store.
  mutating func fail(_ commands: [LedgerCommand]) {
    settlements = commands.compactMap { $0.settlement(failing: .storageUnavailable) }
    watches = commands.compactMap(\.watch)
    backups = commands.compactMap(\.backup)
  }

  /// Does nothing when there are no other nodes.
  mutating func tell(_ news: ClusterNews) { if hasPeers { self.news.append(news) } }

  // MARK: Changes in memory. To be called before the event changes.

  /// - Returns: the event's position in `touched`.
  @discardableResult
  mutating func willSell(_ event: Event) -> Int { willSell(event.id, event.counts) }

  /// The same without a copy of the event.
  @discardableResult
  mutating func willSell(_ event: EventID, _ counts: Event.Counts) -> Int {
    let position = touch(event, .counts(counts))
    touched[position].unsaved = max(touched[position].unsaved, .counts)
    return position
  }

  mutating func willChange(_ event: Event) -> Int {
    let position = touch(event.id, .whole(event))
    if case .counts(let counts) = touched[position].before {
      var original = event
      original.counts = counts
      touched[position].before = .whole(original)
    }
    touched[position].unsaved = .whole
    return position
  }

  mutating func didCreate(_ id: EventID) { _ = touch(id, .absent) }

  /// - Parameter last: as its last notice leaves it. Its row is gone, so there is nothing to save.
  mutating func willDelete(_ event: Event, leaving last: Event) -> Int {
    let position = willChange(event)
    touched[position].unsaved = .nothing
    touched[position].deleted = last
    return position
  }

  private mutating func touch(_ id: EventID, _ before: Before) -> Int {
    // Nearly always the event that was touched last.
    if let last = touched.last, last.id == id { return touched.count - 1 }
    if let position = positions[id] { return position }
    positions[id] = touched.count
    touched.append(Touched(id: id, before: before))
    return touched.count - 1
  }

  // MARK: Notices

  /// - Parameter isWatched: asked once per event, since nobody begins to watch within a batch.
  mutating func add(_ notice: Notice, at position: Int, isWatched: (EventID) -> Bool) {
    if touched[position].noticeCount == 0 {
      announced.append(position)
      touched[position].isWatched = isWatched(notice.event)
      touched[position].isKept =
        touched[position].isWatched || hasPeers && watchedElsewhere[notice.event] != nil
    }
    touched[position].noticeCount += 1
    if touched[position].isKept { touched[position].notices.append(notice) }
    hasWritten = true
  }
}
