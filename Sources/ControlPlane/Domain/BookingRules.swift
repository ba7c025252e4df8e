// The rules of selling and of changing an event: pure functions of the event as it stands and the moment. The
// ledger asks them in arrival order, so that whatever they allow is true at once.

enum BookingRules {
  /// - Parameter booked: seats of the event that this user has already; ignored when the event has no limit per user.
  static func check(
    _ event: Event, quantity: Int, at moment: Instant, booked: Int
  ) throws(DomainError) {
    try checkSales(of: event, at: moment)
    guard quantity > 0, quantity <= event.maxPerBooking else {
      throw .quantityLimit(limit: event.maxPerBooking, requested: quantity)
    }
    if event.maxPerUser > 0 {
      guard quantity <= event.maxPerUser - booked else {
        throw .perUserLimit(limit: event.maxPerUser, booked: booked, requested: quantity)
      }
    }
    guard quantity <= event.availableSeats else {
      throw .soldOut(available: event.availableSeats, requested: quantity)
    }
  }

  private static func checkSales(of event: Event, at moment: Instant) throws(DomainError) {
    switch event.status {
    case .cancelled: throw .eventCancelled
    case .closed: throw .closed(closesAt: nil)
    case .onSale: break
    }
    if let opensAt = event.opensAt, moment < opensAt { throw .notOpenYet(opensAt: opensAt) }
    if let closesAt = event.closesAt, moment >= closesAt { throw .closed(closesAt: closesAt) }
  }

  /// The event as the patch leaves it, with the next version when anything changed. The ledger sets its `seq`.
  static func apply(_ patch: EventPatch, to event: Event) throws(DomainError) -> Event {
    var changed = event
    changed.name = patch.name ?? event.name
    changed.description = patch.description ?? event.description
    changed.venue = patch.venue ?? event.venue
    changed.startsAt = patch.startsAt ?? event.startsAt
    changed.opensAt = patch.opensAt ?? event.opensAt
    changed.closesAt = patch.closesAt ?? event.closesAt
    changed.status = patch.status ?? event.status
    changed.seatCapacity = patch.seatCapacity ?? event.seatCapacity
    changed.maxPerBooking = patch.maxPerBooking ?? event.maxPerBooking
    changed.maxPerUser = patch.maxPerUser ?? event.maxPerUser
    changed.holdSeconds = patch.holdSeconds ?? event.holdSeconds
    if event.status == .cancelled, changed.status != .cancelled { throw .eventCancelled }
    guard changed.seatCapacity >= event.sold + event.held else {
      throw .capacityBelowSold(sold: event.sold, held: event.held)
    }
    try checkWindow(opensAt: changed.opensAt, closesAt: changed.closesAt)
    if changed != event { changed.version += 1 }
    return changed
  }

  static func checkWindow(opensAt: Instant?, closesAt: Instant?) throws(DomainError) {
    if let opensAt, let closesAt, opensAt >= closesAt { throw .salesWindowInverted }
  }
}
