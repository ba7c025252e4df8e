#if Cluster
  // A database of a test's own, with the schema, and sessions that write into it as nodes do.
  import TestSupport

  @testable import ControlPlane

  struct PostgresDatabase {
    let address: PostgresAddress

    init(_ server: PostgresServer? = nil) throws {
      address = try PostgresAddress(try (server ?? PostgresServer.shared()).createDatabase())
      try PostgresStorage.bring(session())
    }

    func session(_ name: String = "test") -> PostgresConnection {
      PostgresConnection(address, PostgresSession(name: name))
    }

    func changes(_ node: String) throws -> PostgresChangeSource {
      try PostgresChangeSource(PostgresConnection(address, .changes(node)), node: node)
    }
  }

  extension PostgresConnection {
    /// Numbers of one column.
    func numbers(_ sql: String) throws -> [Int] { try run(sql).all { $0.int(0) } }

    /// An event of this number, with every other column as it happens to be.
    func insertEvent(_ id: Int64) throws {
      _ = try run(
        """
        INSERT INTO event (id, name, description, venue, status, capacity, sold, held, max_per_booking, max_per_user,
          hold_seconds, seq, version, created_at, updated_at, shown, hold_extension_seconds)
        VALUES ($1, 'Event', '', '', 'on_sale', 100, 0, 0, 10, 0, 600, 0, 1, 1, 1, 'on_sale', 300)
        """, [.int(id)])
    }

    /// What every transaction does that changes anything of an event.
    func touch(_ id: Int64) throws {
      _ = try run(
        "UPDATE event SET revision = revision + 1, changed_xid = pg_current_xact_id() WHERE id = $1",
        [.int(id)])
    }

    /// A row of the feed without a position, as a transaction leaves it.
    func pend(_ kind: Int, _ subject: Int64, _ number: Int64, count: Int64 = 1) throws {
      _ = try run(
        "INSERT INTO feed_pending (kind, subject, number, count, at) VALUES ($1, $2, $3, $4, 7)",
        [.int(kind), .int(subject), .int(number), .int(count)])
    }
  }
#endif
