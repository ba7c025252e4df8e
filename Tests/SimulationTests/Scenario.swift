// One run: from a seed come limits, people and a few hundred random acts; then everything comes to rest, and the
// promises of docs/ARCHITECTURE.md are checked on what everybody has seen.
import TestSupport

@testable import ControlPlane
@testable import FanoutCore
@testable import FanoutTestSupport

final class Scenario {
  private var random: SeededRandom
  let server: SimulatedServer
  let record = Record()
  private let events: [Int64]
  /// Nobody books this one, so it can be deleted.
  private let doomed: Int64
  private var watchable: [Int64] { events + [doomed] }
  private var firstStates: [Int64: PublicState] = [:]
  private var viewers: [Viewer] = []
  private var listeners: [Listener] = []
  private var callers: [Caller] = []
  private var keys = 0
  private var deletions = 0

  init(seed: UInt64) throws {
    random = SeededRandom(seed: seed)
    server = try SimulatedServer(
      seed: seed, limits: Self.limits(&random), loops: Int.random(in: 1...2, using: &random))
    var ids: [Int64] = []
    for number in 0...Int.random(in: 1...3, using: &random) {
      let capacity = Int.random(in: 5...400, using: &random)
      let draft = EventDraft(name: "Event \(number)", seatCapacity: capacity)
      let event = try server.backend.ledger.ask { .createEvent(draft, $0) }
      ids.append(event.id.rawValue)
      firstStates[event.id.rawValue] = PublicState(event.details)
    }
    (events, doomed) = (Array(ids.dropLast()), ids[ids.count - 1])
    for loop in server.loops { loop.io.partialSends = (10, SeededRandom(seed: seed &+ 99)) }
    let epoch = server.backend.epoch
    for number in 0..<8 {
      let token = server.token(user: Int64(1000 + number))
      // Some show no token.
      viewers.append(
        Viewer(
          name: "viewer \(number)", token: number % 3 == 2 ? nil : token, epoch: epoch, record: record))
      if number < 2 {
        listeners.append(
          Listener(
            name: "listener \(number)", event: events[0], token: number == 1 ? nil : token, record: record))
        callers.append(
          Caller(
            name: "caller \(number)", token: token, adminToken: server.adminToken, record: record))
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

  // MARK: The random part

  func run(steps: Int) throws {
    for step in 0..<steps where record.faults.isEmpty {
      act()
      if step % 8 == 0 {
        for fault in server.faults() + server.excess() { record.fault("step \(step): \(fault)") }
      }
    }
    settle()
    try check()
  }

  private func act() {
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<34: server.loops.randomElement(using: &random)?.turn()
    case 34..<47: _ = server.backend.pump()
    case 47: server.clock.err(by: clockError())
    case 48..<52: server.advance(by: UInt64.random(in: 1...900, using: &random))
    case 52..<72: call()
    case 72..<92: view()
    default: listen()
    }
  }

  /// Mostly right, sometimes wrong by seconds, hours or days.
  private func clockError() -> Int64 {
    let sizes: [Int64] = [0, 0, 1_500, 3_600_000, SimulatedClock.greatestError]
    let size = sizes.randomElement(using: &random) ?? 0
    return Bool.random(using: &random) ? size : -size
  }

  private func call() {
    guard let caller = callers.randomElement(using: &random) else { return }
    if !caller.isConnected || Int.random(in: 0..<60, using: &random) == 0 {
      caller.connect(socket())
    }
    let event = watchable.randomElement(using: &random) ?? 1
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<8:
      // Now and then the same key again, with the same wish.
      if Int.random(in: 0..<6, using: &random) > 0 { keys += 1 }
      let quantity = Int64(keys % 4 + 1)
      let key = "\(caller.name.suffix(1))-\(keys)"
      caller.ask(.book(event: events[keys % events.count], quantity: quantity, key: key))
    case 8..<11:
      if let deed = record.bookings.randomElement(using: &random) {
        caller.ask(.cancel(booking: deed.booking))
      }
    case 11: caller.ask(.resize(event: event, capacity: Int64.random(in: 1...500, using: &random)))
    case 12: caller.ask(.look(event: event))
    case 13: caller.ask(.update(event: event, patch: patch()))
    case 14 where Int.random(in: 0..<4, using: &random) == 0: caller.ask(.delete(event: doomed))
    default: _ = caller.read(Int.random(in: 1...2000, using: &random))
    }
  }

  /// Some change nothing; a pause of sales is followed by another patch sooner or later.
  private func patch() -> String {
    let number = Int.random(in: 0..<3, using: &random)
    return [
      #"{"status":"closed"}"#, #"{"status":"on_sale"}"#, #"{"status":"on_sale"}"#,
      #"{"name":"Name \#(number)"}"#,
      #"{"maxPerBooking":\#(number + 4)}"#,
      #"{"name":"Both \#(number)","seatCapacity":\#(100 * number + 50)}"#,
    ].randomElement(using: &random) ?? "{}"
  }

  private func view() {
    guard let viewer = viewers.randomElement(using: &random) else { return }
    let event = watchable.randomElement(using: &random) ?? 1
    let resuming = Int.random(in: 0..<4, using: &random) > 0
    guard viewer.isWatching else {
      return viewer.connect(
        socket(), to: Int.random(in: 0..<4, using: &random) == 0 ? nil : event, resuming: resuming)
    }
    switch Int.random(in: 0..<40, using: &random) {
    case 0..<5: viewer.subscribe(event, resuming: resuming)
    case 5: viewer.subscribe(999_999, resuming: false)
    case 6..<9: viewer.unsubscribe(event)
    case 9: viewer.leave()
    case 10: viewer.client?.socket.end()
    case 11: viewer.close()
    case 12: viewer.ping(times: 1)
    case 13: viewer.ping(times: 250)
    case 14..<18: viewer.client?.socket.capacity = capacity()
    case 18..<30: _ = viewer.read(Int.random(in: 1...400, using: &random))
    default: _ = viewer.read()
    }
  }

  private func listen() {
    guard let listener = listeners.randomElement(using: &random) else { return }
    if listener.socket?.hasEnded != false || Int.random(in: 0..<30, using: &random) == 0 {
      listener.connect(socket())
    }
    _ = listener.read(Int.random(in: 1...600, using: &random))
  }

  private func socket() -> ScriptedSocket {
    let loop = server.loops.randomElement(using: &random) ?? server.loops[0]
    return loop.connect(capacity: capacity())
  }

  private func capacity() -> Int {
    [15, 120, 700, 5_000, 1 << 20].randomElement(using: &random) ?? 700
  }

  // MARK: The end

  /// Everybody reads, nobody asks, until nothing moves any more.
  private func settle() {
    for loop in server.loops { loop.io.partialSends = nil }
    var quiet = 0
    for round in 0..<3000 where quiet < 4 {
      server.finishWork()
      for loop in server.loops { loop.turn() }
      if readAll() { quiet = 0 } else { quiet += 1 }
      if round % 16 == 15 { server.advance(by: 100) }
    }
    if quiet < 4 { record.fault("the server does not come to rest") }
    for fault in server.faults() + server.excess() { record.fault("at rest: \(fault)") }
  }

  private func readAll() -> Bool {
    var hasRead = false
    for viewer in viewers {
      viewer.client?.socket.capacity = 1 << 20
      if viewer.read() { hasRead = true }
    }
    for listener in listeners {
      listener.socket?.capacity = 1 << 20
      if listener.read() { hasRead = true }
    }
    for caller in callers {
      caller.socket?.capacity = 1 << 20
      if caller.read() { hasRead = true }
    }
    return hasRead
  }

  private func check() throws {
    let reader = try server.backend.openReader()
    for event in watchable {
      let log = try reader.notices(
        of: EventID(event), after: 0, through: .max >> 1, limit: 1_000_000)
      if let first = firstStates[event] { record.check(event, against: log, from: first) }
      let head = UInt64(log.count)
      let next = try reader.events(after: EventID(event - 1), .all, limit: 1).first
      if next?.id != EventID(event) {
        for viewer in viewers where viewer.watching.cursors[event] != nil && viewer.isWatching {
          record.fault("\(viewer.name) is still subscribed to \(event), which was deleted")
        }
        deletions += 1
        continue
      }
      for viewer in viewers where viewer.isWatching { checkConverged(viewer, event, head) }
      for listener in listeners where listener.isListening && listener.event == event {
        guard let cursor = listener.watching.cursors[event], cursor != head else { continue }
        record.fault("\(listener.name) rests at \(cursor) of \(event), whose head is \(head)")
      }
    }
    for caller in callers where caller.isConnected && !caller.waiting.isEmpty {
      record.fault("\(caller.name): \(caller.waiting.count) requests were not answered")
    }
    sayGoodbye()
  }

  private func checkConverged(_ viewer: Viewer, _ event: Int64, _ head: UInt64) {
    let cursor = viewer.watching.cursors[event]
    if viewer.wishes[event] == true && cursor == nil {
      record.fault("\(viewer.name) asked for \(event) and is not subscribed")
    }
    if viewer.wishes[event] == false && cursor != nil {
      record.fault("\(viewer.name) is subscribed to \(event) and did not ask")
    }
    if let cursor, cursor != head {
      record.fault("\(viewer.name) rests at \(cursor) of \(event), whose head is \(head)")
    }
  }

  /// The server is closed as the executable closes it: everybody is told, and all loops end.
  private func sayGoodbye() {
    let guests = viewers.filter(\.isWatching)
    for proxy in server.proxies { proxy.post(.stopAccepting) }
    server.backend.close()
    for proxy in server.proxies { proxy.post(.closeAll) }
    for _ in 0..<30 {
      for loop in server.loops where !loop.io.isStopped { loop.turn() }
      _ = readAll()
      server.advance(by: 100)
    }
    for guest in guests where guest.closeCode != 1012 || !guest.sawDraining {
      record.fault("\(guest.name) was not told goodbye: \(guest.closeCode ?? 0)")
    }
    for loop in server.loops where !loop.io.isStopped || loop.io.openSockets > 0 {
      record.fault("a loop does not end")
    }
  }

  // MARK: What happened

  /// Sums that show whether a run has met what it is there for.
  var deeds: [String: Int] {
    var sums = [
      "conflations": viewers.reduce(0) { $0 + $1.conflations },
      "recoveries": viewers.reduce(0) { $0 + $1.recoveries },
      "pongs": viewers.reduce(0) { $0 + $1.pongs }, "claims": record.claimCount,
      "bookings": record.bookings.count, "deletions": deletions,
      "withdrawals": viewers.reduce(0) { $0 + $1.withdrawals },
    ]
    for loop in server.loops {
      let counts = loop.loop.counters.own
      sums["recalls", default: 0] += counts.recalls
      sums["stalled", default: 0] += counts.stalledClosed
      sums["overflows", default: 0] += counts.overflowsClosed
      sums["delivered", default: 0] += counts.framesDelivered
    }
    return sums
  }
}
