// A ledger on a disk that forgets, and a sale that asks it everything at once: random commands in small batches, quiet moments
// with checkpoints, and time that passes. It keeps what was acknowledged and announced, for whoever looks at what a crash leaves.

import TestSupport
import Testing

@testable import ControlPlane

/// One sale. The disk's thread.
final class DiskRig {
  let disk: FaultyDisk
  let clock = ScriptedClock(milliseconds: 1_700_000_000_000)
  let stage = Stage()
  let metrics = ControlMetrics()
  /// Nil only while the process is dead.
  private var process: (database: Database?, ledger: Ledger)?
  let events: [EventID]
  private(set) var acknowledged = Acknowledged()
  private let folder: MemoryFolder
  private var random: SeededRandom
  private var keys = 0
  /// Commands that were answered 503.
  private(set) var refused = 0

  init(seed: UInt64) throws {
    random = SeededRandom(seed: seed)
    disk = try FaultyDisk(seed: seed)
    folder = try MemoryFolder()
    let process = try Self.start(folder, disk, stage, clock, metrics)
    self.process = process
    var events: [EventID] = []
    for draft in Self.drafts {
      let question = Question<Event>()
      process.ledger.perform([.createEvent(draft, question.answering)])
      events.append(try question.result().id)
      stage.watch(events[events.count - 1])
    }
    self.events = events
  }

  var ledger: Ledger {
    guard let process else { preconditionFailure("The process must be alive.") }
    return process.ledger
  }

  private static func start(
    _ folder: MemoryFolder, _ disk: FaultyDisk, _ stage: Stage, _ clock: ScriptedClock,
    _ metrics: ControlMetrics
  ) throws -> (database: Database?, ledger: Ledger) {
    let (database, writer) = try Database.open(
      DataFolder(folder.path), SeededIdentifiers(seed: 1), vfs: disk.vfs)
    return (database, try ledger(writer, stage, clock, metrics))
  }

  /// The process is killed, which leaves the kernel's cache alone, and started again.
  /// - Parameter trustsCache: a planted fault: the server builds on the log as it finds it.
  func restart(trustsCache: Bool = false) throws {
    disk.cut()
    process = nil
    disk.powerOn()
    process =
      trustsCache
      ? (nil, try trustingLedger()) : try Self.start(folder, disk, stage, clock, metrics)
  }

  private func trustingLedger() throws -> Ledger {
    let connection = try Connection(folder.path + "/seatcast.db", .writer, vfs: disk.vfs)
    let text = try #require(try DatabaseFacts.meta("booking_key", connection))
    let key = try #require(UInt64(text, radix: 16))
    let writer = try SQLiteBookingStore(connection, cipher: BookingIDCipher(key: key), keySalt: key)
    return try Self.ledger(writer, stage, clock, metrics)
  }

  static func ledger(
    _ writer: SQLiteBookingStore, _ stage: Stage, _ clock: ScriptedClock, _ metrics: ControlMetrics
  ) throws -> Ledger {
    try Ledger(
      writer,
      Ledger.Dependencies(
        notices: stage, replies: stage, texts: PlainTexts(),
        encoder: OutcomeReplies(observer: IncidentList()), events: CommittedEvents(),
        observer: IncidentList(), clock: clock, metrics: metrics))
  }

  /// A large event, one that is sold out soon and has holds, and one with ticket types.
  private static var drafts: [EventDraft] {
    var small = EventDraft(name: "Small", seatCapacity: 12)
    (small.holdSeconds, small.holdExtensionSeconds) = (60, 30)
    var divided = EventDraft(name: "Divided", seatCapacity: 200)
    divided.types = [.init(name: "A", capacity: 20), .init(name: "B")]
    return [EventDraft(name: "Large", seatCapacity: 1_000_000), small, divided]
  }

  /// Puts what a crash leaves at this moment into a folder of its own.
  func crash(seed: UInt64) throws -> MemoryFolder {
    let folder = try MemoryFolder()
    try disk.crash(into: folder.path, seed: seed)
    return folder
  }

  /// What the server itself would read now.
  func contents() throws -> String {
    try DatabaseText.of(Connection(folder.path + "/seatcast.db", .reader, vfs: disk.vfs))
  }

  // MARK: The sale

  /// Either a batch of a few commands or a quiet moment: one transaction at most.
  func step() throws {
    guard Int.random(in: 0..<5, using: &random) > 0 else { return ledger.idle() }
    clock.advance(by: Int64.random(in: 1...4_000, using: &random))
    let commands = (0..<Int.random(in: 1...5, using: &random)).map { _ in command() }
    ledger.perform(commands.map(\.command))
    for command in commands {
      do {
        try command.take(&acknowledged)
      } catch DomainError.storageUnavailable {
        refused += 1
      } catch is DomainError {}
    }
  }

  private struct Asked {
    let command: LedgerCommand
    let take: (inout Acknowledged) throws -> Void
  }

  private func command() -> Asked {
    let known = acknowledged.bookings.keys.sorted { $0.code < $1.code }.randomElement(using: &random)
    switch (Int.random(in: 0..<16, using: &random), known) {
    case (0, let known?): return change { .cancelBooking(CancelBooking(booking: known, by: self.admin), $0) }
    case (1...2, let known?):
      return change { .changeHold(ChangeHold(booking: known, by: self.admin, kind: .confirm), $0) }
    case (3, let known?):
      return change { .changeHold(ChangeHold(booking: known, by: self.admin, kind: .extend), $0) }
    case (4, _): return join()
    case (5, _): return resize()
    default: return book()
    }
  }

  private let admin = BookingActor(user: .local(1), role: .admin)

  private func book() -> Asked {
    // Now and then a key comes again.
    if Int.random(in: 0..<6, using: &random) > 0 { keys += 1 }
    let user = UInt64(keys % 5 + 1)
    var wish = CreateBooking(events[keys % 3], user, keys % 3 + 1, "key \(keys)")
    wish.hold = keys % 2 == 0
    let question = Question<BookingOutcome>()
    return Asked(command: .createBooking(wish, question.answering)) { acknowledged in
      acknowledged.add(try question.result(), wish)
    }
  }

  private func change(_ command: (Answering<BookingOutcome>) -> LedgerCommand) -> Asked {
    let question = Question<BookingOutcome>()
    return Asked(command: command(question.answering)) { $0.add(try question.result(), nil) }
  }

  private func join() -> Asked {
    let question = Question<WaitingPlace>()
    let user = UInt64.random(in: 1...5, using: &random)
    let wish = JoinWaitlist(event: events[1], user: .local(user), quantity: 1, type: nil)
    return Asked(command: .joinWaitlist(wish, question.answering)) { _ in _ = try question.result() }
  }

  private func resize() -> Asked {
    let question = Question<Event>()
    var patch = EventPatch()
    patch.seatCapacity = Int.random(in: 5...30, using: &random)
    let change = PatchEvent(event: events[1], patch: patch, ifMatch: nil)
    return Asked(command: .patchEvent(change, question.answering)) { _ in _ = try question.result() }
  }
}

/// What was answered with success.
struct Acknowledged {
  /// As it was told last.
  private(set) var bookings: [PublicBookingID: BookingOutcome] = [:]
  /// Requests with keys, and what they made.
  private(set) var keyed: [(wish: CreateBooking, booking: PublicBookingID)] = []

  mutating func add(_ outcome: BookingOutcome, _ wish: CreateBooking?) {
    if let wish, !outcome.replayed { keyed.append((wish, outcome.booking.publicID)) }
    // A booking that is told again is told as it was made.
    if outcome.replayed, bookings[outcome.booking.publicID] != nil { return }
    bookings[outcome.booking.publicID] = outcome
  }
}

/// Everything that a database says, as text that can be compared.
enum DatabaseText {
  static func of(_ connection: Connection) throws -> String {
    let tables = try Statement(
      connection,
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    ).all([]) { $0.text(0) }
    return try tables.map { table in
      let columns = try Statement(connection, "SELECT name FROM pragma_table_info(?)")
        .all([.text(table)]) { "quote(\"\($0.text(0))\")" }
      let row = columns.joined(separator: " || ',' || ")
      return try Statement(
        connection,
        "SELECT coalesce(group_concat(line, char(10)), '') FROM (SELECT \(row) line FROM \"\(table)\" ORDER BY line)"
      ).first { "\(table)\n\($0.text(0))" } ?? ""
    }.joined(separator: "\n")
  }
}
