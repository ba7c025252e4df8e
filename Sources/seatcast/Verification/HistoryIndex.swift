// Takes a history line by line. The rules of what one connection is told are checked at once (HistoryIndex+Viewers.swift), so of
// frames only what they told is kept, each fact once: memory grows with requests and changes, not with viewers. A value.

struct HistoryIndex {
  var names = NameTable()
  private(set) var operations: [Operation] = []
  var events: [Int: EventRecord] = [:]
  var verdict = Verdict()
  /// Requests without an answer yet, by their number.
  private var pending: [Int: Int] = [:]
  var connections: [Int: ConnectionRecord] = [:]
  /// Where a client was last, over all its connections.
  var positions: [ClientEvent: Position] = [:]
  /// Of the database, as far as it is known.
  private(set) var epoch = NameTable.none
  private var hasHeader = false
  /// Whether nothing was asked since the last quiet moment.
  private(set) var isAtRest = false

  struct ClientEvent: Hashable {
    let client: Int32
    let event: Int
  }

  struct Position: Equatable {
    var seq: UInt64
    var epoch: Int32
  }

  /// - Parameter number: of the line; 0: it is in no file.
  mutating func take(_ bytes: [UInt8], number: Int) throws(HistoryFault) {
    try take(HistoryParser.line(bytes), number: number)
  }

  mutating func take(_ line: HistoryLine, number: Int) throws(HistoryFault) {
    if case .header(let version) = line {
      guard version == HistoryParser.version else {
        throw HistoryFault("says version \(version), and this program reads version \(HistoryParser.version)")
      }
      hasHeader = true
      return
    }
    guard hasHeader else { throw HistoryFault("is not the line that begins a history") }
    switch line {
    case .header: break
    case .event(let told): begin(told, number)
    case .request(let request): try ask(request, number)
    case .answer(let answer): try settle(answer, number)
    case .unanswered(let request):
      guard pending.removeValue(forKey: request) != nil else {
        throw HistoryFault("names request \(request), which waits for no answer")
      }
    case .opened, .subscribe, .frame, .pinged, .ponged, .pace, .closed: try takeLive(line, number)
    case .quiet: rest()
    case .restored(let epoch): restore(epoch)
    case .notice(let told): witness(told, number)
    case .booking(let booking):
      let isStanding = ["confirmed", "held"].contains(booking.status)
      events[booking.event, default: EventRecord()].listed.append(
        (names.number(booking.bookingID), booking.quantity, isStanding, number))
    case .listed(let event): events[event, default: EventRecord()].isListed = true
    }
  }

  /// For recorders in the same process.
  mutating func begin() { hasHeader = true }

  // MARK: Requests

  private mutating func ask(_ request: HistoryRequest, _ number: Int) throws(HistoryFault) {
    guard pending[request.id] == nil else {
      throw HistoryFault("asks with the number \(request.id) of a request that waits for its answer")
    }
    if isAtRest {
      isAtRest = false
      settleRests()
    }
    pending[request.id] = operations.count
    operations.append(Operation(request, line: number, &names))
  }

  private mutating func settle(_ answer: HistoryAnswer, _ number: Int) throws(HistoryFault) {
    guard let place = pending.removeValue(forKey: answer.request) else {
      throw HistoryFault("answers request \(answer.request), which waits for no answer")
    }
    guard answer.at >= operations[place].sentAt else { throw HistoryFault("answers before it was asked") }
    operations[place].take(answer, line: number, epoch: epoch, &names)
    verdict.checkedAttempts += 1
    if let event = operations[place].event, let state = operations[place].state {
      events[event, default: EventRecord()].tell(state, line: number, at: answer.at, stamp: nil)
    }
  }

  // MARK: Events and the witness

  private mutating func begin(_ told: TellingOf, _ number: Int) {
    learn(told.epoch)
    let state = FactState(told.telling, epoch: epoch, isAnswer: false, &names)
    var record = events[told.event] ?? EventRecord()
    record.start = Fact(state: state, line: number, at: .min)
    record.isExclusive = told.isExclusive
    events[told.event] = record
  }

  private mutating func witness(_ told: TellingOf, _ number: Int) {
    let named = names.number(told.epoch)
    let state = FactState(
      told.telling, epoch: named >= 0 ? named : epoch, isAnswer: false, &names)
    events[told.event, default: EventRecord()].witness.append(
      Fact(state: state, line: number, at: .max, stamp: told.telling.stamp))
    verdict.checkedNotices += 1
    verdict.hasWitness = true
  }

  /// The first epoch that is heard of is the one that the history began with.
  mutating func learn(_ name: String?) {
    guard epoch == NameTable.none, let name else { return }
    epoch = names.number(name)
  }

  private mutating func restore(_ name: String) {
    epoch = names.number(name)
    for place in operations.indices where operations[place].outcome != .refused {
      operations[place].isForfeit = true
    }
    for place in pending.values { operations[place].isForfeit = true }
  }

  // MARK: Quiet

  private mutating func rest() {
    isAtRest = true
    for event in events.keys { events[event]?.rests.removeAll(keepingCapacity: true) }
    for connection in connections.values where connection.isOpen {
      for (event, subscription) in connection.subscriptions {
        events[event, default: EventRecord()].rests.append(
          EventRecord.Rest(
            client: connection.client, seq: subscription.position.seq, epoch: subscription.position.epoch,
            line: subscription.line, hasCount: subscription.hasCount))
      }
    }
  }

  /// Things go on: whoever rested must have had what was known by then.
  private mutating func settleRests() {
    for (event, record) in events {
      for rest in record.rests {
        guard let head = record.heads[rest.epoch], rest.seq < head else { continue }
        reportRest(rest, of: event, head: head)
      }
      events[event]?.rests.removeAll(keepingCapacity: true)
    }
  }

  mutating func reportRest(_ rest: EventRecord.Rest, of event: Int, head: UInt64) {
    verdict.report(
      .converged,
      "\(names.name(rest.client)) rested at seq \(rest.seq) of event \(event), whose last change is seq \(head)",
      lines: [rest.line])
  }
}
