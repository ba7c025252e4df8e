// Proves or refutes the server's promises from a history that clients recorded, with the server's log as witness where it is given,
// and else with what all of them were told put together. It knows nothing of the server's code. Linear in the history but for
// sorting and one table of minima (n log n). Pure. Checker+….swift have the rules; HistoryIndex+Viewers.swift those of one
// connection.

enum Checker {
  /// - Parameter searches: whether to look for a legal order by a search also where there is a witness.
  static func judge(_ index: HistoryIndex, searches: Bool = false) -> (
    verdict: Verdict, counterexamples: [Counterexample]
  ) {
    var (verdict, counterexamples) = (index.verdict, [Counterexample]())
    let operations = operations(of: index)
    for event in Set(index.events.keys).union(operations.keys).sorted() {
      verdict.checkedEvents += 1
      var one = EventCase(event, index.events[event] ?? EventRecord(), operations[event] ?? [], index)
      one.judge()
      if searches || !verdict.hasWitness { counterexamples += one.search() }
      verdict.merge(one.verdict)
    }
    verdict.sort()
    return (verdict, counterexamples)
  }

  /// Acts on a booking whose answer was lost say nothing of the event; the booking does.
  private static func operations(of index: HistoryIndex) -> [Int: [Operation]] {
    var homes: [Int32: Int] = [:]
    for (event, record) in index.events {
      for fact in record.facts where fact.state.booking >= 0 { homes[fact.state.booking] = event }
      for fact in record.witness where fact.state.booking >= 0 { homes[fact.state.booking] = event }
    }
    var operations: [Int: [Operation]] = [:]
    for operation in index.operations {
      guard let event = operation.event ?? homes[operation.booking] else { continue }
      operations[event, default: []].append(operation)
    }
    return operations
  }
}

/// One event and all that the history has of it.
struct EventCase {
  let event: Int
  let record: EventRecord
  let operations: [Operation]
  let names: NameTable
  let isAtRest: Bool
  let hasWitness: Bool
  /// Of the log.
  let epoch: Int32
  /// The changes of one epoch by their seq: the witness, or what was told, put together.
  private(set) var log: [Fact] = []
  /// Where each seq stands in the log.
  private(set) var places: [UInt64: Int] = [:]
  /// Where in the log each booking was made, and where it ended.
  private(set) var made: [Int32: Int] = [:]
  private(set) var ended: [Int32: Int] = [:]
  /// Whether the log begins right behind the start and has no hole.
  private(set) var isWhole = false
  var verdict = Verdict()

  init(_ event: Int, _ record: EventRecord, _ operations: [Operation], _ index: HistoryIndex) {
    (self.event, names, isAtRest, hasWitness) = (event, index.names, index.isAtRest, !record.witness.isEmpty)
    // What was told before any epoch was heard of is of the first one.
    let all = (record.start.map { [$0] } ?? []) + record.facts + record.witness
    let first = all.lazy.map(\.state.epoch).first { $0 >= 0 }
    let resolved = record.resolved(first ?? NameTable.none)
    self.record = resolved
    self.operations = operations.map { operation in
      var operation = operation
      if operation.state?.epoch == NameTable.none { operation.state?.epoch = first ?? NameTable.none }
      return operation
    }
    let last = (resolved.witness.isEmpty ? resolved.facts : resolved.witness).last?.state.epoch
    epoch =
      resolved.witness.isEmpty
      ? (index.epoch >= 0 ? index.epoch : last ?? NameTable.none) : last ?? NameTable.none
    if hasWitness { takeWitness() } else { assemble() }
    isWhole = checkWhole()
  }

  mutating func judge() {
    checkFacts()
    checkLog()
    checkAnswers()
    checkKeys()
    checkAsked()
    checkEnds()
    checkStanding()
    checkOrder()
    if isWhole {
      checkRefusals()
      checkQueue()
    }
    checkRests()
  }

  // MARK: The log

  private mutating func takeWitness() {
    for fact in record.witness where fact.state.epoch == epoch {
      if let place = places[fact.state.seq] {
        // A file of notices and a feed may tell the same change.
        if let what = log[place].state.contradiction(fact.state) {
          verdict.report(
            .log, "the log of event \(event) has seq \(fact.state.seq) twice, and they differ in \(what)",
            lines: [log[place].line, fact.line])
        }
        log[place].state.add(fact.state)
        continue
      }
      places[fact.state.seq] = log.count
      log.append(fact)
    }
    sortLog()
  }

  /// Without a witness: what anybody was told of a seq.
  private mutating func assemble() {
    for fact in record.facts where fact.state.epoch == epoch {
      guard let place = places[fact.state.seq] else {
        places[fact.state.seq] = log.count
        log.append(fact)
        continue
      }
      log[place].state.add(fact.state)
      log[place].stamp = log[place].stamp ?? fact.stamp
    }
    if let start = record.start, start.state.epoch == epoch || start.state.epoch == NameTable.none {
      log.removeAll { $0.state.seq <= start.state.seq }
    }
    sortLog()
  }

  private mutating func sortLog() {
    log.sort { $0.state.seq < $1.state.seq }
    places.removeAll(keepingCapacity: true)
    for (place, fact) in log.enumerated() {
      places[fact.state.seq] = place
      guard fact.state.booking >= 0 else { continue }
      if fact.state.change == .created { made[fact.state.booking] = made[fact.state.booking] ?? place }
      if fact.state.change == .cancelled { ended[fact.state.booking] = ended[fact.state.booking] ?? place }
    }
  }

  private func checkWhole() -> Bool {
    guard let first = log.first, let last = log.last else { return record.start != nil }
    let begins = record.start.map { first.state.seq == $0.state.seq + 1 } ?? hasWitness
    let isKnown = log.allSatisfy { $0.state.hasAvailable && $0.state.change != nil }
    return begins && isKnown && last.state.seq - first.state.seq == UInt64(log.count - 1)
  }

  func fact(_ seq: UInt64) -> Fact? { places[seq].map { log[$0] } }

  func name(_ number: Int32) -> String { names.name(number) }
  func who(_ operation: Operation) -> String { names.name(operation.client) }

  /// The state before the log, when it is known.
  var start: FactState? { record.start?.state ?? log.first.flatMap(Self.before) }

  /// The state before a change, as far as the change tells it.
  private static func before(_ fact: Fact) -> FactState? {
    guard fact.state.hasAvailable, let change = fact.state.change, fact.state.seq > 0 else { return nil }
    var state = fact.state
    (state.seq, state.change, state.booking) = (fact.state.seq - 1, nil, NameTable.none)
    switch change {
    case .created: state.available = Int32(clamping: Int(state.available) + Int(max(0, state.quantity)))
    case .cancelled: state.available = Int32(clamping: Int(state.available) - Int(max(0, state.quantity)))
    case .resized: return nil
    case .updated: break
    }
    state.types = NameTable.none
    return state
  }

  // MARK: What was told

  /// Holds every fact against the log, and without a witness against each other.
  private mutating func checkFacts() {
    var merged: [Seq: (state: FactState, line: Int)] = [:]
    for fact in record.facts {
      if fact.state.epoch == epoch, hasWitness {
        checkAgainstLog(fact)
      } else if let other = merged[Seq(fact)] {
        if let what = fact.state.contradiction(other.state) {
          report(
            fact, "and somebody else of other values: they differ in \(what)", lines: [other.line, fact.line])
        }
        merged[Seq(fact)]?.state.add(fact.state)
      } else {
        merged[Seq(fact)] = (fact.state, fact.line)
      }
      checkAgainstStart(fact)
    }
  }

  private struct Seq: Hashable {
    let epoch: Int32
    let seq: UInt64
    init(_ fact: Fact) { (epoch, seq) = (fact.state.epoch, fact.state.seq) }
  }

  private mutating func checkAgainstStart(_ fact: Fact) {
    guard let start = record.start, fact.state.seq == start.state.seq,
      fact.state.epoch == start.state.epoch || start.state.epoch == NameTable.none,
      let what = fact.state.contradiction(start.state)
    else { return }
    report(
      fact, "and the event began with other values: they differ in \(what)", lines: [start.line, fact.line])
  }

  private mutating func checkAgainstLog(_ fact: Fact) {
    guard let logged = self.fact(fact.state.seq) else {
      let isBefore = log.first.map { fact.state.seq < $0.state.seq } ?? false
      guard !isBefore, fact.state.seq > record.start?.state.seq ?? 0 else { return }
      return report(fact, "which the server's log does not have", lines: [fact.line])
    }
    if let what = fact.state.contradiction(logged.state) {
      report(
        fact, "and the server's log has \(describe(logged.state)): they differ in \(what)",
        lines: [fact.line, logged.line])
    }
  }

  private mutating func report(_ fact: Fact, _ what: String, lines: [Int]) {
    let times = fact.count > 1 ? " (\(fact.count) times)" : ""
    verdict.report(
      fact.state.isAnswer ? .acknowledged : .atomic,
      "\(fact.state.isAnswer ? "an answer" : "a viewer") was told \(describe(fact.state))\(times), \(what)",
      lines: lines)
  }

  func describe(_ state: FactState) -> String {
    var parts = ["seq \(state.seq) of event \(event)"]
    switch state.change {
    case .created:
      parts.append("booking \(name(state.booking)) of \(state.quantity) for user \(name(state.user))")
    case .cancelled: parts.append("the end of booking \(name(state.booking)) of \(state.quantity)")
    case .resized: parts.append("another capacity")
    case .updated: parts.append("another state")
    case nil: break
    }
    if state.hasAvailable {
      parts.append("\(state.available)" + (state.capacity >= 0 ? " of \(state.capacity)" : "") + " left")
    }
    return parts.joined(separator: ", ")
  }

  // MARK: Rest

  private mutating func checkRests() {
    for rest in record.rests {
      let head = max(record.heads[rest.epoch] ?? 0, rest.epoch == epoch ? log.last?.state.seq ?? 0 : 0)
      guard rest.seq < head || !rest.hasCount else { continue }
      verdict.report(
        .converged,
        "\(name(rest.client)) rests at seq \(rest.seq) of event \(event), whose last change is seq \(head)",
        lines: [rest.line])
    }
  }
}
