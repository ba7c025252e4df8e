#if Cluster
  import TestSupport
  import Testing

  @testable import ControlPlane

  /// What it answers is in ReadStoreContractTests and FeedReadsTests.
  @Suite(
    "PostgresReadStore", .enabled(if: PostgresServer.isInstalled, Comment(rawValue: PostgresServer.absence)))
  struct PostgresReadStoreTests {
    @Test("while the database does not answer nothing can be read, and afterwards it can again")
    func reconnects() throws {
      let server = try PostgresServer(settings: ["fsync=off"])
      let database = try PostgresDatabase(server)
      try database.session().insertEvent(3)
      let reads = PostgresReadStore(
        PostgresConnection(database.address, .reader("a")), cipher: BookingIDCipher(key: 1))
      #expect(try reads.event(EventID(3))?.seatCapacity == 100)
      server.kill()
      #expect(throws: DomainError.storageUnavailable) { try reads.event(EventID(3)) }
      #expect(throws: DomainError.storageUnavailable) { try reads.feed(after: 0, limit: 1) }
      try server.start()
      #expect(try reads.event(EventID(3))?.seatCapacity == 100)
      try server.restart()
      #expect(try reads.feed(after: 0, limit: 1) == .items([]))
    }

    @Test("a reader writes nothing")
    func readOnly() throws {
      let database = try PostgresDatabase()
      let session = PostgresConnection(database.address, .reader("a"))
      #expect(throws: StoreFailure.self) { try session.insertEvent(1) }
    }
  }
#endif
