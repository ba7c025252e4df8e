// What each command does: rules first, then the same change in memory and in the open transaction. A command that a rule
// refuses has changed nothing, except that it may have found a hold expired; a failure of the store fails the batch.

/// Why a command was not done.
enum CommandFailure: Error {
  /// By a rule: its asker is told, and the batch goes on.
  case refused(DomainError)
  /// By the store: the batch fails.
  case failed(StoreFailure)
}

extension Ledger {
  /// - Throws: when the batch must fail.
  func decide(_ command: LedgerCommand, _ batch: inout Batch) throws(StoreFailure) {
    switch command {
    case .createBooking(let booking, let asker):
      let result = try settle(&batch) { batch throws(CommandFailure) in try create(booking, &batch) }
      batch.settlements.append(.bookingCreated(Settled(asker, result)))
    case .cancelBooking(let booking, let asker):
      let result = try settle(&batch) { batch throws(CommandFailure) in try cancel(booking, &batch) }
      batch.settlements.append(.bookingChanged(Settled(asker, result)))
    case .watch(let event, let watcher): batch.watches.append(.begin(event, watcher))
    case .unwatch(let event, let watcher): batch.watches.append(.end(event, watcher))
    default: try decideRare(command, &batch)
    }
  }

  private func decideRare(_ command: LedgerCommand, _ batch: inout Batch) throws(StoreFailure) {
    switch command {
    // What others have told was taken in before the batch began.
    case .createBooking, .cancelBooking, .watch, .unwatch, .followed, .heard: break
    case .backUp(let order): batch.backups.append(order)
    case .changeHold(let change, let asker):
      let result = try settle(&batch) { batch throws(CommandFailure) in try self.change(change, &batch) }
      batch.settlements.append(.bookingChanged(Settled(asker, result)))
    case .joinWaitlist(let wish, let asker):
      let result = try settle(&batch) { batch throws(CommandFailure) in try join(wish, &batch) }
      batch.settlements.append(.waiting(Settled(asker, result)))
    case .leaveWaitlist(let event, let user, let asker):
      let result = try settle(&batch) { batch throws(CommandFailure) in try leave(event, user, &batch) }
      batch.settlements.append(.leftWaitlist(Settled(asker, result)))
    case .createEvent(let draft, let asker):
      let result = try settle(&batch) { batch throws(CommandFailure) in try create(draft, &batch) }
      batch.settlements.append(.eventCreated(Settled(asker, result)))
    case .patchEvent(let change, let asker):
      let result = try settle(&batch) { batch throws(CommandFailure) in try patch(change, &batch) }
      batch.settlements.append(.eventPatched(Settled(asker, result)))
    case .deleteEvent(let event, let ifMatch, let asker):
      let result = try settle(&batch) { batch throws(CommandFailure) in try delete(event, ifMatch, &batch) }
      batch.settlements.append(.eventDeleted(Settled(asker, result)))
    case .registerUser(let user, let asker):
      let result = try settle(&batch) { batch throws(CommandFailure) in try register(user, &batch) }
      batch.settlements.append(.user(Settled(asker, result)))
    case .putUser(let user, let asker):
      let result = try settle(&batch) { batch throws(CommandFailure) in try put(user, &batch) }
      batch.settlements.append(.user(Settled(asker, result)))
    case .setPasswordHash(let user, let hash, let old, let asker):
      let result = try settle(&batch) { batch throws(CommandFailure) in
        try setPasswordHash(hash, of: user, replacing: old, &batch)
      }
      batch.settlements.append(.passwordHash(Settled(asker, result)))
    case .changePassword(let change, let asker):
      let result = try settle(&batch) { batch throws(CommandFailure) in try apply(change, &batch) }
      batch.settlements.append(.loggedOut(Settled(asker, result)))
    case .changePerson(let change, let asker):
      let result = try settle(&batch) { batch throws(CommandFailure) in try apply(change, &batch) }
      batch.settlements.append(.personChanged(Settled(asker, result)))
    case .logOut(let identity, let asker):
      let result = try settle(&batch) { batch throws(CommandFailure) in try logOut(identity, &batch) }
      batch.settlements.append(.loggedOut(Settled(asker, result)))
    case .erasePerson, .mintServiceToken, .revokeServiceToken, .seal, .audited, .note:
      try decideRecord(command, &batch)
    }
  }

  private func decideRecord(_ command: LedgerCommand, _ batch: inout Batch) throws(StoreFailure) {
    switch command {
    case .erasePerson(let erasure, let asker):
      let result = try settle(&batch) { batch throws(CommandFailure) in try erase(erasure, &batch) }
      batch.settlements.append(.loggedOut(Settled(asker, result)))
    case .mintServiceToken(let token, let asker):
      let result = try settle(&batch) { batch throws(CommandFailure) in try mint(token, &batch) }
      batch.settlements.append(.serviceToken(Settled(asker, result)))
    case .revokeServiceToken(let id, let asker):
      let result = try settle(&batch) { batch throws(CommandFailure) in
        try revoke(serviceToken: id, &batch)
      }
      batch.settlements.append(.serviceToken(Settled(asker, result)))
    case .seal(let seal, let asker):
      let result = try settle(&batch) { batch throws(CommandFailure) in try keep(seal, &batch) }
      batch.settlements.append(.sealed(Settled(asker, result)))
    case .audited(let entry, let command): try decide(command, audited: entry, &batch)
    case .note(let entry): try append(entry, &batch)
    default: break
    }
  }

  @inline(__always)
  private func settle<Outcome>(
    _ batch: inout Batch, _ decision: (inout Batch) throws(CommandFailure) -> Outcome
  ) throws(StoreFailure) -> Result<Outcome, DomainError> {
    do throws(CommandFailure) {
      return .success(try decision(&batch))
    } catch {
      switch error {
      case .refused(let refusal):
        batch.refused.add(RefusalReason(refusal))
        return .failure(refusal)
      case .failed(let failure): throw failure
      }
    }
  }

  /// What `body` does in the store, inside the transaction, which it begins when it is the first.
  @inline(__always)
  func storing<Value>(
    _ batch: inout Batch, _ body: () throws(StoreFailure) -> Value
  ) throws(CommandFailure) -> Value {
    do throws(StoreFailure) {
      if !batch.hasBegun {
        try store.begin()
        batch.hasBegun = true
      }
      return try body()
    } catch {
      throw .failed(error)
    }
  }

  /// What `body` decides by the rules.
  @inline(__always)
  func ruling<Value>(_ body: () throws(DomainError) -> Value) throws(CommandFailure) -> Value {
    do throws(DomainError) {
      return try body()
    } catch {
      throw .refused(error)
    }
  }

  // MARK: Bookings

  private func create(_ command: CreateBooking, _ batch: inout Batch) throws(CommandFailure) -> BookingOutcome
  {
    if let earlier = try earlierOutcome(command, &batch) { return earlier }
    guard let place = table.place(of: command.event) else { throw .refused(.unknownEvent) }
    // A hold whose time is over has no seats, also while it waits to be taken out of the count.
    if wouldGain(command, place, at: batch.time.now) {
      try expireHolds(of: place, &batch) { lacksSeats(for: command, place, at: $0.time.now) }
    }
    if !waiting.isEmpty(command.event), canOffer(table[place], at: batch.time.now) {
      throw .refused(.waitlistFirst(available: table[place].availableSeats))
    }
    let type = try check(command, place, &batch)
    let heldUntil = try ruling { () throws(DomainError) in
      command.hold ? try BookingRules.holdEnd(table[place], from: batch.time.now) : nil
    }
    return try take(command, place, type, heldUntil: heldUntil, &batch)
  }

  /// Asks all rules.
  /// - Returns: the position of the ticket type that takes the booking; nil: the event is not divided.
  func check(_ command: CreateBooking, _ place: Int, _ batch: inout Batch) throws(CommandFailure) -> Int? {
    let booked = table[place].maxPerUser > 0 ? try seats(of: command, &batch) : 0
    let now = batch.time.now
    try ruling { () throws(DomainError) in
      try BookingRules.check(table[place], quantity: command.quantity, at: now, booked: booked)
    }
    return try type(for: command, place, &batch)
  }

  /// Makes a booking that the rules allow.
  func take(
    _ command: CreateBooking, _ place: Int, _ type: Int?, heldUntil: Instant?, _ batch: inout Batch
  ) throws(CommandFailure) -> BookingOutcome {
    var counts = table[place].counts
    counts.seq += 1
    counts.add(command.quantity, of: type, isHeld: command.hold)
    let booking = try insert(
      command, seq: counts.seq, heldUntil, type.map { table[place].types[$0].id }, &batch)
    if command.hold { try note(booking, &batch) }
    try sell(place, counts, .bookingCreated(booking.facts), booking.id, &batch)
    batch.counts.bookings += 1
    return BookingOutcome(
      booking: booking, availableSeats: table[place].availableSeats, seq: counts.seq, replayed: false)
  }

  func lacksSeats(for command: CreateBooking, _ place: Int, at moment: Instant) -> Bool {
    !table[place].hasSeats(for: command.quantity, of: command.type, at: moment)
  }

  /// Whether seats that become free now could make the booking possible. What is refused anyway must not end all holds
  /// that are due within one batch.
  private func wouldGain(_ command: CreateBooking, _ place: Int, at moment: Instant) -> Bool {
    guard lacksSeats(for: command, place, at: moment) else { return false }
    do throws(DomainError) {
      try BookingRules.checkWaiting(
        table[place], quantity: command.quantity, type: command.type, at: moment, booked: 0)
      return true
    } catch {
      return false
    }
  }

  /// The position of the type that takes the booking; nil: the event is not divided. Of a client that names none, the
  /// first that is allowed, so that clients that know nothing of types can book.
  private func type(
    for command: CreateBooking, _ place: Int, _ batch: inout Batch
  ) throws(CommandFailure) -> Int? {
    let types = table[place].types
    guard !types.isEmpty || command.type != nil else { return nil }
    if let id = command.type {
      guard let position = table[place].type(id) else { throw .refused(.unknownTicketType) }
      try check(types[position], for: command, place, &batch)
      return position
    }
    var first: CommandFailure?
    for position in types.indices {
      do throws(CommandFailure) {
        try check(types[position], for: command, place, &batch)
        return position
      } catch {
        if case .failed = error { throw error }
        first = first ?? error
      }
    }
    throw first ?? .refused(.unknownTicketType)
  }

  private func check(
    _ type: TicketType, for command: CreateBooking, _ place: Int, _ batch: inout Batch
  ) throws(CommandFailure) {
    var booked = 0
    if type.maxPerUser > 0, let user = try known(command.user, &batch) {
      booked = try storing(&batch) { () throws(StoreFailure) in
        try store.seats(of: user, in: command.event, type: type.id)
      }
    }
    let now = batch.time.now
    try ruling { () throws(DomainError) in
      try BookingRules.check(type, of: table[place], quantity: command.quantity, at: now, booked: booked)
    }
  }

  private func insert(
    _ command: CreateBooking, seq: UInt64, _ heldUntil: Instant?, _ type: Int?, _ batch: inout Batch
  ) throws(CommandFailure) -> Booking {
    let user = try row(of: command.user, &batch)
    let (at, served) = (batch.at, batch.time.served)
    return try storing(&batch) { () throws(StoreFailure) in
      let booking = try store.insertBooking(
        event: command.event, user: user, subject: command.user.subject, quantity: command.quantity, at: at,
        seq: seq, heldUntil: heldUntil, type: type)
      if let key = command.idempotencyKey {
        try store.remember(key: key, of: user, booking: booking.id, at: served)
      }
      return booking
    }
  }

  /// Seats of the event that the asker has already.
  func seats(of command: CreateBooking, _ batch: inout Batch) throws(CommandFailure) -> Int {
    guard let user = try known(command.user, &batch) else { return 0 }
    return try storing(&batch) { () throws(StoreFailure) in try store.seats(of: user, in: command.event) }
  }

  /// Also finds what an earlier command of the same batch made: its key stands in the open transaction.
  private func earlierOutcome(
    _ command: CreateBooking, _ batch: inout Batch
  ) throws(CommandFailure) -> BookingOutcome? {
    guard let key = command.idempotencyKey, let user = try known(command.user, &batch) else { return nil }
    let oldest = Self.oldestKey(at: batch.time.served)
    let found = try storing(&batch) { () throws(StoreFailure) in
      try store.booking(forKey: key, of: user, since: oldest)
    }
    guard let earlier = found else { return nil }
    guard earlier.booking.event == command.event, earlier.booking.quantity == command.quantity,
      (earlier.booking.status == .held) == command.hold,
      command.type == nil || command.type == earlier.booking.type
    else {
      throw .refused(.idempotencyMismatch)
    }
    return again(earlier, &batch)
  }

  private func cancel(_ command: CancelBooking, _ batch: inout Batch) throws(CommandFailure) -> BookingOutcome
  {
    let (found, place) = try find(command.booking, by: command.by, &batch)
    guard found.booking.status.isActive else { return again(found, &batch) }
    if command.by.isService, found.booking.status == .confirmed { throw .refused(.notHeld) }
    return try end(found.booking, .cancelled, place, &batch)
  }

  /// A booking that its owner, or an admin, wants to change.
  func find(
    _ id: PublicBookingID, by actor: BookingActor, _ batch: inout Batch
  ) throws(CommandFailure) -> (outcome: BookingOutcome, place: Int) {
    let found = try storing(&batch) { () throws(StoreFailure) in try store.booking(id) }
    guard let found else { throw .refused(.unknownBooking) }
    // Nobody learns which numbers somebody else's bookings have.
    if actor.role != .admin, !actor.isService {
      let asker = try known(actor.user, &batch)
      guard asker == found.booking.user else { throw .refused(.unknownBooking) }
    }
    guard let place = table.place(of: found.booking.event) else { throw .refused(.unknownEvent) }
    return (found, place)
  }

  /// What an earlier command did, told once more.
  func again(_ outcome: BookingOutcome, _ batch: inout Batch) -> BookingOutcome {
    var outcome = outcome
    outcome.replayed = true
    batch.counts.replays += 1
    return outcome
  }

  // MARK: The two ways in which an event changes: in memory, in its row, and as a notice

  /// - Parameter counts: with the `seq` of the change.
  func sell(
    _ place: Int, _ counts: Event.Counts, _ change: Notice.Change, _ booking: BookingID, _ batch: inout Batch
  ) throws(CommandFailure) {
    let position = batch.willSell(table[place].id, table[place].counts)
    table[place].counts = counts
    table[place].updatedAt = batch.at
    try append(change, of: table[place], booking, at: position, &batch)
  }

  /// - Parameter event: takes the place's next `seq`; its own is not looked at.
  func replace(
    _ place: Int, with event: Event, _ change: Notice.Change, _ batch: inout Batch
  ) throws(CommandFailure) {
    let position = batch.willChange(table[place])
    let seq = table[place].seq + 1
    table[place] = event
    (table[place].seq, table[place].updatedAt) = (seq, batch.at)
    try append(change, of: table[place], nil, at: position, &batch)
  }

  private func append(
    _ change: Notice.Change, of event: Event, _ booking: BookingID?, at position: Int, _ batch: inout Batch
  ) throws(CommandFailure) {
    let notice = Notice(
      event: event.id, seq: event.seq, change: change, availableSeats: event.availableSeats,
      seatCapacity: event.seatCapacity, types: event.typeAvailability, at: batch.at)
    try storing(&batch) { () throws(StoreFailure) in try store.append(notice, booking: booking) }
    batch.add(notice, at: position, isWatched: dependencies.notices.isWatched)
  }

  // MARK: Events

  private func create(_ draft: EventDraft, _ batch: inout Batch) throws(CommandFailure) -> Event {
    var event = Event(draft, at: batch.at)
    try ruling { () throws(DomainError) in
      try BookingRules.checkWindow(opensAt: draft.opensAt, closesAt: draft.closesAt)
      try BookingRules.replaceTypes(of: &event, with: draft.types)
    }
    event.shown = event.status(at: batch.time.now)
    event.id = try storing(&batch) { () throws(StoreFailure) in try store.insert(event) }
    batch.didCreate(event.id)
    batch.hasWritten = true
    _ = table.insert(event)
    return event
  }

  private func patch(_ command: PatchEvent, _ batch: inout Batch) throws(CommandFailure) -> Event {
    let place = try find(command.event, command.ifMatch)
    let event = table[place]
    var changed = try ruling { () throws(DomainError) in try BookingRules.apply(command.patch, to: event) }
    changed.shown = changed.status(at: batch.time.now)
    // A capacity has a notice of its own, because clients of the given contract know `seat_update` alone.
    var resized = event
    (resized.seatCapacity, resized.version) = (changed.seatCapacity, changed.version)
    if resized.seatCapacity != event.seatCapacity {
      try replace(place, with: resized, .capacityChanged, &batch)
    }
    if resized != changed { try replace(place, with: changed, .eventUpdated(changed.details), &batch) }
    return table[place]
  }

  private func delete(
    _ id: EventID, _ ifMatch: [EventTag]?, _ batch: inout Batch
  ) throws(CommandFailure) -> EventID {
    let event = table[try find(id, ifMatch)]
    let isBooked = try storing(&batch) { () throws(StoreFailure) in try store.hasBookings(id) }
    guard !isBooked else { throw .refused(.eventHasBookings) }
    try endWaiting(for: id, &batch)
    var last = event
    last.seq += 1
    let position = batch.willDelete(event, leaving: last)
    table.remove(id)
    try append(.eventUpdated(EventDetails(last, status: .deleted)), of: last, nil, at: position, &batch)
    try storing(&batch) { () throws(StoreFailure) in try store.delete(id) }
    return id
  }

  private func find(_ id: EventID, _ ifMatch: [EventTag]?) throws(CommandFailure) -> Int {
    guard let place = table.place(of: id) else { throw .refused(.unknownEvent) }
    let tag = table[place].tag
    if let ifMatch, !ifMatch.contains(tag) { throw .refused(.versionMismatch(current: tag)) }
    return place
  }
}
