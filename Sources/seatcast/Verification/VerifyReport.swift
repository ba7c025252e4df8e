// The result of `seatcast verify`: as sentences and a table for people, as JSON for programs. Pure.

struct VerifyReport: Sendable {
  let verdict: Verdict
  let counterexamples: [Counterexample]
  let lines: Int

  // MARK: For people

  private static let mostTold = 10

  func text(_ style: TextStyle) -> String {
    var output: [String] = []
    for broken in verdict.broken {
      output.append(
        style.text("BROKEN ", .red) + style.text(broken.rule.rawValue, .bold)
          + ": not so: \(broken.rule.promise)")
      for violation in broken.violations.prefix(Self.mostTold) {
        let lines = violation.lines.map { String($0) }.joined(separator: ", ")
        output.append("  " + violation.evidence.harmless)
        if !lines.isEmpty {
          output.append(style.text("    line\(violation.lines.count > 1 ? "s" : "") \(lines)", .faint))
        }
      }
      if broken.count > Self.mostTold {
        output.append("  and \(Numbers.grouped(broken.count - Self.mostTold)) more")
      }
    }
    if let first = counterexamples.first { output += ["", first.text(style)] }
    return (output + table(style)).joined(separator: "\n") + "\n"
  }

  private func table(_ style: TextStyle) -> [String] {
    func row(_ name: String, _ value: String) -> String { name.padded(18) + value }
    var rows = [
      row("lines", Numbers.grouped(lines)), row("events", Numbers.grouped(verdict.checkedEvents)),
      row("answers", Numbers.grouped(verdict.checkedAttempts)),
      row("frames", Numbers.grouped(verdict.checkedEntries)),
      row(
        "witness",
        verdict.hasWitness
          ? "\(Numbers.grouped(verdict.checkedNotices)) changes" : "none: what clients were told"),
    ]
    if windows.total > 0 {
      rows.append(
        row(
          "searched",
          "\(Numbers.grouped(windows.total)) windows, \(windows.counts.illegal) without a legal order, "
            + "\(windows.counts.undecided) not decided"))
    }
    let rules = ConsistencyRule.allCases.count
    rows.append(
      row(
        "verdict",
        verdict.isConsistent
          ? style.text("every promise held", .green)
          : style.text("BROKEN", .red) + ": \(verdict.broken.count) of \(rules) rules, "
            + "\(Numbers.grouped(verdict.broken.reduce(0) { $0 + $1.count })) times"))
    return rows
  }

  private var windows: (counts: WindowCounts, total: Int) {
    (verdict.windows, verdict.windows.legal + verdict.windows.illegal + verdict.windows.undecided)
  }

  // MARK: For programs

  var json: String {
    JSONText.object([
      ("consistent", verdict.isConsistent ? "true" : "false"), ("lines", String(lines)),
      ("events", String(verdict.checkedEvents)), ("answers", String(verdict.checkedAttempts)),
      ("frames", String(verdict.checkedEntries)), ("changes", String(verdict.checkedNotices)),
      ("witness", verdict.hasWitness ? "true" : "false"),
      (
        "windows",
        JSONText.object([
          ("legal", String(verdict.windows.legal)), ("illegal", String(verdict.windows.illegal)),
          ("undecided", String(verdict.windows.undecided)),
        ])
      ), ("broken", JSONText.array(verdict.broken.map(Self.json))),
    ]) + "\n"
  }

  private static func json(_ broken: BrokenRule) -> String {
    JSONText.object([
      ("rule", JSONText.string(broken.rule.rawValue)), ("promise", JSONText.string(broken.rule.promise)),
      ("count", String(broken.count)),
      (
        "violations",
        JSONText.array(
          broken.violations.map { violation in
            JSONText.object([
              ("evidence", JSONText.string(violation.evidence)),
              ("lines", JSONText.array(violation.lines.map { String($0) })),
            ])
          })
      ),
    ])
  }
}
