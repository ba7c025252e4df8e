// The one place where seats are given away. It holds the truth of every event in memory, decides the commands
// of a batch in their order of arrival, writes all of them in one transaction, and only after the commit
// announces and answers. When the commit fails, memory is as it was before the batch, and all of its askers
// hear `storageUnavailable`. One thread calls it. Ledger+Decisions.swift has the decisions.

final class Ledger {
  let store: any BookingStore
  /// The truth: what the last commit left, and inside `perform` what this batch has decided so far.
  var events: [EventID: Event] = [:]

  private let outside: Outside
  /// The time of the last batch: commits never go back in time.
  private var lastAt: Instant
  private var isFailing = false
  private var tidyingFails = false

  /// Keys are told again for 24 hours.
  static let keyLifetime: Int64 = 24 * 60 * 60 * 1000

  /// What the ledger calls and is seen by.
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
    var last = Instant(milliseconds: 0)
    for event in try store.allEvents() {
      events[event.id] = event
      last = max(last, event.updatedAt)
    }
    lastAt = last
  }

  /// Decides, commits, announces, answers.
  func perform(_ commands: [LedgerCommand]) {
    lastAt = max(lastAt, outside.clock.now)
    var batch = Batch(at: lastAt)
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

  /// For quiet moments.
  func rest() {
    if isFailing { probe() } else if store.isUntidy { tidy() }
  }

  /// Whether a quiet moment would be of use soon.
  var wantsRest: Bool { isFailing || store.isUntidy }

  // MARK: The transaction

  /// nil: committed.
  private func write(_ commands: [LedgerCommand], _ batch: inout Batch) -> StoreFailure? {
    var failure: StoreFailure?
    for command in commands {
      guard failure == nil else {
        refuse(command, &batch)
        continue
      }
      do throws(StoreFailure) { try decide(command, &batch) } catch { failure = error }
    }
    if let failure { return failure }
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
  }

  // MARK: After the commit

  private func announce(_ batch: inout Batch) {
    var updates: [EventUpdate] = []
    for id in batch.order {
      guard let notices = batch.notices[id], let event = events[id] else { continue }
      batch.counts.notices += UInt64(notices.count)
      guard outside.notices.isWatched(id) else { continue }
      batch.counts.announced += UInt64(notices.count)
      let encoded = notices.map { EncodedNotice(seq: $0.seq, text: outside.texts.text(of: $0)) }
      let summary = outside.texts.summary(of: event.state, at: batch.at)
      updates.append(EventUpdate(event: id, notices: encoded, summary: summary))
    }
    if !updates.isEmpty { outside.notices.announce(updates) }
  }

  /// After the announcements of the same batch: the summary already counts them.
  private func admit(_ watches: [Batch.Watch]) {
    for watch in watches {
      switch watch {
      case .begin(let id, let watcher):
        let summary = events[id].map { outside.texts.summary(of: $0.state, at: $0.updatedAt) }
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

  // MARK: The disk's health

  private func report(_ failure: StoreFailure) {
    isFailing = true
    outside.metrics.storeFails(true)
    outside.observer.observe(.commitFailed(failure.message))
  }

  private func reportRecovery() {
    guard isFailing else { return }
    isFailing = false
    outside.metrics.storeFails(false)
    outside.observer.observe(.commitRecovered)
  }

  /// Nobody books while the server calls itself unready, so it must find out by itself.
  private func probe() {
    do throws(StoreFailure) {
      try store.probe()
      reportRecovery()
    } catch {
      store.rollback()
    }
  }

  private func tidy() {
    do throws(StoreFailure) {
      try store.tidy(expired: keysExpire(at: max(lastAt, outside.clock.now)))
      outside.metrics.addCheckpoint()
      tidyingFails = false
    } catch {
      store.rollback()
      if !tidyingFails { outside.observer.observe(.internalFailure("tidying the database: \(error)")) }
      tidyingFails = true
    }
  }

  /// Keys that are not younger than this are forgotten.
  func keysExpire(at now: Instant) -> Instant {
    Instant(milliseconds: now.milliseconds - Self.keyLifetime)
  }
}
