#if Cluster
  import TestSupport
  import Testing

  @testable import ControlPlane

  @Suite(
    "PostgresResult", .enabled(if: PostgresServer.isInstalled, Comment(rawValue: PostgresServer.absence)))
  struct PostgresResultTests {
    private let connection: PostgresConnection

    init() throws {
      connection = PostgresConnection(
        try PostgresAddress(try PostgresServer.shared().url(database: "postgres")), .reader("a"))
    }

    @Test("a result is read after its connection is closed")
    func outlives() throws {
      let result: PostgresResult = try connection.run("SELECT i::bigint FROM generate_series(1, 3) i")
      connection.close()
      #expect(result.all { $0.int(0) } == [1, 2, 3])
      var sum = 0
      result.forEach { sum += $0.int(0) }
      #expect(sum == 6 && result.count == 3)
      #expect(result.first { $0.int64(0) } == 1)
    }

    @Test("what the server did is told: a failed transaction's COMMIT is a ROLLBACK")
    func command() throws {
      _ = try connection.run("BEGIN")
      #expect(throws: StoreFailure.self) { _ = try connection.run("SELECT nothing") }
      #expect(try connection.run("COMMIT").command == "ROLLBACK")
      #expect(try connection.run("SELECT 1").command == "SELECT 1")
      #expect(try connection.run("SELECT 1 WHERE false").first { $0.int(0) } == nil)
    }
  }
#endif
