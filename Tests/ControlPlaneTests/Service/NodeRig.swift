// Several ledgers over one database in memory, each with watchers of its own, a follower and a bus that loses messages and
// repeats them. One thread.

import TestSupport
import Testing

@testable import ControlPlane

/// The watchers of one node, as the data plane has them: each is granted a state and hears what follows on it.
final class Watchers: NoticeSink {
  struct Heard: Equatable {
    var head: UInt64
    /// What it was told, in order; nil: it was told a state that stands for several.
    var notices: [EncodedNotice] = []
    /// Whether it was told of a gap.
    var gaps = 0
    var isWithdrawn = false
    var summary: EventSummary
  }

  private struct State {
    var watching: [EventID: [Watcher: Heard]] = [:]
    /// Watchers of events that are gone, or who have left.
    var past: [(event: EventID, heard: Heard)] = []
    var refused: [EventID] = []
    var loggedOut: [UInt64] = []
    var told: [(client: UInt64, text: String)] = []
  }
  private let state = Monitor(State())

  var watching: [EventID: [Watcher: Heard]] { state.withLock(\.watching) }
  var past: [(event: EventID, heard: Heard)] { state.withLock(\.past) }
  var refused: [EventID] { state.withLock(\.refused) }
  var loggedOut: [UInt64] { state.withLock(\.loggedOut) }
  var told: [(client: UInt64, text: String)] { state.withLock(\.told) }

  func isWatched(_ event: EventID, by audience: Audience) -> Bool {
    state.withLock { $0.watching[event]?.keys.contains { $0.audience == audience } ?? false }
  }

  func announce(_ batch: [EventUpdate], committedAt: UInt64) {
    state.withLock { state in
      var seen: Set<String> = []
      for update in batch {
        #expect(
          seen.insert("\(update.event.rawValue) \(update.audience)").inserted, "one update for an event")
        let seqs = update.notices.map(\.seq)
        guard let first = seqs.first, let last = seqs.last else {
          Issue.record("an update without notices")
          continue
        }
        #expect(seqs == Array(first...last), "the notices of an update are contiguous")
        #expect(update.summary.seq == last, "a summary tells the state after the last notice")
        for watcher in (state.watching[update.event] ?? [:]).keys where watcher.audience == update.audience {
          state.watching[update.event]?[watcher]?.hear(update)
        }
      }
    }
  }

  func grant(_ event: EventID, to watcher: Watcher, at summary: EventSummary?) {
    state.withLock { state in
      guard let summary else { return state.refused.append(event) }
      state.watching[event, default: [:]][watcher] = Heard(head: summary.seq, summary: summary)
    }
  }

  func released(_ event: EventID, by watcher: Watcher) {
    state.withLock { state in
      if let heard = state.watching[event]?.removeValue(forKey: watcher) { state.past.append((event, heard)) }
      if state.watching[event]?.isEmpty == true { state.watching[event] = nil }
    }
  }

  func withdraw(_ event: EventID) {
    state.withLock { state in
      for var heard in (state.watching.removeValue(forKey: event) ?? [:]).values {
        heard.isWithdrawn = true
        state.past.append((event, heard))
      }
    }
  }

  func withdraw(client: UInt64) { state.withLock { $0.loggedOut.append(client) } }
  func end(key: UInt32, at moment: Instant) {}
  func tell(client: UInt64, _ text: [UInt8]) {
    state.withLock { $0.told.append((client, String(decoding: text, as: UTF8.self))) }
  }
  func history(
    _ notices: [EncodedNotice], of event: EventID, for audience: Audience, ticket: ReplyTicket
  ) {}
}

extension Watchers.Heard {
  fileprivate mutating func hear(_ update: EventUpdate) {
    for notice in update.notices where notice.seq > head {
      if notice.seq > head + 1 { gaps += 1 }
      notices.append(notice)
      head = notice.seq
    }
    #expect(update.notices.last.map { $0.seq <= head } ?? true)
    summary = update.summary
  }
}

/// Passes messages between nodes, some of them not, some twice.
final class MemoryBus: ClusterBus {
  fileprivate struct State {
    var following: [Int: Set<EventID>] = [:]
    /// Of each node, oldest first.
    var waiting: [Int: [[UInt8]]] = [:]
    var published = 0
    var isConnected = true
  }
  private let shared: Shared
  private let number: Int

  final class Shared: Sendable {
    fileprivate let state = Monitor(State())
    var published: Int { state.withLock(\.published) }
    func followers(of event: EventID) -> Int {
      state.withLock { $0.following.values.count { $0.contains(event) } }
    }
    func setConnected(_ isConnected: Bool) { state.withLock { $0.isConnected = isConnected } }
    func take(_ number: Int) -> [[UInt8]] { state.withLock { $0.waiting.removeValue(forKey: number) ?? [] } }
  }

  init(_ shared: Shared, _ number: Int) { (self.shared, self.number) = (shared, number) }

  func publish(_ event: EventID, _ message: [UInt8]) {
    shared.state.withLock { state in
      state.published += 1
      guard state.isConnected else { return }
      for (node, events) in state.following where node != number && events.contains(event) {
        state.waiting[node, default: []].append(message)
      }
    }
  }

  func follow(_ event: EventID) {
    shared.state.withLock { _ = $0.following[number, default: []].insert(event) }
  }

  func unfollow(_ event: EventID) { shared.state.withLock { _ = $0.following[number]?.remove(event) } }
  var isConnected: Bool { shared.state.withLock(\.isConnected) }
}

/// Rows of who watches what, written at once.
final class MemoryInterest: Interest {
  private let database: Handover<SharedMemory>
  private let number: Int
  init(_ database: SharedMemory, _ number: Int) {
    (self.database, self.number) = (Handover(database), number)
  }

  func note(_ event: EventID, isWatched: Bool) {
    let noted = database.value.interest[event]?.contains(number) ?? false
    #expect(noted != isWatched, "interest is noted when it changes")
    if isWatched {
      database.value.interest[event, default: []].insert(number)
    } else {
      database.value.interest[event]?.remove(number)
    }
  }
}

/// Takes a ledger's commands for the next batch.
final class Inbox: CommandSink {
  private let commands = Monitor<[LedgerCommand]>([])
  private let isFull = Monitor(false)
  func submit(_ command: LedgerCommand) -> Bool { submit(contentsOf: [command]) == 1 }
  func submit(contentsOf commands: [LedgerCommand]) -> Int {
    guard !isFull.withLock({ $0 }) else { return 0 }
    self.commands.withLock { $0 += commands }
    return commands.count
  }
  func setFull(_ isFull: Bool) { self.isFull.withLock { $0 = isFull } }
  func take() -> [LedgerCommand] {
    commands.withLock { commands in
      defer { commands = [] }
      return commands
    }
  }
}

final class NodeRig {
  let number: Int
  let store: MemoryStore
  let watchers = Watchers()
  let incidents = IncidentList()
  let metrics = ControlMetrics()
  let events = CommittedEvents()
  let revocations = Revocations()
  let services = ServiceTokens()
  let source: MemoryChanges
  let follower: ClusterFollower
  let inbox = Inbox()
  let codec = BusCodec(secret: [1, 2, 3], epoch: "test")
  private let bus: MemoryBus.Shared?
  let ledger: Ledger
  let leads = Monitor(false)

  init(_ database: SharedMemory, _ number: Int, clock: any Clock, bus: MemoryBus.Shared? = nil) throws {
    self.number = number
    self.bus = bus
    store = MemoryStore(database, number)
    source = MemoryChanges(database, number)
    let own = bus.map { MemoryBus($0, number) }
    let follower = try ClusterFollower(
      Handover(source), waiters: nil, bus: own, clock: clock, observer: incidents)
    self.follower = follower
    var ports = NodePorts(codec: codec)
    (ports.bus, ports.interest) = (own, MemoryInterest(database, number))
    (ports.revocations, ports.services) = (revocations, services)
    ports.committed = { follower.committed() }
    ports.leads = { [leads] isLeading in
      follower.lead(isLeading)
      leads.withLock { $0 = isLeading }
    }
    ledger = try Ledger(
      store,
      Ledger.Dependencies(
        notices: watchers, replies: Stage(), texts: PlainTexts(),
        encoder: OutcomeReplies(observer: incidents), events: events, observer: incidents, clock: clock,
        metrics: metrics, nodes: ports))
  }

  /// What the bus has brought becomes commands.
  func listen(_ change: ([[UInt8]]) -> [[UInt8]] = { $0 }) {
    for bytes in change(bus?.take(number) ?? []) {
      if let heard = codec.read(bytes) { _ = inbox.submit(.heard(heard)) }
    }
  }

  /// One batch, with what others have told.
  func perform(_ commands: [LedgerCommand] = []) { ledger.perform(inbox.take() + commands) }

  func ask<Outcome: Sendable>(_ command: (Answering<Outcome>) -> LedgerCommand) throws -> Outcome {
    let question = Question<Outcome>()
    perform([command(question.answering)])
    return try question.result()
  }

  /// What the threads do when nobody asks for anything.
  func rest() {
    _ = follower.pump(inbox)
    listen()
    let commands = inbox.take()
    if !commands.isEmpty { ledger.perform(commands) }
    ledger.idle()
    while ledger.isDue { ledger.perform([]) }
  }

  func watch(_ event: EventID, _ watcher: UInt32 = 1, _ audience: Audience = .authenticated) {
    perform([.watch(event, Watcher(watcher, audience))])
  }

  func unwatch(_ event: EventID, _ watcher: UInt32 = 1, _ audience: Audience = .authenticated) {
    perform([.unwatch(event, Watcher(watcher, audience))])
  }

  func book(_ event: EventID, user: UInt64 = 1, _ quantity: Int = 1, key: String? = nil, hold: Bool = false)
    throws -> BookingOutcome
  {
    var command = CreateBooking(event, user, quantity, key)
    command.hold = hold
    return try ask { .createBooking(command, $0) }
  }

  func makeEvent(capacity: Int, _ change: (inout EventDraft) -> Void = { _ in }) throws -> Event {
    var draft = EventDraft(name: "Event", seatCapacity: capacity)
    change(&draft)
    return try ask { .createEvent(draft, $0) }
  }

  func heard(_ event: EventID, _ watcher: UInt32 = 1) -> Watchers.Heard? {
    watchers.watching[event]?[Watcher(watcher)]
  }
}
