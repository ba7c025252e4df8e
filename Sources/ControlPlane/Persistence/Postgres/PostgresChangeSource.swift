#if Cluster
  // What other nodes have committed, found by what their transactions left and not by numbers that rise: the number of a transaction
  // that is still open lies behind those of some that are committed. docs/decisions/0044.
  //
  // One session and one thread, but for `interrupt`. The session is used every second or so; one that falls silent for longer
  // is ended by the server, so that a node that is frozen does not keep the feed from the others.

  final class PostgresChangeSource: ChangeSource {
    /// Milliseconds that a `wait` lasts at most, whatever its caller says: the session must not fall silent.
    static let longestWait = 3_000

    private let connection: PostgresConnection
    private let node: String
    private let sequence: PostgresFeedSequence
    private let interruption: PostgresInterruption
    /// The session that listens.
    private var listening = 0

    /// What was seen; nil: nothing was read yet.
    private var seen: Seen?

    private struct Seen {
      /// The session that read it.
      let session: Int
      /// Every transaction below it was over, so all that such ones did was seen.
      let horizon: Int64
      /// By the database's clock.
      let at: Int64
      let feedEnd: Int64
      /// By event, the transaction that last changed it, where that is not below the horizon; it was told.
      var events: [Int64: Int64] = [:]
      /// The same of news.
      var news: [Int64: Int64] = [:]
    }

    /// - Parameters:
    ///   - connection: belongs to this from here on; made for `PostgresSession.changes`.
    ///   - node: this one's name, whose own news are no news.
    init(_ connection: PostgresConnection, node: String) throws(StoreFailure) {
      (self.connection, self.node) = (connection, node)
      sequence = PostgresFeedSequence(connection, node: node)
      interruption = try PostgresInterruption()
    }

    // MARK: Waiting

    func interrupt() { interruption.interrupt() }

    func wait(milliseconds: Int) throws(StoreFailure) -> Bool {
      // What was committed before the session listened wakes nobody.
      if try listen() { return true }
      return try connection.wait(
        milliseconds: min(milliseconds, Self.longestWait), ignoring: node, interruption)
    }

    /// - Returns: whether the session is a new one.
    private func listen() throws(StoreFailure) -> Bool {
      try connection.connect()
      guard listening != connection.generation else { return false }
      try connection.listen(to: PostgresSchema.channel)
      listening = connection.generation
      return true
    }

    // MARK: Reading

    func read() throws(StoreFailure) -> ForeignNews {
      _ = try listen()
      guard let last = seen else {
        seen = try look(events: .max, news: .max, at: .max).seen
        return ForeignNews()
      }
      // Behind a session that was lost may stand a server that has lost what it told before, and gives its numbers again.
      let isSame = last.session == connection.generation
      let view = try look(
        events: isSame ? last.horizon : 0, news: last.horizon, at: isSame ? .max : last.at - Self.doubt)
      guard view.seen.session == connection.generation, isSame == (view.seen.session == last.session) else {
        throw StoreFailure(code: StoreFailure.unreachable, message: "the session was lost while it was read")
      }
      var found = ForeignNews()
      found.feedHasGrown = view.seen.feedEnd != last.feedEnd
      found.events = view.events.filter { last.events[$0.id] != $0.transaction || !isSame }
        .map { EventID($0.id) }
      found.news = view.news.filter { last.news[$0.id] != $0.transaction }.compactMap {
        ClusterNews(json: Array($0.body.utf8))
      }
      seen = view.seen
      return found
    }

    /// Milliseconds before the last look from which on news are told once more by a new session.
    private static let doubt: Int64 = 60_000

    private struct View {
      var seen: Seen
      var events: [(id: Int64, transaction: Int64)]
      var news: [(id: Int64, transaction: Int64, body: String)]
    }

    /// Everything of one snapshot, in one round trip.
    /// - Parameters:
    ///   - events: the first transaction whose events are asked for.
    ///   - news: the same of news.
    ///   - moment: from when on news are asked for whatever their transactions.
    private func look(events: Int64, news: Int64, at moment: Int64) throws(StoreFailure) -> View {
      try connection.queue(ChangeStatements.begin)
      try connection.queue(ChangeStatements.state)
      try connection.queue(ChangeStatements.events, [.int(events)])
      try connection.queue(ChangeStatements.news, [.int(news), .int(moment), .text(node)])
      try connection.queue(ChangeStatements.commit)
      let session = connection.generation
      let results = try connection.flush()
      guard results.count == 5,
        var seen = results[1].first({
          Seen(session: session, horizon: $0.int64(0), at: $0.int64(1), feedEnd: $0.int64(2))
        })
      else {
        throw StoreFailure(code: StoreFailure.unreachable, message: "the database gave no snapshot")
      }
      let changed = results[2].all { (id: $0.int64(0), transaction: $0.int64(1)) }
      let told = results[3].all { (id: $0.int64(0), transaction: $0.int64(1), body: $0.text(2)) }
      for event in changed where event.transaction >= seen.horizon {
        seen.events[event.id] = event.transaction
      }
      for entry in told where entry.transaction >= seen.horizon { seen.news[entry.id] = entry.transaction }
      return View(seen: seen, events: changed, news: told)
    }

    // MARK: The feed

    func sequenceFeed() throws(StoreFailure) -> Bool {
      let hasMoved = try sequence.step()
      if sequence.leads { try sequence.tidy() }
      return hasMoved
    }
  }

  extension PostgresSession {
    /// Of `PostgresChangeSource`.
    static func changes(_ node: String) -> Self { Self(name: "seatcast \(node)", idleSeconds: 10) }
  }

  private enum ChangeStatements {
    static let begin = PostgresStatement("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    static let commit = PostgresStatement("COMMIT")
    static let state = PostgresStatement(
      """
      SELECT pg_snapshot_xmin(pg_current_snapshot()), (extract(epoch FROM clock_timestamp()) * 1000)::bigint,
        (SELECT coalesce(max(position), 0) FROM feed)
      """)
    static let events = PostgresStatement(
      """
      SELECT id, changed_xid FROM event WHERE changed_xid >= $1::xid8
      UNION ALL SELECT id, changed_xid FROM deleted_event WHERE changed_xid >= $1::xid8 ORDER BY id
      """)
    static let news = PostgresStatement(
      "SELECT id, xid, body::text FROM news WHERE (xid >= $1::xid8 OR at >= $2) AND node <> $3 ORDER BY id")
  }
#endif
