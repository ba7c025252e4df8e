// The rules of selling and of changing an event: pure functions of the event as it stands and the moment. The
// ledger asks them in arrival order, so that whatever they allow is true at once.

enum BookingRules {
  /// - Parameter booked: seats of the event that this user has already; ignored when the event has no limit per user.
  static func check(
    _ event: Event, quantity: Int, at moment: Instant, booked: Int
  ) throws(DomainError) {
    try checkSales(of: event, at: moment)
    try checkLimits(event, quantity: quantity, booked: booked)
    guard quantity <= event.availableSeats else {
      throw .soldOut(available: event.availableSeats, requested: quantity)
    }
  }

  static func checkLimits(_ event: Event, quantity: Int, booked: Int) throws(DomainError) {
    guard quantity > 0, quantity <= event.maxPerBooking else {
      throw .quantityLimit(limit: event.maxPerBooking, requested: quantity)
    }
    if event.maxPerUser > 0 {
      guard quantity <= event.maxPerUser - booked else {
        throw .perUserLimit(limit: event.maxPerUser, booked: booked, requested: quantity)
      }
    }
  }

  static func checkSales(of event: Event, at moment: Instant) throws(DomainError) {
    switch event.status(at: moment) {
    case .onSale: return
    case .scheduled: throw .notOpenYet(opensAt: event.opensAt ?? moment)
    case .paused: throw .paused
    case .closed: throw .closed(closesAt: event.status == .onSale ? event.closesAt : nil)
    case .cancelled: throw .eventCancelled
    case .draft, .deleted: throw .unknownEvent
    }
  }

  /// When a hold that begins at `moment` ends.
  static func holdEnd(_ event: Event, from moment: Instant) throws(DomainError) -> Instant {
    guard event.holdSeconds > 0 else { throw .holdsNotOffered }
    return Instant(milliseconds: moment.milliseconds + Int64(event.holdSeconds) * 1000)
  }

  /// By how many milliseconds the hold may be extended. An extension does not begin at the moment when it is asked for,
  /// so nobody gains or loses by asking early.
  static func holdExtension(_ event: Event, of hold: Booking) throws(DomainError) -> Int64 {
    guard event.holdExtensionSeconds > 0 else { throw .extensionsNotOffered }
    guard hold.extended == 0 else { throw .extensionUsed }
    return Int64(event.holdExtensionSeconds) * 1000
  }

  /// No event has more seats.
  static let capacities = 1...1_000_000

  /// The event as the patch leaves it, with the next version when anything changed. The ledger sets its `seq`.
  static func apply(_ patch: EventPatch, to event: Event) throws(DomainError) -> Event {
    var changed = event
    changed.name = patch.name ?? event.name
    changed.description = patch.description ?? event.description
    changed.venue = patch.venue ?? event.venue
    changed.startsAt = patch.startsAt ?? event.startsAt
    changed.opensAt = patch.opensAt ?? event.opensAt
    changed.closesAt = patch.closesAt ?? event.closesAt
    if let wanted = patch.status, wanted != event.shown { changed.status = wanted.decision ?? event.status }
    changed.seatCapacity = patch.seatCapacity ?? event.seatCapacity + (patch.seatCapacityDelta ?? 0)
    changed.maxPerBooking = patch.maxPerBooking ?? event.maxPerBooking
    changed.maxPerUser = patch.maxPerUser ?? event.maxPerUser
    changed.holdSeconds = patch.holdSeconds ?? event.holdSeconds
    changed.holdExtensionSeconds = patch.holdExtensionSeconds ?? event.holdExtensionSeconds
    if let types = patch.types { try replaceTypes(of: &changed, with: types) }
    if event.status == .cancelled, changed.status != .cancelled { throw .eventCancelled }
    if event.status != .draft, changed.status == .draft { throw .alreadyPublished }
    guard changed.seatCapacity >= event.sold + event.held else {
      throw .capacityBelowSold(sold: event.sold, held: event.held)
    }
    guard changed.seatCapacity == event.seatCapacity || capacities.contains(changed.seatCapacity) else {
      throw .capacityOutOfRange(asked: changed.seatCapacity)
    }
    try checkWindow(opensAt: changed.opensAt, closesAt: changed.closesAt)
    if changed != event { changed.version += 1 }
    return changed
  }

  static func checkWindow(opensAt: Instant?, closesAt: Instant?) throws(DomainError) {
    if let opensAt, let closesAt, opensAt >= closesAt { throw .salesWindowInverted }
  }
}
