// One run: a seed makes limits and people, the steps of a script are played, then everything comes to rest, and the promises of
// docs/ARCHITECTURE.md are checked on what everybody has seen. Scenario+End.swift has the end.
import TestSupport

@testable import ControlPlane
@testable import FanoutCore
@testable import FanoutTestSupport

final class Scenario {
  private let seed: UInt64
  private let planted: Planted?
  /// Who asked to book under which key.
  private var booked: [(caller: Int, key: Int)] = []
  /// Why the simulation could not go on.
  private(set) var failure: String?
  let server: SimulatedServer
  let record = Record()
  private let events: [Int64]
  /// Nobody books this one, so it can be deleted.
  private let doomed: Int64
  var watchable: [Int64] { events + [doomed] }
  private(set) var firstStates: [Int64: PublicState] = [:]
  private(set) var viewers: [Viewer] = []
  private(set) var listeners: [Listener] = []
  private(set) var callers: [Caller] = []
  var deletions = 0
  /// What the crash that is under way leaves, and how long the machine is off.
  private var crash: (seed: UInt64, off: UInt64)?
  private(set) var crashes = 0
  private(set) var kills = 0
  /// Of processes that have ended.
  private var counts: [String: Int] = [:]
  private var diskFailures = 0

  /// - Parameters:
  ///   - liesAboutSyncs: a planted fault: the disk stores nothing when it is told to sync.
  ///   - planted: another one, for the checker of the history to find.
  init(seed: UInt64, liesAboutSyncs: Bool = false, planted: Planted? = nil) throws {
    self.seed = seed
    self.planted = planted
    record.isMuted = planted != nil
    var random = SeededRandom(seed: seed)
    server = try SimulatedServer(
      seed: seed, limits: Self.limits(&random), loops: Int.random(in: 1...2, using: &random),
      liesAboutSyncs: liesAboutSyncs, planted: planted)
    record.history.clock = { [server] in server.clock.total * 1_000 }
    var ids: [Int64] = []
    for number in 0...Int.random(in: 1...3, using: &random) {
      let capacity = Int.random(in: 5...400, using: &random)
      var draft = EventDraft(name: "Event \(number)", seatCapacity: capacity)
      // A hold lasts some minutes; one event is sold out soon, and one has ticket types.
      (draft.holdSeconds, draft.holdExtensionSeconds) = (300, 120)
      if number == 1 { draft.seatCapacity = Int.random(in: 3...15, using: &random) }
      if number == 2 { draft.types = [.init(name: "A", capacity: 20), .init(name: "B")] }
      let event = try server.backend.ledger.ask { .createEvent(draft, $0) }
      ids.append(event.id.rawValue)
      firstStates[event.id.rawValue] = PublicState(event.details)
      record.history.begin(event, epoch: server.backend.epoch)
    }
    (events, doomed) = (Array(ids.dropLast()), ids[ids.count - 1])
    tearSends()
    let epoch = server.backend.epoch
    let wire = FaultyWire(planted, seed: seed)
    for number in 0..<8 {
      let token = server.token(user: Int64(1000 + number))
      // Some show no token.
      viewers.append(
        Viewer(
          name: "viewer \(number)", token: number % 3 == 2 ? nil : token, epoch: epoch, record: record,
          wire: wire))
      if number < 2 {
        listeners.append(
          Listener(
            name: "listener \(number)", event: events[0], token: number == 1 ? nil : token, record: record))
        callers.append(
          Caller(
            name: "caller \(number)", user: Int64(1000 + number), token: token, adminToken: server.adminToken,
            record: record))
      }
    }
  }

  /// Small bounds, so that they are met often.
  private static func limits(_ random: inout SeededRandom) -> Limits {
    var limits = Limits()
    limits.logFrames = Int.random(in: 2...24, using: &random)
    limits.logBytes = Int.random(in: 300...8000, using: &random)
    limits.pullFrames = Int.random(in: 0...limits.logFrames, using: &random)
    limits.pullBytes = Int.random(in: 0...limits.logBytes, using: &random)
    limits.historyNotices = Int.random(in: 0...60, using: &random)
    limits.cohortSubscribers = Int.random(in: 1...4, using: &random)
    limits.outboxBytes = 4096
    limits.subscriptionsPerConnection = Int.random(in: 1...3, using: &random)
    limits.anonymousSubscriptions = Int.random(in: 1...limits.subscriptionsPerConnection, using: &random)
    limits.stallTimeout = 4_000
    limits.pingInterval = 6_000
    limits.closeTimeout = 1_000
    limits.topicLinger = 500
    return limits
  }

  // MARK: The steps

  /// Random steps of this seed.
  func run(steps count: Int) throws { try play(Script(seed: seed, count: count).steps) }

  /// - Parameter copying: before its first step the database is copied, and before its last one the copy put in its place.
  func play(_ steps: [Step], copying: ClosedRange<Int>? = nil) throws {
    for (number, step) in steps.enumerated() where record.faults.isEmpty {
      do {
        if planted?.fault.needsFreezes == true, number % 40 == 39 { freeze() }
        if planted?.fault.needsRepetitions == true, number % 40 == 39 { try askAgain() }
        if step.verb == .book { booked.append((step[0] % callers.count, step[1])) }
        if number == copying?.lowerBound { try server.backUp() }
        if number == copying?.upperBound { try restore() }
        try perform(step)
        if server.disk.isOff { try finishCrash() }
      } catch {
        // The server may not have started again: nothing is left to look at.
        let sentence = "step \(number), \(step): \(error)"
        failure = sentence
        return record.fault(sentence)
      }
      if number % 8 == 0 {
        for fault in server.faults() + server.excess() { record.fault("step \(number): \(fault)") }
      }
    }
    guard record.faults.isEmpty else { return }
    settle()
    try check()
  }

  private func perform(_ step: Step) throws {
    switch step.verb {
    case .turn: server.loops[step[0] % server.loops.count].turn()
    case .pump: _ = server.backend.pump()
    case .rest: server.backend.ledger.rest()
    case .pass: server.advance(by: UInt64(step[0]))
    case .freeze where server.clock.total < Self.longest: server.advance(by: UInt64(step[0]))
    case .freeze: break
    case .clock: server.clock.err(by: step.numbers[0])
    case .failSync, .failReads, .fill, .slow, .heal: spoil(step)
    case .crash, .kill, .stop: try end(step)
    case .connect, .hangUp, .book, .cancel, .confirm, .extend, .join, .quit, .look, .resize, .patch,
      .callOff,
      .delete, .read:
      call(step, callers[step[0] % callers.count])
    case .listen, .hear: listen(step, listeners[step[0] % listeners.count])
    default: view(step, viewers[step[0] % viewers.count])
    }
  }

  /// Tokens last longer than the time that passes and every error of the clock together.
  private static let longest: Int64 = 2 * 24 * 3_600_000

  private func spoil(_ step: Step) {
    switch step.verb {
    case .failSync: server.disk.failSync(after: step[0])
    case .failReads: server.disk.failReads(oneOf: step[0])
    case .fill: server.disk.limit(to: server.disk.bytes + step[0])
    case .slow: server.syncTime = UInt64(step[0])
    default: if crash == nil { server.disk.heal() }
    }
  }

  // MARK: Ends of the process

  private func end(_ step: Step) throws {
    switch step.verb {
    case .crash:
      crash = (UInt64(step[1]), UInt64(step[2]))
      if step[0] == 0 { server.disk.cut() } else { server.disk.cut(after: step[0]) }
    case .kill:
      kills += 1
      // What was sent arrives.
      _ = readAll()
      try replaceProcess { try server.kill() }
    default:
      kills += 1
      try replaceProcess { try server.stop() }
    }
  }

  private func finishCrash() throws {
    crashes += 1
    let (seed, off) = crash ?? (0, 0)
    try replaceProcess { try server.crash(seed: seed, off: off) }
  }

  /// - Parameter act: ends the process and starts another.
  private func replaceProcess(_ act: () throws -> Void) throws {
    crash = nil
    for loop in server.loops { Self.add(loop.loop.counters.own, to: &counts) }
    diskFailures += server.disk.failures
    for viewer in viewers { viewer.lose() }
    for listener in listeners { listener.lose() }
    for caller in callers { caller.leave() }
    try act()
    tearSends()
  }

  /// Everybody is pinged and answers, and then the process stands still before it has read that.
  private func freeze() {
    for pause in [UInt64(7_000), 30_000] {
      server.advance(by: pause)
      for loop in server.loops { loop.turn() }
      if pause < 30_000 { _ = readAll() }
    }
  }

  /// The server is started anew, and everybody repeats what was asked for last.
  private func askAgain() throws {
    guard !server.disk.isOff else { return }
    kills += 1
    _ = readAll()
    try replaceProcess { try server.kill() }
    for caller in callers { caller.connect(socket(0, 1 << 20)) }
    for (caller, key) in booked.suffix(8) { callers[caller].ask(booking(key: key, callers[caller])) }
  }

  private func restore() throws {
    _ = readAll()
    var epoch: String?
    try replaceProcess { epoch = try server.restore() }
    guard let epoch else { return }
    record.history.restore(epoch: epoch)
    // The double of a server that looks at no epoch: whatever a client names arrives as the right one.
    if planted?.has(.foreignEpoch) == true { for viewer in viewers { viewer.epochOnWire = epoch } }
  }

  private func tearSends() {
    for loop in server.loops { loop.io.partialSends = (10, SeededRandom(seed: seed &+ 99)) }
  }

  // MARK: People

  private func socket(_ loop: Int, _ window: Int) -> ScriptedSocket {
    server.loops[loop % server.loops.count].connect(capacity: window)
  }

  private func event(_ number: Int) -> Int64 { watchable[number % watchable.count] }

  private func call(_ step: Step, _ caller: Caller) {
    // Whoever wants something comes for it.
    if !caller.isConnected, ![.connect, .hangUp, .read].contains(step.verb) {
      caller.connect(socket(step[0], 1 << 20))
    }
    switch step.verb {
    case .connect: if !caller.isConnected { caller.connect(socket(step[1], step[2])) }
    case .hangUp: caller.leave()
    case .book: caller.ask(booking(key: step[1], caller))
    case .cancel: if let booking = booking(step[1]) { caller.ask(.cancel(booking: booking)) }
    case .confirm: if let booking = booking(step[1]) { caller.ask(.confirm(booking: booking)) }
    case .extend: if let booking = booking(step[1]) { caller.ask(.extend(booking: booking)) }
    case .join: caller.ask(.join(event: event(step[1]), quantity: step.numbers[2]))
    case .quit: caller.ask(.quit(event: event(step[1])))
    case .look: caller.ask(.look(event: event(step[1])))
    case .resize: caller.ask(.resize(event: event(step[1]), capacity: step.numbers[2]))
    case .patch: caller.ask(.update(event: event(step[1]), patch: Self.patches[step[2] % Self.patches.count]))
    case .callOff: caller.ask(.update(event: event(step[1]), patch: #"{"status":"cancelled"}"#))
    case .delete: caller.ask(.delete(event: doomed))
    default: _ = caller.read(step[1])
    }
  }

  /// A key stands for one wish, so that the same key is the same request again.
  private func booking(key: Int, _ caller: Caller) -> Caller.Request {
    .book(
      event: events[key % events.count], quantity: Int64(key % 4 + 1), isHeld: key % 3 == 0,
      key: "\(caller.name.suffix(1))-\(key)")
  }

  /// One of those that were acknowledged or offered.
  private func booking(_ number: Int) -> String? {
    let known = record.bookings + record.offers
    return known.isEmpty ? nil : known[number % known.count].booking
  }

  /// Some change nothing; a pause of sales is followed by another patch sooner or later.
  private static let patches = [
    #"{"status":"closed"}"#, #"{"status":"on_sale"}"#, #"{"status":"on_sale"}"#, #"{"name":"Another name"}"#,
    #"{"maxPerBooking":5}"#, #"{"name":"Both","seatCapacity":150}"#,
  ]

  /// What of compression a client offers: nothing, what browsers do, no window, or a smaller one.
  private static func extensions(_ offer: Int) -> String? {
    switch offer {
    case 1: "permessage-deflate; client_max_window_bits"
    case 2: "permessage-deflate; server_no_context_takeover, permessage-deflate"
    case 9...15: "permessage-deflate; server_max_window_bits=\(offer)"
    default: nil
    }
  }

  private func view(_ step: Step, _ viewer: Viewer) {
    if step.verb == .watch {
      guard !viewer.isWatching else { return }
      let event = step[2] < 0 ? nil : event(step[2])
      return viewer.connect(
        socket(step[1], step[4]), to: event, resuming: step[3] > 0, extensions: Self.extensions(step[5]))
    }
    if !viewer.isWatching, step.verb == .take || step.verb == .subscribe {
      return viewer.connect(
        socket(step[0], 5_000), to: event(step[0]), resuming: true, extensions: Self.extensions(step[0] % 3))
    }
    switch step.verb {
    case .subscribe where step[1] < 0: viewer.subscribe(999_999, resuming: false)
    case .subscribe: viewer.subscribe(event(step[1]), resuming: step[2] > 0)
    case .unsubscribe: viewer.unsubscribe(event(step[1]))
    case .leave: viewer.leave()
    case .vanish: viewer.vanish()
    case .end: viewer.client?.socket.end()
    case .close: viewer.close()
    case .ping: viewer.ping(times: step[1])
    case .pace: viewer.setPace(step[1])
    case .window: viewer.setWindow(step[1])
    default: _ = viewer.read(step[1])
    }
  }

  private func listen(_ step: Step, _ listener: Listener) {
    if step.verb == .listen { return listener.connect(socket(step[1], step[2])) }
    _ = listener.read(step[1])
  }

  // MARK: What happened

  /// Sums that show whether a run has met what it is there for.
  var deeds: [String: Int] {
    var counts = self.counts
    for loop in server.loops { Self.add(loop.loop.counters.own, to: &counts) }
    counts.merge(
      [
        "conflations": viewers.reduce(0) { $0 + $1.conflations },
        "recoveries": viewers.reduce(0) { $0 + $1.recoveries },
        "pongs": viewers.reduce(0) { $0 + $1.pongs }, "paces": viewers.reduce(0) { $0 + $1.paces },
        "claims": record.claimCount,
        "bookings": record.bookings.count, "offers": record.offers.count, "deletions": deletions,
        "withdrawals": viewers.reduce(0) { $0 + $1.withdrawals }, "crashes": crashes, "kills": kills,
        "disk failures": diskFailures + server.disk.failures,
        "viewer counts": viewers.reduce(0) { $0 + $1.watching.counts },
        "compressed": viewers.reduce(0) { $0 + $1.deflated },
      ], uniquingKeysWith: +)
    return counts
  }

  private static func add(_ own: LoopCounts, to counts: inout [String: Int]) {
    counts["recalls", default: 0] += own.recalls
    counts["stalled", default: 0] += own.stalledClosed
    counts["overflows", default: 0] += own.overflowsClosed
    counts["paced conflations", default: 0] += own.pacedConflations
    counts["delivered", default: 0] += own.framesDelivered
  }
}
