#if Cluster
  import TestSupport
  import Testing

  @testable import ControlPlane

  @Suite(
    "PostgreSQL schema", .enabled(if: PostgresServer.isInstalled, Comment(rawValue: PostgresServer.absence)))
  struct PostgresSchemaTests {
    private let url: String
    private let connection: PostgresConnection

    init() throws {
      url = try PostgresServer.shared().createDatabase()
      connection = PostgresConnection(try PostgresAddress(url), .writer("a"))
    }

    @Test("steps that are missing are taken once, also by nodes that start together")
    func together() throws {
      #expect(try PostgresSchema.version(of: connection) == 0)
      let url = url
      let nodes = try (0..<4).map { number in
        try BackgroundThread {
          let connection = PostgresConnection(try PostgresAddress(url), .writer("n\(number)"))
          try PostgresSchema.bring(connection)
          return try PostgresSchema.facts(connection, SystemRandom()).epoch
        }
      }
      let epochs = Set(try nodes.map { try $0.join() })
      #expect(epochs.count == 1)
      #expect(try PostgresSchema.version(of: connection) == PostgresSchema.steps.count)
      try PostgresSchema.check(connection)
      try PostgresSchema.bring(connection)
      #expect(try PostgresSchema.facts(connection, SystemRandom()).epoch == epochs.first)
    }

    @Test("a database from the future is refused, an older one is brought up to date or reported")
    func versions() throws {
      try PostgresSchema.bring(connection, steps: ["CREATE TABLE one (a bigint)"])
      #expect(throws: MigrationFailure.newer(version: "1", known: 0)) {
        try PostgresSchema.bring(connection, steps: [])
      }
      let steps = ["never taken again", "ALTER TABLE one ADD COLUMN b bigint; INSERT INTO one VALUES (1, 2)"]
      try PostgresSchema.bring(connection, steps: steps)
      #expect(try connection.run("SELECT b FROM one").first { $0.int(0) } == 2)
      #expect(try PostgresSchema.version(of: connection) == 2)
      let old = PostgresConnection(
        try PostgresAddress(PostgresServer.shared().createDatabase()), .writer("a"))
      #expect(throws: MigrationFailure.older) { try PostgresSchema.check(old) }
    }

    @Test("a step that fails leaves nothing of itself or of those before it")
    func failed() throws {
      #expect(throws: MigrationFailure.self) {
        try PostgresSchema.bring(
          connection, steps: ["CREATE TABLE one (a bigint)", "CREATE TABLE two (nonsense)"])
      }
      #expect(try PostgresSchema.version(of: connection) == 0)
      #expect(try connection.run("SELECT to_regclass('one') IS NULL").first { $0.bool(0) } == true)
      try PostgresSchema.bring(connection)
    }

    @Test("two databases in schemas of one are two, each with its own tables and leader")
    func schemas() throws {
      try connection.execute("CREATE SCHEMA x; CREATE SCHEMA y")
      let stores = try ["x", "y"].map {
        try PostgresStores.open(url + "?options=-csearch_path%3D\($0)", node: $0)
      }
      try stores[0].begin()
      _ = try stores[0].insert(.sample(capacity: 1))
      try stores[0].commit()
      #expect(try stores.map { try $0.allEvents().count } == [1, 0])
      #expect(try stores[0].leads() && stores[1].leads())
      #expect(try PostgresSchema.version(of: connection) == 0)
    }

    @Test("the last net: an event cannot have more sold and held than it has")
    func lastNet() throws {
      let store = try PostgresStores.open(url, node: "a")
      try store.begin()
      let id = try store.insert(.sample(capacity: 3))
      try store.commit()
      let failure = #expect(throws: StoreFailure.self) {
        _ = try store.connection.run("UPDATE event SET sold = 2, held = 2 WHERE id = \(id.rawValue)")
      }
      #expect(failure?.state == "23514")
    }

    @Test("numbers go on behind rows that were written with numbers of their own")
    func numbers() throws {
      let store = try PostgresStores.open(url, node: "a")
      try store.connection.execute(
        """
        INSERT INTO booking (id, event_id, user_id, quantity, created_at, created_seq) VALUES (5000, 70, 1, 1, 1, 1);
        INSERT INTO notice VALUES (70, 1, 1, 5000, 1, 2, 1);
        INSERT INTO account (id, issuer, subject, created_at) VALUES (900, 'i', 's', 1), (9223372036854775807, 'i', 't', 1);
        INSERT INTO waiting_log VALUES (1, 0, 1, 70, 40, 1, 1, NULL, 1);
        """)
      try PostgresSchema.advanceNumbers(store.connection)
      try store.begin()
      let event = try store.insert(.sample(capacity: 9))
      #expect(event.rawValue > 70)
      let user = try store.insert(Identity(issuer: "i", subject: .text("u")), at: Instant(milliseconds: 1))
      #expect(user.rawValue > 900)
      let booking = try store.insertBooking(
        event: event, user: user, subject: .text("u"), quantity: 1, at: Instant(milliseconds: 1), seq: 1,
        heldUntil: nil, type: nil)
      #expect(booking.id.rawValue > 5000)
      #expect(
        try store.insertWaiting(
          event: event, user: user, quantity: 1, type: nil, at: Instant(milliseconds: 1)) > 40)
      try store.commit()
    }
  }
#endif
