// The counters of the control plane as metric families.
import ControlPlane

extension MetricFamily {
  static func backend(_ counters: ControlCounters) -> [MetricFamily] {
    [
      .gauge(
        "requests_waiting", "Requests that wait for a worker", UInt64(clamping: counters.requestsWaiting)),
      .gauge(
        "commands_waiting", "Commands that wait for the ledger", UInt64(clamping: counters.commandsWaiting)),
      .gauge(
        "passwords_waiting", "Passwords that wait for a hasher", UInt64(clamping: counters.passwordsWaiting)),
      .gauge("feed_waiting", "Requests that wait for the feed", UInt64(clamping: counters.feedWaiting)),
      .gauge("largest_batch", "Commands of the largest batch", counters.largestBatch),
      .counter("requests_total", "Requests taken by the control plane", counters.requests),
      .counter(
        "overloaded_total", "Requests and commands that a full queue turned away", counters.overloaded),
      .counter("commands_total", "Commands decided", counters.commands),
      .counters(
        "refusals_total", "Commands that a rule refused", by: "reason",
        zip(RefusalReason.allCases.map(\.rawValue), counters.refusedBy)),
      .counter("replays_total", "Commands that told an earlier outcome again", counters.replays),
      .counter("bookings_total", "Bookings made, holds among them", counters.bookings),
      .counter("cancellations_total", "Bookings cancelled", counters.cancellations),
      .counter("confirmations_total", "Holds confirmed", counters.confirmations),
      .counter("expiries_total", "Holds expired", counters.expiries),
      .counter("notices_total", "Committed changes of events", counters.notices),
      .counter("announced_total", "Committed changes that somebody watched", counters.announced),
      .counter("commits_total", "Transactions that wrote something", counters.commits),
      .counter("failed_commits_total", "Transactions that could not be committed", counters.failedCommits),
      .counter("backups_total", "Backups made", counters.backups),
      .counter("backups_failed_total", "Backups that failed", counters.failedBackups),
      MetricFamily(
        name: "backup_age_seconds", kind: .gauge,
        help: "Time since the last good backup; absent when none is known",
        samples: counters.backupAgeSeconds.map { [Sample(value: UInt64(clamping: $0))] } ?? []),
      .counter("record_heads_total", "Heads of the record of sales that were signed", counters.recordHeads),
      .counter(
        "record_failures_total", "Times that a head of the record could not be made or kept",
        counters.recordFailures),
      .gauge("record_entries", "Entries that the newest head of the record covers", counters.recordEntries),
      .gauge(
        "record_lag_seconds", "Time for which something has been committed that no head covers",
        UInt64(clamping: counters.recordLagSeconds)),
    ] + nodes(counters) + [
      .counter("checkpoints_total", "Checkpoints of the database", counters.checkpoints),
      .counter(
        "clock_steps_total", "Times that the wall clock was set by more than two seconds", counters.clockSteps
      ),
      .counter(
        "audit_omitted_total", "Failed log-ins that got no row in the audit log", counters.auditOmitted),
      .counters(
        "rate_limited_total", "Requests that a limit refused", by: "reason",
        zip(LimitName.allCases.map(\.rawValue), counters.rateLimited)),
      .histogram(
        "ledger_batch_size", "Commands of a batch, which is one transaction",
        [.init(counters.batchSizes, scale: .one)]),
      .histogram(
        "ledger_commit_seconds", "Time that the commit of a batch took, its sync included",
        [.init(counters.commitTimes, scale: .nanoseconds)]),
    ]
  }

  /// None for a server by itself.
  private static func nodes(_ counters: ControlCounters) -> [MetricFamily] {
    guard let nodes = counters.nodes else { return [] }
    return [
      .gauge("nodes_alive", "Nodes of this database that were seen in the last seconds", UInt64(nodes.alive)),
      .gauge("nodes_dead", "Nodes that were not, and stopped without saying so", UInt64(nodes.dead)),
      .gauge("node_leads", "Whether this node does for all what is done by the clock", nodes.leads ? 1 : 0),
      .gauge(
        "node_lag_milliseconds", "Time from others' last commit to its announcement here",
        UInt64(clamping: nodes.lag)),
      .gauge(
        "node_silence_milliseconds", "Time since this node could last tell the others how it is",
        UInt64(clamping: nodes.listAge)),
      .gauge(
        "clock_offset_milliseconds", "By how much the machine's clock is off the database's, either way",
        UInt64(abs(counters.clockOffsetMilliseconds ?? 0))),
    ]
  }
}

extension MetricHistogram {
  init(_ histogram: NumberHistogram, scale: MetricFamily.Scale) {
    self.init(bounds: histogram.bounds, counts: histogram.counts, sum: histogram.sum, scale: scale)
  }
}
