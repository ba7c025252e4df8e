// An event with seats, as the catalogue shows it and as the ledger holds it in memory. Its counts are true
// after the commit that carries `seq`; `sold + held <= seatCapacity` always.

/// Whether an event sells. `cancelled` is final; the bookings of a cancelled event stay and may be cancelled.
enum EventStatus: String, Sendable, CaseIterable {
  /// Sells, within `opensAt` and `closesAt`.
  case onSale = "on_sale"
  /// Sales were stopped by an admin, who may open them again.
  case closed
  case cancelled
}

struct Event: Sendable, Equatable {
  var id: EventID
  var name: String
  var description: String = ""
  var venue: String = ""
  var startsAt: Instant?
  /// Sales begin; nil: at once.
  var opensAt: Instant?
  /// Sales end (this moment no longer sells); nil: never.
  var closesAt: Instant?
  var status: EventStatus = .onSale
  var seatCapacity: Int
  var sold: Int = 0
  /// Seats that holds keep back.
  var held: Int = 0
  var maxPerBooking: Int = 10
  /// Seats that one user may have at a time; 0: no limit.
  var maxPerUser: Int = 0
  var holdSeconds: Int = 600
  /// The number of the last change; 0: none since the event was made.
  var seq: UInt64 = 0
  /// Grows with each change that an admin makes.
  var version: UInt64 = 1
  var createdAt: Instant
  /// The commit of the last change, of counts or of anything else.
  var updatedAt: Instant

  var availableSeats: Int { seatCapacity - sold - held }

  /// What sales change.
  struct Counts: Sendable, Equatable {
    var sold: Int
    var held: Int
    var seq: UInt64
    var updatedAt: Instant
  }

  var counts: Counts {
    get { Counts(sold: sold, held: held, seq: seq, updatedAt: updatedAt) }
    set { (sold, held, seq, updatedAt) = (newValue.sold, newValue.held, newValue.seq, newValue.updatedAt) }
  }

  var tag: EventTag { EventTag(version: version, seq: seq) }
  var details: EventDetails { EventDetails(self, status: PublicStatus(status)) }
  var state: EventState {
    EventState(event: id, seq: seq, availableSeats: availableSeats, seatCapacity: seatCapacity)
  }
}

/// Names one representation of an event: the content of its strong `ETag` (RFC 9110, section 8.8.3). Any
/// change, of counts too, makes another tag.
struct EventTag: Sendable, Hashable {
  var version: UInt64
  var seq: UInt64

  var text: String { "\(version).\(seq)" }

  init(version: UInt64, seq: UInt64) { (self.version, self.seq) = (version, seq) }

  /// The opaque part of an `ETag` (without quotes); nil: this server never made it.
  init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let version = UInt64(parts[0]), let seq = UInt64(parts[1]),
      "\(version).\(seq)" == text
    else { return nil }
    self.init(version: version, seq: seq)
  }
}

/// The public state of an event besides its counts: what `event_updated` announces.
struct EventDetails: Sendable, Equatable {
  var status: PublicStatus
  var name: String
  var startsAt: Instant?
  var opensAt: Instant?
  var closesAt: Instant?
  var maxPerBooking: Int
}

/// A status as it is announced. Other than an `EventStatus` it may say that the event is gone.
enum PublicStatus: String, Sendable {
  case onSale = "on_sale"
  case closed
  case cancelled
  case deleted

  init(_ status: EventStatus) {
    switch status {
    case .onSale: self = .onSale
    case .closed: self = .closed
    case .cancelled: self = .cancelled
    }
  }
}

extension EventDetails {
  init(_ event: Event, status: PublicStatus) {
    self.init(
      status: status, name: event.name, startsAt: event.startsAt, opensAt: event.opensAt,
      closesAt: event.closesAt, maxPerBooking: event.maxPerBooking)
  }
}

/// The counts of an event after the commit that carries `seq`.
struct EventState: Sendable, Equatable {
  var event: EventID
  var seq: UInt64
  var availableSeats: Int
  var seatCapacity: Int
}

/// What an admin says of a new event; values are within the API's bounds.
struct EventDraft: Sendable, Equatable {
  var name: String
  var seatCapacity: Int
  var description: String = ""
  var venue: String = ""
  var startsAt: Instant?
  var opensAt: Instant?
  var closesAt: Instant?
  var status: EventStatus = .onSale
  var maxPerBooking: Int = 10
  var maxPerUser: Int = 0
  var holdSeconds: Int = 600
}

/// What an admin changes; nil: stays as it is. For the moments, `.some(nil)` takes them away.
struct EventPatch: Sendable, Equatable {
  var name: String?
  var description: String?
  var venue: String?
  var startsAt: Instant??
  var opensAt: Instant??
  var closesAt: Instant??
  var status: EventStatus?
  var seatCapacity: Int?
  var maxPerBooking: Int?
  var maxPerUser: Int?
  var holdSeconds: Int?
}

extension Event {
  /// As an admin asks for it; the number comes from the store.
  init(_ draft: EventDraft, at moment: Instant) {
    self.init(
      id: EventID(0), name: draft.name, description: draft.description, venue: draft.venue,
      startsAt: draft.startsAt, opensAt: draft.opensAt, closesAt: draft.closesAt, status: draft.status,
      seatCapacity: draft.seatCapacity, maxPerBooking: draft.maxPerBooking, maxPerUser: draft.maxPerUser,
      holdSeconds: draft.holdSeconds, createdAt: moment, updatedAt: moment)
  }
}
