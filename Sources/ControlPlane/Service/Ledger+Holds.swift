// A hold is a booking that keeps its seats until a moment, for whoever is paying. It is confirmed, extended once, or let
// go; when nothing of this happens in time it expires (Ledger+Agenda.swift). The ledger's thread.

extension Ledger {
  func change(_ command: ChangeHold, _ batch: inout Batch) throws(CommandFailure) -> BookingOutcome {
    let (found, place) = try find(command.booking, by: command.by, &batch)
    switch found.booking.status {
    case .held: break
    case .confirmed:
      guard command.kind == .confirm else { throw .refused(.notHeld) }
      return again(found, &batch)
    case .cancelled: throw .refused(.bookingCancelled)
    case .expired: throw .refused(.holdExpired(expiresAt: found.booking.expiresAt))
    }
    // Its time may have come a moment ago. It ends here, for good: the clock could be set back.
    if let expiresAt = found.booking.expiresAt, expiresAt <= batch.time.now {
      _ = try end(found.booking, .expired, place, &batch)
      throw .refused(.holdExpired(expiresAt: expiresAt))
    }
    switch command.kind {
    case .confirm: return try confirm(found, place, &batch)
    case .extend: return try extend(found, place, &batch)
    }
  }

  /// Changes no count, so there is nothing to announce.
  private func confirm(
    _ found: BookingOutcome, _ place: Int, _ batch: inout Batch
  ) throws(CommandFailure) -> BookingOutcome {
    let (id, at) = (found.booking.id, batch.at)
    try storing(&batch) { () throws(StoreFailure) in try store.saveConfirmation(of: id, at: at) }
    batch.willSell(table[place])
    let type = found.booking.type.flatMap { table[place].type($0) }
    table[place].counts.add(-found.booking.quantity, of: type, isHeld: true)
    table[place].counts.add(found.booking.quantity, of: type, isHeld: false)
    batch.hasWritten = true
    batch.counts.confirmations += 1
    var outcome = found
    outcome.booking.status = .confirmed
    return outcome
  }

  private func extend(
    _ found: BookingOutcome, _ place: Int, _ batch: inout Batch
  ) throws(CommandFailure) -> BookingOutcome {
    let by = try ruling { () throws(DomainError) in
      try BookingRules.holdExtension(table[place], of: found.booking)
    }
    var outcome = found
    outcome.booking.extended = by
    outcome.booking.expiresAt = found.booking.expiresAt.map { Instant(milliseconds: $0.milliseconds + by) }
    let (extended, at) = (outcome.booking, batch.at)
    try storing(&batch) { () throws(StoreFailure) in try store.saveExtension(of: extended, at: at) }
    try note(extended, &batch)
    batch.hasWritten = true
    return outcome
  }

  /// Notes when a hold ends.
  func note(_ booking: Booking, _ batch: inout Batch) throws(CommandFailure) {
    guard !batch.hasPeers, let expiresAt = booking.expiresAt else { return }
    let (hold, event) = (Hold(expiresAt: expiresAt, booking: booking.id), booking.event)
    let replaced = try storing(&batch) { () throws(StoreFailure) in
      try agenda.add(hold, of: event) { () throws(StoreFailure) in try store.holds(of: event) }
    }
    if let replaced { batch.replacedHolds.append((event, replaced)) }
  }
}
