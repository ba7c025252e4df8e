// The stores that the ledger may write to, behind one face for the tests that all of them must pass.

import TestSupport
import Testing

@testable import ControlPlane

enum StoreKind: String, Sendable, CaseIterable {
  case sqlite
  case postgres

  /// Those that can be tried in this build, on this machine.
  static let available: [StoreKind] = {
    #if Cluster
      return PostgresServer.isInstalled ? allCases : [.sqlite]
    #else
      return [.sqlite]
    #endif
  }()
}

/// A store of a database of its own, and what a test looks at behind its back.
final class StoreRig {
  let store: any BookingStore
  /// Rows of the feed: kind, subject, number, count.
  let feed: () throws -> [[Int64]]
  /// Rows of the log of waiting lists: kind, event, place (-1: none), user (-1: none).
  let waitingLog: () throws -> [[Int64]]
  /// Action, subject, address.
  let audit: () throws -> [[String?]]
  let logouts: () throws -> [Identity: Instant]
  let disabled: () throws -> Set<Identity>
  private let folder: TemporaryFolder

  /// - Parameter logoutCapacity: log-outs of one issuer that are kept one by one; SQLite's store has its own.
  init(_ kind: StoreKind) throws {
    folder = try TemporaryFolder()
    #if Cluster
      if kind == .postgres {
        let store = try PostgresStores.open(PostgresServer.shared().createDatabase(), node: "a")
        let numbers = { (sql: String) throws in
          let row = { (row: PostgresRow) in (0..<4).map { row.int64(Int32($0)) } }
          return try store.connection.run(sql).all(row)
        }
        self.store = store
        feed = {
          try numbers("SELECT kind, subject, number, count FROM feed_pending WHERE kind < 100 ORDER BY id")
        }
        waitingLog = {
          try numbers(
            """
            SELECT kind - 100, subject, coalesce(place, -1), coalesce(user_id, -1)
            FROM feed_pending WHERE kind > 100 ORDER BY id
            """)
        }
        audit = {
          try store.connection.run("SELECT action, subject, address FROM audit ORDER BY id")
            .all { [$0.text(0), $0.optionalText(1), $0.optionalText(2)] }
        }
        logouts = { try store.logouts() }
        disabled = { try store.disabled() }
        return
      }
    #endif
    let store = try Database.open(DataFolder(folder.path), SeededIdentifiers(seed: 1)).writer
    let numbers = { (sql: String) throws in
      let row = { (row: Row) in (0..<4).map { row.int64(Int32($0)) } }
      return try Statement(store.connection, sql).all([], row)
    }
    self.store = store
    feed = { try numbers("SELECT kind, subject, number, count FROM feed ORDER BY position") }
    waitingLog = {
      try numbers(
        "SELECT kind, event_id, coalesce(place, -1), coalesce(user_id, -1) FROM waiting_log ORDER BY position"
      )
    }
    audit = {
      try Statement(store.connection, "SELECT action, subject, address FROM audit ORDER BY id")
        .all([]) { [$0.text(0), $0.optionalText(1), $0.optionalText(2)] }
    }
    logouts = { try store.logouts() }
    disabled = { try store.disabled() }
  }

  /// A committed transaction.
  @discardableResult
  func commit<Value>(_ body: (any BookingStore) throws -> Value) throws -> Value {
    try store.begin()
    do {
      let value = try body(store)
      try store.commit()
      return value
    } catch {
      store.rollback()
      throw error
    }
  }

  func event(_ id: EventID) throws -> Event { try #require(try store.allEvents().first { $0.id == id }) }

  func makeEvent(capacity: Int, _ change: (inout Event) -> Void = { _ in }) throws -> Event {
    var event = Event.sample(capacity: capacity)
    change(&event)
    event.id = try commit { try $0.insert(event) }
    return event
  }

  /// As the ledger books.
  func book(
    _ event: inout Event, _ user: UserID, _ quantity: Int, heldUntil: Instant? = nil, type: Int? = nil
  ) throws -> Booking {
    let at = Instant(milliseconds: 1_000 + Int64(event.seq))
    event.seq += 1
    if heldUntil == nil { event.sold += quantity } else { event.held += quantity }
    let position = type.flatMap { number in event.types.firstIndex { $0.id == number } }
    if let position { event.types[position].sold += quantity }
    let booking = try store.insertBooking(
      event: event.id, user: user, subject: .number(UInt64(user.rawValue)), quantity: quantity, at: at,
      seq: event.seq, heldUntil: heldUntil, type: type)
    try note(event, .bookingCreated(booking.facts), booking.id, at)
    return booking
  }

  func end(_ event: inout Event, _ booking: Booking, _ status: BookingStatus) throws {
    let at = Instant(milliseconds: 1_000 + Int64(event.seq))
    event.seq += 1
    if booking.status == .held { event.held -= booking.quantity } else { event.sold -= booking.quantity }
    try store.saveEnd(of: booking.id, status, at: at, seq: event.seq)
    try note(event, .bookingCancelled(booking.facts), booking.id, at)
  }

  func note(_ event: Event, _ change: Notice.Change, _ booking: BookingID?, _ at: Instant) throws {
    try store.append(
      Notice(
        event: event.id, seq: event.seq, change: change, availableSeats: event.availableSeats,
        seatCapacity: event.seatCapacity, types: event.typeAvailability, at: at), booking: booking)
  }
}

#if Cluster
  enum PostgresStores {
    /// A node's store, on a database whose schema is brought up to date.
    static func open(_ url: String, node: String, logoutCapacity: Int = 1_000) throws -> PostgresBookingStore
    {
      let connection = PostgresConnection(try PostgresAddress(url), .writer(node))
      try PostgresSchema.bring(connection)
      let facts = try PostgresSchema.facts(connection, SeededIdentifiers(seed: 1))
      return PostgresBookingStore(
        connection, node: node, cipher: facts.cipher, logoutCapacity: logoutCapacity)
    }
  }
#endif
