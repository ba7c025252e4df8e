// What `seatcast top` shows: a table for a terminal, a line of JSON for programs. Whatever the server says, it does not
// command the terminal. Pure.
import SeatcastClient

struct TopScreen: Sendable {
  let server: String
  let style: TextStyle

  private static let labels = [
    "bookings": "bookings", "cancellations": "cancellations", "confirmations": "holds confirmed",
    "expiries": "holds expired", "deliveries": "deliveries", "conflations": "conflations",
    "requests": "requests", "refusals": "refusals", "commits": "commits",
  ]
  private static let times = [
    "commitToWire": "commit to wire", "commitToLastSubscriber": "commit to last viewer",
    "sync": "commit with sync",
  ]

  // MARK: For people

  /// Not more lines than `rows`, none longer than `columns`.
  /// - Parameter note: what is wrong now.
  func lines(
    _ sample: StatsSample, since earlier: StatsSample?, note: String?, columns: Int, rows: Int
  ) -> [String] {
    let line = { (text: String, colour: TextStyle.Colour?) in
      let cut = text.harmless.cut(columns)
      return colour.map { style.text(cut, $0) } ?? cut
    }
    var lines = [
      line(
        "seatcast \(sample.version) at \(server)  up \(Numbers.span(sample.uptimeSeconds))  "
          + String(Numbers.timeOfDay(sample.time).prefix(8)) + " UTC", .bold),
      line(connections(sample), nil), line(audience(sample), nil),
    ]
    if let note { lines.append(line(note, .red)) }
    lines.append("")
    lines.append(line("".padded(18) + "per second".aligned(12) + "total".aligned(16), .faint))
    for name in StatsSample.totalNames { lines.append(line(total(name, sample, earlier), nil)) }
    lines.append("")
    lines.append(
      line("".padded(24) + "p50".aligned(10) + "p90".aligned(10) + "p99".aligned(10), .faint))
    for name in StatsSample.histogramNames { lines.append(line(time(name, sample, earlier), nil)) }
    let refused = sample.refusalRates(since: earlier)
    if !refused.isEmpty {
      let words = refused.map { "\($0.name) \(Numbers.fixed($0.rate, digits: 1))/s" }
      lines += ["", line("refused: " + words.joined(separator: "  "), .yellow)]
    }
    lines += ["", line("EVENT".aligned(10) + "VIEWERS".aligned(12) + "LAGGING".aligned(12), .faint)]
    lines += sample.audiences.map { row in
      line(
        String(row.eventID).aligned(10) + Numbers.grouped(row.subscribers).aligned(12)
          + Numbers.grouped(row.lagging).aligned(12), nil)
    }
    return Array(lines.prefix(max(1, rows - 1))) + [line("q: leave", .faint)]
  }

  private func connections(_ sample: StatsSample) -> String {
    let labels = [
      ("open", "connections"), ("webSockets", "web sockets"), ("eventStreams", "event streams"),
      ("anonymous", "anonymous"), ("lagging", "lagging"), ("blocked", "blocked"),
    ]
    return labels.compactMap { name, label in
      sample.gauges[name].map { "\(label) \(Numbers.grouped(Numbers.whole($0)))" }
    }.joined(separator: "  ")
  }

  private func audience(_ sample: StatsSample) -> String {
    "subscriptions \(Numbers.grouped(Numbers.whole(sample.subscriptions)))  events held \(Numbers.grouped(Numbers.whole(sample.topics)))"
      + (sample.memory.map { "  memory \(Numbers.bytes($0))" } ?? "")
  }

  private func total(_ name: String, _ sample: StatsSample, _ earlier: StatsSample?) -> String {
    let rate = sample.rate(name, since: earlier).map { Numbers.fixed($0, digits: 1) } ?? "-"
    let total = sample.totals[name].map { Numbers.grouped(Numbers.whole($0)) } ?? "-"
    return (Self.labels[name] ?? name).padded(18) + rate.aligned(12) + total.aligned(16)
  }

  private func time(_ name: String, _ sample: StatsSample, _ earlier: StatsSample?) -> String {
    let seen = sample.observed(name, since: earlier)
    return (Self.times[name] ?? name).padded(24)
      + [0.5, 0.9, 0.99].map { part in
        (seen?.quantile(part).map { Numbers.milliseconds($0 * 1_000) } ?? "-").aligned(10)
      }.joined()
  }

  // MARK: For programs

  /// What the server told, on one line, with `rates` per second since the sample before.
  static func json(_ body: [UInt8], _ sample: StatsSample, since earlier: StatsSample?) -> String {
    let rates = StatsSample.totalNames.map { name in
      (name: name, value: sample.rate(name, since: earlier).map { JSONText.number($0) } ?? "null")
    }
    var text = JSONText.line(body)
    while text.last == " " { text.removeLast() }
    if text.last == "}" { text.removeLast() }
    return text + ",\"rates\":\(JSONText.object(rates))}\n"
  }
}
