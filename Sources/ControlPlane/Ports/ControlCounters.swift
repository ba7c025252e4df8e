/// What the control plane has done since it opened; numbers that only grow, and depths that come and go.
public struct ControlCounters: Sendable, Equatable {
  /// Requests taken from the executable.
  public var requests: UInt64 = 0
  /// Requests and commands that a full queue turned away.
  public var overloaded: UInt64 = 0
  /// Commands that were decided, refusals among them.
  public var commands: UInt64 = 0
  /// Commands that a rule refused.
  public var refusals: UInt64 = 0
  /// The same by reason, in the order of `RefusalReason.allCases`; empty in a part of the counts.
  public var refusedBy: [UInt64] = []
  public var bookings: UInt64 = 0
  public var cancellations: UInt64 = 0
  /// Holds that became bookings.
  public var confirmations: UInt64 = 0
  /// Holds that nobody confirmed in time.
  public var expiries: UInt64 = 0
  /// Commands that told an earlier outcome again.
  public var replays: UInt64 = 0
  /// Committed changes of events.
  public var notices: UInt64 = 0
  /// Those of them that somebody watched.
  public var announced: UInt64 = 0
  /// Transactions that wrote something.
  public var commits: UInt64 = 0
  public var failedCommits: UInt64 = 0
  /// Commands of the largest batch.
  public var largestBatch: UInt64 = 0
  /// Commands by batch.
  public var batchSizes = NumberHistogram()
  /// How long transactions took to be committed, their syncs included.
  public var commitTimes = NumberHistogram()
  public var checkpoints: UInt64 = 0
  public var backups: UInt64 = 0
  public var failedBackups: UInt64 = 0
  /// When the last good backup was made; nil: none is known.
  public var lastBackup: Instant?
  /// How long ago that was.
  public var backupAgeSeconds: Int64?
  /// Times that the wall clock was set by more than two seconds.
  public var clockSteps: UInt64 = 0
  /// Failed log-ins that got no row in the audit log, because there were too many.
  public var auditOmitted: UInt64 = 0
  /// Heads of the record of sales that were signed, and how often one could not be made or kept.
  public var recordHeads: UInt64 = 0
  public var recordFailures: UInt64 = 0
  /// Entries that the newest head covers.
  public var recordEntries: UInt64 = 0
  /// For how long something has been committed that no head covers; 0: nothing.
  public var recordLagSeconds: Int64 = 0
  /// Requests that a limit refused, in the order of `LimitName.allCases`.
  public var rateLimited = [UInt64](repeating: 0, count: LimitName.allCases.count)

  /// By how much the machine's clock is behind the database's, which nodes go by; nil: a server by itself.
  public var clockOffsetMilliseconds: Int64?
  /// Of the nodes that share the database; nil: a server by itself.
  public var nodes: Nodes?

  public struct Nodes: Sendable, Equatable {
    /// Those that were seen in the last seconds.
    public var alive = 0
    /// Those that were not, and are not forgotten yet.
    public var dead = 0
    /// Whether this one does for all what is done by the clock.
    public var leads = false
    /// Milliseconds from others' last commit to its announcement here.
    public var lag: Int64 = 0
    /// Milliseconds since this node could last tell the others how it is.
    public var listAge: Int64 = 0
  }

  /// Requests that wait for a worker.
  public var requestsWaiting: Int = 0
  /// Commands that wait for the ledger.
  public var commandsWaiting: Int = 0
  /// Requests that wait for the feed.
  public var feedWaiting: Int = 0
  /// Passwords that wait for a hasher.
  public var passwordsWaiting: Int = 0

  /// With everything at zero, and room for what is counted by reason or bucket.
  static var none: ControlCounters {
    var counters = ControlCounters()
    counters.refusedBy = [UInt64](repeating: 0, count: RefusalReason.allCases.count)
    counters.batchSizes = NumberHistogram(bounds: NumberHistogram.batchBounds)
    counters.commitTimes = NumberHistogram(bounds: NumberHistogram.commitBounds)
    return counters
  }
}
