// The checker against histories that are right, and against each kind of fault planted into one: it must find the fault
// by the rule that the fault breaks, and only by rules that it breaks.
import Testing

@testable import seatcast

/// A right history: 10 seats; ann, bob and cleo book 1, 2 and 3; bob cancels; dora finds too few seats for 8.
private func rightHistory() -> SaleHistory {
  func attempt(
    _ name: String, _ quantity: Int, _ times: ClosedRange<Int64>, _ outcome: BookingAttempt.Outcome
  ) -> BookingAttempt {
    BookingAttempt(
      name: name, userID: name, quantity: quantity, sentAt: times.lowerBound, answeredAt: times.upperBound,
      outcome: outcome)
  }
  func got(_ booking: String, _ seq: UInt64, _ left: Int) -> BookingAttempt.Outcome {
    .acknowledged(Acknowledgement(bookingID: booking, seq: seq, availableSeats: left))
  }
  func logged(_ seq: UInt64, _ kind: LoggedNotice.Kind, _ left: Int) -> LoggedNotice {
    LoggedNotice(seq: seq, kind: kind, availableSeats: left, seatCapacity: 10)
  }
  func count(_ left: Int) -> ViewerLog.Count { ViewerLog.Count(availableSeats: left, seatCapacity: 10) }
  var history = SaleHistory()
  history.start = SaleHistory.Start(seq: 1, availableSeats: 10, seatCapacity: 10)
  history.attempts = [
    attempt("ann", 1, 100...200, got("A", 2, 9)), attempt("bob", 2, 150...300, got("B", 3, 7)),
    attempt("cleo", 3, 350...400, got("C", 4, 4)), attempt("dora", 8, 360...420, .refused("sold-out")),
    attempt("eve", 1, 360...900, .unknown),
  ]
  history.log = [
    logged(2, .created(bookingID: "A", userID: "ann", quantity: 1), 9),
    logged(3, .created(bookingID: "B", userID: "bob", quantity: 2), 7),
    logged(4, .created(bookingID: "C", userID: "cleo", quantity: 3), 4),
    logged(5, .cancelled(bookingID: "B", userID: "bob", quantity: 2), 6),
    logged(6, .created(bookingID: "E", userID: "eve", quantity: 1), 5),
  ]
  history.standing = ["A": 1, "C": 3, "E": 1]
  history.viewers = [
    ViewerLog(
      name: "viewer 1",
      entries: [
        .greeting(seq: 1, epoch: "e", isResumed: false, count: count(10)),
        .notice(from: 2, seq: 2, count: count(9)), .notice(from: 3, seq: 5, count: count(6)),
        .greeting(seq: 5, epoch: "e", isResumed: true, count: nil),
        .notice(from: 6, seq: 6, count: count(5)),
      ]),
    ViewerLog(
      name: "viewer 2",
      entries: [
        .greeting(seq: 3, epoch: "e", isResumed: false, count: count(7)),
        .greeting(seq: 6, epoch: "e", isResumed: false, count: count(5)),
      ]),
  ]
  return history
}

/// A fault, what it does to the right history, and the rules that it breaks.
struct PlantedFault: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let rules: Set<ConsistencyRule>
  let plant: @Sendable (inout SaleHistory) -> Void

  init(
    _ name: String, _ rules: Set<ConsistencyRule>, _ plant: @escaping @Sendable (inout SaleHistory) -> Void
  ) {
    (testDescription, self.rules, self.plant) = (name, rules, plant)
  }
}

@Suite("Checker")
struct CheckerTests {
  @Test("A right history breaks no rule, and everything in it is looked at")
  func right() {
    let verdict = Checker.judge(rightHistory())
    #expect(verdict.isConsistent, "\(verdict.broken)")
    #expect(verdict.checkedAttempts == 5 && verdict.checkedNotices == 5 && verdict.checkedEntries == 7)
    #expect(Checker.judge(SaleHistory()).isConsistent)
  }

  private static func attempt(
    _ history: inout SaleHistory, _ index: Int, sentAt: Int64? = nil, answeredAt: Int64? = nil,
    _ outcome: BookingAttempt.Outcome? = nil
  ) {
    let old = history.attempts[index]
    history.attempts[index] = BookingAttempt(
      name: old.name, userID: old.userID, quantity: old.quantity, sentAt: sentAt ?? old.sentAt,
      answeredAt: answeredAt ?? old.answeredAt, outcome: outcome ?? old.outcome)
  }

  private static func logged(
    _ history: inout SaleHistory, _ index: Int, _ kind: LoggedNotice.Kind? = nil, seq: UInt64? = nil,
    left: Int? = nil
  ) {
    let old = history.log[index]
    history.log[index] = LoggedNotice(
      seq: seq ?? old.seq, kind: kind ?? old.kind, availableSeats: left ?? old.availableSeats,
      seatCapacity: old.seatCapacity)
  }

  private static func seen(_ left: Int) -> ViewerLog.Count {
    ViewerLog.Count(availableSeats: left, seatCapacity: 10)
  }

  static let faults = [
    PlantedFault("a seq is missing in the log", [.log, .convergence]) { history in
      // Eve's change is numbered 7, and nobody was told of it.
      logged(&history, 4, seq: 7)
      history.viewers[0].entries.removeLast()
      history.viewers[1].entries.removeLast()
    },
    PlantedFault("a count in the log does not follow", [.log, .acknowledged, .counts]) { history in
      logged(&history, 1, left: 8)
    },
    PlantedFault("more seats are sold than there are", [.oversold, .log]) { history in
      logged(&history, 4, left: -1)
      history.viewers = []
    },
    PlantedFault("two users get one booking", [.oversold, .acknowledged, .order]) { history in
      attempt(
        &history, 4, .acknowledged(Acknowledgement(bookingID: "A", seq: 2, availableSeats: 9)))
      logged(&history, 4, .cancelled(bookingID: "A", userID: "ann", quantity: 1), left: 7)
      history.standing = ["C": 3]
      history.viewers = []
    },
    PlantedFault("an acknowledged booking is lost", [.acknowledged]) { history in
      attempt(
        &history, 4, .acknowledged(Acknowledgement(bookingID: "X", seq: 9, availableSeats: 4)))
      history.log.removeLast()
      history.standing["E"] = nil
      history.viewers = []
    },
    PlantedFault("a booking is announced that nobody asked for", [.invented]) { history in
      attempt(&history, 4, .refused("rate-limited"))
    },
    PlantedFault("one lost answer, two bookings", [.invented]) { history in
      history.log.append(
        LoggedNotice(
          seq: 7, kind: .created(bookingID: "F", userID: "eve", quantity: 1), availableSeats: 4,
          seatCapacity: 10))
      history.standing["F"] = 1
      history.viewers = []
    },
    PlantedFault("a booking of the log is not listed", [.standing]) { $0.standing["C"] = nil },
    PlantedFault("a cancelled booking is listed", [.standing]) { $0.standing["B"] = 2 },
    PlantedFault("an answer before a request has a greater seq", [.order]) { history in
      attempt(&history, 1, sentAt: 10, answeredAt: 20)
    },
    PlantedFault("refused as sold out while seats were left", [.refusals]) { history in
      history.attempts[3] = BookingAttempt(
        name: "dora", userID: "dora", quantity: 4, sentAt: 360, answeredAt: 380,
        outcome: .refused("sold-out"))
    },
    PlantedFault("a viewer sees a count that never was", [.counts]) { history in
      history.viewers[0].entries[1] = .notice(from: 2, seq: 2, count: seen(8))
    },
    PlantedFault("a viewer sees a change that the log does not have", [.counts, .convergence]) { history in
      history.viewers[0].entries.append(.notice(from: 7, seq: 7, count: seen(4)))
    },
    PlantedFault("a notice comes twice", [.continuity]) { history in
      history.viewers[0].entries.insert(.notice(from: 2, seq: 2, count: seen(9)), at: 2)
    },
    PlantedFault("a notice is left out and not declared", [.continuity]) { history in
      history.viewers[0].entries[2] = .notice(from: 5, seq: 5, count: seen(6))
    },
    PlantedFault("a declaration overlaps what was told", [.continuity]) { history in
      history.viewers[0].entries[2] = .notice(from: 2, seq: 5, count: seen(6))
    },
    PlantedFault("a resume goes on elsewhere", [.continuity]) { history in
      history.viewers[0].entries[3] = .greeting(seq: 4, epoch: "e", isResumed: true, count: nil)
    },
    PlantedFault("a resume is of another epoch", [.continuity]) { history in
      history.viewers[0].entries[3] = .greeting(seq: 5, epoch: "f", isResumed: true, count: nil)
    },
    PlantedFault("a greeting goes back", [.continuity, .counts]) { history in
      history.viewers[1].entries.append(
        contentsOf: [
          .greeting(seq: 5, epoch: "e", isResumed: false, count: seen(5)),
          .notice(from: 6, seq: 6, count: seen(5)),
        ])
    },
    PlantedFault("a viewer is never told the last change", [.convergence]) { history in
      history.viewers[0].entries.removeLast(2)
    },
    PlantedFault("a viewer is told nothing at all", [.convergence]) { $0.viewers[1].entries = [] },
  ]

  @Test("Each planted fault is found by the rules that it breaks, with evidence", arguments: faults)
  func finds(fault: PlantedFault) {
    var history = rightHistory()
    fault.plant(&history)
    let verdict = Checker.judge(history)
    #expect(Set(verdict.broken.map(\.rule)) == fault.rules, "\(verdict.broken)")
    #expect(verdict.broken.allSatisfy { !$0.evidence.isEmpty })
  }

  @Test("Every rule is broken by a planted fault")
  func everyRule() {
    let broken: Set<ConsistencyRule> = Self.faults.reduce(into: []) { $0.formUnion($1.rules) }
    #expect(broken == Set(ConsistencyRule.allCases))
  }
}

@Suite("Minima")
struct MinimaTests {
  @Test("The least between any two places is found")
  func least() {
    let values = [5, 3, 8, 1, 9, 2, 7]
    let minima = Minima(values)
    for low in values.indices {
      for high in low..<values.count { #expect(minima.least(low...high) == values[low...high].min()) }
    }
  }

  @Test("Seqs before and after a time")
  func seqs() {
    let latest = LatestSeqs([(1, 4), (2, 2), (5, 9)])
    #expect([0, 1, 2, 3, 6].map { latest.before($0) } == [nil, nil, 4, 4, 9])
    let earliest = EarliestSeqs([(5, 9), (1, 4), (2, 6)])
    #expect([0, 1, 2, 5].map { earliest.after($0) } == [4, 6, 9, nil])
  }
}
