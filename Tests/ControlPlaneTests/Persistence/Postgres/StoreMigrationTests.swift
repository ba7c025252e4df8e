#if Cluster
  import TestSupport
  import Testing

  @testable import ControlPlane

  @Suite(
    "Store migration", .enabled(if: PostgresServer.isInstalled, Comment(rawValue: PostgresServer.absence)))
  struct StoreMigrationTests {
    private let fixture: RecordFixture
    private var ledger: LedgerFixture { fixture.ledger }
    private let url: String

    init() throws {
      fixture = try RecordFixture()
      url = try PostgresServer.shared().createDatabase()
    }

    private var folder: String { ledger.folder.path }

    // MARK: A database with everything

    /// Something in every table, and rows that are gone.
    private func fill(bookings: Int = 40) throws {
      let types = [TicketTypeDraft(name: "St\u{E4}lle", capacity: 30), TicketTypeDraft(name: "Rest")]
      let first = try ledger.makeEvent(capacity: 60) { $0.types = types }
      let second = try ledger.makeEvent(capacity: 3) { $0.opensAt = Instant(milliseconds: 5) }
      try ledger.delete(try ledger.makeEvent(capacity: 1))
      _ = try ledger.makeEvent(capacity: 9) { $0.status = .draft }
      for number in 0..<bookings {
        var command = CreateBooking(first.id, UInt64(number % 7 + 1), 1, "key \(number)")
        command.type = number % 2 + 1
        command.hold = number % 5 == 0
        _ = try ledger.ask { .createBooking(command, $0) } as BookingOutcome
      }
      let held = try ledger.hold(second, user: 2, 1).booking.publicID
      try ledger.change(held, .extend, by: 2)
      try ledger.change(held, .confirm, by: 2)
      let other = try ledger.hold(second, user: 3, 2).booking.publicID
      for user in [4, 5, 6] as [UInt64] { try ledger.join(second, user: user) }
      try ledger.leave(second, user: 5)
      try ledger.cancel(other, by: 3)
      try ledger.cancel(try ledger.book(first, user: 9).booking.publicID, by: 9)
      _ = try ledger.patch(first, EventPatch(name: "Caf\u{E9} \u{1F3B5} \u{0}", seatCapacity: 70))
      try people()
      try fixture.seal()
      ledger.clock.advance(by: 700_000)
      ledger.ledger.idle()
      try ledger.book(first, user: 1)
      if let free = ledger.ledger.events[second.id]?.state.availableSeats, free > 0 {
        try ledger.book(second, user: 1, free)
      }
      try ledger.join(second, user: 8)
      // What only an older database has.
      try ledger.store.connection.execute(
        """
        INSERT INTO earlier_feed (kind, subject, number, count) VALUES (3, 1, 5, 1);
        DELETE FROM feed WHERE position <= 2;
        """)
    }

    private func people() throws {
      let ann = NewUser(email: "Ann@x.y", name: "Ann", role: .admin, passwordHash: "h")
      let user: User = try ledger.ask { .putUser(ann, $0) }
      for name in ["bob", "eve"] {
        let account = NewUser(email: "\(name)@x.y", name: name, role: .user, passwordHash: "h")
        _ = try ledger.ask { .registerUser(account, $0) } as User
      }
      let eve = try #require(try ledger.reader().account(EmailKey("eve@x.y"))).user.identity
      let erasure = Erasure(target: eve, by: user.identity)
      _ = try ledger.ask { .erasePerson(erasure, $0) } as Instant
      let foreign = Identity(issuer: "https://id.example", subject: Subject("a\u{0}b") ?? Subject(1))
      let booking = CreateBooking(event: EventID(1), user: foreign, quantity: 1, type: 2)
      _ = try ledger.ask { .createBooking(booking, $0) } as BookingOutcome
      _ = try ledger.ask { .logOut(foreign, $0) } as Instant
      let change = PersonChange(target: foreign, isDisabled: true, by: user.identity)
      _ = try ledger.ask { .changePerson(change, $0) } as ChangedPerson
      for number in 1...2 {
        let token = ServiceToken(
          id: 0, jti: "j\(number)", name: "shop", scopes: [.bookingsConfirm], createdAt: ledger.clock.now,
          expiresAt: Instant(milliseconds: ledger.clock.now.milliseconds + 86_400_000))
        let minted: ServiceToken = try ledger.ask { .mintServiceToken(token, $0) }
        if number == 2 { _ = try ledger.ask { .revokeServiceToken(minted.id, $0) } as ServiceToken }
      }
      ledger.ledger.perform([.note(AuditEntry(actor: .unknown, action: .loginFailure))])
    }

    private func migrate(_ progress: @escaping (StoreMigration.Progress) -> Void = { _ in }) throws
      -> StoreMigration.Report
    {
      ledger.database.folder.release()
      return try StoreMigration.run(from: folder, to: url, progress: progress)
    }

    private func target() throws -> PostgresStorage {
      try PostgresStorage.open(
        ledger.database.folder, PostgresAddress(url), node: "test", SeededIdentifiers(seed: 9))
    }

    private func rows(_ table: String) throws -> Int {
      try Statement(ledger.store.connection, "SELECT count(*) FROM \(table)").first { $0.int(0) } ?? 0
    }

    @Test("every row of every table is there, with the same epoch, and every answer is the same")
    func everything() throws {
      try fill()
      let report = try migrate()
      #expect(report.epoch == ledger.database.epoch && !report.wasThere)
      #expect(report.tables.map(\.name) == StoreTable.all.map(\.name))
      for table in report.tables {
        #expect(try table.rows == rows(table.name), Comment(rawValue: table.name))
        #expect(table.rows > 0, Comment(rawValue: table.name))
      }
      let storage = try target()
      #expect(storage.epoch == ledger.database.epoch)
      #expect(storage.record.record == ledger.database.record.record)
      #expect(storage.record.userKey == ledger.database.record.userKey)
      try compare(try ledger.reader(), try storage.openReader())
      try compare(try ledger.database.openRecord(), try storage.openRecord())
    }

    private func compare(_ ours: any ReadStore, _ theirs: any ReadStore) throws {
      let events = try ours.events(after: nil, .all, limit: .max)
      #expect(try theirs.events(after: nil, .all, limit: .max) == events)
      for filter in [.published] + PublicStatus.allCases.map({ EventFilter.status($0) }) {
        #expect(
          try theirs.events(after: nil, filter, limit: 2) == ours.events(after: nil, filter, limit: 2))
      }
      let bookings = try ours.bookings(of: nil, event: nil, before: nil, limit: .max)
      #expect(bookings.count > 40)
      #expect(try theirs.bookings(of: nil, event: nil, before: nil, limit: .max) == bookings)
      for event in [1, 2, 3, 99].map({ EventID($0) }) {
        #expect(try theirs.stakes(of: event) == ours.stakes(of: event))
        #expect(
          try theirs.notices(of: event, after: 0, through: .max, limit: .max)
            == ours.notices(of: event, after: 0, through: .max, limit: .max))
        for user in [nil, UserID(1), UserID(4)] {
          let page = try ours.bookings(of: user, event: event, before: bookings[9].booking.publicID, limit: 3)
          #expect(
            try theirs.bookings(of: user, event: event, before: bookings[9].booking.publicID, limit: 3)
              == page)
        }
      }
      let people = try ours.people(after: nil, email: nil, limit: .max)
      #expect(try theirs.people(after: nil, email: nil, limit: .max) == people)
      for person in people {
        #expect(try theirs.userID(of: person.identity) == person.id)
        #expect(try theirs.account(person.identity) == ours.account(person.identity))
        #expect(
          try theirs.waitingPlace(of: person.id, person.identity, in: EventID(2))
            == ours.waitingPlace(of: person.id, person.identity, in: EventID(2)))
      }
      for email in ["ann@x.y", "eve@x.y"] {
        #expect(try theirs.account(EmailKey(email)) == ours.account(EmailKey(email)))
        #expect(
          try theirs.people(after: nil, email: EmailKey(email), limit: 9)
            == ours.people(after: nil, email: EmailKey(email), limit: 9))
      }
      #expect(try theirs.audit(before: nil, limit: .max) == ours.audit(before: nil, limit: .max))
      #expect(try theirs.feedStart() == ours.feedStart() && ours.feedStart() == 2)
      for after in 0..<60 as Range<Int64> {
        #expect(try theirs.feed(after: after, limit: 7) == ours.feed(after: after, limit: 7))
      }
    }

    private func compare(_ ours: any RecordSource, _ theirs: any RecordSource) throws {
      #expect(try theirs.last() == ours.last() && ours.last() != nil)
      #expect(try theirs.currentEnds() == ours.currentEnds())
      #expect(try theirs.hasEarlierEntries() && ours.hasEarlierEntries())
      #expect(try theirs.feedStart() == ours.feedStart())
      #expect(try theirs.feed(after: 0, limit: .max) == ours.feed(after: 0, limit: .max))
      #expect(try theirs.earlier(after: 0, limit: .max) == ours.earlier(after: 0, limit: .max))
      #expect(
        try theirs.waiting(after: 0, through: .max, limit: .max)
          == ours.waiting(after: 0, through: .max, limit: .max))
      var (walk, other) = (RecordWalk(ours), RecordWalk(theirs))
      while try walk.next() { #expect(try other.next()) }
      #expect(try !other.next())
      #expect(walk.chain.link == other.chain.link && walk.chain.size > 40)
    }

    @Test("no number that was ever given is given again")
    func numbers() throws {
      try fill(bookings: 3)
      // The last ones are gone from their tables.
      try ledger.delete(try ledger.makeEvent(capacity: 1))
      let highest = try Statement(
        ledger.store.connection, "SELECT seq FROM sqlite_sequence WHERE name = 'event'"
      ).first { $0.int64(0) }
      _ = try migrate()
      let connection = PostgresConnection(try PostgresAddress(url), PostgresSession(name: "test"))
      try connection.execute("DELETE FROM event")
      let next = try connection.run(
        """
        INSERT INTO event (name, description, venue, status, capacity, sold, held, max_per_booking, max_per_user,
          hold_seconds, seq, version, created_at, updated_at, shown, hold_extension_seconds)
        VALUES ('', '', '', 'draft', 1, 0, 0, 1, 0, 0, 0, 1, 1, 1, 'draft', 0) RETURNING id
        """
      ).first { $0.int64(0) }
      #expect(try #require(next) > #require(highest))
      let token = try connection.run(
        """
        INSERT INTO service_token (jti, name, scopes, created_at, expires_at) VALUES ('x', '', '', 1, 1) RETURNING id
        """
      ).first { $0.int64(0) }
      #expect(try #require(token) > 2)
      let account = try connection.numbers("SELECT nextval('account_number')")
      let people = try #require(try ledger.reader().people(after: nil, email: nil, limit: .max).last).id
        .rawValue
      #expect(try #require(account.first) > Int(people))
    }

    // MARK: What may go wrong

    @Test("a folder whose database was moved is sold from no more, and says where it went")
    func marked() throws {
      try fill(bookings: 1)
      _ = try migrate()
      let failure = #expect(throws: StartFailure.self) {
        _ = try Database.open(DataFolder(folder), SeededIdentifiers(seed: 1))
      }
      #expect(failure?.description.contains("was moved to \(try PostgresAddress(url).description)") == true)
      let again = #expect(throws: AdminAnswer.Failure.self) { _ = try migrate() }
      #expect(again?.kind == .refused)
      try MovedMark.remove(from: ledger.database.folder)
      _ = try Database.open(DataFolder(folder), SeededIdentifiers(seed: 1))
    }

    @Test("a run that is cut off leaves the target empty and the folder as it was; the next one begins anew")
    func cutOff() throws {
      try fill(bookings: 1)
      let server = try PostgresServer.shared()
      let name = String(url.split(separator: "/").last ?? "")
      #expect(throws: AdminAnswer.Failure.self) {
        _ = try migrate { progress in
          guard case .verified("booking", _) = progress else { return }
          _ = try? server.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)' AND pid <> pg_backend_pid()",
            in: "postgres")
        }
      }
      #expect(try server.query("SELECT count(*) FROM booking", in: name) == ["0"])
      #expect(try MovedMark.read(ledger.database.folder) == nil)
      #expect(try !migrate().wasThere)
    }

    @Test("a run that was cut off around its commit is finished by the next one")
    func cutOffAtTheEnd() throws {
      try fill(bookings: 1)
      let first = try migrate()
      try MovedMark(isDone: false, target: first.target).keep(in: ledger.database.folder)
      let failure = #expect(throws: StartFailure.self) {
        _ = try Database.open(DataFolder(folder), SeededIdentifiers(seed: 1))
      }
      #expect(failure?.description.contains("run 'seatcast migrate' again") == true)
      let second = try migrate()
      #expect(second.wasThere && second.tables == first.tables)
      #expect(try MovedMark.read(ledger.database.folder)?.isDone == true)
    }

    @Test("a row that is not the same on both sides is named, and the folder is not marked as moved")
    func difference() throws {
      try fill(bookings: 1)
      let first = try migrate()
      try MovedMark(isDone: false, target: first.target).keep(in: ledger.database.folder)
      let name = String(url.split(separator: "/").last ?? "")
      try PostgresServer.shared().query("UPDATE booking SET quantity = quantity + 1 WHERE id = 2", in: name)
      let failure = #expect(throws: AdminAnswer.Failure.self) { _ = try migrate() }
      #expect(failure?.description.contains("booking 2 is not the same") == true)
      #expect(try MovedMark.read(ledger.database.folder)?.isDone == false)
      try PostgresServer.shared().query("UPDATE booking SET quantity = quantity - 1 WHERE id = 2", in: name)
      try PostgresServer.shared().query("INSERT INTO logout VALUES ('i', 's', 1)", in: name)
      let other = #expect(throws: AdminAnswer.Failure.self) { _ = try migrate() }
      #expect(other?.description.contains("table logout has") == true)
    }

    @Test("a target with rows of another history is refused; one that only a node has opened is taken")
    func occupied() throws {
      try fill(bookings: 1)
      _ = try target()
      let connection = PostgresConnection(try PostgresAddress(url), PostgresSession(name: "test"))
      try connection.insertEvent(1)
      let failure = #expect(throws: AdminAnswer.Failure.self) { _ = try migrate() }
      #expect(failure?.description.contains("the table event") == true)
      try connection.execute("DELETE FROM event")
      #expect(try !migrate().wasThere)
    }

    @Test("a target on which a node works is refused, as is a folder with a server or without a database")
    func inUse() throws {
      try fill(bookings: 1)
      #expect(throws: AdminAnswer.Failure.self) { _ = try StoreMigration.run(from: folder, to: url) }
      let empty = try TemporaryFolder()
      let none = #expect(throws: AdminAnswer.Failure.self) {
        _ = try StoreMigration.run(from: empty.path, to: url)
      }
      #expect(none?.kind == .data)
      let node = PostgresConnection(try PostgresAddress(url), .writer("a"))
      try node.connect()
      let failure = #expect(throws: AdminAnswer.Failure.self) { _ = try migrate() }
      #expect(failure?.description.contains("a node of seatcast works on the target") == true)
      node.close()
      try eventually("the node has left") { (try? migrate()) != nil }
      #expect(throws: AdminAnswer.Failure.self) { _ = try StoreMigration.run(from: folder, to: "http://x") }
    }

    @Test("a damaged database is not moved")
    func damaged() throws {
      try fill(bookings: 1)
      try ledger.store.connection.execute("UPDATE event SET sold = sold + 1 WHERE id = 1")
      let failure = #expect(throws: AdminAnswer.Failure.self) { _ = try migrate() }
      #expect(failure?.description.contains("cannot be moved") == true)
    }

    @Test("the tables and columns of SQLite's schema are all there")
    func complete() throws {
      let connection = ledger.store.connection
      let tables = try Statement(
        connection, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
      ).all { $0.text(0) }
      #expect(Set(tables) == Set(StoreTable.all.map(\.name) + ["schema_version"]))
      for table in StoreTable.all {
        let columns = try Statement(connection, "SELECT name, type FROM pragma_table_info('\(table.name)')")
          .all { $0.text(0) + " " + $0.text(1) }
        let ours = table.columns.map { $0.name + ($0.kind == .text ? " TEXT" : " INTEGER") }
        // PostgreSQL finds keys without a hash, and needs no number for them.
        #expect(
          Set(columns).subtracting(["id INTEGER", "hash INTEGER"]) == Set(ours).subtracting(["id INTEGER"]))
      }
    }
  }
#endif
