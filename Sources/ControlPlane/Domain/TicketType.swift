// A kind of ticket of one event: a name, perhaps seats of its own, limits and a sales window of its own; no price. The
// event's seats remain the bound of all: types with capacities divide them, and types without one share what is free.
// Pure values; any thread.

struct TicketType: Sendable, Equatable {
  /// Its number within the event, from 1; never given to another type of the event.
  var id: Int
  var name: String
  /// Seats that this type may take; nil: as many as the event has.
  var capacity: Int?
  /// nil: the event's limit alone.
  var maxPerBooking: Int?
  /// Seats of this type that one user may have at a time; 0: the event's limit alone.
  var maxPerUser = 0
  /// Beside the event's window; nil: no bound of its own.
  var opensAt: Instant?
  var closesAt: Instant?
  var sold = 0
  var held = 0

  /// An event has no more types.
  static let most = 50

  /// What sales change.
  struct Counts: Sendable, Equatable {
    var sold: Int
    var held: Int
  }
}

/// What is free of a type, right after a commit.
struct TypeAvailability: Sendable, Equatable {
  var id: Int
  var available: Int
}

/// What an admin says of a type, new (no `id`) or known.
struct TicketTypeDraft: Sendable, Equatable {
  var id: Int?
  var name: String
  var capacity: Int?
  var maxPerBooking: Int?
  var maxPerUser = 0
  var opensAt: Instant?
  var closesAt: Instant?
}

extension Event {
  func type(_ id: Int) -> Int? { types.firstIndex { $0.id == id } }

  /// Seats that can be booked as this type.
  func available(of type: TicketType) -> Int {
    min(availableSeats, type.capacity.map { $0 - type.sold - type.held } ?? availableSeats)
  }

  /// Whether so many seats are free and sold at this moment, of this type or of any one.
  func hasSeats(for quantity: Int, of wanted: Int?, at moment: Instant) -> Bool {
    guard quantity <= availableSeats else { return false }
    if types.isEmpty { return true }
    return types.contains { type in
      (wanted == nil || type.id == wanted) && quantity <= available(of: type)
        && type.sells(quantity, at: moment)
    }
  }

  /// When the clock alone will open another type; nil: never.
  func nextTypeOpening(after moment: Instant) -> Instant? {
    types.lazy.compactMap(\.opensAt).filter { $0 > moment }.min()
  }

  /// In the order of the types; empty without types.
  var typeAvailability: [TypeAvailability] {
    types.isEmpty ? [] : types.map { TypeAvailability(id: $0.id, available: available(of: $0)) }
  }
}

extension BookingRules {
  /// The event with these types: known ones keep what is sold, new ones get the next numbers.
  static func replaceTypes(
    of event: inout Event, with drafts: [TicketTypeDraft]
  ) throws(DomainError) {
    var types: [TicketType] = []
    for draft in drafts {
      if let id = draft.id {
        guard let index = event.type(id), !types.contains(where: { $0.id == id }) else {
          throw .unknownTicketType
        }
        types.append(try TicketType(draft, id: id, event.types[index]))
      } else {
        types.append(try TicketType(draft, id: event.nextType, nil))
        event.nextType += 1
      }
    }
    for type in event.types where type.sold + type.held > 0 {
      guard types.contains(where: { $0.id == type.id }) else { throw .ticketTypeInUse(id: type.id) }
    }
    event.types = types
  }

  /// - Parameter booked: seats of this type that the user has already.
  static func check(
    _ type: TicketType, of event: Event, quantity: Int, at moment: Instant, booked: Int
  ) throws(DomainError) {
    try check(type, quantity: quantity, at: moment)
    if type.maxPerUser > 0, quantity > type.maxPerUser - booked {
      throw .perUserLimit(limit: type.maxPerUser, booked: booked, requested: quantity)
    }
    let available = event.available(of: type)
    guard quantity <= available else { throw .soldOut(available: available, requested: quantity) }
  }

  /// The rules of a type that ask neither who books nor what is free.
  static func check(_ type: TicketType, quantity: Int, at moment: Instant) throws(DomainError) {
    if let opensAt = type.opensAt, moment < opensAt { throw .notOpenYet(opensAt: opensAt) }
    if let closesAt = type.closesAt, moment >= closesAt { throw .closed(closesAt: closesAt) }
    if let limit = type.maxPerBooking, quantity > limit {
      throw .quantityLimit(limit: limit, requested: quantity)
    }
  }
}

extension TicketType {
  /// Whether one booking may take so many seats at this moment, if they are free.
  func sells(_ quantity: Int, at moment: Instant) -> Bool {
    do throws(DomainError) {
      try BookingRules.check(self, quantity: quantity, at: moment)
      return true
    } catch {
      return false
    }
  }

  /// - Parameter known: the type as it is, when it is not a new one.
  fileprivate init(_ draft: TicketTypeDraft, id: Int, _ known: TicketType?) throws(DomainError) {
    let (sold, held) = (known?.sold ?? 0, known?.held ?? 0)
    if let capacity = draft.capacity, capacity < sold + held {
      throw .capacityBelowSold(sold: sold, held: held)
    }
    try BookingRules.checkWindow(opensAt: draft.opensAt, closesAt: draft.closesAt)
    self.init(
      id: id, name: draft.name, capacity: draft.capacity, maxPerBooking: draft.maxPerBooking,
      maxPerUser: draft.maxPerUser, opensAt: draft.opensAt, closesAt: draft.closesAt, sold: sold, held: held)
  }
}
