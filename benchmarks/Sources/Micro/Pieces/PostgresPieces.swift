// Batches of bookings in PostgreSQL: through the store of a node, and the same statements without it. Both wait for the server and
// its disk, so the one is to be read beside the other. Only with the trait Cluster, and where MICRO_POSTGRES is the URL of a
// database that may be written to (its schema is made).
#if Cluster
  @testable import ControlPlane
  import Glibc

  enum PostgresPieces {
    static var all: [Piece] {
      guard let url = unsafe getenv("MICRO_POSTGRES").map({ unsafe String(cString: $0) }) else { return [] }
      return [64, 256].flatMap { batch in
        [
          piece("postgres_bare_\(batch)", batch) { try BareBatch(url, batch) },
          piece("postgres_store_\(batch)", batch) { try StoreBatch(url, batch) },
        ]
      }
    }

    private static func piece(_ name: String, _ batch: Int, _ make: @escaping () throws -> any PostgresBatch)
      -> Piece
    {
      var made: (any PostgresBatch)?
      return Piece(name, "one of \(batch) bookings in one transaction", checksum: 1) { count in
        do {
          let work = try made ?? make()
          made = work
          for _ in 0..<(count + batch - 1) / batch { try work.commit() }
        } catch {
          fail("\(name): \(error)")
        }
        return UInt64(count)
      }
    }
  }

  /// Books a batch of seats of one event, each with an idempotency key. One thread.
  private protocol PostgresBatch: AnyObject {
    func commit() throws
  }

  /// As the ledger uses its store.
  private final class StoreBatch: PostgresBatch {
    private let store: PostgresBookingStore
    private let batch: Int
    private var event: Event
    private let user: UserID
    private var keys = 0

    init(_ url: String, _ batch: Int) throws {
      (store, event, user) = try Setting.open(url)
      self.batch = batch
    }

    func commit() throws {
      var needs = BatchNeeds()
      needs.events = [event.id]
      needs.identities = [Setting.person]
      let names = (0..<batch).map { "store \(batch) \(getpid()) \(keys + $0)" }
      needs.keys = names.map { .init(key: $0, identity: Setting.person) }
      keys += batch
      _ = try store.begin(needs)
      let at = Instant(milliseconds: Int64(keys))
      for name in names {
        guard try store.booking(forKey: name, of: user, since: ServiceTime(milliseconds: 0)) == nil else {
          fail("A key was used before.")
        }
        event.seq += 1
        event.sold += 1
        let booking = try store.insertBooking(
          event: event.id, user: user, subject: Setting.person.subject, quantity: 1, at: at, seq: event.seq,
          heldUntil: nil, type: nil)
        let notice = ControlPlane.Notice(
          event: event.id, seq: event.seq, change: .bookingCreated(booking.facts),
          availableSeats: event.availableSeats, seatCapacity: event.seatCapacity, at: at)
        try store.append(notice, booking: booking.id)
        try store.remember(
          key: name, of: user, booking: booking.id, at: ServiceTime(milliseconds: Int64(keys)))
      }
      try store.saveCounts(of: event.id, event.counts)
      try store.commit()
    }
  }

  /// The statements that change something and the lock, in as many round trips, from arrays that are there.
  private final class BareBatch: PostgresBatch {
    private let connection: PostgresConnection
    private let batch: Int
    private let event: EventID
    private let user: UserID
    private var seq: Int64 = 0
    private var next: Int64

    init(_ url: String, _ batch: Int) throws {
      let (store, event, user) = try Setting.open(url)
      (connection, self.event, self.user, self.batch) = (store.connection, event.id, user, batch)
      // Beyond what the sequence reaches while this runs.
      next = Int64(1) << 38 + Int64(getpid()) << 20 + event.id.rawValue << 12
    }

    func commit() throws {
      try connection.queue(Statements.begin)
      try connection.queue(Statements.lock, [.int(event.rawValue)])
      guard try connection.flush().last?.count == 1 else { fail("The event is gone.") }
      let count = batch
      let ids = (0..<Int64(count)).map { next + $0 }
      let seqs = (0..<Int64(count)).map { seq + 1 + $0 }
      func same(_ number: Int64) -> [Int64] { [Int64](repeating: number, count: count) }
      let none = [Int64?](repeating: nil, count: count)

      var bookings = PostgresParameters()
      for column in [ids, same(event.rawValue), same(user.rawValue), same(1), same(seq), seqs, same(1)] {
        bookings.add(column)
      }
      bookings.add(none)
      bookings.add(none)
      try connection.queue(WriteStatements.bookings, bookings)

      var notices = PostgresParameters()
      for column in [same(event.rawValue), seqs, same(1), ids, same(1), same(1_000), same(seq)] {
        notices.add(column)
      }
      notices.add([String?](repeating: nil, count: count))
      try connection.queue(WriteStatements.notices, notices)

      var keys = PostgresParameters()
      keys.add(same(user.rawValue))
      keys.add(ids.map { Optional("bare \(batch) \(getpid()) \($0)") })
      keys.add(ids)
      keys.add(same(seq))
      try connection.queue(WriteStatements.keys, keys)

      var feed = PostgresParameters()
      for number in [0, event.rawValue, seq + Int64(count), Int64(count)] { feed.add([number]) }
      for _ in 0..<5 { feed.add([nil] as [Int64?]) }
      try connection.queue(WriteStatements.feed, feed)

      seq += Int64(count)
      next += Int64(count)
      var counts = PostgresParameters()
      for number in [event.rawValue, seq, Int64(count), seq, 0, seq, seq] { counts.add([number]) }
      counts.add([nil] as [String?])
      try connection.queue(WriteStatements.saveCounts, counts)
      try connection.queue(Statements.notify, [.text(PostgresSchema.channel), .text("bare")])
      try connection.queue(Statements.commit)
      guard try connection.flush().last?.command == "COMMIT" else { fail("Not committed.") }
    }
  }

  private enum Setting {
    static let person = Identity(issuer: "https://id.example", subject: .text("micro"))

    static func open(_ url: String) throws -> (PostgresBookingStore, Event, UserID) {
      let connection = PostgresConnection(try PostgresAddress(url), .writer("micro"))
      try PostgresSchema.bring(connection)
      let facts = try PostgresSchema.facts(connection, SystemRandom())
      let store = PostgresBookingStore(connection, node: "micro", cipher: facts.cipher)
      let moment = Instant(milliseconds: 1)
      var event = Event(
        id: EventID(1), name: "Concert", seatCapacity: 1 << 50, createdAt: moment, updatedAt: moment)
      try store.begin()
      event.id = try store.insert(event)
      let user = try store.userID(of: person) ?? store.insert(person, at: moment)
      try store.commit()
      return (store, event, user)
    }
  }
#else
  enum PostgresPieces {
    static let all: [Piece] = []
  }
#endif
