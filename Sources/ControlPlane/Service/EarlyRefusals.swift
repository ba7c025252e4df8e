// Refusals that are certain from the last commit alone: of an event that does not exist, does not sell now or has no seat
// that anything but a later commit could free. Workers ask before they hand a booking to the ledger, so that a rush on a
// sold out event costs the ledger nothing and delays no booking of another.
//
// Invariant: what is refused here the ledger would refuse with the same words, had it decided right after that commit.
// Any thread.

struct EarlyRefusals: Sendable {
  let events: CommittedEvents
  let clock: any Clock
  let metrics: ControlMetrics

  /// Nil: the ledger decides.
  func refusal(of command: LedgerCommand) -> DomainError? {
    // What another node has committed may make it possible.
    guard !events.isShared else { return nil }
    // A key may stand for a booking that was made before.
    guard case .createBooking(let booking, _) = command, booking.idempotencyKey == nil else { return nil }
    guard let event = events.event(booking.event) else { return .unknownEvent }
    let now = clock.now
    do throws(DomainError) {
      try BookingRules.checkSales(of: event, at: now)
      if Self.isFinal(event) { try BookingRules.check(event, quantity: booking.quantity, at: now, booked: 0) }
      return nil
    } catch {
      return error
    }
  }

  /// Whether no seat is free and nothing in the ledger's memory makes a difference: no holds, which may be over; no ticket
  /// types; no limit per user, which is told before the seats.
  private static func isFinal(_ event: Event) -> Bool {
    event.availableSeats == 0 && event.held == 0 && event.types.isEmpty && event.maxPerUser == 0
  }
}
