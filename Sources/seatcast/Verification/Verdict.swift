// What the checker found: for each rule that is broken how often, and the first violations with the lines that prove them.
// Bounded. Values.

/// A promise of the server that a history can break. The raw value is its name in reports (docs/VERIFY.md has the list).
enum ConsistencyRule: String, Sendable, CaseIterable {
  case log
  case oversold
  case acknowledged
  case once
  case asked
  case standing
  case order
  case refusals
  case holds
  case queue
  case ordered
  case unique
  case atomic
  case reliable
  case resumable
  case bookmarked
  case alive
  case paced
  case converged
  case legal

  var promise: String {
    switch self {
    case .log: "every change has its seq once, and each count follows from the one before"
    case .oversold: "no seat is sold twice"
    case .acknowledged: "what was answered with success stands in the log, as it was answered"
    case .once: "one key books once, and a booking ends once and is extended once"
    case .asked: "nobody has a booking that was not asked for, and none ends without a reason"
    case .standing: "the bookings that stand at the end are those of the log"
    case .order: "what was answered before something else was asked for comes before it"
    case .refusals: "every refusal was right at some moment between request and answer"
    case .holds: "a hold does not end before its time, and a confirmed one does not end by it"
    case .queue: "who waits gets seats in the order of the line, and before others"
    case .ordered: "no viewer is told of an older change after a newer one"
    case .unique: "no viewer is told of a change twice"
    case .atomic: "every count that anybody saw is the count after that very change"
    case .reliable: "viewers are told every change, or that some are left out"
    case .resumable: "a connection that resumes goes on exactly where the client was"
    case .bookmarked: "a pong never names a change that was not sent"
    case .alive: "a client that answers pings is not closed as silent"
    case .paced: "a connection that asked for a pace is not sent more"
    case .converged: "after quiet every viewer has the last count"
    case .legal: "some order of the requests, one after the other, explains every answer"
    }
  }
}

struct Violation: Sendable, Equatable {
  /// One sentence that names what contradicts what.
  let evidence: String
  /// The lines of the history that prove it; of lines that are in no file: none.
  let lines: [Int]
}

struct BrokenRule: Sendable, Equatable {
  static let most = 100

  let rule: ConsistencyRule
  /// The first ones.
  var violations: [Violation]
  /// All of them.
  var count = 1

  var evidence: String { violations[0].evidence }
}

struct Verdict: Sendable, Equatable {
  /// In the order of the rules; at most one each.
  private(set) var broken: [BrokenRule] = []
  /// What was looked at.
  var checkedAttempts = 0
  var checkedEntries = 0
  var checkedNotices = 0
  var checkedEvents = 0
  /// Whether the server's own log was there.
  var hasWitness = false
  /// What the search did (OrderSearch.swift).
  var windows = WindowCounts()

  var isConsistent: Bool { broken.isEmpty }

  mutating func report(_ rule: ConsistencyRule, _ evidence: String, lines: [Int] = []) {
    let violation = Violation(evidence: evidence, lines: lines.filter { $0 > 0 })
    guard let index = broken.firstIndex(where: { $0.rule == rule }) else {
      return broken.append(BrokenRule(rule: rule, violations: [violation]))
    }
    broken[index].count += 1
    if broken[index].violations.count < BrokenRule.most { broken[index].violations.append(violation) }
  }

  /// Adds what another part of the history has broken.
  mutating func merge(_ other: Verdict) {
    for broken in other.broken {
      for violation in broken.violations { report(broken.rule, violation.evidence, lines: violation.lines) }
      guard let place = self.broken.firstIndex(where: { $0.rule == broken.rule }) else { continue }
      self.broken[place].count += broken.count - broken.violations.count
    }
    windows.legal += other.windows.legal
    windows.illegal += other.windows.illegal
    windows.undecided += other.windows.undecided
  }

  mutating func sort() {
    let order = ConsistencyRule.allCases
    broken.sort { one, other in
      (order.firstIndex(of: one.rule) ?? 0) < (order.firstIndex(of: other.rule) ?? 0)
    }
  }
}

/// Windows of the history that the search looked at.
struct WindowCounts: Sendable, Equatable {
  var legal = 0
  var illegal = 0
  /// The bound was reached before an order was found or excluded.
  var undecided = 0
}
