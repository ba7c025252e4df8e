// A window without a legal order, for people: as a table in a terminal, and as a picture of who asked when. Pure.

extension Counterexample {
  private static let mostRows = 40

  /// The requests in the order of time, with their place in the longest order that was found.
  private var rows: [(step: SearchStep, place: Int?)] {
    var places: [Int: Int] = [:]
    for (place, step) in order.enumerated() { places[step] = place + 1 }
    return steps.indices.sorted { steps[$0].sentAt < steps[$1].sentAt }.filter {
      places[$0] != nil || !steps[$0].isOptional
    }.map { (steps[$0], places[$0]) }
  }

  private var begin: Int64 { steps.map(\.sentAt).min() ?? 0 }

  private static func answer(_ step: SearchStep) -> String {
    switch step.effect {
    case .refusedFor: "sold out" + (step.available.map { ", \($0) left" } ?? "")
    case .takes, .changes, .reads:
      (step.isOptional ? "no answer" : step.seq.map { "seq \($0)" } ?? "done")
        + (step.available.map { ", \($0) left" } ?? "")
    }
  }

  private func time(_ moment: Int64) -> String {
    moment == .max ? "-" : Numbers.fixed(Double(moment - begin) / 1_000, digits: 2)
  }

  func text(_ style: TextStyle) -> String {
    var lines = [
      style.text("No order of these requests of event \(event) explains every answer", .bold),
      style.text(
        "order".padded(7) + "client".padded(18) + "asked for".padded(22) + "from ms".aligned(10)
          + "to ms".aligned(10)
          + "  answer".padded(26) + "lines", .faint),
    ]
    // What could not follow stands at the end of the time, and is what matters.
    for (step, place) in rows.suffix(Self.mostRows) {
      let row =
        (place.map { String($0) } ?? "none").padded(7) + step.name.harmless.cut(17).padded(18)
        + step.act.harmless.cut(21).padded(22)
        + time(step.sentAt).aligned(10) + time(step.answeredAt).aligned(10) + "  "
        + Self.answer(step).padded(24)
        + step.lines.map { String($0) }.joined(separator: ",")
      lines.append(place == nil ? style.text(row, .red) : row)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  // MARK: Picture

  private static let (width, height, margin) = (1_000, 26, 150)

  /// One line per client, one bar per request, its place in the order inside; red: it could not follow.
  func svg() -> String {
    let rows = Array(rows.suffix(Self.mostRows))
    let clients = rows.map(\.step.name).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    let last = rows.flatMap { [$0.step.sentAt, $0.step.answeredAt] }.filter { $0 != .max }.max() ?? begin + 1
    let scale = Double(Self.width - Self.margin - 20) / Double(max(1, last - begin))
    let total = Self.height * (clients.count + 2)
    var parts = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Self.width) \(total)\" font-family=\"sans-serif\" "
        + "font-size=\"12\">", "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
      Self.label(
        10, 18,
        "Event \(event): no order of these requests explains every answer; \(order.count) of \(steps.count) "
          + "could follow each other"),
    ]
    for (number, client) in clients.enumerated() {
      parts.append(Self.label(10, Self.height * (number + 2) - 8, String(client.cut(20))))
    }
    for (step, place) in rows {
      let line = clients.firstIndex(of: step.name) ?? 0
      let x = Self.margin + Int(Double(step.sentAt - begin) * scale)
      let end =
        step.answeredAt == .max ? Self.width - 10 : Self.margin + Int(Double(step.answeredAt - begin) * scale)
      parts.append(Self.bar(x, Self.height * (line + 1) + 4, max(14, end - x), step, place))
    }
    return parts.joined(separator: "\n") + "\n</svg>\n"
  }

  private static func bar(_ x: Int, _ y: Int, _ width: Int, _ step: SearchStep, _ place: Int?) -> String {
    let colour = place == nil ? "#e5484d" : step.isOptional ? "#e0e0e0" : "#8ec5ff"
    let words = (place.map { "\($0)  " } ?? "") + (width > 80 ? step.act : "")
    return "<g><title>\(escaped("\(step.name): \(step.act), \(answer(step))"))</title>"
      + "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(width)\" height=\"18\" rx=\"3\" fill=\"\(colour)\" stroke=\"#555\"/>"
      + label(x + 3, y + 13, words) + "</g>"
  }

  private static func label(_ x: Int, _ y: Int, _ text: String) -> String {
    "<text x=\"\(x)\" y=\"\(y)\">\(escaped(text))</text>"
  }

  private static func escaped(_ text: String) -> String {
    text.harmless.reduce(into: "") { output, character in
      switch character {
      case "&": output += "&amp;"
      case "<": output += "&lt;"
      case ">": output += "&gt;"
      default: output.append(character)
      }
    }
  }
}
