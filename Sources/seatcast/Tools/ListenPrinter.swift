// The lines of `seatcast listen`: for people with colours, for programs the server's own JSON. Whatever the server says,
// it does not command the terminal. Pure.
import SeatcastClient

struct ListenPrinter: Sendable {
  let style: TextStyle
  /// JSON lines instead of text.
  let isJSON: Bool

  /// A message as it came, for programs.
  func line(forMessage text: [UInt8]) -> String? {
    isJSON ? JSONText.line(text) + "\n" : nil
  }

  func line(for event: FeedEvent) -> String? {
    if isJSON {
      guard case .lost(let error, let wait) = event else { return nil }
      return JSONText.object([
        ("type", "\"connection_lost\""), ("message", JSONText.string(error.description)),
        ("retryInMs", String(Self.milliseconds(wait))),
      ]) + "\n"
    }
    switch event {
    case .live(let seq, _, let recovered, let count, let state, let at):
      let what = recovered == nil ? "connected" : recovered == true ? "resumed" : "reconnected"
      let words = [count.map(left), state.map(told)].compactMap { $0 }.joined(separator: "  ")
      return line(at, style.text(what.padded(Self.width), .cyan), words.isEmpty ? "at seq \(seq)" : words)
    case .notice(let notice, _): return line(for: notice)
    case .offer(let offer):
      return style.text(
        "offered \(offer.quantity) seats until \(offer.expiresAt.harmless): \(offer.bookingID.harmless)",
        .bold)
        + "\n"
    case .lost(let error, let wait):
      let seconds = Numbers.fixed(Double(Self.milliseconds(wait)) / 1_000, digits: 1)
      return style.text("\(error.description.harmless) Trying again in \(seconds) s.", .red) + "\n"
    }
  }

  private static let width = 14

  private func line(for notice: Notice) -> String {
    let (what, colour): (String, TextStyle.Colour) =
      switch notice.kind {
      case _ where notice.standsForMany: ("\(notice.seq - notice.fromSeq + 1) changes", .faint)
      case .bookingCreated: ("booked \(notice.quantity ?? 1)", .green)
      case .bookingCancelled: ("gave back \(notice.quantity ?? 1)", .yellow)
      case .seatUpdate: ("capacity", .blue)
      case .eventUpdated: ("updated", .blue)
      case .caughtUp: ("caught up", .faint)
      }
    let who = [notice.bookingID, notice.userID.map { "user \($0)" }].compactMap { $0?.harmless }.joined(
      separator: " ")
    let words = [left(notice.count), notice.state.map(told) ?? who].filter { !$0.isEmpty }.joined(
      separator: "  ")
    return line(notice.committedAt, style.text(what.padded(Self.width), colour), words)
  }

  private func line(_ at: Int64, _ what: String, _ words: String) -> String {
    style.text(Numbers.timeOfDay(at), .faint) + "  \(what)  \(words)\n"
  }

  private func told(_ state: EventState) -> String { "\(state.status.harmless)  \(state.name.harmless)" }

  private func left(_ count: SeatCount) -> String {
    // As wide as the capacity, so that what follows stands below what was before.
    let capacity = Numbers.grouped(count.seatCapacity)
    let number = Numbers.grouped(count.availableSeats).aligned(capacity.count)
    let colour: TextStyle.Colour = count.availableSeats == 0 ? .red : .bold
    return style.text(number, colour) + " of \(capacity) left"
  }

  private static func milliseconds(_ duration: Duration) -> Int {
    let parts = duration.components
    return Int(parts.seconds) * 1_000 + Int(parts.attoseconds / 1_000_000_000_000_000)
  }
}
