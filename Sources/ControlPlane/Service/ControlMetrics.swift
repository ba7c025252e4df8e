// The plane's counters, added to by the ledger once per batch and by workers once per request.

import Synchronization

final class ControlMetrics: Sendable {
  private let counters = Monitor(ControlCounters.none)
  private let failing = Monitor<String?>(nil)
  private let turns = Atomic<UInt64>(0)

  /// Turns of the ledger's thread, idle ones too, of which there is one a second at least.
  var ledgerTurns: UInt64 { turns.load(ordering: .relaxed) }

  func countLedgerTurn() { turns.add(1, ordering: .relaxed) }

  /// Why the last attempt to write failed, without paths; nil: it did not.
  var storeFailure: String? { failing.withLock { $0 } }

  func storeFails(_ reason: String?) { failing.withLock { $0 = reason } }

  var snapshot: ControlCounters { counters.withLock { $0 } }

  func addRequests(taken: Int, turnedAway: Int) {
    counters.withLock {
      $0.requests += UInt64(taken)
      $0.overloaded += UInt64(turnedAway)
    }
  }

  func addOverload(_ commands: Int) { counters.withLock { $0.overloaded += UInt64(commands) } }

  /// Bookings that were refused without the ledger.
  func addRefusals(_ refused: RefusalCounts) {
    counters.withLock {
      $0.commands += refused.total
      $0.refusals += refused.total
      refused.add(to: &$0.refusedBy)
    }
  }

  func addClockStep() { counters.withLock { $0.clockSteps += 1 } }

  func addBackup(at moment: Instant) {
    counters.withLock {
      $0.backups += 1
      $0.lastBackup = moment
    }
  }

  func addFailedBackup() { counters.withLock { $0.failedBackups += 1 } }

  /// A backup from before this process.
  func noteBackup(at moment: Instant) { counters.withLock { $0.lastBackup = $0.lastBackup ?? moment } }

  func addCheckpoint() { counters.withLock { $0.checkpoints += 1 } }

  /// What a failed batch counted never happened; only that it failed did.
  func add(_ batch: Batch, commands: Int, failed: Bool) {
    counters.withLock { total in
      total.commands += UInt64(commands)
      total.largestBatch = max(total.largestBatch, UInt64(commands))
      if commands > 0 { total.batchSizes.record(UInt64(commands)) }
      guard !failed else {
        total.failedCommits += 1
        return
      }
      if batch.isToCommit {
        total.commits += 1
        total.commitTimes.record(batch.commitTime)
      }
      total.refusals += batch.refused.total
      batch.refused.add(to: &total.refusedBy)
      total.bookings += batch.counts.bookings
      total.cancellations += batch.counts.cancellations
      total.confirmations += batch.counts.confirmations
      total.expiries += batch.counts.expiries
      total.replays += batch.counts.replays
      total.notices += batch.counts.notices
      total.announced += batch.counts.announced
    }
  }
}
