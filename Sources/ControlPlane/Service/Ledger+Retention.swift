// What the ledger forgets because it is old enough: entries of the feed, addresses and failed
// log-ins of the audit log. In bounded steps, when no command waits or the
// database is tidied anyway, so that no booking waits behind it. The ledger's thread.

/// How long things are kept, in milliseconds.
struct Retention: Sendable, Equatable {
  /// Entries of the feed.
  var feed: Int64 = 30 * Self.day

  /// Addresses in the audit log, and entries of failed log-ins.
  var addresses: Int64 = 30 * Self.day

  static let day: Int64 = 24 * 60 * 60 * 1_000
}

extension Ledger {
  /// How often it is looked, in milliseconds.
  static let retentionPause: Int64 = 60_000

  /// Whether it is time to look for what is old enough.
  var isRetentionDue: Bool { dependencies.clock.uptime >= nextRetention }

  /// Takes one step, and another one at the next occasion when that was not all.
  func forgetOld() {
    let (now, kept) = (readClocks().now.milliseconds, dependencies.retention)
    var hasMore = false
    do throws(StoreFailure) {
      let feed = try store.forgetFeed(before: Instant(milliseconds: now - kept.feed))
      let audit = try store.records.forgetAudit(before: Instant(milliseconds: now - kept.addresses))
      hasMore = feed || audit
    } catch {
      store.rollback()
      if error.isUnsynced { report(error, .storageFailed(error.message)) }
      // Else the next look tries again: nothing is lost by keeping things longer.
    }
    nextRetention = dependencies.clock.uptime + (hasMore ? 0 : Self.retentionPause)
  }
}
