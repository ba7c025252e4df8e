// The waiting list: joining, leaving, and offering seats that became free. Offers are made in the transaction that frees
// the seats, before anybody else can book them. The ledger's thread.

extension Ledger {
  /// Offers of one batch at most; what is left is offered by the next ones, and not sold meanwhile.
  static let offersPerBatch = 64
  /// So many at the front are told when they move up; the others ask.
  static let toldPlaces = 20

  func join(_ command: JoinWaitlist, _ batch: inout Batch) throws(CommandFailure) -> WaitingPlace {
    guard let place = table.place(of: command.event) else { throw .refused(.unknownEvent) }
    let wanted = CreateBooking(
      event: command.event, user: command.user, quantity: command.quantity, type: command.type)
    let booked = table[place].maxPerUser > 0 ? try seats(of: wanted, &batch) : 0
    try ruling { () throws(DomainError) in
      try BookingRules.checkWaiting(
        table[place], quantity: command.quantity, at: batch.time.now, booked: booked)
      if let type = command.type, table[place].type(type) == nil { throw .unknownTicketType }
    }
    try expireHolds(of: place, &batch) { _ in lacksSeats(for: wanted, place) }
    try offerSeats(of: place, &batch)
    guard lacksSeats(for: wanted, place) || canOffer(table[place], at: batch.time.now) else {
      throw .refused(.seatsAvailable(table[place].availableSeats))
    }
    // Whoever joins again goes to the end.
    _ = try remove(command.user, from: command.event, &batch)
    guard waiting[command.event].count < WaitingLists.most else { throw .refused(.waitlistFull) }
    let user = try row(of: command.user, &batch)
    let at = batch.at
    let id = try storing(&batch) { () throws(StoreFailure) in
      try store.insertWaiting(
        event: command.event, user: user, quantity: command.quantity, type: command.type, at: at)
    }
    let entry = WaitingEntry(
      id: id, event: command.event, user: command.user, quantity: command.quantity, type: command.type,
      joinedAt: at)
    batch.waitingChanges.append(waiting.append(entry))
    batch.hasWritten = true
    return WaitingPlace(entry: entry, position: waiting[command.event].count)
  }

  func leave(
    _ event: EventID, _ user: Identity, _ batch: inout Batch
  ) throws(CommandFailure) -> EventID {
    guard table.place(of: event) != nil else { throw .refused(.unknownEvent) }
    if try remove(user, from: event, &batch) { batch.hasWritten = true }
    return event
  }

  /// False: the user was not there.
  private func remove(
    _ user: Identity, from event: EventID, _ batch: inout Batch
  ) throws(CommandFailure) -> Bool {
    guard let index = waiting.index(of: user, in: event) else { return false }
    try removeEntry(at: index, of: event, &batch)
    return true
  }

  private func removeEntry(
    at index: Int, of event: EventID, _ batch: inout Batch
  ) throws(CommandFailure) {
    let id = waiting[event][index].id
    try storing(&batch) { () throws(StoreFailure) in try store.deleteWaiting(id) }
    batch.waitingChanges.append(waiting.remove(at: index, of: event))
    batch.movedLists.insert(event)
    batch.hasWritten = true
  }

  // MARK: Offers

  /// Whether seats are free that go to the waiting list first.
  func canOffer(_ event: Event, at now: Instant) -> Bool {
    !waiting.isEmpty(event.id) && event.status(at: now) == .onSale && waiting.firstFitting(event) != nil
  }

  /// Offers free seats to those who wait, in order, within the batch's bound.
  func offerSeats(of place: Int, _ batch: inout Batch) throws(CommandFailure) {
    guard !waiting.isEmpty(table[place].id), table[place].status(at: batch.time.now) == .onSale else {
      return
    }
    while batch.offers < Self.offersPerBatch, let index = waiting.firstFitting(table[place]) {
      let entry = waiting[table[place].id][index]
      batch.offers += 1
      try removeEntry(at: index, of: entry.event, &batch)
      try offer(entry, place, &batch)
    }
  }

  /// Whoever may no longer have the seats, by a limit that changed meanwhile, has lost the place.
  private func offer(_ entry: WaitingEntry, _ place: Int, _ batch: inout Batch) throws(CommandFailure) {
    let command = CreateBooking(
      event: entry.event, user: entry.user, quantity: entry.quantity, hold: true, type: entry.type)
    do throws(CommandFailure) {
      let type = try check(command, place, &batch)
      let until = BookingRules.offerEnd(table[place], from: batch.time.now)
      let outcome = try take(command, place, type, heldUntil: until, &batch)
      batch.offered.append((entry.user, outcome.booking))
    } catch {
      if case .failed = error { throw error }
    }
  }

  /// Empties the list of a cancelled event, within the batch's bound.
  func dismissWaiting(of event: EventID, _ batch: inout Batch) throws(CommandFailure) {
    while batch.ends < Self.endsPerBatch, let last = waiting[event].indices.last {
      batch.ends += 1
      try removeEntry(at: last, of: event, &batch)
    }
  }

  // MARK: After the commit

  /// Tells those concerned, and nobody else, of their offers and places.
  func tellWaiting(_ batch: Batch) {
    for (user, booking) in batch.offered { tell(user, .offer(booking), at: batch.at) }
    for event in batch.movedLists {
      for (index, entry) in waiting[event].prefix(Self.toldPlaces).enumerated() {
        tell(entry.user, .position(WaitingPlace(entry: entry, position: index + 1)), at: batch.at)
      }
    }
  }

  private func tell(_ user: Identity, _ notice: PrivateNotice, at moment: Instant) {
    dependencies.notices.tell(
      client: user.connectionKey, dependencies.texts.text(of: notice, at: moment))
  }
}
