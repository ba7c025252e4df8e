// What the ledger forgets because it is old enough: entries of the feed. In bounded steps, when no command waits or the
// database is tidied anyway, so that no booking waits behind it. The ledger's thread.

/// How long things are kept, in milliseconds.
struct Retention: Sendable, Equatable {
  /// Entries of the feed.
  var feed: Int64 = 30 * Self.day

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
      hasMore = try store.forgetFeed(before: Instant(milliseconds: now - kept.feed))
    } catch {
      store.rollback()
      if error.isUnsynced { report(error, .storageFailed(error.message)) }
      // Else the next look tries again: nothing is lost by keeping things longer.
    }
    nextRetention = dependencies.clock.uptime + (hasMore ? 0 : Self.retentionPause)
  }
}
