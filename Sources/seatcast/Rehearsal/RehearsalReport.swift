// The result of a rehearsal: as a table for people, as JSON for programs. Pure.

struct RehearsalReport: Sendable {
  let server: String
  let event: Int
  let users: Int
  let seats: Int
  let quantity: Int
  let connections: Int
  let viewersAsked: Int
  /// Of the rush, from the first request to the last answer.
  let seconds: Double
  let result: RehearsalRecorder.Result
  let verdict: Verdict

  private static let quantiles: [(name: String, part: Double)] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)]

  private var sold: Int { result.progress.bookings * quantity }
  private var rate: Double { seconds > 0 ? Double(result.progress.bookings) / seconds : 0 }
  private var refused: [(key: String, value: Int)] {
    result.progress.refused.sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }
  }

  // MARK: For people

  func text(_ style: TextStyle) -> String {
    var lines = [
      style.text("Rehearsal of event \(event) at \(server)", .bold),
      row(
        "users",
        "\(Numbers.grouped(users)) over \(Numbers.grouped(connections)) connections, for "
          + "\(Numbers.grouped(seats)) seats, \(quantity) each"),
      row(
        "bookings", "\(Numbers.grouped(result.progress.bookings)) in \(Numbers.fixed(seconds, digits: 2)) s"),
      row("per second", Numbers.fixed(rate, digits: 1)), row("seats sold", Numbers.grouped(sold)),
    ]
    if result.progress.cancelled > 0 {
      lines.append(row("given back", Numbers.grouped(result.progress.cancelled)))
    }
    lines += refused.map { row("refused", "\(Numbers.grouped($0.value))  \($0.key.harmless)") }
    if result.progress.unknown > 0 {
      lines.append(row("without answer", Numbers.grouped(result.progress.unknown)))
    }
    lines.append(row("retries", Numbers.grouped(result.progress.retries)))
    lines += ["", style.text("".padded(18) + header, .faint)]
    lines.append("booking".padded(18) + times(result.booking))
    lines.append("commit to screen".padded(18) + times(result.screen))
    lines += ["", viewersLine]
    lines += consistency(style)
    if let hint { lines += ["", style.text(hint, .yellow)] }
    return lines.joined(separator: "\n") + "\n"
  }

  private func row(_ name: String, _ value: String) -> String { name.padded(18) + value }

  private var header: String {
    (Self.quantiles.map(\.name) + ["max"]).map { $0.aligned(10) }.joined() + "number".aligned(12)
  }

  private func times(_ histogram: LatencyHistogram) -> String {
    let values =
      Self.quantiles.map { histogram.quantile($0.part) }
      + [histogram.count > 0 ? Double(histogram.greatest) / 1_000 : nil]
    return values.map { ($0.map(Numbers.milliseconds) ?? "-").aligned(10) }.joined()
      + Numbers.grouped(histogram.count).aligned(12)
  }

  private var viewersLine: String {
    let missing = viewersAsked - result.viewers
    return row("viewers", "\(Numbers.grouped(result.viewers)) watched")
      + (missing > 0 ? ", \(missing) got no connection" : "")
      + (result.lost > 0 ? ", \(result.lost) connections lost, \(result.resumed) resumed" : "")
      + (result.conflated > 0 ? ", \(result.conflated) notices stood for several" : "")
  }

  private func consistency(_ style: TextStyle) -> [String] {
    let checked =
      "\(Numbers.grouped(verdict.checkedAttempts)) requests, \(Numbers.grouped(verdict.checkedNotices)) changes and "
      + "\(Numbers.grouped(verdict.checkedEntries)) sightings checked"
    guard !verdict.isConsistent else {
      return [row("consistency", style.text("every promise held", .green) + ": " + checked)]
    }
    return [row("consistency", style.text("BROKEN", .red) + ": " + checked)]
      + verdict.broken.flatMap { broken in
        [
          style.text("  not so: ", .red) + broken.rule.promise
            + (broken.count > 1 ? " (\(broken.count) times)" : ""),
          "    \(broken.evidence.harmless)",
        ]
      }
  }

  /// What the numbers say of the server's limits rather than of its speed. A server that is busy (503) makes users try
  /// again, too.
  private var hint: String? {
    guard result.progress.refused["rate-limited"] != nil || result.progress.limited > users else {
      return nil
    }
    return
      "Rate limits decided: all users come from one address here. Try a server with --rate-limits off, or with "
      + "--limits requests-address=off."
  }

  // MARK: For programs

  var json: String {
    let refusals = refused.map { (name: Self.name($0.key), value: String($0.value)) }
    return JSONText.object([
      ("server", JSONText.string(server)), ("eventId", String(event)), ("users", String(users)),
      ("connections", String(connections)), ("seats", String(seats)), ("quantity", String(quantity)),
      ("seconds", JSONText.number(seconds)), ("bookings", String(result.progress.bookings)),
      ("bookingsPerSecond", JSONText.number(rate)), ("seatsSold", String(sold)),
      ("cancelled", String(result.progress.cancelled)), ("refused", JSONText.object(refusals)),
      ("unknown", String(result.progress.unknown)), ("retries", String(result.progress.retries)),
      ("rateLimited", String(result.progress.limited)),
      ("bookingMs", Self.json(result.booking)), ("commitToScreenMs", Self.json(result.screen)),
      (
        "viewers",
        JSONText.object([
          ("asked", String(viewersAsked)), ("watched", String(result.viewers)),
          ("lost", String(result.lost)), ("resumed", String(result.resumed)),
          ("conflated", String(result.conflated)),
        ])
      ),
      ("consistency", consistencyJSON),
    ]) + "\n"
  }

  /// A problem's type as a member's name; it needs no escapes.
  private static func name(_ kind: String) -> String {
    kind.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
  }

  private static func json(_ histogram: LatencyHistogram) -> String {
    let greatest = histogram.count > 0 ? Double(histogram.greatest) / 1_000 : nil
    let times = quantiles.map { ($0.name, histogram.quantile($0.part)) } + [("max", greatest)]
    return JSONText.object(
      times.map { name, time in (name: name, value: time.map { JSONText.number($0) } ?? "null") }
        + [("count", String(histogram.count))])
  }

  private var consistencyJSON: String {
    JSONText.object([
      ("consistent", verdict.isConsistent ? "true" : "false"), ("requests", String(verdict.checkedAttempts)),
      ("changes", String(verdict.checkedNotices)), ("sightings", String(verdict.checkedEntries)),
      (
        "broken",
        JSONText.array(
          verdict.broken.map { broken in
            JSONText.object([
              ("rule", JSONText.string(broken.rule.rawValue)),
              ("promise", JSONText.string(broken.rule.promise)), ("count", String(broken.count)),
              ("evidence", JSONText.string(broken.evidence)),
            ])
          })
      ),
    ])
  }
}
