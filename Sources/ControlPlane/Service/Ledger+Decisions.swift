// What each command does: rules first, then the same change in memory and in the open transaction. A command that a rule
// refuses has changed nothing; a failure of the store fails the whole batch.

extension Ledger {
  /// - Throws: when the batch must fail; the command is settled in any case.
  func decide(_ command: LedgerCommand, _ batch: inout Batch) throws(StoreFailure) {
    switch command {
    case .createBooking(let booking, let asker):
      try settle(asker, &batch) { try create(booking, &$0) }
    case .cancelBooking(let booking, let asker):
      try settle(asker, &batch) { try cancel(booking, &$0) }
    case .createEvent(let draft, let asker):
      try settle(asker, &batch) { try create(draft, &$0) }
    case .patchEvent(let change, let asker):
      try settle(asker, &batch) { try patch(change, &$0) }
    case .deleteEvent(let event, let ifMatch, let asker):
      try settle(asker, &batch) { try delete(event, ifMatch, &$0) }
    case .registerUser(let user, let asker):
      try settle(asker, &batch) { try register(user, &$0) }
    case .putUser(let user, let asker):
      try settle(asker, &batch) { try put(user, &$0) }
    case .setPasswordHash(let user, let hash, let asker):
      try settle(asker, &batch) { try setPasswordHash(hash, of: user, &$0) }
    case .logOut(let identity, let asker):
      try settle(asker, &batch) { try logOut(identity, &$0) }
    case .watch(let event, let watcher):
      batch.watches.append(.begin(event, watcher))
    case .unwatch(let event, let watcher):
      batch.watches.append(.end(event, watcher))
    }
  }

  /// Settles a command of a batch that has failed already.
  func refuse(_ command: LedgerCommand, _ batch: inout Batch) {
    switch command {
    case .createBooking(_, let asker), .cancelBooking(_, let asker): refuse(asker, &batch)
    case .createEvent(_, let asker), .patchEvent(_, let asker): refuse(asker, &batch)
    case .deleteEvent(_, _, let asker): refuse(asker, &batch)
    case .registerUser(_, let asker), .putUser(_, let asker): refuse(asker, &batch)
    case .setPasswordHash(_, _, let asker): refuse(asker, &batch)
    case .logOut(_, let asker): refuse(asker, &batch)
    case .watch(let event, let watcher): batch.watches.append(.begin(event, watcher))
    case .unwatch(let event, let watcher): batch.watches.append(.end(event, watcher))
    }
  }

  private func refuse<Outcome>(_ asker: Answering<Outcome>, _ batch: inout Batch) {
    batch.settlements.append { _ in asker.settle(.failure(.storageUnavailable)) }
  }

  private func settle<Outcome>(
    _ asker: Answering<Outcome>, _ batch: inout Batch, _ decision: (inout Batch) throws -> Outcome
  ) throws(StoreFailure) {
    let result: Result<Outcome, DomainError>
    do {
      try begin(&batch)
      result = .success(try decision(&batch))
    } catch let refusal as DomainError {
      batch.counts.refusals += 1
      result = .failure(refusal)
    } catch {
      refuse(asker, &batch)
      throw error as? StoreFailure ?? StoreFailure(code: 0, message: "\(error)")
    }
    batch.settlements.append { asker.settle($0 == nil ? result : .failure(.storageUnavailable)) }
  }

  private func begin(_ batch: inout Batch) throws(StoreFailure) {
    guard !batch.hasBegun else { return }
    try store.begin()
    batch.hasBegun = true
  }

  // MARK: Bookings

  private func create(_ command: CreateBooking, _ batch: inout Batch) throws -> BookingOutcome {
    let known = try userID(of: command.user)
    if let known, let earlier = try earlierOutcome(command, of: known, &batch) { return earlier }
    guard var event = events[command.event] else { throw DomainError.unknownEvent }
    let booked =
      if let known, event.maxPerUser > 0 { try store.seats(of: known, in: event.id) } else { 0 }
    try BookingRules.check(event, quantity: command.quantity, at: batch.time.now, booked: booked)

    let user = if let known { known } else { try makeRow(for: command.user, &batch) }
    event.sold += command.quantity
    event.seq += 1
    let booking = try store.insertBooking(
      event: event.id, user: user, subject: command.user.subject, quantity: command.quantity, at: batch.at,
      seq: event.seq)
    if let key = command.idempotencyKey {
      try store.remember(key: key, of: user, booking: booking.id, at: batch.time.served)
    }
    try commit(event, .bookingCreated(booking.facts), booking.id, &batch)
    batch.counts.bookings += 1
    return BookingOutcome(
      booking: booking, availableSeats: event.availableSeats, seq: event.seq, replayed: false)
  }

  /// Also finds what an earlier command of the same batch made: its key stands in the open transaction.
  private func earlierOutcome(
    _ command: CreateBooking, of user: UserID, _ batch: inout Batch
  ) throws -> BookingOutcome? {
    guard let key = command.idempotencyKey,
      var earlier = try store.booking(
        forKey: key, of: user, since: Self.oldestKey(at: batch.time.served))
    else { return nil }
    guard earlier.booking.event == command.event, earlier.booking.quantity == command.quantity else {
      throw DomainError.idempotencyMismatch
    }
    earlier.replayed = true
    batch.counts.replays += 1
    return earlier
  }

  private func cancel(_ command: CancelBooking, _ batch: inout Batch) throws -> BookingOutcome {
    guard var outcome = try store.booking(command.booking) else { throw DomainError.unknownBooking }
    guard try command.by.role == .admin || userID(of: command.by.user) == outcome.booking.user else {
      throw DomainError.unknownBooking
    }
    guard outcome.booking.status == .confirmed else {
      outcome.replayed = true
      batch.counts.replays += 1
      return outcome
    }
    guard var event = events[outcome.booking.event] else { throw DomainError.unknownEvent }
    event.sold -= outcome.booking.quantity
    event.seq += 1
    try store.saveCancellation(of: outcome.booking.id, at: batch.at, seq: event.seq)
    try commit(event, .bookingCancelled(outcome.booking.facts), outcome.booking.id, &batch)
    batch.counts.cancellations += 1
    outcome.booking.cancel(at: batch.at, seq: event.seq)
    return BookingOutcome(
      booking: outcome.booking, availableSeats: event.availableSeats, seq: event.seq, replayed: false)
  }

  /// The one way in which an event changes: the event in memory, its row to be written, and the notice.
  /// - Parameter event: with the `seq` of the change.
  private func commit(
    _ event: Event, _ change: Notice.Change, _ booking: BookingID?, _ batch: inout Batch
  ) throws {
    try append(change, to: event, booking, &batch)
    batch.keepOriginal(event.id, events[event.id])
    var event = event
    event.updatedAt = batch.at
    events[event.id] = event
    batch.markUnsaved(event.id)
  }

  private func append(
    _ change: Notice.Change, to event: Event, _ booking: BookingID?, _ batch: inout Batch
  ) throws {
    let notice = Notice(
      event: event.id, seq: event.seq, change: change, availableSeats: event.availableSeats,
      seatCapacity: event.seatCapacity, at: batch.at)
    try store.append(notice, booking: booking)
    batch.add(notice)
    batch.hasWritten = true
  }

  // MARK: Events

  private func create(_ draft: EventDraft, _ batch: inout Batch) throws -> Event {
    try BookingRules.checkWindow(opensAt: draft.opensAt, closesAt: draft.closesAt)
    var event = Event(draft, at: batch.at)
    event.id = try store.insert(event)
    batch.keepOriginal(event.id, nil)
    batch.hasWritten = true
    events[event.id] = event
    return event
  }

  private func patch(_ command: PatchEvent, _ batch: inout Batch) throws -> Event {
    let event = try find(command.event, command.ifMatch)
    var changed = try BookingRules.apply(command.patch, to: event)
    guard changed != event else { return event }
    changed.seq += 1
    try commit(changed, Self.change(from: event, to: changed), nil, &batch)
    changed.updatedAt = batch.at
    return changed
  }

  private static func change(from event: Event, to changed: Event) -> Notice.Change {
    var resized = event
    (resized.seatCapacity, resized.version, resized.seq) = (
      changed.seatCapacity, changed.version, changed.seq
    )
    return resized == changed ? .capacityChanged : .eventUpdated(changed.details)
  }

  private func delete(_ id: EventID, _ ifMatch: [EventTag]?, _ batch: inout Batch) throws -> EventID {
    let event = try find(id, ifMatch)
    guard try !store.hasBookings(id) else { throw DomainError.eventHasBookings }
    var last = event
    last.seq += 1
    try append(.eventUpdated(EventDetails(last, status: .deleted)), to: last, nil, &batch)
    try store.delete(id)
    batch.keepOriginal(id, event)
    batch.markDeleted(last)
    events[id] = nil
    return id
  }

  private func find(_ id: EventID, _ ifMatch: [EventTag]?) throws -> Event {
    guard let event = events[id] else { throw DomainError.unknownEvent }
    if let ifMatch, !ifMatch.contains(event.tag) { throw DomainError.versionMismatch(current: event.tag) }
    return event
  }

  // MARK: Accounts

  private func register(_ user: NewUser, _ batch: inout Batch) throws -> User {
    guard try store.account(EmailKey(user.email)) == nil else { throw DomainError.emailTaken }
    batch.hasWritten = true
    return try store.insert(user, at: batch.at)
  }

  private func put(_ user: NewUser, _ batch: inout Batch) throws -> User {
    batch.hasWritten = true
    guard var known = try store.account(EmailKey(user.email))?.user else {
      return try store.insert(user, at: batch.at)
    }
    known.role = user.role
    try store.save(known, passwordHash: user.passwordHash)
    return known
  }

  private func logOut(_ identity: Identity, _ batch: inout Batch) throws -> Instant {
    let moment = Revocations.moment(
      of: identity, loggedOutAt: batch.time.now, last: try store.logout(of: identity))
    try store.logOut(identity, before: moment)
    batch.hasWritten = true
    return moment
  }

  private func setPasswordHash(_ hash: String, of user: UserID, _ batch: inout Batch) throws -> UserID {
    guard try store.setPasswordHash(hash, of: user) else { throw DomainError.unknownUser }
    batch.hasWritten = true
    return user
  }
}
