// What the checker found: the rules that it checked, and for each broken one the smallest evidence. Values.

/// A promise of the server that histories can break.
enum ConsistencyRule: String, Sendable, CaseIterable {
  case log = "the server's log has every seq once, and each count follows from the one before"
  case oversold = "no seat is sold twice"
  case acknowledged = "every acknowledged booking is in the server's log exactly once, as it was acknowledged"
  case invented = "every booking in the server's log was asked for"
  case standing = "the bookings that stand at the end are those of the log"
  case order = "a booking answered before another was asked for comes before it"
  case refusals = "every refusal as sold out was right at some moment between request and answer"
  case counts = "every count that a viewer saw is the count after that very change"
  case continuity = "viewers are told every change in order and once, or that some are left out"
  case convergence = "after quiet every viewer has the last count"
}

struct BrokenRule: Sendable, Equatable {
  let rule: ConsistencyRule
  /// One sentence that names what contradicts what.
  let evidence: String
  /// How often the rule is broken; the evidence is of the first time.
  var count = 1
}

struct Verdict: Sendable, Equatable {
  /// In the order of the rules; at most one each.
  private(set) var broken: [BrokenRule] = []
  /// What was looked at.
  var checkedAttempts = 0
  var checkedEntries = 0
  var checkedNotices = 0

  var isConsistent: Bool { broken.isEmpty }

  mutating func report(_ rule: ConsistencyRule, _ evidence: String) {
    if let index = broken.firstIndex(where: { $0.rule == rule }) {
      broken[index].count += 1
    } else {
      broken.append(BrokenRule(rule: rule, evidence: evidence))
    }
  }

  mutating func sort() {
    let order = ConsistencyRule.allCases
    broken.sort { one, other in
      (order.firstIndex(of: one.rule) ?? 0) < (order.firstIndex(of: other.rule) ?? 0)
    }
  }
}
