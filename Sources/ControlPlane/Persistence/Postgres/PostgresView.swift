#if Cluster
  // What the open transaction knows without asking: what was read when it began, with what it has changed since. Whatever is not
  // here is read from the database, after what is not written yet was written.

  struct PostgresView {
    /// By identity; nil inside: there is no row.
    private var identities: [Identity: UserID?] = [:]
    /// Whose rows this transaction makes: nobody else has written anything of theirs.
    private var newUsers: Set<UserID> = []
    /// By their numbers; nil inside: there is none.
    private(set) var bookings: [BookingID: BookingOutcome?] = [:]
    /// As this transaction made them.
    private var made: [BookingID: BookingOutcome] = [:]
    private var keys: [KeyOf: KeyFound?] = [:]
    private var seats = Seats()

    struct KeyOf: Hashable {
      var user: UserID
      var key: String
    }

    struct KeyFound {
      /// As it was made.
      var outcome: BookingOutcome
      var at: ServiceTime
    }

    /// Seats by user, event and type, where somebody asked for them.
    private struct Seats {
      /// Of these events and users everything is in `counts`.
      var events: Set<EventID> = []
      var users: Set<UserID> = []
      var counts: [SeatsOf: [Int?: Int]] = [:]
    }

    private struct SeatsOf: Hashable {
      var user: UserID
      var event: EventID
    }

    // MARK: What was read

    mutating func set(_ user: UserID?, of identity: Identity) { identities[identity] = .some(user) }
    mutating func set(_ outcome: BookingOutcome?, of booking: BookingID) {
      bookings[booking] = .some(outcome)
    }
    mutating func set(_ found: KeyFound?, of key: String, _ user: UserID) {
      keys[KeyOf(user: user, key: key)] = .some(found)
    }

    /// From now on seats of these events and users are known here.
    mutating func coverSeats(of events: Set<EventID>) {
      seats.events = events
      seats.users = Set(identities.values.compactMap { $0 })
    }

    mutating func setSeats(_ count: Int, of user: UserID, in event: EventID, type: Int?) {
      seats.counts[SeatsOf(user: user, event: event), default: [:]][type] = count
    }

    // MARK: What is known. nil: nothing; nil inside: that there is none.

    func userID(of identity: Identity) -> UserID?? { identities[identity] }

    func found(_ key: String, of user: UserID) -> KeyFound?? {
      if let known = keys[KeyOf(user: user, key: key)] { return known }
      return newUsers.contains(user) ? .some(nil) : nil
    }

    /// - Parameter type: nil: of all types.
    func seats(of user: UserID, in event: EventID, type: Int?) -> Int? {
      guard seats.events.contains(event), seats.users.contains(user) || newUsers.contains(user) else {
        return nil
      }
      let counts = seats.counts[SeatsOf(user: user, event: event)] ?? [:]
      if let type { return counts[type] ?? 0 }
      return counts.values.reduce(0, +)
    }

    // MARK: What the transaction does

    mutating func insert(_ identity: Identity, _ user: UserID) {
      identities[identity] = .some(user)
      newUsers.insert(user)
    }

    mutating func insert(_ booking: Booking) {
      bookings[booking.id] = BookingOutcome(
        booking: booking, availableSeats: 0, seq: booking.createdSeq, replayed: false)
      addSeats(of: booking, 1)
    }

    mutating func end(_ id: BookingID, _ status: BookingStatus, at: Instant, seq: UInt64) {
      guard case .some(.some(var outcome)) = bookings[id] else {
        // Whose seats these are is not known.
        seats = Seats()
        return
      }
      if outcome.booking.status.isActive { addSeats(of: outcome.booking, -1) }
      outcome.booking.end(status, at: at, seq: seq)
      outcome.seq = seq
      bookings[id] = outcome
    }

    mutating func confirm(_ id: BookingID) {
      guard case .some(.some(var outcome)) = bookings[id] else { return }
      outcome.booking.status = .confirmed
      bookings[id] = outcome
    }

    mutating func extend(_ booking: Booking) {
      guard case .some(.some(var outcome)) = bookings[booking.id] else { return }
      outcome.booking.expiresAt = booking.expiresAt
      outcome.booking.extended = booking.extended
      bookings[booking.id] = outcome
    }

    /// The notice of a booking's making or end has the counts that its outcome tells.
    mutating func add(_ notice: Notice, booking id: BookingID) {
      guard case .some(.some(var outcome)) = bookings[id] else { return }
      outcome.availableSeats = notice.availableSeats
      outcome.seq = notice.seq
      bookings[id] = outcome
      if case .bookingCreated = notice.change { made[id] = outcome }
    }

    /// Where the booking was not made here, how it was made must be read.
    mutating func remember(key: String, of user: UserID, booking: BookingID, at: ServiceTime) {
      let entry = KeyOf(user: user, key: key)
      if let outcome = made[booking] {
        keys[entry] = KeyFound(outcome: outcome, at: at)
      } else {
        keys[entry] = nil
        newUsers.remove(user)
      }
    }

    private mutating func addSeats(of booking: Booking, _ sign: Int) {
      guard seats.events.contains(booking.event) else { return }
      let place = SeatsOf(user: booking.user, event: booking.event)
      seats.counts[place, default: [:]][booking.type, default: 0] += sign * booking.quantity
    }
  }
#endif
