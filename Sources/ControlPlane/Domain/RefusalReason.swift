// Why a rule refused a command, in few words that metrics count by: those of the problem types that a sale meets, and
// one for all others. A closed set, so that what is counted has a bound.

public enum RefusalReason: String, CaseIterable, Sendable {
  case soldOut = "sold-out"
  case notOpenYet = "not-open-yet"
  case salesPaused = "sales-paused"
  case salesClosed = "sales-closed"
  case eventCancelled = "event-cancelled"
  case perUserLimit = "per-user-limit"
  case quantityLimit = "quantity-limit"
  case seatsAvailable = "seats-available"
  case waitlistFull = "waitlist-full"
  case waitlistFirst = "waitlist-first"
  case holdExpired = "hold-expired"
  case idempotencyMismatch = "idempotency-mismatch"
  case unknownEvent = "unknown-event"
  case unknownBooking = "unknown-booking"
  case other

  init(_ error: DomainError) {
    self =
      switch error {
      case .soldOut: .soldOut
      case .notOpenYet: .notOpenYet
      case .paused: .salesPaused
      case .closed: .salesClosed
      case .eventCancelled: .eventCancelled
      case .perUserLimit: .perUserLimit
      case .quantityLimit: .quantityLimit
      case .seatsAvailable: .seatsAvailable
      case .waitlistFull: .waitlistFull
      case .waitlistFirst: .waitlistFirst
      case .holdExpired: .holdExpired
      case .idempotencyMismatch: .idempotencyMismatch
      case .unknownEvent: .unknownEvent
      case .unknownBooking: .unknownBooking
      default: .other
      }
  }

  /// Its place in `allCases`.
  var index: Int {
    switch self {
    case .soldOut: 0
    case .notOpenYet: 1
    case .salesPaused: 2
    case .salesClosed: 3
    case .eventCancelled: 4
    case .perUserLimit: 5
    case .quantityLimit: 6
    case .seatsAvailable: 7
    case .waitlistFull: 8
    case .waitlistFirst: 9
    case .holdExpired: 10
    case .idempotencyMismatch: 11
    case .unknownEvent: 12
    case .unknownBooking: 13
    case .other: 14
    }
  }
}

/// Refusals by reason, in place: a batch counts without allocating.
struct RefusalCounts: Sendable {
  private var counts = InlineArray<15, UInt64>(repeating: 0)

  mutating func add(_ reason: RefusalReason) { counts[reason.index] += 1 }

  var total: UInt64 { counts.indices.reduce(0) { $0 + counts[$1] } }

  /// Adds these numbers to others, in the order of `RefusalReason.allCases`.
  func add(to totals: inout [UInt64]) {
    for index in counts.indices { totals[index] += counts[index] }
  }
}
