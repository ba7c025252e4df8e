// The rules of what viewers are told: each change in order and once, or declared as left out; each count that of its
// change; and in the end the last one. Pure.

extension Checker {
  mutating func checkViewers() {
    for viewer in history.viewers { check(viewer) }
  }

  private mutating func check(_ viewer: ViewerLog) {
    var position: (seq: UInt64, epoch: String)?
    var last: (seq: UInt64, count: ViewerLog.Count)?
    for entry in viewer.entries {
      switch entry {
      case .greeting(let seq, let epoch, let isResumed, let count):
        checkGreeting(seq, epoch, isResumed, after: position, of: viewer)
        position = (seq, epoch)
        if let count {
          compare(count, at: seq, of: viewer)
          last = (seq, count)
        }
      case .notice(let from, let seq, let count):
        checkNotice(from, seq, after: position?.seq, of: viewer)
        compare(count, at: seq, of: viewer)
        position = (max(seq, position?.seq ?? 0), position?.epoch ?? "")
        last = (seq, count)
      }
    }
    checkEnd(last, of: viewer)
  }

  /// A resume must go on exactly where the viewer was; a greeting with counts may jump ahead, not back.
  private mutating func checkGreeting(
    _ seq: UInt64, _ epoch: String, _ isResumed: Bool, after position: (seq: UInt64, epoch: String)?,
    of viewer: ViewerLog
  ) {
    guard let position else { return }
    if isResumed, position.seq != seq || position.epoch != epoch {
      report(
        .continuity,
        "\(viewer.name) was at seq \(position.seq) and was resumed at seq \(seq) of epoch \(epoch)")
    } else if position.epoch == epoch, seq < position.seq {
      report(.continuity, "\(viewer.name) was at seq \(position.seq) and was greeted with seq \(seq)")
    }
  }

  private mutating func checkNotice(
    _ from: UInt64, _ seq: UInt64, after position: UInt64?, of viewer: ViewerLog
  ) {
    guard let position else {
      return report(.continuity, "\(viewer.name) was told seq \(seq) before any greeting")
    }
    if from > seq {
      report(.continuity, "\(viewer.name) was told a notice for seq \(from) to \(seq)")
    } else if seq <= position {
      report(.continuity, "\(viewer.name) was told seq \(seq) after seq \(position)")
    } else if from != position + 1 {
      report(
        .continuity,
        from > position + 1
          ? "\(viewer.name) was not told seq \(position + 1) to \(from - 1), and not that they were left out"
          : "\(viewer.name) was at seq \(position) and was told a notice for seq \(from) to \(seq)")
    }
  }

  private mutating func compare(_ count: ViewerLog.Count, at seq: UInt64, of viewer: ViewerLog) {
    let (available, capacity): (Int, Int)
    if seq == history.start.seq {
      (available, capacity) = (history.start.availableSeats, history.start.seatCapacity)
    } else if let notice = notice(seq) {
      (available, capacity) = (notice.availableSeats, notice.seatCapacity)
    } else {
      // Before the history began: there is no witness.
      if seq < history.start.seq { return }
      return report(.counts, "\(viewer.name) was told seq \(seq), which the server's log does not have")
    }
    if count.availableSeats != available || count.seatCapacity != capacity {
      report(
        .counts,
        "\(viewer.name) saw \(count.availableSeats) of \(count.seatCapacity) at seq \(seq), where \(available) of "
          + "\(capacity) were left")
    }
  }

  private mutating func checkEnd(_ last: (seq: UInt64, count: ViewerLog.Count)?, of viewer: ViewerLog) {
    let end = history.log.last?.seq ?? history.start.seq
    if last?.seq != end {
      report(
        .convergence,
        "\(viewer.name) ended at " + (last.map { "seq \($0.seq)" } ?? "no count at all")
          + ", and the event at seq \(end)")
    }
  }
}
