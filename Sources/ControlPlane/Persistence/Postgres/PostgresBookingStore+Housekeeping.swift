#if Cluster
  // What grows is forgotten here, in bounded steps; the server's answers are waited for outside of transactions. The ledger's thread.

  extension PostgresBookingStore {
    /// Expired keys that are forgotten in one step.
    static let sweepStep = 1000

    /// After so many keys as one step forgets, so that they never become more than a day has.
    var isTidyingDue: Bool { keysSinceTidying >= Self.sweepStep }
    var isUntidy: Bool { mayHaveExpiredKeys || isTidyingDue }

    func tidy(expired: ServiceTime) throws(StoreFailure) {
      keysSinceTidying = 0
      let forgotten = try run(Statements.sweepKeys, [.int(Self.sweepStep), .int(expired.milliseconds)])
      mayHaveExpiredKeys = forgotten.changedRows == Self.sweepStep
    }

    func forgetFeed(before moment: Instant) throws(StoreFailure) -> Bool {
      let now = try databaseTime().milliseconds
      for (statement, age) in [
        (Statements.forgetNews, Self.newsAge), (Statements.forgetDeleted, Self.deletedAge),
      ] {
        _ = try run(statement, [.int(Self.sweepStep), .int(now - age)])
      }
      let rows = try run(Statements.oldestFeed, [.int(Int64(FeedStatements.forgetStep))])
        .all { (position: $0.int64(0), at: $0.instant(1)) }
      let old = rows.prefix { $0.at < moment }
      guard let last = old.last else { return false }
      _ = try run(Statements.forgetFeed, [.int(last.position)])
      return old.count == FeedStatements.forgetStep
    }

    /// Milliseconds after which no node can still need it: one that was silent for so long has begun anew.
    static let newsAge: Int64 = 3_600_000
    static let deletedAge: Int64 = 86_400_000

    /// Keeps the session from ending for having been idle. Where the server is gone the next transaction finds out.
    func verify() throws(StoreFailure) {
      guard transaction == nil, connection.isConnected, connection.silence >= Self.beat else { return }
      _ = try run(Statements.beat)
    }

    /// Milliseconds of silence after which the server hears from this session, which it ends after ten seconds.
    static let beat = 1_000

    func copy(to path: String) throws(StoreFailure) -> OnlineCopy {
      throw StoreFailure(
        code: StoreFailure.refused,
        message: "the database is PostgreSQL's, whose own tools make its backups: pg_dump, or archived WAL")
    }

    /// PostgreSQL keeps its own house.
    func makeRoom() throws(StoreFailure) {}

    func probe() throws(StoreFailure) {
      try attempt { () throws(StoreFailure) in
        try connect()
        let name = Statement.Value.text("probe \(node)")
        try connection.queue(Statements.begin)
        try connection.queue(Statements.probe, [name])
        try connection.queue(Statements.endProbe, [name])
        try connection.queue(Statements.commit)
        _ = try connection.flush()
      }
    }
  }
#endif
