// Method: two or three ledgers over one database, random commands, and faults from a seed: commits that fail, commits whose answer
// is lost, nodes in each other's way, transactions inside one another, a bus that loses and repeats, wake-ups that come late,
// sessions that end, nodes that start anew. Then everything heals, and what is there is compared with what was promised.

import TestSupport
import Testing

@testable import ControlPlane

@Suite("Nodes over one store, whatever comes")
struct NodesModelTests {
  @Test(
    "never oversold, no gap in seq, each watcher hears each once, nothing acknowledged is lost",
    arguments: Seeds.ofThisRun(usual: 24))
  func randomNodes(seed: UInt64) throws {
    var world = try World(seed: seed)
    for _ in 0..<160 { try world.step() }
    try world.end()
  }

  struct World {
    private var random: SeededRandom
    private let clock = ScriptedClock(milliseconds: 1_700_000_000_000)
    private let database: SharedMemory
    private let bus: MemoryBus.Shared?
    private var nodes: [NodeRig] = []
    private var events: [EventID] = []
    private var names: [PublicBookingID] = []
    private var asked: [Asked] = []
    /// Nodes whose batch is under way: not to be entered again.
    private let busy = Monitor<Set<Int>>([])

    private struct Asked {
      let command: CreateBooking
      let question: Question<BookingOutcome>
    }

    init(seed: UInt64) throws {
      random = SeededRandom(seed: seed)
      database = SharedMemory(seed: seed &+ 1)
      bus = seed % 3 == 0 ? nil : MemoryBus.Shared()
      for number in 1...(seed % 2 == 0 ? 2 : 3) {
        nodes.append(try NodeRig(database, number, clock: clock, bus: bus))
      }
      for number in 0..<4 {
        let event = try nodes[number % 2].makeEvent(capacity: Int.random(in: 1...12, using: &random)) {
          ($0.holdSeconds, $0.maxPerUser) = (60, number == 1 ? 3 : 0)
          if number == 2 { $0.types = [.init(name: "A", capacity: 3), .init(name: "B", capacity: 4)] }
        }
        events.append(event.id)
      }
      nest()
      (database.contention, database.failedCommits, database.lostAnswers, database.failedReads) = (8, 4, 4, 3)
    }

    /// Other nodes run a batch of their own while one waits for its locks, or has them.
    private func nest() {
      let (nodes, events, busy) = (Handover(nodes), events, busy)
      let database = Handover(database)
      let inner: @Sendable (Int) -> Void = { number in
        guard database.value.happens(15) else { return }
        let free = nodes.value.filter { node in
          node.number != number && !busy.withLock { $0.contains(node.number) }
        }
        guard let node = free.first, let event = events.randomElement(using: &database.value.random) else {
          return
        }
        let user = UInt64.random(in: 1...5, using: &database.value.random)
        busy.withLock { _ = $0.insert(number) }
        node.perform([.createBooking(CreateBooking(event, user, 1), .call { _ in })])
        busy.withLock { _ = $0.remove(number) }
      }
      self.database.whileWaiting = inner
      self.database.whileLocked = inner
    }

    mutating func step() throws {
      clock.advance(by: Int64.random(in: 1...4_000, using: &random))
      let index = Int.random(in: 0..<nodes.count, using: &random)
      let node = nodes[index]
      switch Int.random(in: 0..<20, using: &random) {
      case 0...9:
        let commands = (0..<Int.random(in: 1...6, using: &random)).map { _ in command() }
        // Some come while the batch waits for its locks, as they do through the queue.
        var late = commands[Int.random(in: 1...commands.count, using: &random)...]
        let first = Array(commands[..<late.startIndex])
        node.ledger.node?.more = { events, most in
          let taken = late.prefix { $0.isBooking(of: events) }.prefix(most)
          late = late[taken.endIndex...]
          return Array(taken)
        }
        node.perform(first)
        node.ledger.node?.more = nil
        if !late.isEmpty { node.perform(Array(late)) }
        for asked in asked {
          if let outcome = try? asked.question.result(), !names.contains(outcome.booking.publicID) {
            names.append(outcome.booking.publicID)
          }
        }
      case 10...12: _ = node.follower.pump(node.inbox)
      case 13...14:
        node.listen { [random] messages in
          var random = random
          return messages.flatMap { message in
            switch Int.random(in: 0..<6, using: &random) {
            case 0: [[UInt8]]()
            case 1: [message, message]
            default: [message]
            }
          }
        }
      case 15: node.rest()
      case 16:
        node.watch(
          try #require(events.randomElement(using: &random)), UInt32.random(in: 1...2, using: &random))
      case 17:
        node.unwatch(
          try #require(events.randomElement(using: &random)), UInt32.random(in: 1...2, using: &random))
      case 18: node.store.forgetAll()
      default:
        // The process ends and another one takes its place; its watchers are gone.
        guard Int.random(in: 0..<4, using: &random) == 0 else { return }
        node.store.rollback()
        node.store.forgetAll()
        for event in events { database.interest[event]?.remove(node.number) }
        try checkWatchers(of: node, isWhole: false)
        nodes[index] = try NodeRig(database, node.number, clock: clock, bus: bus)
        nest()
      }
      try checkDatabase()
    }

    private mutating func command() -> LedgerCommand {
      let event = events.randomElement(using: &random) ?? EventID(1)
      let user = UInt64.random(in: 1...5, using: &random)
      let quantity = Int.random(in: 1...3, using: &random)
      let type = [nil, nil, 1, 2].randomElement(using: &random) ?? nil
      let admin = BookingActor(user: .local(0), role: .admin)
      switch Int.random(in: 0..<12, using: &random) {
      case 0, 1:
        return .joinWaitlist(
          JoinWaitlist(event: event, user: .local(user), quantity: quantity, type: nil), .call { _ in })
      case 2: return .leaveWaitlist(event, .local(user), .call { _ in })
      case 3:
        let seats = Int.random(in: 1...12, using: &random)
        return .patchEvent(PatchEvent(event: event, patch: EventPatch(seatCapacity: seats)), .call { _ in })
      case 4, 5:
        guard let name = names.randomElement(using: &random) else { fallthrough }
        return .cancelBooking(CancelBooking(booking: name, by: admin), .call { _ in })
      case 6:
        guard let name = names.randomElement(using: &random) else { fallthrough }
        let kind = Bool.random(using: &random) ? ChangeHold.Kind.confirm : .extend
        return .changeHold(ChangeHold(booking: name, by: admin, kind: kind), .call { _ in })
      default:
        var booking = CreateBooking(event, user, quantity)
        booking.hold = Bool.random(using: &random)
        booking.type = type
        if Bool.random(using: &random) {
          booking.idempotencyKey = "k\(Int.random(in: 0..<12, using: &random))"
        }
        let question = Question<BookingOutcome>()
        asked.append(Asked(command: booking, question: question))
        return .createBooking(booking, question.answering)
      }
    }

    // MARK: What must hold

    private func checkDatabase() throws {
      let state = database.committed
      for id in events {
        let event = try #require(state.events[id]?.event)
        let bookings = state.bookings.values.filter { $0.event == id }
        let sold = bookings.filter { $0.status == .confirmed }.map(\.quantity).reduce(0, +)
        let held = bookings.filter { $0.status == .held }.map(\.quantity).reduce(0, +)
        #expect(event.sold == sold && event.held == held && sold + held <= event.seatCapacity)
        for type in event.types {
          let taken = bookings.filter { $0.type == type.id && $0.status.isActive }.map(\.quantity)
          #expect(type.sold + type.held == taken.reduce(0, +) && taken.reduce(0, +) <= type.capacity ?? .max)
        }
        let notices = state.notices[id] ?? []
        #expect(notices.map(\.seq) == Array(1..<(event.seq + 1)))
        if let last = notices.last { #expect(last.availableSeats == event.availableSeats) }
      }
    }

    mutating func end() throws {
      database.heal()
      (database.whileWaiting, database.whileLocked) = (nil, nil)
      for _ in 0..<4 {
        for node in nodes { node.rest() }
        clock.advance(by: 1_000)
      }
      // What the last of them did by the clock the others hear now.
      for _ in 0..<2 { for node in nodes { node.rest() } }
      try checkDatabase()
      for node in nodes {
        try checkWatchers(of: node, isWhole: true)
        for event in node.watchers.watching.keys {
          let committed = database.committed.events[event]?.event
          #expect(node.ledger.events[event] == committed)
          #expect(node.ledger.waiting[event] == database.committed.list(of: event))
        }
        #expect(node.metrics.storeFailure == nil)
      }
      try checkAnswers()
      checkOnce()
      try checkExpiry()
    }

    private func checkWatchers(of node: NodeRig, isWhole: Bool) throws {
      let watching = node.watchers.watching.flatMap { event, watchers in watchers.values.map { (event, $0) } }
      let past = node.watchers.past.map { ($0.event, $0.heard) }
      for (event, heard) in watching + past {
        let log = (database.committed.notices[event] ?? []).map { PlainTexts().text(of: $0) }
        // A gap is told, and comes only when the store could not be read.
        let seqs = heard.notices.map(\.seq)
        #expect(zip(seqs, seqs.dropFirst()).allSatisfy { $0 < $1 })
        for notice in heard.notices {
          #expect(notice.text == log[Int(notice.seq) - 1], "only what is committed is announced")
        }
        if heard.gaps == 0, let first = seqs.first { #expect(seqs == Array(first...heard.head)) }
      }
      guard isWhole else { return }
      for (event, heard) in watching {
        #expect(
          heard.head == database.committed.events[event]?.event?.seq,
          "watchers have the last state in the end")
      }
    }

    /// What was acknowledged is there; a key made one booking.
    private func checkAnswers() throws {
      var made: [String: PublicBookingID] = [:]
      for asked in asked {
        guard let outcome = try? asked.question.result() else { continue }
        let booking = database.committed.bookings[outcome.booking.id]
        #expect(
          booking?.quantity == asked.command.quantity && booking?.createdSeq == outcome.booking.createdSeq)
        guard let key = asked.command.idempotencyKey else { continue }
        let name = "\(asked.command.user.subject) \(key)"
        #expect(made[name, default: outcome.booking.publicID] == outcome.booking.publicID)
        made[name] = outcome.booking.publicID
      }
    }

    /// Each booking begins once and ends once; whoever waits for the same is served in the order of joining.
    private func checkOnce() {
      for (_, notices) in database.committed.notices {
        var (begun, ended): ([PublicBookingID], [PublicBookingID]) = ([], [])
        for notice in notices {
          switch notice.change {
          case .bookingCreated(let facts): begun.append(facts.booking)
          case .bookingCancelled(let facts): ended.append(facts.booking)
          default: break
          }
        }
        #expect(Set(begun).count == begun.count && Set(ended).count == ended.count)
        #expect(Set(ended).isSubset(of: begun))
      }
      let offered = database.committed.waits.filter { $0.change == .offered }.map(\.entry)
      for (earlier, later) in zip(offered, offered.dropFirst())
      where earlier.event == later.event && earlier.quantity == later.quantity {
        #expect(earlier.id < later.id, "the list is served in order")
      }
    }

    /// Holds end when their time is over, by whichever node leads.
    private mutating func checkExpiry() throws {
      for event in events {
        clock.advance(by: 200_000)
        for _ in 0..<3 { for node in nodes { node.rest() } }
        #expect(database.committed.holds(of: event).allSatisfy { $0.hold.expiresAt > clock.now })
      }
      #expect(nodes.count { $0.leads.withLock { $0 } } == 1)
      try checkDatabase()
    }
  }
}
