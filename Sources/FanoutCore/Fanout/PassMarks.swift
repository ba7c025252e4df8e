// How long the notices of a feed take from their commit to the wire, and to the last subscriber. A mark stands for the
// notices of one batch until every cohort has been brought to them; then it is counted in the two histograms.
// Subscribers whose connection is blocked are in no cohort, and so are not waited for. One loop's thread.

/// The batches that some cohort of a feed has not been sent yet, oldest first.
struct PassMarks {
  /// Marks that are told apart. When more are under way, a batch joins the newest mark, whose time is older: the
  /// histograms may then show more time than there was, never less.
  static let limit = 64

  private struct Mark {
    /// Nanoseconds of the monotonic clock.
    let committedAt: UInt64
    /// The visit after which every cohort has been brought to these notices.
    var due: UInt64
    var notices: UInt64
    /// Of the notices, those that were not sent to any cohort yet. Marks that have some are the newest ones.
    var unsent: UInt64
  }

  private var marks: [Mark] = []
  /// Cohorts that the pass has visited, or passed over because they stood at the head.
  private var visits: UInt64 = 0

  /// Marks that are under way.
  var count: Int { marks.count }

  /// A batch was appended to the log, for this many cohorts.
  mutating func append(notices: Int, committedAt: UInt64, cohorts: Int) {
    guard committedAt > 0, cohorts > 0, notices > 0 else { return }
    let due = visits + UInt64(cohorts)
    if marks.count == Self.limit {
      marks[marks.count - 1].due = due
      marks[marks.count - 1].notices += UInt64(notices)
      marks[marks.count - 1].unsent += UInt64(notices)
    } else {
      marks.append(
        Mark(committedAt: committedAt, due: due, notices: UInt64(notices), unsent: UInt64(notices)))
    }
  }

  /// The pass has visited the next cohort.
  mutating func visited() { visits += 1 }

  /// The feed has one more cohort, which the pass visits before it comes to the others again.
  mutating func cohortAdded() { for index in marks.indices { marks[index].due += 1 } }

  /// Whether something is about to be sent for the first time.
  var hasUnbegun: Bool { marks.last.map { $0.unsent > 0 } ?? false }

  /// Notices are sent to the first cohort now.
  mutating func begin(at now: UInt64, _ toWire: HistogramCells) {
    for index in marks.indices.reversed() {
      let mark = marks[index]
      guard mark.unsent > 0 else { return }
      toWire.record(now - min(now, mark.committedAt), times: mark.unsent)
      marks[index].unsent = 0
    }
  }

  /// Whether every cohort has been brought to the oldest notices.
  /// - Parameter isOver: the pass has come to its end.
  func hasFinished(isOver: Bool) -> Bool {
    guard let first = marks.first else { return false }
    return isOver || first.due <= visits
  }

  /// Counts what has reached every cohort. What was sent to nobody is not counted.
  mutating func finish(isOver: Bool, at now: UInt64, _ toLast: HistogramCells) {
    var finished = 0
    while finished < marks.count, isOver || marks[finished].due <= visits {
      let mark = marks[finished]
      let sent = mark.notices - mark.unsent
      if sent > 0 { toLast.record(now - min(now, mark.committedAt), times: sent) }
      finished += 1
    }
    marks.removeFirst(finished)
  }
}
