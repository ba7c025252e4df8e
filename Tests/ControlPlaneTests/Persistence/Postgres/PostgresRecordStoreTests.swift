#if Cluster
  // What the contract of booking stores does not say of PostgresRecordStore: seals, and the bounds of the audit log.

  import TestSupport
  import Testing

  @testable import ControlPlane

  @Suite(
    "PostgresRecordStore", .enabled(if: PostgresServer.isInstalled, Comment(rawValue: PostgresServer.absence))
  )
  struct PostgresRecordStoreTests {
    private let rig: StoreRig
    private let store: PostgresBookingStore

    init() throws {
      rig = try StoreRig(.postgres)
      store = try #require(rig.store as? PostgresBookingStore)
    }

    @Test("seals have no gap, and a number is given once")
    func seals() throws {
      #expect(store.records is PostgresRecordStore)
      let key = RecordKey.make()
      func seal(_ number: Int64) throws -> Bool {
        try rig.commit {
          try $0.records.insert(
            RecordSeal(
              number: number, size: 1, link: [1, 2], epoch: "e", key: key.publicKey, head: "h", feed: 1,
              waiting: 0,
              earlier: RecordSeal.allEarlier, items: "i"))
        }
      }
      #expect(try !seal(2) && seal(1) && !seal(1) && seal(2))
    }

    @Test("addresses and failed log-ins from before a moment are forgotten in steps")
    func forgets() throws {
      try store.connection.execute(
        """
        INSERT INTO audit (at, address, action) SELECT i, 'a', 'login.failure' FROM generate_series(1, 1500) i;
        INSERT INTO audit (at, address, action) SELECT i, 'a', 'login' FROM generate_series(1, 1500) i;
        """)
      let moment = Instant(milliseconds: 1_400)
      #expect(try store.records.forgetAudit(before: moment))
      #expect(try !store.records.forgetAudit(before: moment))
      let left = try store.connection.run(
        "SELECT count(*) FILTER (WHERE action = 'login'), count(*) FILTER (WHERE address IS NOT NULL), count(*) FROM audit"
      ).first { [$0.int(0), $0.int(1), $0.int(2)] }
      #expect(left == [1_500, 202, 1_601])
    }
  }
#endif
