// A batch of a ledger whose store other nodes write, too: what it needs is locked and read in one round trip, what others have
// changed of it takes its place in memory, and then the same rules decide as with a store of one's own. docs/decisions/0044.
//
// Invariant: what others have committed is never undone, and is announced before what follows on it, also when the batch fails.
// The ledger's thread.

extension Ledger {
  /// Whether this node does what one does for all. The only one does.
  var isCaretaker: Bool { node?.isLeading ?? true }

  /// - Parameter commands: gets those that came while the batch waited for its locks.
  /// - Returns: nil: committed, or there was nothing to commit.
  func write(_ commands: inout [LedgerCommand], _ batch: inout Batch, _ node: Node) -> StoreFailure? {
    takeIn(commands, node)
    var needs = BatchNeeds(commands)
    attend(node, besides: needs.events)
    let due = takeDue(batch.time.now, node)
    guard !due.isEmpty || commands.contains(where: \.needsStore) else {
      batch.watches = commands.compactMap(\.watch)
      batch.backups = commands.compactMap(\.backup)
      return nil
    }
    needs.events.formUnion(due.events)
    for holds in due.holds.values { needs.holds.formUnion(holds.map(\.booking)) }
    var attempt = 1
    while true {
      do throws(StoreFailure) {
        try decide(&commands, &needs, due, &batch, node)
        return nil
      } catch {
        guard error.isContention, attempt < Node.attempts else {
          batch.fail(commands)
          return error
        }
        attempt += 1
        undo(batch)
        batch = Batch(batch.time)
      }
    }
  }

  private func decide(
    _ commands: inout [LedgerCommand], _ needs: inout BatchNeeds, _ due: DueWork, _ batch: inout Batch,
    _ node: Node
  ) throws(StoreFailure) {
    // An account may have been erased elsewhere, so rows are known for one batch only.
    forgetIdentities()
    (batch.hasPeers, batch.looked, batch.dueHolds) = (true, due.events, due.holds)
    batch.hasBegun = true
    let start = try node.shared.begin(needs)
    take(start.changes, node)
    node.unsure.subtract(needs.events)
    for event in start.watchedElsewhere {
      batch.watchedElsewhere[event] = .some(node.shared.revision(of: event))
    }
    try gather(&commands, &needs, node)
    try advance(&batch)
    for command in commands { try decide(command, &batch) }
    try end(&batch)
  }

  /// Takes in the bookings of the locked events that came while they were not: where nodes take turns at an event, a batch is as
  /// large as what came in a whole turn, and each turn costs one commit.
  private func gather(
    _ commands: inout [LedgerCommand], _ needs: inout BatchNeeds, _ node: Node
  ) throws(StoreFailure) {
    guard !needs.events.isEmpty, let more = node.more else { return }
    let late = more(needs.events, LedgerQueue.batchLimit - commands.count)
    guard !late.isEmpty else { return }
    // Before anything can fail: each of them is answered.
    commands += late
    var wanted = BatchNeeds(late)
    for command in late { needs.add(command) }
    wanted.events = needs.events
    try node.shared.look(wanted)
  }

  /// The last of the open transaction.
  func tellNodes(_ batch: inout Batch) throws(StoreFailure) {
    var told: [ClusterNews] = []
    forEachTold(batch) { told.append(.told($0, text: $1)) }
    for news in told { batch.tell(news) }
    guard !batch.news.isEmpty else { return }
    try node?.shared.tell(batch.news)
  }

  /// After `undo`. Whether the batch took effect may not be known: everything that it has touched is looked at again.
  func fail(_ batch: inout Batch, _ failure: StoreFailure, _ node: Node) {
    if failure.isContention {
      // The store is well; somebody else was quicker, three times.
      dependencies.observer.observe(.commitFailed(failure.message))
    } else {
      report(failure)
      node.nextAsk = .min
      for touched in batch.touched { distrust(touched.id, node) }
      for change in batch.waitingChanges { distrust(change.event, node) }
      node.uncertain += batch.news.filter { if case .told = $0 { false } else { true } }
    }
    if !batch.dueHolds.isEmpty { node.nextHolds = .min }
    var nothing = Batch(batch.time)
    announce(&nothing)
  }

  /// Tells those that watch the batch's events through other nodes.
  func publish(_ batch: Batch, _ node: Node) {
    guard !batch.watchedElsewhere.isEmpty, let nodes = dependencies.nodes, let bus = nodes.bus else { return }
    let moved = Set(batch.waitingChanges.map(\.event))
    var notices: [EventID: [Notice]] = [:]
    for position in batch.announced { notices[batch.touched[position].id] = batch.touched[position].notices }
    for (id, before) in batch.watchedElsewhere.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      // Of an event that is gone the store tells.
      guard let event = table[id], let revision = node.shared.revision(of: id), revision != before,
        let message = nodes.codec.bytes(
          of: BusMessage(
            revision: revision, event: event, notices: notices[id] ?? [], waitingChanged: moved.contains(id)))
      else { continue }
      bus.publish(id, message)
    }
  }

  // MARK: What others have changed

  /// What others have committed takes the place of what memory has.
  func take(_ changes: [ForeignChange], _ node: Node) {
    for change in changes {
      node.unsure.remove(change.id)
      node.stale.remove(change.id)
      let known = table[change.id]
      guard let event = change.event else {
        if let known { takeDeletion(of: known, node) }
        continue
      }
      if let place = table.place(of: change.id) { table[place] = event } else { _ = table.insert(event) }
      if let entries = change.waiting { waiting.replace(change.id, with: entries) }
      if let known, known.seq < event.seq {
        noteForeign(change.id, after: known.seq, through: event.seq, node)
      }
      plan(change.id, at: dependencies.clock.now)
    }
  }

  private func takeDeletion(of event: Event, _ node: Node) {
    noteForeign(event.id, after: event.seq, through: nil, node)
    node.unannounced[event.id]?.deleted = event
    if node.unannounced[event.id] == nil { details[event.id] = nil }
    table.remove(event.id)
    _ = waiting.removeAll(of: event.id)
    agenda.set(event.id, to: nil)
    emptied[event.id] = nil
  }

  /// Notices that are to be announced here, if anybody watches.
  func noteForeign(_ id: EventID, after: UInt64, through: UInt64?, _ node: Node, known: [Notice] = []) {
    guard dependencies.notices.isWatched(id) else { return }
    var foreign = node.unannounced[id] ?? Node.ForeignNotices(after: after)
    // What is known follows on what was told, or on more that is known.
    let follows = (foreign.known.last?.seq ?? foreign.after) == after
    foreign.known = follows && !known.isEmpty ? foreign.known + known : []
    foreign.through = through
    node.unannounced[id] = foreign
  }

  /// Whether the next look at the event is now, because somebody watches it or this node leads, or when it is needed.
  func distrust(_ id: EventID, _ node: Node) {
    if node.isLeading || node.followed.contains(id) { node.unsure.insert(id) } else { node.stale.insert(id) }
  }

  // MARK: Announcing what others have committed

  struct ToldNotices {
    var notices: [Notice]
    /// As its last notice leaves it, when it is deleted.
    var deleted: Event?
  }

  /// What is to be announced, in order and without gaps of its own; what cannot be read is left for later.
  func takeForeign(_ node: Node) -> [EventID: ToldNotices] {
    var told: [EventID: ToldNotices] = [:]
    for (id, foreign) in node.unannounced.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      guard let notices = read(foreign, of: id, node) else { continue }
      node.unannounced[id] = nil
      told[id] = ToldNotices(notices: notices, deleted: foreign.deleted.map { Self.last($0, notices.last) })
    }
    return told
  }

  /// nil: they cannot be read now.
  private func read(_ foreign: Node.ForeignNotices, of id: EventID, _ node: Node) -> [Notice]? {
    if let last = foreign.known.last?.seq, last == foreign.through { return foreign.known }
    let most = UInt64(Node.noticesPerEvent)
    do throws(StoreFailure) {
      guard let through = foreign.through else { return try readToEnd(foreign, of: id, node) }
      guard through > foreign.after else { return [] }
      // Of a large gap the last one is enough: watchers that stand before it are told the state, and that they missed some.
      let after = through - foreign.after > most ? through - 1 : foreign.after
      return try node.shared.notices(of: id, after: after, through: through, limit: Node.noticesPerEvent)
    } catch {
      report(error, .storageFailed(error.message))
      return nil
    }
  }

  /// Those of a deleted event; of a large gap the last ones.
  private func readToEnd(
    _ foreign: Node.ForeignNotices, of id: EventID, _ node: Node
  ) throws(StoreFailure) -> [Notice] {
    var (last, after): ([Notice], UInt64) = ([], foreign.after)
    while true {
      let found = try node.shared.notices(
        of: id, after: after, through: UInt64(Int64.max), limit: Node.noticesPerEvent)
      guard let end = found.last?.seq else { return last }
      (last, after) = (found, end)
      if found.count < Node.noticesPerEvent { return last }
    }
  }

  private static func last(_ event: Event, _ notice: Notice?) -> Event {
    var event = event
    if let notice { (event.seq, event.updatedAt) = (notice.seq, notice.at) }
    return event
  }
}

extension WaitingLists.Change {
  fileprivate var event: EventID {
    switch self {
    case .joined(let entry), .left(let entry): entry.event
    }
  }
}
