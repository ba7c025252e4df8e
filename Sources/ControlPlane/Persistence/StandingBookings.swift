// `event.standing`: how many bookings of an event are neither cancelled nor expired. A notice of a booking adds one or takes
// one away; what the notices of a batch come to is written with the event's counts, or at the latest before the commit.
// The writer's connection, on the ledger's thread.

final class StandingBookings {
  private let change: Statement
  /// By event, of the open transaction, and not written yet.
  private var changes: [EventID: Int] = [:]

  init(_ connection: Connection) throws(StoreFailure) {
    change = try Statement(connection, "UPDATE event SET standing = standing + ? WHERE id = ?")
  }

  func note(_ notice: Notice) {
    switch notice.change {
    case .bookingCreated: changes[notice.event, default: 0] += 1
    case .bookingCancelled: changes[notice.event, default: 0] -= 1
    case .capacityChanged, .eventUpdated: break
    }
  }

  /// What is to be added for this event; the caller writes it.
  func take(_ event: EventID) -> Int { changes.removeValue(forKey: event) ?? 0 }

  /// Writes what nobody has taken.
  func flush() throws(StoreFailure) {
    guard !changes.isEmpty else { return }
    for (event, count) in changes where count != 0 {
      try change.run([.int(count), .int(event.rawValue)])
    }
    changes = [:]
  }

  /// The transaction is rolled back.
  func discard() { changes = [:] }
}
