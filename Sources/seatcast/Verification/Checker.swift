// Proves or refutes the server's promises from a history that clients recorded, with the server's log as witness. It knows
// nothing of the server's code. Linear in the history but for one sort and one table of minima (n log n). Pure.
// Checker+Viewers.swift has the rules of what viewers are told.

struct Checker {
  let history: SaleHistory
  private(set) var verdict = Verdict()
  /// Where each change of the log stands, by its seq.
  private var places: [UInt64: Int] = [:]

  static func judge(_ history: SaleHistory) -> Verdict {
    var checker = Checker(history: history)
    checker.checkLog()
    checker.checkAttempts()
    checker.checkStanding()
    checker.checkOrder()
    checker.checkRefusals()
    checker.checkViewers()
    checker.verdict.sort()
    return checker.verdict
  }

  private init(history: SaleHistory) {
    self.history = history
    for (place, notice) in history.log.enumerated() { places[notice.seq] = place }
    verdict.checkedAttempts = history.attempts.count
    verdict.checkedNotices = history.log.count
    verdict.checkedEntries = history.viewers.reduce(0) { $0 + $1.entries.count }
  }

  mutating func report(_ rule: ConsistencyRule, _ evidence: String) {
    verdict.report(rule, evidence)
  }

  /// The notice of a seq; nil: the log has none.
  func notice(_ seq: UInt64) -> LoggedNotice? { places[seq].map { history.log[$0] } }

  // MARK: The log by itself

  /// Replays the log by the rules of a sequence of bookings.
  private mutating func checkLog() {
    var (seq, available) = (history.start.seq, history.start.availableSeats)
    var capacity = history.start.seatCapacity
    var taken: [String: Int] = [:]
    for notice in history.log {
      if notice.seq != seq + 1 { report(.log, "behind seq \(seq) the log has seq \(notice.seq)") }
      var expected = available
      switch notice.kind {
      case .created(let booking, _, let quantity):
        expected -= quantity
        if taken.updateValue(quantity, forKey: booking) != nil {
          report(.log, "booking \(booking) is made again at seq \(notice.seq)")
        }
      case .cancelled(let booking, _, let quantity):
        expected += quantity
        if taken.removeValue(forKey: booking) != quantity, history.isExclusive {
          report(
            .log, "seq \(notice.seq) gives back \(quantity) seats of \(booking), which did not have them")
        }
      case .changed: expected += notice.seatCapacity - capacity
      }
      if notice.availableSeats != expected {
        report(
          .log,
          "at seq \(notice.seq) \(expected) seats should be left, and the log says \(notice.availableSeats)")
      }
      checkSold(notice)
      (seq, available, capacity) = (notice.seq, notice.availableSeats, notice.seatCapacity)
    }
  }

  private mutating func checkSold(_ notice: LoggedNotice) {
    if notice.availableSeats < 0 {
      report(.oversold, "at seq \(notice.seq) \(-notice.availableSeats) seats more are sold than there are")
    } else if notice.availableSeats > notice.seatCapacity {
      report(
        .oversold,
        "at seq \(notice.seq) \(notice.availableSeats) of \(notice.seatCapacity) seats are left")
    }
  }

  // MARK: Requests and the log

  private mutating func checkAttempts() {
    var (acknowledged, unknown): ([String: String], [String: Int]) = ([:], [:])
    for attempt in history.attempts {
      switch attempt.outcome {
      case .refused: break
      case .unknown: unknown[attempt.userID, default: 0] += 1
      case .acknowledged(let answer):
        if let other = acknowledged.updateValue(attempt.name, forKey: answer.bookingID) {
          report(.oversold, "\(other) and \(attempt.name) both got booking \(answer.bookingID)")
        }
        compare(attempt, answer)
      }
    }
    guard history.isExclusive else { return }
    for notice in history.log {
      guard case .created(let booking, let user, _) = notice.kind, acknowledged[booking] == nil else {
        continue
      }
      // A request whose answer was lost may have been performed, once.
      if unknown[user, default: 0] > 0 {
        unknown[user, default: 0] -= 1
      } else {
        report(.invented, "seq \(notice.seq) is booking \(booking) of user \(user), who did not ask for it")
      }
    }
  }

  private mutating func compare(_ attempt: BookingAttempt, _ answer: Acknowledgement) {
    guard let notice = notice(answer.seq),
      case .created(let booking, let user, let quantity) = notice.kind, booking == answer.bookingID
    else {
      return report(
        .acknowledged,
        "\(attempt.name) got booking \(answer.bookingID) at seq \(answer.seq), where the log has "
          + (self.notice(answer.seq).map { "\($0.kind)" } ?? "nothing"))
    }
    if user != attempt.userID || quantity != attempt.quantity
      || notice.availableSeats != answer.availableSeats
    {
      report(
        .acknowledged,
        "\(attempt.name) got \(attempt.quantity) seats and \(answer.availableSeats) left at seq \(answer.seq), where "
          + "the log has \(quantity) seats for user \(user) and \(notice.availableSeats) left")
    }
  }

  /// What the server has at the end, against what its log says.
  private mutating func checkStanding() {
    guard history.isExclusive else { return }
    var expected: [String: Int] = [:]
    for notice in history.log {
      switch notice.kind {
      case .created(let booking, _, let quantity): expected[booking] = quantity
      case .cancelled(let booking, _, _): expected[booking] = nil
      case .changed: break
      }
    }
    for (booking, quantity) in expected.sorted(by: { $0.key < $1.key })
    where history.standing[booking] != quantity {
      report(
        .standing,
        "the log leaves booking \(booking) with \(quantity) seats, and the server lists "
          + (history.standing[booking].map { "\($0)" } ?? "no such booking"))
    }
    for (booking, quantity) in history.standing.sorted(by: { $0.key < $1.key })
    where expected[booking] == nil {
      report(
        .standing, "the server lists booking \(booking) with \(quantity) seats, which the log does not leave")
    }
  }

  // MARK: Time

  private var acknowledgements: [(attempt: BookingAttempt, answer: Acknowledgement)] {
    history.attempts.compactMap { attempt in
      if case .acknowledged(let answer) = attempt.outcome { (attempt, answer) } else { nil }
    }
  }

  /// Requests in the order of sending, against the greatest seq that was answered before each.
  private mutating func checkOrder() {
    let all = acknowledgements
    let sent = all.sorted { $0.attempt.sentAt < $1.attempt.sentAt }
    let answered = all.sorted { $0.attempt.answeredAt < $1.attempt.answeredAt }
    var next = 0
    var latest: (attempt: BookingAttempt, answer: Acknowledgement)?
    for (attempt, answer) in sent {
      while next < answered.count, answered[next].attempt.answeredAt < attempt.sentAt {
        if answered[next].answer.seq > latest?.answer.seq ?? 0 { latest = answered[next] }
        next += 1
      }
      if let latest, latest.answer.seq >= answer.seq {
        report(
          .order,
          "\(attempt.name) asked after \(latest.attempt.name) was answered with seq \(latest.answer.seq), and got "
            + "seq \(answer.seq)")
      }
    }
  }

  /// A refusal as sold out needs a state with too few seats, not older than what was answered before the request, and not
  /// newer than what was asked for after the answer.
  private mutating func checkRefusals() {
    let all = acknowledgements
    let answered = all.sorted { $0.attempt.answeredAt < $1.attempt.answeredAt }
    let bounds = LatestSeqs(answered.map { ($0.attempt.answeredAt, $0.answer.seq) })
    let later = EarliestSeqs(all.map { ($0.attempt.sentAt, $0.answer.seq) })
    let minima = Minima([history.start.availableSeats] + history.log.map(\.availableSeats))
    for attempt in history.attempts where attempt.outcome == .refused("sold-out") {
      // The table begins with the state before the log.
      let first = bounds.before(attempt.sentAt).flatMap { places[$0] }.map { $0 + 1 } ?? 0
      let last = later.after(attempt.answeredAt).flatMap { places[$0] } ?? history.log.count
      guard first <= last else { continue }
      let least = minima.least(first...last)
      if least >= attempt.quantity {
        report(
          .refusals,
          "\(attempt.name) was refused \(attempt.quantity) seats, and all the time at least \(least) were left"
        )
      }
    }
  }
}
