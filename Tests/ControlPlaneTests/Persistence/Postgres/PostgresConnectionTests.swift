#if Cluster
  import TestSupport
  import Testing

  @testable import ControlPlane

  @Suite(
    "PostgreSQL connection",
    .enabled(if: PostgresServer.isInstalled, Comment(rawValue: PostgresServer.absence)))
  struct PostgresConnectionTests {
    private let url: String
    private let connection: PostgresConnection

    init() throws {
      url = try PostgresServer.shared().createDatabase()
      connection = PostgresConnection(try PostgresAddress(url), .writer("a"))
    }

    private func another(_ session: PostgresSession = .writer("b")) throws -> PostgresConnection {
      PostgresConnection(try PostgresAddress(url), session)
    }

    private static let echo = PostgresStatement("SELECT $1::bigint, $2::text, $3::bytea")

    @Test(
      "values come back as they went in", arguments: ["", "a", "ü€😀", "'; DROP TABLE t", "two\nlines"])
    func roundTrip(_ text: String) throws {
      for number in [Int64.min, -1, 0, .max] {
        var parameters = PostgresParameters([.int(number), .text(text)])
        parameters.add([0, 255, 7] as [UInt8])
        let result = try connection.run(Self.echo, parameters)
        let row = result.first { ($0.int64(0), $0.text(1), $0.data(2)) }
        #expect(row?.0 == number && row?.1 == text && row?.2 == [0, 255, 7])
      }
    }

    @Test("NULL is nothing")
    func nulls() throws {
      let result = try connection.run(Self.echo, [.null, .null, .null])
      let row = result.first { ($0.optionalInt64(0), $0.optionalText(1), $0.isNull(2)) }
      #expect(row?.0 == nil && row?.1 == nil && row?.2 == true)
    }

    @Test("arrays become rows, NULLs and empty arrays among them")
    func arrays() throws {
      let statement = PostgresStatement("SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[])")
      var parameters = PostgresParameters()
      parameters.add([1, 2, Int64.max])
      parameters.add([nil, 5, -1] as [Int64?])
      parameters.add(["a", nil, ""])
      let rows = try connection.run(statement, parameters).all {
        ($0.int64(0), $0.optionalInt64(1), $0.optionalText(2))
      }
      #expect(rows.map(\.0) == [1, 2, .max])
      #expect(rows.map(\.1) == [nil, 5, -1])
      #expect(rows.map(\.2) == ["a", nil, ""])
      var none = PostgresParameters()
      none.add([] as [Int64])
      none.add([] as [Int64?])
      none.add([] as [String?])
      #expect(try connection.run(statement, none).count == 0)
    }

    @Test("smaller integers, truth and transaction numbers are read")
    func integers() throws {
      let row = try connection.run("SELECT (-2)::smallint, 70000::integer, true, '9'::xid8").first {
        ($0.int64(0), $0.int64(1), $0.bool(2), $0.int64(3))
      }
      #expect(row?.0 == -2 && row?.1 == 70000 && row?.2 == true && row?.3 == 9)
    }

    @Test("many statements are answered in order by one flush")
    func pipeline() throws {
      let count = 500
      // Answers larger than what the kernel keeps between the two, so that both ends must read and write at once.
      let large = PostgresStatement("SELECT $1::bigint, repeat('x', 20000) || $2::text")
      let padding = String(repeating: "y", count: 20_000)
      for number in 0..<count {
        #expect(try connection.queue(large, [.int(number), .text(padding)]) == number)
      }
      let results = try connection.flush()
      #expect(results.map { $0.first { $0.int(0) } } == Array(0..<count))
      #expect(results.allSatisfy { $0.first { $0.text(1).utf8.count } == 40_000 })
      #expect(!connection.hasQueue)
      #expect(try connection.flush().isEmpty)
    }

    @Test("rows that a statement changed are counted")
    func changedRows() throws {
      try connection.execute("CREATE TABLE t (i bigint); INSERT INTO t VALUES (1), (2), (3)")
      #expect(try connection.run("DELETE FROM t WHERE i > 1").changedRows == 2)
      #expect(try connection.run("UPDATE t SET i = 2").changedRows == 1)
      #expect(try connection.run("SELECT 1 WHERE false").count == 0)
    }

    @Test(
      "a failure keeps its SQLSTATE, ends the pipeline's other statements, and leaves the connection usable")
    func failure() throws {
      try connection.execute("CREATE TABLE t (i bigint PRIMARY KEY)")
      try connection.queue("INSERT INTO t VALUES (1)")
      try connection.queue("INSERT INTO t VALUES (1)")
      try connection.queue("INSERT INTO t VALUES (2)")
      let failure = #expect(throws: StoreFailure.self) { _ = try connection.flush() }
      #expect(failure?.state == "23505")
      #expect(failure?.code == StoreFailure.refused)
      #expect(failure?.isContention == false)
      #expect(try connection.run("SELECT count(*) FROM t").first { $0.int(0) } == 0)
    }

    @Test("a statement that was not prepared for a failure before it is prepared again")
    func failedPreparation() throws {
      let statement = PostgresStatement("SELECT i FROM later")
      for _ in 0..<2 {
        let failure = #expect(throws: StoreFailure.self) { _ = try connection.run(statement) }
        #expect(failure?.state == "42P01")
      }
      let other = PostgresStatement("SELECT 5::bigint")
      try connection.queue("SELECT broken")
      try connection.queue(other)
      #expect(throws: StoreFailure.self) { _ = try connection.flush() }
      try connection.execute("CREATE TABLE later AS SELECT 4::bigint AS i")
      #expect(try connection.run(statement).first { $0.int(0) } == 4)
      #expect(try connection.run(other).first { $0.int(0) } == 5)
    }

    @Test("a failed statement of a script is told, and the connection is usable")
    func failedScript() throws {
      let failure = #expect(throws: StoreFailure.self) {
        try connection.execute("CREATE TABLE x (i bigint); SELECT nothing; CREATE TABLE y (i bigint)")
      }
      #expect(failure?.state == "42703")
      #expect(try connection.run("SELECT to_regclass('x') IS NULL").first { $0.bool(0) } == true)
    }

    @Test("two that wait for each other: one is told that another was in the way")
    func contention() throws {
      let other = try another()
      try connection.execute("CREATE TABLE t AS SELECT i::bigint FROM generate_series(1, 2) i")
      _ = try connection.run("BEGIN")
      _ = try connection.run("SELECT 1 FROM t WHERE i = 1 FOR UPDATE")
      let failure = #expect(throws: StoreFailure.self) {
        _ = try other.run("SELECT 1 FROM t WHERE i = 1 FOR UPDATE NOWAIT")
      }
      #expect(failure?.isContention == true)
      #expect(failure?.state == "55P03")
      #expect(connection.isInTransaction)
      _ = try connection.run("ROLLBACK")
      #expect(!connection.isInTransaction)
    }

    @Test("the session has its name and its limits")
    func settings() throws {
      func setting(_ name: String) throws -> String? {
        try connection.run("SELECT current_setting($1)", [.text(name)]).first { $0.text(0) }
      }
      #expect(try setting("application_name") == "seatcast a")
      #expect(try setting("idle_session_timeout") == "10s")
      #expect(try setting("idle_in_transaction_session_timeout") == "5s")
      #expect(try setting("lock_timeout") == "3s")
      #expect(try setting("synchronous_commit") == "on")
      #expect(try setting("client_encoding") == "UTF8")
      let reader = try another(.reader("a"))
      let failure = #expect(throws: StoreFailure.self) { _ = try reader.run("CREATE TABLE t (i bigint)") }
      #expect(failure?.state == "25006")
    }

    @Test("a commit waits for the disk where the database says that it need not")
    func synchronousCommit() throws {
      _ = try connection.run("SELECT 1")
      let name = url.split(separator: "/").last.map(String.init) ?? ""
      _ = try connection.run("ALTER DATABASE \(name) SET synchronous_commit = off")
      let relaxed = try another()
      #expect(try relaxed.run("SHOW synchronous_commit").first { $0.text(0) } == "on")
      _ = try connection.run("ALTER DATABASE \(name) SET synchronous_commit = remote_apply")
      let strict = try another()
      #expect(try strict.run("SHOW synchronous_commit").first { $0.text(0) } == "remote_apply")
    }

    @Test("a session that the server ends is noticed, and made anew at the next use")
    func reconnects() throws {
      let pid = try connection.run("SELECT pg_backend_pid()").first { $0.int64(0) } ?? 0
      #expect(connection.generation == 1)
      let other = try another()
      _ = try other.run("SELECT pg_terminate_backend($1::bigint::integer)", [.int(pid)])
      try eventually("the backend has ended") {
        try other.run("SELECT 1 FROM pg_stat_activity WHERE pid = \(pid)").count == 0
      }
      #expect(try connection.run(Self.echo, [.int(1), .text(""), .null]).count == 1)
      #expect(connection.generation == 2)
    }

    @Test("a session that ends inside a transaction is not made anew behind its back")
    func lostTransaction() throws {
      _ = try connection.run("BEGIN")
      let pid = try connection.run("SELECT pg_backend_pid()").first { $0.int64(0) } ?? 0
      let other = try another()
      _ = try other.run("SELECT pg_terminate_backend(\(pid))")
      try eventually("the backend has ended") {
        try other.run("SELECT 1 FROM pg_stat_activity WHERE pid = \(pid)").count == 0
      }
      let failure = #expect(throws: StoreFailure.self) { _ = try connection.run("SELECT 1") }
      #expect(failure?.code == StoreFailure.unreachable)
      #expect(connection.generation == 1)
      #expect(try connection.run("SELECT 1").count == 1)
    }

    @Test("notifications end a wait, one's own do not, and an interruption does")
    func notifications() throws {
      let listener = try another(.follower("l"))
      let interruption = try PostgresInterruption()
      try listener.listen(to: "seatcast")
      _ = try connection.run("SELECT pg_notify('seatcast', 'a')")
      #expect(try listener.wait(milliseconds: 30_000, ignoring: "l", interruption))
      #expect(try !listener.wait(milliseconds: 0, ignoring: "l", interruption))
      _ = try connection.run("SELECT pg_notify('seatcast', 'l')")
      #expect(try !listener.wait(milliseconds: 100, ignoring: "l", interruption))
      interruption.interrupt()
      #expect(try !listener.wait(milliseconds: 3_600_000, ignoring: "l", interruption))
    }

    @Test("a server that is stopped is told apart from one that refuses, without the password")
    func unreachable() throws {
      let server = try PostgresServer(settings: ["fsync=off"])
      let address = try PostgresAddress(
        "postgres://seatcast:s3cret@127.0.0.1:\(server.port)/postgres?connect_timeout=2")
      let own = PostgresConnection(address, .writer("a"))
      #expect(try own.run("SELECT 1").count == 1)
      server.kill()
      for _ in 0..<2 {
        let failure = #expect(throws: StoreFailure.self) { _ = try own.run("SELECT 1") }
        #expect(failure?.code == StoreFailure.unreachable)
        #expect(failure?.message.contains("s3cret") == false)
        #expect(failure?.message.contains("seatcast@127.0.0.1:\(server.port)/postgres") == true)
      }
      try server.start()
      #expect(try own.run("SELECT 1").count == 1)
    }

    @Test("a server that has stopped answering is given up")
    func frozen() throws {
      let server = try PostgresServer(settings: ["fsync=off"])
      let own = PostgresConnection(
        try PostgresAddress(server.url(database: "postgres") + "?connect_timeout=2"), .writer("a"))
      own.patience = 300
      #expect(try own.run("SELECT 1").count == 1)
      server.freeze()
      defer { server.thaw() }
      let failure = #expect(throws: StoreFailure.self) { _ = try own.run("SELECT 1") }
      #expect(failure?.code == StoreFailure.unreachable)
      #expect(!own.isConnected)
    }
  }
#endif
