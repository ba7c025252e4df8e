// The one place where seats are sold. It holds every event in memory, decides the commands of a batch in their order of
// arrival, writes all of them in one transaction, and only after the commit announces and answers. When the commit
// fails, memory is as it was before the batch, and each command is answered `storageUnavailable`. One thread calls it.
// Ledger+Decisions.swift has the decisions, Ledger+Storage.swift what happens when the disk fails, Timekeeper.swift the
// clocks.

final class Ledger {
  let store: any BookingStore
  /// nil: no other process writes the store. Ledger+Nodes.swift
  let node: Node?
  /// What the last commit left, and inside `perform` what this batch has decided so far.
  var table: EventTable

  /// Rows of identities that booked lately, those made in the open transaction included.
  var identities = TwoGenerations<Identity, UserID>(capacity: identityCapacity)

  /// What is to be done by the clock. Ledger+Agenda.swift
  var agenda = Agenda()
  /// By cancelled event: the notice up to which its bookings are cancelled, while they are not all.
  var emptied: [EventID: UInt64] = [:]

  /// Ledger+Waiting.swift
  var waiting: WaitingLists

  let dependencies: Dependencies
  private var timekeeper: Timekeeper
  /// The encoded details of committed events that somebody watched, by the version that they are of; the clock changes the
  /// status without another version.
  var details: [EventID: (version: UInt64, shown: PublicStatus, members: [UInt8])] = [:]
  /// What the last attempt to write failed with; nil: it did not. Ledger+Storage.swift has its life.
  var storeFailure: StoreFailure?
  var tidyingFails = false
  /// When to look next for what is old enough to be forgotten, by `Clock.uptime`. Ledger+Retention.swift
  var nextRetention: Int64 = .min

  /// The copy that is under way. Ledger+Backup.swift
  var backup: Backup?
  let backups = BackupGate()

  /// What the ledger calls.
  struct Dependencies: Sendable {
    let notices: any NoticeSink
    let replies: any ReplySink
    let texts: any NoticeTexts
    let encoder: any OutcomeEncoder
    let events: CommittedEvents
    let observer: any ControlObserver
    let clock: any Clock
    let metrics: ControlMetrics
    /// Told of each commit; nil: nobody follows the feed.
    var feed: FeedWaiters?
    var retention = Retention()
    /// With a shared store; nil: what concerns no event is left to others.
    var nodes: NodePorts?
    /// Milliseconds from one step of a backup to the next; 0: nobody waits for anything else.
    var backupPace: Int64 = 0
  }

  init(_ store: any BookingStore, _ dependencies: Dependencies) throws(StoreFailure) {
    self.store = store
    node = store.shared.map(Node.init)
    if node != nil { dependencies.events.setShared() }
    self.dependencies = dependencies
    let events = try store.allEvents()
    table = EventTable(events)
    waiting = WaitingLists(try store.allWaiting())
    dependencies.events.apply(events.map { ($0.id, $0) })
    timekeeper = Timekeeper(
      dependencies.clock, served: try store.serviceTime(), stamps: events.lazy.map(\.updatedAt))
    try planAll()
  }

  /// Decides, commits, announces, answers.
  func perform(_ taken: [LedgerCommand]) {
    var commands = taken
    var batch = Batch(readClocks())
    prepareStore()
    let failure = if let node { write(&commands, &batch, node) } else { write(commands, &batch) }
    if let failure {
      undo(batch)
      if let node { fail(&batch, failure, node) } else { report(failure) }
    } else {
      // A store that is reached by a connection works when it answers.
      if batch.isToCommit || batch.hasPeers { reportRecovery() }
      if let node {
        if batch.hasWritten { dependencies.nodes?.committed() }
        announce(&batch)
        publish(batch, node)
      } else {
        dependencies.events.apply(batch.touched.map { ($0.id, table[$0.id]) })
        if batch.hasWritten { dependencies.feed?.committed() }
        announce(&batch)
      }
      tellWaiting(batch)
    }
    for touched in batch.touched { plan(touched.id, at: batch.time.now) }
    for event in batch.looked { plan(event, at: batch.time.now) }
    admit(node.map { prepare(batch.watches, $0) } ?? batch.watches)
    answer(batch.settlements)
    dependencies.metrics.add(batch, commands: commands.count, failed: failure != nil)
    if !batch.backups.isEmpty { begin(batch.backups) }
    if backup != nil { stepBackup() }
    guard failure == nil, store.isTidyingDue, isCaretaker else { return }
    tidy()
    if isRetentionDue { forgetOld() }
  }

  func readClocks() -> Timekeeper.Reading {
    let reading = timekeeper.read()
    if let step = reading.step {
      dependencies.metrics.addClockStep()
      dependencies.observer.observe(.clockStepped(milliseconds: step))
    }
    return reading
  }

  // MARK: The transaction

  /// nil: committed, or there was nothing to commit.
  private func write(_ commands: [LedgerCommand], _ batch: inout Batch) -> StoreFailure? {
    // Until a failed sync is made up for, nothing is written.
    if let storeFailure, storeFailure.isUnsynced {
      batch.fail(commands)
      return batch.settlements.isEmpty ? nil : storeFailure
    }
    do throws(StoreFailure) {
      try advance(&batch)
      for command in commands { try decide(command, &batch) }
      try end(&batch)
      return nil
    } catch {
      batch.fail(commands)
      return error
    }
  }

  func end(_ batch: inout Batch) throws(StoreFailure) {
    for touched in batch.touched where touched.unsaved != .nothing {
      guard let place = table.place(of: touched.id) else { continue }
      if touched.unsaved == .counts {
        try store.saveCounts(of: touched.id, table[place].counts)
      } else {
        try store.save(table[place])
      }
    }
    if batch.hasPeers, batch.isToCommit { try tellNodes(&batch) }
    if batch.isToCommit { return try commit(&batch) }
    guard batch.hasBegun else { return }
    // What was read from a removed file is not to be told.
    try store.verify()
    store.rollback()
  }

  private func commit(_ batch: inout Batch) throws(StoreFailure) {
    let begun = dependencies.clock.nanoseconds
    try store.commit()
    batch.committedAt = dependencies.clock.nanoseconds
    batch.commitTime = batch.committedAt - min(begun, batch.committedAt)
  }

  func undo(_ batch: Batch) {
    if batch.hasBegun { store.rollback() }
    for touched in batch.touched {
      switch touched.before {
      case .absent: table.remove(touched.id)
      case .counts(let counts):
        if let place = table.place(of: touched.id) { table[place].counts = counts }
      case .whole(let event):
        if let place = table.place(of: event.id) { table[place] = event } else { _ = table.insert(event) }
      }
    }
    for (event, holds) in batch.replacedHolds.reversed() { agenda.restore(holds, of: event) }
    for (event, hold) in batch.poppedHolds { agenda.restore(hold, of: event) }
    emptied.removeAll()
    waiting.undo(batch.waitingChanges)
    forgetIdentities()
  }

  // MARK: After the commit

  func announce(_ batch: inout Batch) {
    var updates: [EventUpdate] = []
    var foreign = node.map(takeForeign) ?? [:]
    for position in batch.announced {
      let touched = batch.touched[position]
      batch.counts.notices += UInt64(touched.noticeCount)
      guard touched.isWatched, let event = table[touched.id] ?? touched.deleted else { continue }
      batch.counts.announced += UInt64(touched.noticeCount)
      let members =
        touched.deleted == nil
        ? self.members(of: event) : dependencies.texts.members(of: EventDetails(event, status: .deleted))
      let summary = dependencies.texts.summary(of: event.state, details: members, at: batch.at)
      let earlier = foreign.removeValue(forKey: touched.id)?.notices
      // What could not be read is a gap before these, and declared.
      node?.unannounced[touched.id] = nil
      append(earlier.map { $0 + touched.notices } ?? touched.notices, of: touched.id, summary, to: &updates)
    }
    for (id, told) in foreign.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      guard let event = table[id] ?? told.deleted, !told.notices.isEmpty else { continue }
      let members =
        told.deleted == nil
        ? self.members(of: event) : dependencies.texts.members(of: EventDetails(event, status: .deleted))
      let summary = dependencies.texts.summary(of: event.state, details: members, at: event.updatedAt)
      append(told.notices, of: id, summary, to: &updates)
    }
    if !updates.isEmpty { dependencies.notices.announce(updates, committedAt: batch.committedAt) }
    for position in batch.announced where batch.touched[position].deleted != nil {
      withdraw(batch.touched[position].id)
    }
    for (id, told) in foreign where told.deleted != nil { withdraw(id) }
  }

  private func append(
    _ notices: [Notice], of event: EventID, _ summary: EventSummary, to updates: inout [EventUpdate]
  ) {
    for audience in Audience.allCases where dependencies.notices.isWatched(event, by: audience) {
      let encoded = dependencies.texts.encode(notices, for: audience)
      updates.append(EventUpdate(event: event, for: audience, notices: encoded, summary: summary))
    }
  }

  private func withdraw(_ event: EventID) {
    details[event] = nil
    dependencies.notices.withdraw(event)
    if let node { forsake(event, node) }
  }

  /// Only for committed events: a version names one content only after its commit.
  private func members(of event: Event) -> [UInt8] {
    if let known = details[event.id], known.version == event.version, known.shown == event.shown {
      return known.members
    }
    let members = dependencies.texts.members(of: event.details)
    details[event.id] = (event.version, event.shown, members)
    return members
  }

  /// After the announcements of the same batch: the summary already counts them.
  func admit(_ watches: [Batch.Watch]) {
    for watch in watches {
      switch watch {
      case .begin(let id, let watcher):
        let summary = table[id].flatMap { $0.isDraft ? nil : $0 }.map {
          dependencies.texts.summary(of: $0.state, details: members(of: $0), at: $0.updatedAt)
        }
        dependencies.notices.grant(id, to: watcher, at: summary)
      case .end(let id, let watcher):
        dependencies.notices.released(id, by: watcher)
      }
      if let node { forsakeUnwatched(watch, node) }
    }
  }

  private func answer(_ settlements: [Settlement]) {
    var replies: [TicketedReply] = []
    replies.reserveCapacity(settlements.count)
    dependencies.encoder.append(settlements, to: &replies)
    if !replies.isEmpty { dependencies.replies.deliver(replies) }
  }
}
