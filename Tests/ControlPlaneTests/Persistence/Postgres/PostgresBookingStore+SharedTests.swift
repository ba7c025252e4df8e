#if Cluster
  // Two nodes on one database.

  import TestSupport
  import Testing

  @testable import ControlPlane

  @Suite(
    "PostgreSQL shared by two nodes",
    .enabled(if: PostgresServer.isInstalled, Comment(rawValue: PostgresServer.absence)))
  struct PostgresSharedTests {
    private let url: String
    private let rig: StoreRig
    private let a: PostgresBookingStore
    private let b: PostgresBookingStore
    private let ada = Identity(issuer: "https://id.example", subject: .text("ada"))

    init() throws {
      rig = try StoreRig(.postgres)
      a = try #require(rig.store as? PostgresBookingStore)
      url = try #require(a.connection.address.parameters.first { $0.name == "dbname" }?.value)
      b = try PostgresStores.open(try PostgresServer.shared().url(database: url), node: "b")
    }

    private func at(_ milliseconds: Int64) -> Instant { Instant(milliseconds: milliseconds) }

    private func needs(_ events: EventID...) -> BatchNeeds {
      var needs = BatchNeeds()
      needs.events = Set(events)
      return needs
    }

    /// Ends the session of a node, as a server that is restarted does.
    private func end(_ store: PostgresBookingStore) throws {
      let pid = try store.connection.run("SELECT pg_backend_pid()").first { $0.int64(0) } ?? 0
      try PostgresServer.shared().query("SELECT pg_terminate_backend(\(pid))", in: url)
      try eventually("the session has ended") {
        try PostgresServer.shared().query("SELECT 1 FROM pg_stat_activity WHERE pid = \(pid)", in: url)
          .isEmpty
      }
    }

    @Test("what one node commits the other is told once, with the waiting list")
    func changes() throws {
      var event = try rig.makeEvent(capacity: 9)
      #expect(a.revision(of: event.id) == 1)
      #expect(try b.changes(of: [event.id]).map(\.event) == [event])
      #expect(try b.changes(of: [event.id, EventID(99)]).isEmpty)
      try rig.commit { store in
        let user = try store.insert(ada, at: at(1))
        _ = try rig.book(&event, user, 2)
        try store.saveCounts(of: event.id, event.counts)
        _ = try store.insertWaiting(event: event.id, user: user, quantity: 1, type: nil, at: at(3))
      }
      #expect(try a.changes(of: [event.id]).isEmpty, "one's own commits are known")
      let start = try b.begin(needs(event.id))
      b.rollback()
      let change = try #require(start.changes.first)
      #expect(start.changes.count == 1 && change.event == event && change.revision == 2)
      #expect(change.waiting?.map(\.user) == [ada])
      #expect(try b.begin(needs(event.id)).changes.isEmpty)
      b.rollback()
      #expect(try b.notices(of: event.id, after: 0, through: .max, limit: 9).map(\.seq) == [1])
    }

    @Test("every way of changing an event, its holds or its list raises its revision by one")
    func revisions() throws {
      var event = try rig.makeEvent(capacity: 9)
      var expected: Int64 = 1
      func check(_ body: (any BookingStore) throws -> Void) throws {
        try rig.commit(body)
        expected += 1
        #expect(a.revision(of: event.id) == expected)
        #expect(try b.changes(of: [event.id]).map(\.revision) == [expected])
      }
      var held: Booking?
      try check { store in held = try rig.book(&event, try store.insert(ada, at: at(1)), 1, heldUntil: at(50))
      }
      var hold = try #require(held)
      hold.expiresAt = at(70)
      try check { try $0.saveExtension(of: hold, at: at(5)) }
      try check { try $0.saveConfirmation(of: hold.id, at: at(6)) }
      event.counts.add(-1, of: nil, isHeld: true)
      event.counts.add(1, of: nil, isHeld: false)
      try check { try rig.end(&event, try #require(try $0.booking(hold.id)).booking, .cancelled) }
      try check { try $0.save(event) }
      try check { try $0.saveCounts(of: event.id, event.counts) }
      let user = try #require(try a.userID(of: ada))
      try check { _ = try $0.insertWaiting(event: event.id, user: user, quantity: 1, type: nil, at: at(7)) }
      let entry = try #require(try a.allWaiting().first)
      try check { try $0.deleteWaiting(entry, .left, at: at(8)) }
      try check { try $0.deleteWaiting(of: event.id, at: at(9)) }
      // The same twice in one transaction is one change.
      try check { store in
        try store.saveCounts(of: event.id, event.counts)
        _ = try store.hasBookings(event.id)
        try store.save(event)
        try store.saveCounts(of: event.id, event.counts)
      }
      #expect(try a.connection.run("SELECT standing FROM event").first { $0.int(0) } == 0)
    }

    @Test("an event that another node deletes is told once as deleted")
    func deleted() throws {
      let event = try rig.makeEvent(capacity: 9)
      _ = try b.allEvents()
      try rig.commit { try $0.delete(event.id) }
      #expect(a.revision(of: event.id) == nil)
      let gone = ForeignChange(id: event.id, revision: 0, event: nil, waiting: [])
      #expect(try b.begin(needs(event.id)).changes == [gone])
      b.rollback()
      #expect(try b.changes(of: [event.id]).isEmpty)
      #expect(try a.connection.run("SELECT 1 FROM deleted_event").count == 1)
    }

    @Test("a revision that the bus has told is known when it is the next")
    func noted() throws {
      let event = try rig.makeEvent(capacity: 9)
      #expect(!b.note(event.id, revision: 2), "nothing was known")
      _ = try b.allEvents()
      #expect(!b.note(event.id, revision: 3) && !b.note(event.id, revision: 1))
      #expect(b.note(event.id, revision: 2))
      #expect(b.revision(of: event.id) == 2)
    }

    @Test("a locked event is kept from the other node, which is told after a while that it was in the way")
    func locks() throws {
      let event = try rig.makeEvent(capacity: 9)
      let other = try rig.makeEvent(capacity: 9)
      _ = try a.begin(needs(event.id))
      _ = try b.begin(needs(other.id))
      b.rollback()
      let failure = #expect(throws: StoreFailure.self) { _ = try b.begin(needs(other.id, event.id)) }
      #expect(failure?.isContention == true)
      b.rollback()
      a.rollback()
      _ = try b.begin(needs(other.id, event.id))
      b.rollback()
    }

    @Test("the other node's batch sees what the first committed while it waited")
    func waits() throws {
      var event = try rig.makeEvent(capacity: 9)
      _ = try b.allEvents()
      _ = try a.begin(needs(event.id))
      event.counts = .init(sold: 3, held: 0, seq: 3, updatedAt: at(9))
      try a.saveCounts(of: event.id, event.counts)
      let (url, server) = (url, try PostgresServer.shared())
      let id = event.id
      let other = try BackgroundThread {
        let store = try PostgresStores.open(server.url(database: url), node: "c")
        _ = try store.allEvents()
        var needs = BatchNeeds()
        needs.events = [id]
        defer { store.rollback() }
        return try store.begin(needs).changes.map(\.event?.sold)
      }
      try eventually("the other waits") {
        try !server.query(
          "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
          in: url
        ).isEmpty
      }
      try a.commit()
      #expect(try other.join() == [3])
    }

    @Test("who watches through another node is told, one's own watchers are not")
    func watched() throws {
      let events = [
        try rig.makeEvent(capacity: 1), try rig.makeEvent(capacity: 1), try rig.makeEvent(capacity: 1),
      ]
      _ = try a.connection.run(
        "INSERT INTO interest VALUES (\(events[0].id.rawValue), 'b'), (\(events[1].id.rawValue), 'a')")
      let start = try a.begin(needs(events[0].id, events[1].id, events[2].id))
      a.rollback()
      #expect(start.watchedElsewhere == [events[0].id])
    }

    @Test("what a batch needs is locked and read with its beginning")
    func prefetched() throws {
      var events = [try rig.makeEvent(capacity: 9) { $0.maxPerUser = 4 }]
      events += [try rig.makeEvent(capacity: 9), try rig.makeEvent(capacity: 9)]
      let booking = try rig.commit { store in
        let user = try store.insert(ada, at: at(1))
        let booking = try rig.book(&events[1], user, 2)
        _ = try rig.book(&events[0], user, 3)
        try store.remember(key: "k", of: user, booking: booking.id, at: ServiceTime(milliseconds: 5))
        _ = try store.insertWaiting(event: events[2].id, user: user, quantity: 1, type: nil, at: at(3))
        return booking
      }
      let user = try #require(try a.userID(of: ada))
      _ = try b.allEvents()
      var needs = needs(events[0].id)
      needs.bookings = [booking.publicID, try #require(PublicBookingID(code: 5))]
      needs.keys = [.init(key: "k", identity: ada), .init(key: "none", identity: ada)]
      needs.identities = [ada, .local(5)]
      needs.erased = [ada]
      let start = try b.begin(needs)
      let open = try #require(b.transaction)
      #expect(Set(open.locked.keys) == Set(events.map(\.id)))
      #expect(start.changes.isEmpty)
      #expect(open.view.userID(of: ada) == .some(user) && open.view.userID(of: .local(5)) == .some(nil))
      #expect(open.view.seats(of: user, in: events[0].id, type: nil) == 3)
      #expect(open.view.bookings[booking.id]??.availableSeats == 7)
      let found = try #require(open.view.found("k", of: user))
      #expect(found?.outcome.booking.id == booking.id && found?.at == ServiceTime(milliseconds: 5))
      let none = try #require(open.view.found("none", of: user))
      #expect(none == nil)
      b.rollback()
    }

    @Test(
      "what more bookings of a locked event need is read in one look, and what was known before is still known"
    )
    func looksForMore() throws {
      var event = try rig.makeEvent(capacity: 9) { $0.maxPerUser = 4 }
      let eve = Identity(issuer: "https://id.example", subject: .text("eve"))
      try rig.commit { store in
        let users = [try store.insert(ada, at: at(1)), try store.insert(eve, at: at(1))]
        let booking = try rig.book(&event, users[0], 3)
        _ = try rig.book(&event, users[1], 2)
        try store.remember(key: "k", of: users[0], booking: booking.id, at: ServiceTime(milliseconds: 5))
      }
      let (user, other) = (try #require(try a.userID(of: ada)), try #require(try a.userID(of: eve)))
      _ = try b.allEvents()
      var first = needs(event.id)
      first.identities = [eve]
      _ = try b.begin(first)
      var more = needs(event.id)
      more.identities = [ada, .local(5)]
      more.keys = [.init(key: "k", identity: ada), .init(key: "none", identity: ada)]
      try b.look(more)
      let open = try #require(b.transaction)
      #expect(Set(open.locked.keys) == [event.id])
      #expect(open.view.userID(of: ada) == .some(user) && open.view.userID(of: .local(5)) == .some(nil))
      #expect(open.view.seats(of: user, in: event.id, type: nil) == 3)
      #expect(open.view.seats(of: other, in: event.id, type: nil) == 2)
      #expect(open.view.found("k", of: user)??.at == ServiceTime(milliseconds: 5))
      let none = try #require(open.view.found("none", of: user))
      #expect(none == nil)
      b.rollback()
    }

    @Test("two nodes that make a row for one person: the second tries again and finds it")
    func sameIdentity() throws {
      _ = try b.begin(BatchNeeds())
      _ = try b.insert(ada, at: at(1))
      let user = try rig.commit { try $0.insert(ada, at: at(1)) }
      let failure = #expect(throws: StoreFailure.self) { try b.commit() }
      #expect(failure?.isContention == true)
      b.rollback()
      try b.begin()
      #expect(try b.userID(of: ada) == user)
      b.rollback()
    }

    @Test("one key on two nodes makes one booking, whatever the events")
    func sameKey() throws {
      var events = [try rig.makeEvent(capacity: 9), try rig.makeEvent(capacity: 9)]
      let user = try rig.commit { try $0.insert(ada, at: at(1)) }
      let since = ServiceTime(milliseconds: 0)
      var needs = needs(events[1].id)
      needs.keys = [.init(key: "k", identity: ada)]
      _ = try b.begin(needs)
      #expect(try b.booking(forKey: "k", of: user, since: since) == nil)
      let first = try rig.commit { store in
        let booking = try rig.book(&events[0], user, 1)
        try store.remember(key: "k", of: user, booking: booking.id, at: ServiceTime(milliseconds: 5))
        return booking
      }
      events[1].seq = 1
      let lost = try b.insertBooking(
        event: events[1].id, user: user, subject: ada.subject, quantity: 1, at: at(1), seq: 1, heldUntil: nil,
        type: nil)
      #expect(lost.id != first.id, "numbers of two nodes are never the same")
      try b.remember(key: "k", of: user, booking: lost.id, at: ServiceTime(milliseconds: 6))
      let failure = #expect(throws: StoreFailure.self) { try b.commit() }
      #expect(failure?.isContention == true)
      b.rollback()
      _ = try b.begin(needs)
      #expect(try b.booking(forKey: "k", of: user, since: since)?.booking.id == first.id)
      #expect(try b.booking(lost.id) == nil)
      b.rollback()
    }

    @Test("a commit whose answer is lost fails, nothing is known any more, and the next batch finds out")
    func lostSession() throws {
      var event = try rig.makeEvent(capacity: 9)
      _ = try a.begin(needs(event.id))
      event.counts = .init(sold: 1, held: 0, seq: 1, updatedAt: at(9))
      try a.saveCounts(of: event.id, event.counts)
      try end(a)
      let failure = #expect(throws: StoreFailure.self) { try a.commit() }
      #expect(failure?.code == StoreFailure.unreachable && failure?.isContention == false)
      #expect(a.revision(of: event.id) == nil)
      #expect(throws: StoreFailure.self) { _ = try a.hasBookings(event.id) }
      a.rollback()
      event.counts = .init(sold: 0, held: 0, seq: 0, updatedAt: event.createdAt)
      #expect(try a.begin(needs(event.id)).changes.map(\.event) == [event])
      a.rollback()
    }

    @Test("one node leads until its session ends; then another does")
    func leads() throws {
      #expect(try a.leads() && a.leads())
      #expect(try !b.leads())
      try end(a)
      #expect(try b.leads())
      #expect(try !a.leads())
      #expect(try b.leads())
    }

    @Test("holds that are over are told, the first to end first")
    func due() throws {
      var events = [try rig.makeEvent(capacity: 9), try rig.makeEvent(capacity: 9)]
      let ids = try rig.commit { store in
        let user = try store.insert(ada, at: at(1))
        return [
          try rig.book(&events[0], user, 1, heldUntil: at(30)).id,
          try rig.book(&events[1], user, 1, heldUntil: at(20)).id,
          try rig.book(&events[0], user, 1, heldUntil: at(10)).id, try rig.book(&events[0], user, 1).id,
        ]
      }
      #expect(try b.dueHolds(of: nil, at: at(29), limit: 9).map(\.hold.booking) == [ids[2], ids[1]])
      #expect(try b.dueHolds(of: nil, at: at(30), limit: 1).map(\.event) == [events[0].id])
      #expect(try b.dueHolds(of: events[0].id, at: at(30), limit: 9).map(\.hold.booking) == [ids[2], ids[0]])
      #expect(try b.dueHolds(of: events[1].id, at: at(19), limit: 9).isEmpty)
    }

    @Test("news are kept with the transaction that told them, and wake whoever listens")
    func news() throws {
      let listener = PostgresConnection(a.connection.address, .follower("b"))
      try listener.listen(to: PostgresSchema.channel)
      let odd = Identity(issuer: "i", subject: .text("\u{0}"))
      let items: [ClusterNews] = [.loggedOut(odd, before: at(7)), .serviceTokens]
      try rig.commit { store in try #require(store.shared).tell(items) }
      #expect(try listener.wait(milliseconds: 30_000, ignoring: "b", PostgresInterruption()))
      let rows = try b.connection.run("SELECT node, body::text FROM news ORDER BY id").all {
        ($0.text(0), $0.text(1))
      }
      #expect(rows.map(\.0) == ["a", "a"])
      #expect(rows.map { ClusterNews(json: Array($0.1.utf8)) } == items)
      try rig.commit { try $0.logOut(ada, before: at(7)) }
      #expect(
        try !listener.wait(milliseconds: 50, ignoring: "b", PostgresInterruption()),
        "nothing concerned others")
    }

    @Test("the database's clock is known by an offset to this machine's")
    func clock() throws {
      let time = try a.databaseTime().milliseconds
      let clock = ScriptedClock(milliseconds: time - 5_000)
      let offset = try a.clockOffset(clock)
      #expect((5_000..<65_000).contains(offset))
      #expect(try a.serviceTime().milliseconds >= time)
    }

    @Test("a copy is refused with a sentence that says what makes one")
    func copy() {
      let failure = #expect(throws: StoreFailure.self) { _ = try a.copy(to: "nowhere") }
      #expect(failure?.message.contains("pg_dump") == true)
    }
  }
#endif
