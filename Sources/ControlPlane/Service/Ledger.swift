// The one place where seats are sold. It holds every event in memory, decides the commands of a batch in their order of
// arrival, writes all of them in one transaction, and only after the commit announces and answers. When the commit
// fails, memory is as it was before the batch, and each command is answered `storageUnavailable`. One thread calls it.
// Ledger+Decisions.swift has the decisions, Ledger+Storage.swift what happens when the disk fails, Timekeeper.swift the
// clocks.

final class Ledger {
  let store: any BookingStore
  /// What the last commit left, and inside `perform` what this batch has decided so far.
  var events: [EventID: Event] = [:]

  /// Rows of identities that booked lately, those made in the open transaction included.
  var identities = TwoGenerations<Identity, UserID>(capacity: identityCapacity)

  let outside: Outside
  private var timekeeper: Timekeeper
  /// The encoded details of committed events that somebody watched, by the version that they are of.
  private var details: [EventID: (version: UInt64, members: [UInt8])] = [:]
  /// What the last attempt to write failed with; nil: it did not. Ledger+Storage.swift has its life.
  var storeFailure: StoreFailure?
  var tidyingFails = false

  /// What the ledger calls.
  struct Outside: Sendable {
    let notices: any NoticeSink
    let replies: any ReplySink
    let texts: any NoticeTexts
    let observer: any ControlObserver
    let clock: any Clock
    let metrics: ControlMetrics
  }

  init(_ store: any BookingStore, _ outside: Outside) throws(StoreFailure) {
    self.store = store
    self.outside = outside
    for event in try store.allEvents() { events[event.id] = event }
    timekeeper = Timekeeper(
      outside.clock, served: try store.serviceTime(), stamps: events.values.lazy.map(\.updatedAt))
  }

  /// Decides, commits, announces, answers.
  func perform(_ commands: [LedgerCommand]) {
    var batch = Batch(readClocks())
    prepareStore()
    let failure = write(commands, &batch)
    if let failure {
      undo(batch)
      report(failure)
    } else {
      if batch.hasWritten { reportRecovery() }
      announce(&batch)
    }
    admit(batch.watches)
    answer(batch, failure)
    outside.metrics.add(batch, commands: commands.count, failed: failure != nil)
    if failure == nil, store.isTidyingDue { tidy() }
  }

  func readClocks() -> Timekeeper.Reading {
    let reading = timekeeper.read()
    if let step = reading.step {
      outside.metrics.addClockStep()
      outside.observer.observe(.clockStepped(milliseconds: step))
    }
    return reading
  }

  // MARK: The transaction

  /// nil: committed.
  private func write(_ commands: [LedgerCommand], _ batch: inout Batch) -> StoreFailure? {
    // Until a failed sync is made up for, nothing is written.
    var failure = storeFailure.flatMap { $0.isUnsynced ? $0 : nil }
    for command in commands {
      guard failure == nil else {
        refuse(command, &batch)
        continue
      }
      do throws(StoreFailure) { try decide(command, &batch) } catch { failure = error }
    }
    // A batch of watches alone needs no store.
    if let failure { return batch.settlements.isEmpty ? nil : failure }
    do throws(StoreFailure) {
      for id in batch.unsaved.sorted(by: { $0.rawValue < $1.rawValue }) {
        if let event = events[id] { try store.save(event) }
      }
      if batch.hasBegun { try store.commit() }
      return nil
    } catch {
      return error
    }
  }

  private func undo(_ batch: Batch) {
    if batch.hasBegun { store.rollback() }
    for (id, original) in batch.originals { events[id] = original }
    forgetIdentities(of: batch)
  }

  // MARK: After the commit

  private func announce(_ batch: inout Batch) {
    var updates: [EventUpdate] = []
    for id in batch.order {
      guard let notices = batch.notices[id], let event = events[id] ?? batch.deleted[id] else { continue }
      batch.counts.notices += UInt64(notices.count)
      guard outside.notices.isWatched(id) else { continue }
      batch.counts.announced += UInt64(notices.count)
      let encoded = notices.map { EncodedNotice(seq: $0.seq, text: outside.texts.text(of: $0)) }
      let members =
        batch.deleted[id] == nil
        ? self.members(of: event) : outside.texts.members(of: EventDetails(event, status: .deleted))
      let summary = outside.texts.summary(of: event.state, details: members, at: batch.at)
      updates.append(EventUpdate(event: id, notices: encoded, summary: summary))
    }
    if !updates.isEmpty { outside.notices.announce(updates) }
    for id in batch.order where batch.deleted[id] != nil {
      details[id] = nil
      outside.notices.withdraw(id)
    }
  }

  /// Only for committed events: a version names one content only after its commit.
  private func members(of event: Event) -> [UInt8] {
    if let known = details[event.id], known.version == event.version { return known.members }
    let members = outside.texts.members(of: event.details)
    details[event.id] = (event.version, members)
    return members
  }

  /// After the announcements of the same batch: the summary already counts them.
  private func admit(_ watches: [Batch.Watch]) {
    for watch in watches {
      switch watch {
      case .begin(let id, let watcher):
        let summary = events[id].map {
          outside.texts.summary(of: $0.state, details: members(of: $0), at: $0.updatedAt)
        }
        outside.notices.grant(id, to: watcher, at: summary)
      case .end(let id, let watcher):
        outside.notices.released(id, by: watcher)
      }
    }
  }

  private func answer(_ batch: Batch, _ failure: StoreFailure?) {
    let replies = batch.settlements.compactMap { $0(failure) }
    if !replies.isEmpty { outside.replies.deliver(replies) }
  }
}
