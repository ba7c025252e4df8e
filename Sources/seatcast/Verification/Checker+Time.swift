// What time proves: whatever was answered or shown before something was asked for comes before it, and a refusal was right at some
// moment between its request and its answer.

/// A change of the log that one operation made, with the time in which it must have been made.
struct TimedChange {
  let seq: UInt64
  /// When it was asked for first, and answered first.
  let sentAt: Int64
  let answeredAt: Int64
  let name: Int32
  let lines: [Int]
}

extension EventCase {
  /// The greatest seq that anybody knew before a time.
  var known: LatestSeqs {
    var tellings: [(time: Int64, seq: UInt64)] = []
    for fact in record.facts where fact.state.epoch == epoch { tellings.append((fact.at, fact.state.seq)) }
    return LatestSeqs(tellings.sorted { $0.time < $1.time })
  }

  /// The changes that operations made. Requests of one key, and those that end one booking, are one operation.
  var changes: [TimedChange] {
    var (changes, places): ([TimedChange], [Made: Int]) = ([], [:])
    let certain = certainBookings
    for operation in operations where operation.outcome == .done && !operation.isForfeit {
      guard let state = operation.state,
        operation.act == .book || operation.act == .cancel && certain.contains(operation.booking)
      else { continue }
      let made = Made(booking: operation.booking, isMade: operation.act == .book)
      // An end that was told with the seq of the beginning is a repetition of something else.
      guard let place = made.isMade ? self.made[made.booking] : ended[made.booking],
        log[place].state.seq == state.seq
      else { continue }
      let one = TimedChange(
        seq: state.seq, sentAt: operation.sentAt, answeredAt: operation.answeredAt, name: operation.client,
        lines: [operation.line, operation.answerLine])
      if let known = places[made] {
        changes[known] = changes[known].merged(one)
      } else {
        places[made] = changes.count
        changes.append(one)
      }
    }
    return changes.compactMap(withUnanswered)
  }

  /// Bookings that end only when somebody cancels them: whoever cancels another may be told of an end that came before.
  private var certainBookings: Set<Int32> {
    let cancelled = names.known("cancelled")
    guard !log.contains(where: { $0.state.status >= 0 && $0.state.status == cancelled }) else { return [] }
    var bookings: Set<Int32> = []
    for operation in operations where operation.act == .book && operation.outcome == .done {
      if !operation.isHold { bookings.insert(operation.booking) }
    }
    return bookings
  }

  private struct Made: Hashable {
    let booking: Int32
    let isMade: Bool
  }

  /// A booking may have been made by an earlier request of the same key that was not answered, and ended by any that was not.
  private func withUnanswered(_ change: TimedChange) -> TimedChange? {
    guard let earliest = unanswered[change.seq], earliest < change.sentAt else { return change }
    return TimedChange(
      seq: change.seq, sentAt: earliest, answeredAt: change.answeredAt, name: change.name, lines: change.lines
    )
  }

  /// By the seq of a change: when a request without an answer that may have made it was sent.
  private var unanswered: [UInt64: Int64] {
    var keys: [KeyOfUser: UInt64] = [:]
    for operation in operations
    where operation.act == .book && operation.outcome == .done && operation.key >= 0 {
      if let seq = operation.state?.seq { keys[KeyOfUser(operation)] = seq }
    }
    var times: [UInt64: Int64] = [:]
    for operation in operations where operation.outcome == .unknown {
      var seq: UInt64?
      if operation.act == .book, operation.key >= 0 { seq = keys[KeyOfUser(operation)] }
      if operation.act == .cancel { seq = ended[operation.booking].map { log[$0].state.seq } }
      if let seq { times[seq] = min(times[seq] ?? .max, operation.sentAt) }
    }
    return times
  }

  // MARK: Order

  mutating func checkOrder() {
    let known = known
    for change in changes {
      guard let before = known.before(change.sentAt), before >= change.seq else { continue }
      verdict.report(
        .order,
        "\(name(change.name)) asked when seq \(before) of event \(event) had been told, and got seq \(change.seq)",
        lines: earlier(than: change.sentAt, seq: before) + change.lines)
    }
    for operation in operations where operation.outcome == .done && !operation.isForfeit {
      guard operation.act == .read || operation.act == .change, let state = operation.state,
        state.epoch == epoch,
        let before = known.before(operation.sentAt), before > state.seq
      else { continue }
      verdict.report(
        .order,
        "\(who(operation)) asked when seq \(before) of event \(event) had been told, and was answered with the state of "
          + "seq \(state.seq)",
        lines: earlier(than: operation.sentAt, seq: before) + [operation.line, operation.answerLine])
    }
  }

  /// The line that told a seq first.
  private func earlier(than time: Int64, seq: UInt64) -> [Int] {
    record.facts.first { $0.state.seq == seq && $0.state.epoch == epoch && $0.at < time }.map { [$0.line] }
      ?? []
  }

  // MARK: Refusals

  /// The places of states between which a refusal was decided; place 0 is the state before the log, and place n that after its
  /// n-th change. Not older than what was known before the request, and not newer than what was asked for after the answer.
  private struct Instants {
    let known: LatestSeqs
    let later: EarliestSeqs

    func range(_ operation: Operation, _ places: [UInt64: Int], _ count: Int) -> ClosedRange<Int>? {
      let first = known.before(operation.sentAt).flatMap { places[$0] }.map { $0 + 1 } ?? 0
      let last = later.after(operation.answeredAt).flatMap { places[$0] } ?? count
      return first <= last ? first...last : nil
    }
  }

  /// The statuses that only an administrator gives; those that the clock makes are announced a moment after they count.
  private static let statuses = ["sales-paused": "paused", "event-cancelled": "cancelled"]

  mutating func checkRefusals() {
    let refused = operations.filter { $0.outcome == .refused && $0.act != .read && !$0.isForfeit }
    guard !refused.isEmpty, let start, start.hasAvailable else { return }
    let instants = Instants(known: known, later: EarliestSeqs(changes.map { ($0.sentAt, $0.seq) }))
    let available = [Int(start.available)] + log.map { Int($0.state.available) }
    let (minima, values) = (Minima(available), ValuePlaces(available))
    let statuses = StatusPlaces(start, log, names)
    for operation in refused {
      guard let range = instants.range(operation, places, log.count) else { continue }
      let problem = name(operation.problem)
      if problem == "sold-out", start.types == NameTable.none, log.last?.state.types ?? NameTable.none < 0 {
        checkSoldOut(operation, range, minima, values)
      } else if let status = Self.statuses[problem], !statuses.has(status, in: range) {
        report(operation, "\(problem), and all the time the event was not \(status)")
      }
    }
  }

  private mutating func checkSoldOut(
    _ operation: Operation, _ range: ClosedRange<Int>, _ minima: Minima, _ values: ValuePlaces
  ) {
    let least = minima.least(range)
    if least >= operation.quantity {
      report(
        operation, "\(operation.quantity) seats as sold out, and all the time at least \(least) were left")
    } else if operation.available != FactState.untold, !values.has(Int(operation.available), in: range) {
      report(operation, "with \(operation.available) seats left, and at no time so many were left")
    } else if operation.available != FactState.untold, Int(operation.available) >= operation.quantity {
      report(operation, "\(operation.quantity) seats, and was told that \(operation.available) were left")
    }
  }

  private mutating func report(_ operation: Operation, _ what: String) {
    verdict.report(
      .refusals, "\(who(operation)) was refused \(what) (event \(event))",
      lines: [operation.line, operation.answerLine])
  }
}

extension TimedChange {
  /// The same change, told once more.
  func merged(_ other: TimedChange) -> TimedChange {
    TimedChange(
      seq: seq, sentAt: min(sentAt, other.sentAt), answeredAt: min(answeredAt, other.answeredAt), name: name,
      lines: lines)
  }
}
