// An event with seats, as the catalogue shows it and as the ledger holds it in memory. Its counts are true
// after the commit that carries `seq`; `sold + held <= seatCapacity` always.

/// What an admin has decided about an event's sales. What others are told also depends on the clock: `PublicStatus`.
enum EventStatus: String, Sendable, CaseIterable {
  /// Only admins know of it. Once published, an event is no draft again.
  case draft
  /// Sells, within `opensAt` and `closesAt`.
  case onSale = "on_sale"
  /// Does not sell for the moment.
  case paused
  /// Sales have ended; an admin may open them again.
  case closed
  /// Final: the ledger cancels every booking of the event.
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
  /// The status as the last commit announced it; `status(at:)` may be ahead of it until the ledger's next batch.
  var shown: PublicStatus = .onSale
  var seatCapacity: Int
  var sold: Int = 0
  /// Seats that holds keep back.
  var held: Int = 0
  var maxPerBooking: Int = 10
  /// Seats that one user may have at a time; 0: no limit.
  var maxPerUser: Int = 0
  /// How long a hold lasts; 0: this event has no holds.
  var holdSeconds: Int = 600
  /// By how much a hold can be extended, once; 0: not at all.
  var holdExtensionSeconds: Int = 300
  /// In the order in which they are shown; empty: the event is not divided.
  var types: [TicketType] = []
  /// The number of the next type.
  var nextType = 1
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
    /// In the order of the event's types.
    var types: [TicketType.Counts] = []

    /// - Parameters:
    ///   - seats: more, or fewer when it is negative.
    ///   - type: a position in `types`; nil: of no type.
    mutating func add(_ seats: Int, of type: Int?, isHeld: Bool) {
      if isHeld { held += seats } else { sold += seats }
      guard let type else { return }
      if isHeld { types[type].held += seats } else { types[type].sold += seats }
    }
  }

  var counts: Counts {
    get {
      var counts = Counts(sold: sold, held: held, seq: seq, updatedAt: updatedAt)
      if !types.isEmpty { counts.types = types.map { TicketType.Counts(sold: $0.sold, held: $0.held) } }
      return counts
    }
    set {
      (sold, held, seq, updatedAt) = (newValue.sold, newValue.held, newValue.seq, newValue.updatedAt)
      for (index, type) in newValue.types.enumerated() {
        (types[index].sold, types[index].held) = (type.sold, type.held)
      }
    }
  }

  var tag: EventTag { EventTag(version: version, seq: seq) }
  var details: EventDetails { EventDetails(self, status: shown) }
  var state: EventState {
    EventState(
      event: id, seq: seq, availableSeats: availableSeats, seatCapacity: seatCapacity, types: typeAvailability
    )
  }
}

extension Event {
  /// What sales are at this moment of the wall clock. Bookings are judged by it.
  func status(at moment: Instant) -> PublicStatus {
    switch status {
    case .draft: return .draft
    case .paused: return .paused
    case .closed: return .closed
    case .cancelled: return .cancelled
    case .onSale: break
    }
    if let opensAt, moment < opensAt { return .scheduled }
    if let closesAt, moment >= closesAt { return .closed }
    return .onSale
  }

  /// When the clock alone will change the status that it has at `moment`; nil: never.
  func nextStatusChange(after moment: Instant) -> Instant? {
    guard status == .onSale else { return nil }
    if let opensAt, moment < opensAt { return opensAt }
    if let closesAt, moment < closesAt { return closesAt }
    return nil
  }

  /// Only admins learn of it.
  var isDraft: Bool { status == .draft }
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

/// A status as it is announced: an admin's decision and the clock in one word.
enum PublicStatus: String, Sendable, CaseIterable {
  case draft
  /// Sales begin at `opensAt`.
  case scheduled
  case onSale = "on_sale"
  case paused
  /// Sales have ended, by an admin or at `closesAt`.
  case closed
  case cancelled
  /// The event is gone: the last thing that is announced of it.
  case deleted

  /// Those that an event can have while it exists.
  static let ofEvents = allCases.filter { $0 != .deleted }

  /// What an admin decides by this word; `scheduled` is `on_sale` before `opensAt`.
  var decision: EventStatus? {
    switch self {
    case .draft: .draft
    case .scheduled, .onSale: .onSale
    case .paused: .paused
    case .closed: .closed
    case .cancelled: .cancelled
    case .deleted: nil
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
  var types: [TypeAvailability] = []
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
  var holdExtensionSeconds: Int = 300
  var types: [TicketTypeDraft] = []
}

/// What an admin changes; nil: stays as it is. For the moments, `.some(nil)` takes them away.
struct EventPatch: Sendable, Equatable {
  var name: String?
  var description: String?
  var venue: String?
  var startsAt: Instant??
  var opensAt: Instant??
  var closesAt: Instant??
  /// The word that the event is shown with already changes nothing, so that an event may be sent back as it was read.
  var status: PublicStatus?
  var seatCapacity: Int?
  /// Added to the capacity as it is when the patch is decided; not together with `seatCapacity`.
  var seatCapacityDelta: Int?
  var maxPerBooking: Int?
  var maxPerUser: Int?
  var holdSeconds: Int?
  var holdExtensionSeconds: Int?
  /// All types that the event is to have: those with an `id` stay, others are new, missing ones go.
  var types: [TicketTypeDraft]?
}

extension Event {
  /// As an admin asks for it; the number comes from the store.
  init(_ draft: EventDraft, at moment: Instant) {
    self.init(
      id: EventID(0), name: draft.name, description: draft.description, venue: draft.venue,
      startsAt: draft.startsAt, opensAt: draft.opensAt, closesAt: draft.closesAt, status: draft.status,
      seatCapacity: draft.seatCapacity, maxPerBooking: draft.maxPerBooking, maxPerUser: draft.maxPerUser,
      holdSeconds: draft.holdSeconds, holdExtensionSeconds: draft.holdExtensionSeconds, createdAt: moment,
      updatedAt: moment)
  }
}
