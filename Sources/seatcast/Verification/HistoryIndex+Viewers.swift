// The rules of what one connection is told, checked frame by frame: ordered, unique, reliable, resumable, bookmarked, alive, paced. What
// is told besides is kept as facts, which Checker.swift holds against each other and against the witness.

/// One live connection, WebSocket or event stream.
struct ConnectionRecord {
  struct Subscription {
    var position: HistoryIndex.Position
    /// Of the last frame.
    var line: Int
    /// Whether a count was told, or known before it resumed.
    var hasCount: Bool
  }

  let client: Int32
  var isOpen = true
  /// By event: what is subscribed, from its greeting on.
  var subscriptions: [Int: Subscription] = [:]
  /// By event: after which places this connection asked to go on.
  var asked: [Int: [ResumePoint]] = [:]
  var unansweredPings = 0
  var hasPonged = false
  var isDraining = false
  /// Messages per event and second, and since when they are; 0: all.
  var pace = (perSecond: 0, since: Int64(0))
  /// By event: notices since the pace holds.
  var paced: [Int: Int] = [:]
}

extension HistoryIndex {
  mutating func takeLive(_ line: HistoryLine, _ number: Int) throws(HistoryFault) {
    switch line {
    case .opened(let connection, let client, let resume):
      connections[connection] = ConnectionRecord(client: names.number(client))
      if let resume { ask(connection, resume) }
    case .subscribe(let connection, let resume):
      try open(connection)
      ask(connection, resume)
    case .frame(let connection, let at, let frame):
      try open(connection)
      verdict.checkedEntries += 1
      hear(frame, on: connection, number, at)
    case .pinged(let connection):
      try open(connection)
      connections[connection]?.unansweredPings += 1
    case .ponged(let connection):
      connections[connection]?.unansweredPings = 0
      connections[connection]?.hasPonged = true
    case .pace(let connection, let at, let perSecond):
      try open(connection)
      connections[connection]?.pace = (perSecond, at)
      connections[connection]?.paced = [:]
    case .closed(let connection, let code): close(connection, code, number)
    default: break
    }
  }

  private func open(_ connection: Int) throws(HistoryFault) {
    guard connections[connection]?.isOpen == true else {
      throw HistoryFault("is of connection \(connection), which is not open")
    }
  }

  private mutating func ask(_ connection: Int, _ resume: ResumePoint) {
    guard resume.seq != nil else { return }
    connections[connection]?.asked[resume.event, default: []].append(resume)
  }

  /// RFC 6455 and docs/WIRE_PROTOCOL.md: 1001 tells a client that it answered no ping, or that the server goes away.
  private mutating func close(_ connection: Int, _ code: Int?, _ number: Int) {
    guard let record = connections.removeValue(forKey: connection) else { return }
    if code == 1_001, !record.isDraining, record.hasPonged, record.unansweredPings == 0 {
      verdict.report(
        .alive, "\(names.name(record.client)) was closed as silent and had answered every ping",
        lines: [number])
    }
  }

  private mutating func hear(_ frame: ServerFrame, on connection: Int, _ number: Int, _ at: Int64) {
    guard let client = connections[connection]?.client else { return }
    switch frame {
    case .greeting(let told, let isResumed):
      greet(told, isResumed, connection, client, number, at)
    case .notice(let told): notify(told, connection, client, number, at)
    case .pong(let positions):
      for position in positions { compare(position, connection, client, number) }
    case .unsubscribed(let event): connections[connection]?.subscriptions[event] = nil
    case .refused(let event, let code):
      // Refused: what was subscribed before was left for it.
      if let event, code != "not_subscribed" { connections[connection]?.subscriptions[event] = nil }
    case .offer(let event, let booking):
      events[event, default: EventRecord()].offers.insert(names.number(booking))
    case .draining: connections[connection]?.isDraining = true
    case .other: break
    }
  }

  // MARK: Greetings

  private mutating func greet(
    _ told: TellingOf, _ isResumed: Bool?, _ connection: Int, _ client: Int32, _ number: Int, _ at: Int64
  ) {
    learn(told.epoch)
    let here = Position(
      seq: told.telling.seq, epoch: told.epoch == nil ? epoch : names.number(told.epoch))
    let own = connections[connection]?.subscriptions[told.event]?.position
    if isResumed == true {
      checkResume(here, told.event, connection, client, number)
    } else if let own, own.epoch == here.epoch, here.seq < own.seq {
      verdict.report(
        .ordered,
        "\(names.name(client)) was at seq \(own.seq) of event \(told.event) and was greeted with seq \(here.seq)",
        lines: [line(connection, told.event), number])
    }
    let hasCount = isResumed == true || told.telling.availableSeats != nil
    connections[connection]?.subscriptions[told.event] = ConnectionRecord.Subscription(
      position: here, line: number, hasCount: hasCount)
    positions[ClientEvent(client: client, event: told.event)] = here
    if told.telling.availableSeats != nil { keep(told, here.epoch, number, at) }
  }

  private mutating func checkResume(
    _ here: Position, _ event: Int, _ connection: Int, _ client: Int32, _ number: Int
  ) {
    let asked = connections[connection]?.asked[event] ?? []
    let isAsked =
      asked.isEmpty
      ? positions[ClientEvent(client: client, event: event)] == here
      : asked.contains { $0.seq == here.seq && names.known($0.epoch ?? "") == here.epoch }
    guard !isAsked else { return }
    let wish =
      asked.last.map { "asked for seq \($0.seq ?? 0) of epoch \($0.epoch ?? "?")" }
      ?? positions[ClientEvent(client: client, event: event)].map {
        "was at seq \($0.seq) of epoch \(names.name($0.epoch))"
      }
      ?? "was nowhere"
    verdict.report(
      .resumable,
      "\(names.name(client)) \(wish), and was resumed at seq \(here.seq) of epoch \(names.name(here.epoch)) of event "
        + "\(event)", lines: [number])
  }

  private func line(_ connection: Int, _ event: Int) -> Int {
    connections[connection]?.subscriptions[event]?.line ?? 0
  }

  // MARK: Notices

  private mutating func notify(
    _ told: TellingOf, _ connection: Int, _ client: Int32, _ number: Int, _ at: Int64
  ) {
    guard var subscription = connections[connection]?.subscriptions[told.event] else {
      return verdict.report(
        .reliable,
        "\(names.name(client)) was told seq \(told.telling.seq) of event \(told.event), which it does not watch",
        lines: [number])
    }
    check(told, after: subscription, client, number)
    checkPace(told.event, connection, client, number, at)
    subscription.position.seq = max(subscription.position.seq, told.telling.seq)
    (subscription.line, subscription.hasCount) = (number, true)
    connections[connection]?.subscriptions[told.event] =
      told.telling.status == "deleted" ? nil : subscription
    positions[ClientEvent(client: client, event: told.event)] = subscription.position
    keep(told, subscription.position.epoch, number, at)
  }

  private mutating func check(
    _ told: TellingOf, after subscription: ConnectionRecord.Subscription, _ client: Int32, _ number: Int
  ) {
    let (position, seq) = (subscription.position.seq, told.telling.seq)
    let from = told.telling.fromSeq ?? seq
    let lines = [subscription.line, number]
    let who = "\(names.name(client)) was at seq \(position) of event \(told.event)"
    if seq == position {
      verdict.report(.unique, "\(who) and was told it once more", lines: lines)
    } else if seq < position {
      verdict.report(.ordered, "\(who) and was told seq \(seq)", lines: lines)
    } else if from > seq {
      verdict.report(.reliable, "\(who) and was told a notice that ends before it begins", lines: lines)
    } else if from > position + 1 {
      verdict.report(
        .reliable,
        "\(who) and was not told seq \(position + 1) to \(from - 1), and not that they were left out",
        lines: lines)
    } else if from <= position {
      verdict.report(.reliable, "\(who) and was told a notice for seq \(from) to \(seq)", lines: lines)
    }
  }

  /// As many as the pace allows since it was asked for, and one because the server's clock ticks and frames take their time.
  private mutating func checkPace(
    _ event: Int, _ connection: Int, _ client: Int32, _ number: Int, _ at: Int64
  ) {
    guard let pace = connections[connection]?.pace, pace.perSecond > 0 else { return }
    let count = (connections[connection]?.paced[event] ?? 0) + 1
    connections[connection]?.paced[event] = count
    let seconds = Double(at - pace.since) / 1_000_000
    guard Double(count) > Double(pace.perSecond) * seconds + 1 else { return }
    verdict.report(
      .paced,
      "\(names.name(client)) asked for \(pace.perSecond) messages a second of each event, and was sent \(count) of event "
        + "\(event) within \(Int(seconds * 1_000)) ms", lines: [number])
  }

  private mutating func compare(
    _ position: ResumePoint, _ connection: Int, _ client: Int32, _ number: Int
  ) {
    let subscription = connections[connection]?.subscriptions[position.event]
    guard let seq = position.seq, seq > subscription?.position.seq ?? 0 else { return }
    verdict.report(
      .bookmarked,
      "a pong told \(names.name(client)) that it has seq \(seq) of event \(position.event), and it had been sent "
        + (subscription.map { "seq \($0.position.seq)" } ?? "nothing of it"),
      lines: [subscription?.line ?? 0, number])
  }

  private mutating func keep(_ told: TellingOf, _ epoch: Int32, _ number: Int, _ at: Int64) {
    let state = FactState(told.telling, epoch: epoch, isAnswer: false, &names)
    events[told.event, default: EventRecord()].tell(state, line: number, at: at, stamp: told.telling.stamp)
  }
}
