#if Cluster
  // Method: random transactions are done on SQLite's store and on PostgreSQL's, which is told a random part of what they need when
  // they begin. Whatever is read inside of a transaction and after it is the same, but for numbers of rows.

  import TestSupport
  import Testing

  @testable import ControlPlane

  @Suite(
    "PostgresView and PostgresWrites against SQLite",
    .enabled(if: PostgresServer.isInstalled, Comment(rawValue: PostgresServer.absence)))
  struct PostgresViewTests {
    @Test("whatever was told before, the same is read", arguments: 1...6 as ClosedRange<UInt64>)
    func same(seed: UInt64) throws {
      var pair = try Pair(seed: seed)
      for _ in 0..<40 { try pair.transaction() }
    }
  }

  /// A booking by its numbers in both.
  private struct Twin {
    var numbers: [BookingID]
    var names: [PublicBookingID]
  }

  private struct Pair {
    private let rigs: [StoreRig]
    private let shared: any SharedStore
    private var random: SeededRandom
    private var events: [Event] = []
    private var bookings: [Twin] = []
    private let people =
      (1...5).map { Identity.local(UInt64($0) + 100) } + [Identity(issuer: "x", subject: .text("y"))]
    private let since = ServiceTime(milliseconds: 10)
    private var now: Int64 = 1_000

    init(seed: UInt64) throws {
      random = SeededRandom(seed: seed)
      rigs = [try StoreRig(.sqlite), try StoreRig(.postgres)]
      shared = try #require(rigs[1].store.shared)
      for number in 0..<3 {
        let made = try rigs.map { rig in
          try rig.makeEvent(capacity: 10_000) {
            if number > 0 { $0.maxPerUser = 50 }
            if number == 2 {
              $0.types = [.init(id: 1, name: "A", capacity: nil), .init(id: 2, name: "B", capacity: nil)]
            }
          }
        }
        #expect(made[0] == made[1])
        events.append(made[0])
      }
    }

    /// Does the same on both, and compares what comes of it.
    private func both<Value: Equatable>(
      _ body: (any BookingStore, Int) throws -> Value, _ plain: (Value) -> Value = { $0 }
    ) throws {
      let values = try (0..<2).map { plain(try body(rigs[$0].store, $0)) }
      #expect(values[0] == values[1])
    }

    private func plain(_ outcome: BookingOutcome?) -> BookingOutcome? {
      guard var outcome else { return nil }
      (outcome.booking.id, outcome.booking.user) = (BookingID(0), UserID(0))
      outcome.booking.publicID = PublicBookingID(code: 0) ?? outcome.booking.publicID
      return outcome
    }

    mutating func transaction() throws {
      now += 100
      var needs = BatchNeeds()
      for event in events where Bool.random(using: &random) { needs.events.insert(event.id) }
      for person in people where Bool.random(using: &random) {
        needs.identities.insert(person)
        for key in 0..<6 where Bool.random(using: &random) {
          needs.keys.append(.init(key: "k\(key)", identity: person))
        }
      }
      for twin in bookings where Int.random(in: 0..<4, using: &random) == 0 {
        needs.bookings.insert(twin.names[1])
      }
      let before = (events, bookings)
      try rigs[0].store.begin()
      #expect(try shared.begin(needs).changes.isEmpty)
      for _ in 0..<Int.random(in: 1...25, using: &random) { try step() }
      for event in events where Bool.random(using: &random) {
        for rig in rigs { try rig.store.saveCounts(of: event.id, event.counts) }
      }
      for index in events.indices {
        let event = events[index]
        for rig in rigs { try rig.store.save(event) }
      }
      if Int.random(in: 0..<6, using: &random) == 0 {
        for rig in rigs { rig.store.rollback() }
        (events, bookings) = before
      } else {
        for rig in rigs { try rig.store.commit() }
      }
      try compare()
    }

    private mutating func step() throws {
      let index = Int.random(in: events.indices, using: &random)
      let person = people[Int.random(in: people.indices, using: &random)]
      switch Int.random(in: 0..<12, using: &random) {
      case 0..<4: try book(index, person)
      case 4: try change { try $1.end(&$0, $2, .cancelled) }
      case 5:
        try change { _, rig, booking in
          if booking.status == .held {
            try rig.store.saveConfirmation(of: booking.id, at: Instant(milliseconds: 7))
          }
        }
      case 6:
        try change { _, rig, booking in
          var booking = booking
          guard let end = booking.expiresAt, booking.status == .held, booking.extended == 0 else { return }
          (booking.expiresAt, booking.extended) = (Instant(milliseconds: end.milliseconds + 9), 9)
          try rig.store.saveExtension(of: booking, at: Instant(milliseconds: 8))
        }
      case 7, 8: try readSeats(index, person)
      case 9: try readKey(person)
      case 10: try wait(index, person)
      default:
        try both { store, _ in try store.hasBookings(events[index].id) }
        try both { store, _ in try store.holds(of: events[index].id).map(\.expiresAt).sorted() }
        try both { store, _ in
          try store.bookings(madeIn: events[index].id, after: 2, through: 9).map { plain($0) }
        }
      }
    }

    private mutating func book(_ index: Int, _ person: Identity) throws {
      let quantity = Int.random(in: 1...3, using: &random)
      let end = Bool.random(using: &random) ? Instant(milliseconds: now + 5_000) : nil
      let type = index == 2 ? Int.random(in: 1...2, using: &random) : nil
      let key = Bool.random(using: &random) ? "k\(Int.random(in: 0..<6, using: &random))" : nil
      if let key {
        let found = try rigs.map { rig in
          try user(person, rig).flatMap { try rig.store.booking(forKey: key, of: $0, since: since) }
        }
        #expect(plain(found[0]) == plain(found[1]))
        if found[0] != nil { return }
      }
      let event = events[index]
      var (numbers, names): ([BookingID], [PublicBookingID]) = ([], [])
      let time = ServiceTime(milliseconds: Int64.random(in: 8...14, using: &random))
      for rig in rigs {
        var copy = event
        let user = try user(person, rig) ?? rig.store.insert(person, at: Instant(milliseconds: 1))
        let booking = try rig.store.insertBooking(
          event: event.id, user: user, subject: person.subject, quantity: quantity,
          at: Instant(milliseconds: now),
          seq: event.seq + 1, heldUntil: end, type: type)
        copy.seq += 1
        if end == nil { copy.sold += quantity } else { copy.held += quantity }
        try rig.note(copy, .bookingCreated(booking.facts), booking.id, Instant(milliseconds: now))
        if let key { try rig.store.remember(key: key, of: user, booking: booking.id, at: time) }
        numbers.append(booking.id)
        names.append(booking.publicID)
        events[index] = copy
      }
      bookings.append(Twin(numbers: numbers, names: names))
    }

    private func user(_ person: Identity, _ rig: StoreRig) throws -> UserID? {
      try rig.store.userID(of: person)
    }

    private mutating func change(_ body: (inout Event, StoreRig, Booking) throws -> Void) throws {
      guard let twin = bookings.randomElement(using: &random) else { return }
      let isByName = Bool.random(using: &random)
      let found = try zip(rigs, 0...).map { rig, index in
        try isByName ? rig.store.booking(twin.names[index]) : rig.store.booking(twin.numbers[index])
      }
      #expect(plain(found[0]) == plain(found[1]))
      guard let first = found[0]?.booking, first.status.isActive,
        let index = events.firstIndex(where: { $0.id == first.event })
      else { return }
      let event = events[index]
      for (rig, outcome) in zip(rigs, found) {
        var copy = event
        if let booking = outcome?.booking { try body(&copy, rig, booking) }
        events[index] = copy
      }
    }

    private func readSeats(_ index: Int, _ person: Identity) throws {
      let event = events[index].id
      let counts = try rigs.map { rig -> [Int] in
        guard let user = try user(person, rig) else { return [] }
        return [
          try rig.store.seats(of: user, in: event), try rig.store.seats(of: user, in: event, type: 1),
          try rig.store.seats(of: user, in: event, type: 2),
        ]
      }
      #expect(counts[0] == counts[1])
    }

    private func readKey(_ person: Identity) throws {
      for key in ["k0", "k3", "never"] {
        let found = try rigs.map { rig in
          try user(person, rig).flatMap { try rig.store.booking(forKey: key, of: $0, since: since) }
        }
        #expect(plain(found[0]) == plain(found[1]))
      }
    }

    private func wait(_ index: Int, _ person: Identity) throws {
      for rig in rigs {
        guard let user = try user(person, rig) else { continue }
        let waiting = try rig.store.allWaiting().filter { $0.event == events[index].id }
        if let entry = waiting.first(where: { $0.user == person }) {
          try rig.store.deleteWaiting(entry, .left, at: Instant(milliseconds: now))
        } else {
          _ = try rig.store.insertWaiting(
            event: events[index].id, user: user, quantity: 2, type: nil, at: Instant(milliseconds: now))
        }
      }
    }

    private func compare() throws {
      try both { store, _ in try store.allEvents().sorted { $0.id.rawValue < $1.id.rawValue } }
      #expect(try rigs[1].store.allEvents().map(\.counts) == events.map(\.counts))
      try both { store, _ in try store.allHolds().map(\.hold.expiresAt).sorted() }
      try both { store, _ in
        try store.allWaiting().map { entry in
          var entry = entry
          entry.id = 0
          return entry
        }
      }
      for twin in bookings {
        let found = try rigs.indices.map { try rigs[$0].store.booking(twin.numbers[$0]) }
        #expect(found[0] != nil && plain(found[0]) == plain(found[1]))
      }
      // The feed tells of each event the same, in the same order.
      let counts = try rigs.map { rig -> [Int64: Int64] in
        var counts: [Int64: Int64] = [:]
        for row in try rig.feed() where row[0] == 0 {
          #expect((counts[row[1]] ?? 0) + row[3] == row[2], "no gap in the feed of an event")
          counts[row[1]] = row[2]
        }
        return counts
      }
      #expect(counts[0] == counts[1])
    }
  }
#endif
