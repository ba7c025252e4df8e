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
        table[place], quantity: command.quantity, type: command.type, at: batch.time.now, booked: booked)
    }
    try expireHolds(of: place, &batch) { lacksSeats(for: wanted, place, at: $0.time.now) }
    try offerSeats(of: place, &batch)
    guard lacksSeats(for: wanted, place, at: batch.time.now) || canOffer(table[place], at: batch.time.now)
    else {
      throw .refused(.seatsAvailable(table[place].availableSeats))
    }
    // Whoever joins again goes to the end.
    try remove(command.user, from: command.event, &batch)
    guard waiting.count(of: command.event) < WaitingLists.most else { throw .refused(.waitlistFull) }
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
    return WaitingPlace(entry: entry, position: waiting.count(of: command.event))
  }

  func leave(
    _ event: EventID, _ user: Identity, _ batch: inout Batch
  ) throws(CommandFailure) -> EventID {
    guard let place = table.place(of: event), !table[place].isDraft else { throw .refused(.unknownEvent) }
    try remove(user, from: event, &batch)
    return event
  }

  /// Does nothing when the user is not there.
  func remove(
    _ user: Identity, from event: EventID, _ batch: inout Batch
  ) throws(CommandFailure) {
    guard let entry = waiting.entry(of: user, in: event) else { return }
    try remove(entry, .left, &batch)
  }

  private func remove(
    _ entry: WaitingEntry, _ change: WaitingChange, _ batch: inout Batch
  ) throws(CommandFailure) {
    let at = batch.at
    try storing(&batch) { () throws(StoreFailure) in try store.deleteWaiting(entry, change, at: at) }
    let position = waiting.position(of: entry)
    batch.movedLists[entry.event] = min(position, batch.movedLists[entry.event] ?? .max)
    batch.waitingChanges.append(waiting.remove(entry))
    batch.hasWritten = true
  }

  // MARK: Offers

  /// Whether seats are free that go to the waiting list first.
  func canOffer(_ event: Event, at now: Instant) -> Bool {
    !waiting.isEmpty(event.id) && event.status(at: now) == .onSale
      && waiting.firstFitting(event, at: now) != nil
  }

  /// Offers free seats to those who wait, in order, within the batch's bound.
  func offerSeats(of place: Int, _ batch: inout Batch) throws(CommandFailure) {
    guard !waiting.isEmpty(table[place].id), table[place].status(at: batch.time.now) == .onSale else {
      return
    }
    while batch.offers < Self.offersPerBatch,
      let entry = waiting.firstFitting(table[place], at: batch.time.now)
    {
      batch.offers += 1
      try offer(entry, place, &batch)
    }
  }

  /// Whoever may no longer have the seats, by a limit that changed meanwhile, has lost the place. The entry leaves the list
  /// right before the hold that takes its place is made, which is the order that the record has.
  private func offer(_ entry: WaitingEntry, _ place: Int, _ batch: inout Batch) throws(CommandFailure) {
    let command = CreateBooking(
      event: entry.event, user: entry.user, quantity: entry.quantity, hold: true, type: entry.type)
    let type: Int?
    do throws(CommandFailure) {
      type = try check(command, place, &batch)
    } catch {
      if case .failed = error { throw error }
      return try remove(entry, .passed, &batch)
    }
    try remove(entry, .offered, &batch)
    let until = BookingRules.offerEnd(table[place], from: batch.time.now)
    let outcome = try take(command, place, type, heldUntil: until, &batch)
    batch.offered.append((entry.user, outcome.booking))
  }

  /// Empties the list of a cancelled event, within the batch's bound.
  func dismissWaiting(of event: EventID, _ batch: inout Batch) throws(CommandFailure) {
    while batch.ends < Self.endsPerBatch, let last = waiting.last(of: event) {
      batch.ends += 1
      try remove(last, .dismissed, &batch)
    }
  }

  /// Ends the list of an event that is deleted: nobody could leave it any more.
  func endWaiting(for event: EventID, _ batch: inout Batch) throws(CommandFailure) {
    guard !waiting.isEmpty(event) else { return }
    let at = batch.at
    try storing(&batch) { () throws(StoreFailure) in try store.deleteWaiting(of: event, at: at) }
    batch.waitingChanges += waiting.removeAll(of: event)
  }

  // MARK: After the commit

  /// Tells those concerned, and nobody else, of their offers and places.
  func tellWaiting(_ batch: Batch) {
    forEachTold(batch) { user, text in dependencies.notices.tell(client: user.connectionKey, text) }
  }

  /// What those concerned are told of their offers and places, when all of the batch is decided.
  func forEachTold(_ batch: Batch, _ body: (Identity, [UInt8]) -> Void) {
    let texts = dependencies.texts
    for (user, booking) in batch.offered { body(user, texts.text(of: .offer(booking), at: batch.at)) }
    for (event, position) in batch.movedLists where position <= Self.toldPlaces {
      let told = waiting.first(Self.toldPlaces, of: event).enumerated().dropFirst(position - 1)
      for (index, entry) in told {
        let place = WaitingPlace(entry: entry, position: index + 1)
        body(entry.user, texts.text(of: .position(place), at: batch.at))
      }
    }
  }
}
