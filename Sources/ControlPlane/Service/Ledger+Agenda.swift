// What the ledger does by the clock, at the start of each batch and when no command comes: announces that sales began or
// ended, lets holds expire, cancels the bookings of a cancelled event. In bounded steps, so that ten thousand holds that
// end at one moment delay nobody's booking for long. The ledger's thread.

extension Ledger {
  /// Bookings that one batch ends by itself at most.
  static let endsPerBatch = 64

  /// When something is due next; nil: nothing is, or the disk takes no writes now.
  var nextDue: Instant? { storeFailure == nil ? agenda.first : nil }

  /// Notes what the events that exist have to do. Once, at the start.
  func planAll() throws(StoreFailure) {
    // With other nodes the store tells which holds are over, and only the leading one asks.
    guard node == nil else { return }
    for (event, hold) in try store.allHolds() { agenda.restore(hold, of: event) }
    let now = dependencies.clock.now
    for event in table.ids { plan(event, at: now) }
  }

  /// After each change of an event, and after each look at it.
  func plan(_ id: EventID, at now: Instant) {
    if let node, !node.isLeading { return }
    agenda.set(id, to: table[id].flatMap { next(for: $0, at: now) })
  }

  private func next(for event: Event, at now: Instant) -> Instant? {
    if event.shown != event.status(at: now) || isEmptying(event) || canOffer(event, at: now) { return now }
    let ends = agenda.firstHold(of: event.id)?.expiresAt
    let changes = event.nextStatusChange(after: now)
    let opens = waiting.isEmpty(event.id) ? nil : event.nextTypeOpening(after: now)
    return [ends, changes, opens].lazy.compactMap { $0 }.min()
  }

  /// A cancelled event whose bookings are not all cancelled.
  private func isEmptying(_ event: Event) -> Bool {
    guard event.status == .cancelled else { return false }
    return hasBookings(event) || !waiting.isEmpty(event.id)
  }

  private func hasBookings(_ event: Event) -> Bool {
    event.sold + event.held > 0 && emptied[event.id] != .max
  }

  /// Does what is due, within the bound.
  func advance(_ batch: inout Batch) throws(StoreFailure) {
    do throws(CommandFailure) {
      try doDue(&batch)
    } catch {
      // Nobody asked, so no rule refuses.
      if case .failed(let failure) = error { throw failure }
    }
  }

  private func doDue(_ batch: inout Batch) throws(CommandFailure) {
    planOnStep(batch.time)
    // With other nodes, what is due was known before the batch began, and is locked.
    guard !batch.hasPeers else {
      for id in batch.looked { try look(at: id, &batch) }
      return
    }
    while batch.ends < Self.endsPerBatch, let id = agenda.popDue(at: batch.time.now) {
      batch.looked.append(id)
      try look(at: id, &batch)
    }
  }

  private func look(at id: EventID, _ batch: inout Batch) throws(CommandFailure) {
    guard let place = table.place(of: id) else { return }
    try showStatus(of: place, &batch)
    if isEmptying(table[place]) {
      if hasBookings(table[place]) { try cancelBookings(of: place, &batch) }
      try dismissWaiting(of: id, &batch)
    } else {
      let wantsMore = { (batch: Batch) in batch.ends < Self.endsPerBatch }
      if batch.hasPeers {
        try expire(batch.dueHolds[id] ?? [], place, &batch, while: wantsMore)
      } else {
        try expireHolds(of: place, &batch, while: wantsMore)
      }
      try offerSeats(of: place, &batch)
    }
  }

  /// When the clock was set, what was far may be due, and what was past may come again.
  func planOnStep(_ time: Timekeeper.Reading) {
    guard time.step != nil else { return }
    for event in table.ids { plan(event, at: time.now) }
  }

  /// Announces the status that the clock has made of the event's.
  private func showStatus(of place: Int, _ batch: inout Batch) throws(CommandFailure) {
    var event = table[place]
    event.shown = event.status(at: batch.time.now)
    guard event.shown != table[place].shown else { return }
    try replace(place, with: event, .eventUpdated(event.details), &batch)
  }

  // MARK: Holds

  /// Ends the holds of an event whose time is over, as long as `wantsMore`.
  func expireHolds(
    of place: Int, _ batch: inout Batch, while wantsMore: (Batch) -> Bool
  ) throws(CommandFailure) {
    let id = table[place].id
    if batch.hasPeers { return try expireSharedHolds(of: place, &batch, while: wantsMore) }
    while wantsMore(batch), let hold = agenda.firstHold(of: id), hold.expiresAt <= batch.time.now {
      agenda.popHold(of: id)
      batch.poppedHolds.append((id, hold))
      try expire(hold, place, &batch)
    }
  }

  func expire(_ hold: Hold, _ place: Int, _ batch: inout Batch) throws(CommandFailure) {
    let found = try storing(&batch) { () throws(StoreFailure) in try store.booking(hold.booking) }
    // It may have been confirmed or cancelled since it was noted, or extended and noted once more; and when it was
    // noted in a batch that failed, its number may be another booking's now, of any event.
    guard let found, found.booking.event == table[place].id, found.booking.status == .held,
      found.booking.expiresAt == hold.expiresAt
    else { return }
    _ = try end(found.booking, .expired, place, &batch)
  }

  // MARK: Cancelled events

  /// Cancels the bookings that the next notices announced as made. `emptied` is how far this has come; after a start or a
  /// batch that failed it goes through all of them again, and finds those before cancelled.
  private func cancelBookings(of place: Int, _ batch: inout Batch) throws(CommandFailure) {
    let event = table[place]
    let from = emptied[event.id] ?? 0
    let through = min(event.seq, from + UInt64(Self.endsPerBatch - batch.ends))
    let found = try storing(&batch) { () throws(StoreFailure) in
      try store.bookings(madeIn: event.id, after: from, through: through)
    }
    for outcome in found where outcome.booking.status.isActive {
      _ = try end(outcome.booking, .cancelled, place, &batch)
    }
    // Cancelling adds notices behind; what matters was made before. The looks count as well as the ends.
    batch.ends += Int(through - from) - found.count
    guard hasBookings(table[place]) else { return emptied[event.id] = nil }
    emptied[event.id] = through < event.seq ? through : .max
    if through == event.seq {
      dependencies.observer.observe(
        .internalFailure("event \(event.id.rawValue) has seats that no booking has"))
    }
  }

  // MARK: The end of a booking

  /// - Parameter status: `cancelled` or `expired`.
  func end(
    _ booking: Booking, _ status: BookingStatus, _ place: Int, _ batch: inout Batch
  ) throws(CommandFailure) -> BookingOutcome {
    var (booking, counts) = (booking, table[place].counts)
    counts.seq += 1
    counts.add(
      -booking.quantity, of: booking.type.flatMap { table[place].type($0) }, isHeld: booking.status == .held)
    let (at, seq) = (batch.at, counts.seq)
    try storing(&batch) { () throws(StoreFailure) in
      try store.saveEnd(of: booking.id, status, at: at, seq: seq)
    }
    booking.end(status, at: at, seq: seq)
    try sell(place, counts, .bookingCancelled(booking.facts), booking.id, &batch)
    batch.ends += 1
    if status == .expired { batch.counts.expiries += 1 } else { batch.counts.cancellations += 1 }
    let outcome = BookingOutcome(
      booking: booking, availableSeats: table[place].availableSeats, seq: seq, replayed: false)
    try offerSeats(of: place, &batch)
    return outcome
  }
}
