// Method: streams of random commands from a seed, in batches of random size, some of which fail to commit,
// beside a model that is a few dictionaries. After each batch the ledger, the disk and the model agree.

import TestSupport
import Testing

@testable import ControlPlane

@Suite("Ledger against a model")
struct LedgerModelTests {
  @Test(
    "never oversold, no gap in seq, nothing lost, whatever comes", arguments: 1...12 as ClosedRange<UInt64>)
  func randomStreams(seed: UInt64) throws {
    let fixture = try LedgerFixture()
    let record = try RecordFixture(fixture)
    try LedgerModel.run(fixture, seed: seed) { try record.seal() }
    for event in [nil] + fixture.ledger.events.values.map({ $0 }) {
      #expect(RecordVerifier.refusal(of: try record.lines(event: event)) == nil)
    }
  }
}

/// A ledger beside the model, and what its database has.
protocol ModelRig: AnyObject {
  var ledger: Ledger { get }
  var clock: ScriptedClock { get }
  var stage: Stage { get }
  var metrics: ControlMetrics { get }
  func failCommits(_ fails: Bool) throws
  func makeEvent(capacity: Int, _ change: (inout EventDraft) -> Void) throws -> Event
  /// The oldest first.
  func storedBookings() throws -> [BookingOutcome]
  func storedEvent(_ id: EventID) throws -> Event?
  func log(_ event: Event) throws -> [Notice]
}

extension LedgerFixture: ModelRig {
  func failCommits(_ fails: Bool) { store.failsCommits = fails }
  func storedBookings() throws -> [BookingOutcome] {
    try reader().bookings(of: nil, event: nil, before: nil, limit: 100_000).reversed()
  }
  func storedEvent(_ id: EventID) throws -> Event? { try reader().event(id) }
}

enum LedgerModel {
  /// - Parameter seal: called between batches, now and then.
  static func run(_ fixture: some ModelRig, seed: UInt64, seal: () throws -> Void = {}) throws {
    var random = SeededRandom(seed: seed)
    var model = Model()
    for number in 0..<3 {
      let capacity = Int.random(in: 0...30, using: &random)
      let limit = Int.random(in: 0...8, using: &random)
      let event = try fixture.makeEvent(capacity: capacity) {
        ($0.maxPerUser, $0.holdSeconds, $0.holdExtensionSeconds) = (limit, 120, 60)
        if number == 2 { $0.types = [.init(name: "A", capacity: 7), .init(name: "B", capacity: 5)] }
      }
      model.events[event.id.rawValue] = Model.Event(
        capacity: capacity, maxPerUser: limit, types: number == 2 ? [7, 5] : [])
      fixture.stage.watch(event.id)
    }
    for _ in 0..<60 {
      let fails = Int.random(in: 0..<8, using: &random) == 0
      try fixture.failCommits(fails)
      // Holds last two minutes, and one more when they are extended.
      fixture.clock.advance(by: Int64.random(in: 1...90_000, using: &random))
      let before = model
      model.now = fixture.clock.now.milliseconds
      let names = model.bookings.compactMap(\.name)
      model.expire()
      for event in model.events.keys { model.offer(event) }
      let steps = (0..<Int.random(in: 1...20, using: &random)).map { _ in Step.random(&random, names) }
      let answers = steps.map { _ in Answers() }
      let failures = fixture.metrics.snapshot.failedCommits
      // A node asks a shared store now and then which holds are over; the model knows at once.
      fixture.ledger.node?.nextHolds = .min
      fixture.ledger.perform(zip(steps, answers).map { $0.command($1) })
      let failed = fixture.metrics.snapshot.failedCommits > failures
      for (step, answers) in zip(steps, answers) { check(step, answers, &model, failed: failed) }
      if failed { model = before } else { try name(&model, fixture) }
      // Who only reads commits nothing.
      #expect(failed ? fails : !fails || model.events.mapValues(\.seq) == before.events.mapValues(\.seq))
      try compare(fixture, model)
      try fixture.failCommits(false)
      // A node does nothing by the clock until it knows that the database works again; the model does at once.
      if failed, fixture.ledger.node != nil { fixture.ledger.idle() }
      if !failed, seed % 3 > 0, model.now % 5 == 0 { try seal() }
    }
    #expect(fixture.stage.announced.count == model.events.values.map { Int($0.seq) }.reduce(0, +))
  }

  /// Offers have no answer that tells their numbers: these are in the order of each event's bookings. Which of two events is seen to
  /// first is nobody's promise.
  private static func name(_ model: inout Model, _ fixture: some ModelRig) throws {
    let found = Dictionary(grouping: try fixture.storedBookings(), by: \.booking.event.rawValue)
    let expected = Dictionary(grouping: model.bookings.indices) { model.bookings[$0].event }
    try #require(found.mapValues(\.count) == expected.mapValues(\.count))
    for (event, indices) in expected {
      for (index, outcome) in zip(indices, found[event] ?? []) {
        model.bookings[index].name = outcome.booking.publicID
      }
    }
  }

  private static func check(_ step: Step, _ answers: Answers, _ model: inout Model, failed: Bool) {
    let question = answers.booking
    guard !failed else { return #expect(answers.isStorageFailure(step)) }
    switch step {
    case .join(let event, let user, let quantity, let type):
      #expect((try? answers.place.result())?.position == model.join(event, user, quantity, type))
    case .leave(let event, let user):
      #expect((try? answers.left.result()) == EventID(event))
      model.leave(event, user)
    case .book(let event, let user, let quantity, let key, let hold, let type):
      let outcome = try? question.result()
      let expected = model.book(event, user, quantity, key, hold: hold, type, name: outcome?.booking.publicID)
      #expect(outcome.map { Model.Outcome($0) } == expected)
    case .cancel(let name):
      let outcome = try? question.result()
      #expect(outcome.map { Model.Outcome($0) } == model.cancel(name))
    case .confirm(let name):
      #expect((try? question.result()).map { Model.Outcome($0) } == model.confirm(name))
    case .extend(let name):
      #expect((try? question.result()).map { Model.Outcome($0) } == model.extend(name))
    case .resize(let event, let seats):
      let changed = try? answers.event.result()
      #expect((changed != nil) == model.resize(event, seats))
    }
  }

  private static func compare(_ fixture: some ModelRig, _ model: Model) throws {
    for (id, expected) in model.events {
      let event = try #require(fixture.ledger.events[EventID(id)])
      #expect(event.sold == expected.sold && event.held == expected.held)
      #expect(event.seatCapacity == expected.capacity)
      #expect(event.sold + event.held <= event.seatCapacity)
      #expect(event.types.map { $0.sold + $0.held } == Array(expected.taken.prefix(expected.types.count)))
      #expect(event.types.allSatisfy { $0.sold + $0.held <= $0.capacity ?? 0 })
      #expect(event.seq == expected.seq)
      let line = fixture.ledger.waiting[EventID(id)]
      #expect(line.map(\.user) == expected.line.map { .local(UInt64($0.user)) })
      #expect(try fixture.ledger.store.allWaiting().filter { $0.event == event.id } == line)
      #expect(try fixture.storedEvent(EventID(id)) == event)
      let log = try fixture.log(event)
      #expect(log.map(\.seq) == Array(1..<(expected.seq + 1)))
      if let last = log.last {
        #expect(last.availableSeats == event.availableSeats && last.types == event.typeAvailability)
      }
      let announced = fixture.stage.happenings.flatMap { happening -> [UInt64] in
        guard case .announced(let updates) = happening else { return [] }
        return updates.filter { $0.event.rawValue == id }.flatMap { $0.notices.map(\.seq) }
      }
      #expect(announced == log.map(\.seq))
    }
  }
}

/// Who asks, whatever it is.
private struct Answers {
  let booking = Question<BookingOutcome>()
  let event = Question<Event>()
  let place = Question<WaitingPlace>()
  let left = Question<EventID>()

  func isStorageFailure(_ step: Step) -> Bool {
    do {
      switch step {
      case .resize: _ = try event.result()
      case .join: _ = try place.result()
      case .leave: _ = try left.result()
      default: _ = try booking.result()
      }
      return false
    } catch {
      return error as? DomainError == .storageUnavailable
    }
  }
}

private enum Step {
  case join(Int64, Int64, Int, Int?)
  case leave(Int64, Int64)
  case book(Int64, Int64, Int, String?, hold: Bool, type: Int?)
  case cancel(PublicBookingID)
  case confirm(PublicBookingID)
  case extend(PublicBookingID)
  case resize(Int64, Int)

  static func random(_ random: inout SeededRandom, _ known: [PublicBookingID]) -> Step {
    let event = Int64.random(in: 1...3, using: &random)
    switch Int.random(in: 0..<13, using: &random) {
    case 10, 11:
      return .join(
        event, Int64.random(in: 1...4, using: &random), Int.random(in: 0...6, using: &random),
        [nil, nil, 1, 2].randomElement(using: &random) ?? nil)
    case 12: return .leave(event, Int64.random(in: 1...4, using: &random))
    case 0: return .resize(event, Int.random(in: 0...40, using: &random))
    case 1...4:
      guard let name = known.randomElement(using: &random) else { fallthrough }
      switch Int.random(in: 0..<5, using: &random) {
      case 0, 1: return .cancel(name)
      case 2, 3: return .confirm(name)
      default: return .extend(name)
      }
    default:
      let key = Bool.random(using: &random) ? "key \(Int.random(in: 0..<40, using: &random))" : nil
      return .book(
        event, Int64.random(in: 1...4, using: &random), Int.random(in: 0...6, using: &random), key,
        hold: Bool.random(using: &random), type: [nil, nil, 1, 2].randomElement(using: &random) ?? nil)
    }
  }

  func command(_ answers: Answers) -> LedgerCommand {
    let (booking, event) = (answers.booking.answering, answers.event.answering)
    return switch self {
    case .join(let id, let user, let quantity, let type):
      .joinWaitlist(
        JoinWaitlist(event: EventID(id), user: .local(UInt64(user)), quantity: quantity, type: type),
        answers.place.answering)
    case .leave(let id, let user):
      .leaveWaitlist(EventID(id), .local(UInt64(user)), answers.left.answering)
    case .book(let id, let user, let quantity, let key, let hold, let type):
      .createBooking(
        CreateBooking(
          event: EventID(id), user: .local(UInt64(user)), quantity: quantity, idempotencyKey: key, hold: hold,
          type: type),
        booking)
    case .confirm(let name), .extend(let name):
      .changeHold(
        ChangeHold(booking: name, by: BookingActor(user: .local(0), role: .admin), kind: kind), booking)
    case .cancel(let name):
      .cancelBooking(CancelBooking(booking: name, by: .init(user: .local(0), role: .admin)), booking)
    case .resize(let id, let seats):
      .patchEvent(PatchEvent(event: EventID(id), patch: EventPatch(seatCapacity: seats)), event)
    }
  }
}

extension Step {
  private var kind: ChangeHold.Kind { if case .confirm = self { .confirm } else { .extend } }
}

/// What should be true, in the plainest words.
private struct Model {
  struct Event {
    var capacity: Int
    var maxPerUser: Int
    /// The capacities of its ticket types, and what is sold and held of each.
    var types: [Int]
    var taken = [0, 0]
    var sold = 0
    var held = 0
    var free: Int { capacity - sold - held }
    var seq: UInt64 = 0
    var line: [(user: Int64, quantity: Int, type: Int?)] = []

    /// The first type that has so many seats; 0 where the event has no types; nil: none.
    func taker(_ quantity: Int, _ type: Int?) -> Int? {
      guard quantity <= free else { return nil }
      if types.isEmpty { return type == nil ? 0 : nil }
      return (type.map { [$0] } ?? [1, 2]).first { quantity <= types[$0 - 1] - taken[$0 - 1] }
    }
  }

  struct Booking {
    /// nil: not known yet.
    var name: PublicBookingID?
    var event: Int64
    var user: Int64
    var quantity: Int
    var type: Int?
    var made: Outcome
    var wasHold: Bool
    /// While it is held.
    var until: Int64?
    var isExtended = false
    /// When it was cancelled or expired.
    var ended: Outcome?
  }

  struct Outcome: Equatable {
    var seq: UInt64
    var free: Int
    var replayed = false

    init(seq: UInt64, free: Int) { (self.seq, self.free) = (seq, free) }
    init(_ outcome: BookingOutcome) {
      (seq, free, replayed) = (outcome.seq, outcome.availableSeats, outcome.replayed)
    }

    var again: Outcome {
      var copy = self
      copy.replayed = true
      return copy
    }
  }

  var events: [Int64: Event] = [:]
  var bookings: [Booking] = []
  var keys: [String: Int] = [:]
  var now: Int64 = 0

  /// Ends every hold whose time is over, in the order of their ends.
  mutating func expire() {
    let due = bookings.indices.filter { bookings[$0].until.map { $0 <= now } ?? false }
    for index in due.sorted(by: { (bookings[$0].until ?? 0, $0) < (bookings[$1].until ?? 0, $1) }) {
      end(index)
    }
  }

  private mutating func end(_ index: Int) {
    let booking = bookings[index]
    guard var event = events[booking.event] else { return }
    if booking.until == nil { event.sold -= booking.quantity } else { event.held -= booking.quantity }
    if let type = booking.type { event.taken[type - 1] -= booking.quantity }
    event.seq += 1
    events[booking.event] = event
    bookings[index].until = nil
    bookings[index].ended = Outcome(seq: event.seq, free: event.free)
    offer(booking.event)
  }

  /// Offers what is free to whoever is first in line and can use it.
  mutating func offer(_ id: Int64) {
    while let event = events[id], event.free > 0,
      let index = event.line.firstIndex(where: { event.taker($0.quantity, $0.type) != nil })
    {
      let (user, quantity, type) = event.line[index]
      events[id]?.line.remove(at: index)
      guard allows(user, quantity, id) else { continue }
      _ = take(id, user, quantity, type, hold: true, name: nil)
    }
  }

  private func allows(_ user: Int64, _ quantity: Int, _ id: Int64) -> Bool {
    let has = bookings.filter { $0.event == id && $0.user == user && $0.ended == nil }
      .map(\.quantity).reduce(0, +)
    let limit = events[id]?.maxPerUser ?? 0
    return quantity > 0 && quantity <= 10 && (limit == 0 || has + quantity <= limit)
  }

  mutating func join(_ id: Int64, _ user: Int64, _ quantity: Int, _ type: Int?) -> Int? {
    guard allows(user, quantity, id), let event = events[id], type == nil || !event.types.isEmpty else {
      return nil
    }
    offer(id)
    guard events[id]?.taker(quantity, type) == nil else { return nil }
    leave(id, user)
    events[id]?.line.append((user, quantity, type))
    return events[id]?.line.count
  }

  mutating func leave(_ id: Int64, _ user: Int64) { events[id]?.line.removeAll { $0.user == user } }

  private mutating func take(
    _ id: Int64, _ user: Int64, _ quantity: Int, _ type: Int?, hold: Bool, name: PublicBookingID?
  ) -> Outcome? {
    guard var event = events[id], let taker = event.taker(quantity, type) else { return nil }
    if taker > 0 { event.taken[taker - 1] += quantity }
    if hold { event.held += quantity } else { event.sold += quantity }
    event.seq += 1
    events[id] = event
    let made = Outcome(seq: event.seq, free: event.free)
    bookings.append(
      Booking(
        name: name, event: id, user: user, quantity: quantity, type: taker > 0 ? taker : nil, made: made,
        wasHold: hold, until: hold ? now + 120_000 : nil))
    return made
  }

  mutating func confirm(_ name: PublicBookingID) -> Outcome? {
    guard let index = bookings.firstIndex(where: { $0.name == name }), bookings[index].ended == nil else {
      return nil
    }
    let booking = bookings[index]
    guard booking.until != nil else { return booking.made.again }
    events[booking.event]?.held -= booking.quantity
    events[booking.event]?.sold += booking.quantity
    bookings[index].until = nil
    return booking.made
  }

  mutating func extend(_ name: PublicBookingID) -> Outcome? {
    guard let index = bookings.firstIndex(where: { $0.name == name }), bookings[index].ended == nil,
      let until = bookings[index].until, !bookings[index].isExtended
    else { return nil }
    bookings[index].until = until + 60_000
    bookings[index].isExtended = true
    return bookings[index].made
  }

  mutating func book(
    _ id: Int64, _ user: Int64, _ quantity: Int, _ key: String?, hold: Bool, _ type: Int?,
    name: PublicBookingID?
  ) -> Outcome? {
    let scoped = key.map { "\(user) \($0)" }
    if let scoped, let known = keys[scoped] {
      let earlier = bookings[known]
      return earlier.event == id && earlier.quantity == quantity && earlier.wasHold == hold
        && (type == nil || type == earlier.type)
        ? earlier.made.again : nil
    }
    guard let event = events[id], name != nil, allows(user, quantity, id) else { return nil }
    // What can be offered is not sold; the next batch begins with offering it.
    guard !event.line.contains(where: { event.taker($0.quantity, $0.type) != nil }) else { return nil }
    guard let made = take(id, user, quantity, type, hold: hold, name: name) else { return nil }
    if let scoped { keys[scoped] = bookings.count - 1 }
    return made
  }

  mutating func cancel(_ name: PublicBookingID) -> Outcome? {
    guard let index = bookings.firstIndex(where: { $0.name == name }) else { return nil }
    if let ended = bookings[index].ended { return ended.again }
    end(index)
    return bookings[index].ended
  }

  mutating func resize(_ id: Int64, _ seats: Int) -> Bool {
    guard var event = events[id], seats >= event.sold + event.held, seats == event.capacity || seats > 0
    else {
      return false
    }
    if seats != event.capacity { event.seq += 1 }
    event.capacity = seats
    events[id] = event
    return true
  }
}
