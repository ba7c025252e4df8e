#if Cluster
  // The tables `node` and `interest` of PostgreSQL. Every beat is one round trip and one transaction. The name is an advisory lock,
  // which ends with the session, so with the process.

  final class PostgresNodeBoard: NodeBoard {
    private let connection: PostgresConnection
    /// Of the connection when the name was taken; nil: it was not.
    private var holder: Int?
    private var beats = 0

    /// Beats between two that look for nodes which are gone.
    private static let sweepEvery = 5
    /// The first half of the advisory locks of names; ours, so that no other program's are met.
    private static let lockClass: Int32 = 0x5EA7

    init(_ address: PostgresAddress, node: String) {
      connection = PostgresConnection(address, .follower(node))
    }

    func take(_ name: String) throws(StoreFailure) -> Bool {
      try connection.connect()
      if holder == connection.generation { return true }
      let found = try connection.run(
        "SELECT pg_try_advisory_lock(\(Self.lockClass), hashtext($1::text))", [.text(name)])
      let isTaken = found.first { $0.bool(0) } ?? false
      holder = isTaken ? connection.generation : nil
      return isTaken
    }

    /// Looks at the database's clock a few times, and takes the look that is least in doubt.
    func readClock(by clock: any Clock) throws(StoreFailure) -> ClockReading {
      var readings: [ClockReading] = []
      try connection.connect()
      for _ in 0..<5 {
        let before = clock.now
        let found = try connection.run(Self.time).first { $0.instant(0) } ?? before
        readings.append(ClockReading(before: before, after: clock.now, database: found))
      }
      return readings.min { $0.doubt < $1.doubt } ?? readings[0]
    }

    func beat(_ node: NodeReport, _ interest: InterestChange) throws(StoreFailure) -> NodeTable {
      // A beat that is lost with the server's memory is followed by the next.
      try connection.queue("SELECT set_config('synchronous_commit', 'off', true)")
      try connection.queue(
        Self.write,
        [
          .text(node.name), .text(node.address), .text(node.version), .int(node.startedAt.milliseconds),
          .text(String(decoding: node.facts.json, as: UTF8.self)),
        ])
      try queue(interest, of: node.name)
      if beats % Self.sweepEvery == 0 { try queueSweep() }
      beats += 1
      let place = try connection.queue(Self.read, [])
      let others = interest.asksOthers ? try connection.queue(Self.viewersElsewhere, [.text(node.name)]) : nil
      let results = try connection.flush()
      let rows = results[place]
      var now = Instant(milliseconds: 0)
      let nodes = rows.all { row in
        now = row.instant(6)
        return NodeReport(
          name: row.text(0), address: row.text(1), version: row.text(2), startedAt: row.instant(3),
          seenAt: row.instant(4), facts: NodeFacts(json: Array(row.text(5).utf8)))
      }
      var table = NodeTable(now: now, nodes: nodes)
      if let others {
        for (event, count) in results[others].all({ (EventID($0.int64(0)), $0.int(1)) }) {
          table.viewersElsewhere[event] = count
        }
      }
      return table
    }

    func leave(_ name: String) throws(StoreFailure) {
      try connection.queue("DELETE FROM interest WHERE node = $1", PostgresParameters([.text(name)]))
      try connection.queue("DELETE FROM node WHERE id = $1", PostgresParameters([.text(name)]))
      _ = try connection.flush()
      connection.close()
    }

    private func queue(_ interest: InterestChange, of node: String) throws(StoreFailure) {
      if interest.isWhole {
        var parameters = PostgresParameters([.text(node)])
        parameters.add(interest.watched.map(\.rawValue))
        try connection.queue(Self.keepOnly, parameters)
      }
      if !interest.unwatched.isEmpty {
        var parameters = PostgresParameters([.text(node)])
        parameters.add(interest.unwatched.map(\.rawValue))
        try connection.queue(Self.remove, parameters)
      }
      if !interest.watched.isEmpty {
        var parameters = PostgresParameters([.text(node)])
        parameters.add(interest.watched.map(\.rawValue))
        parameters.add(interest.watched.map { Int64(interest.viewers[$0] ?? 0) })
        try connection.queue(Self.insert, parameters)
      }
    }

    /// A node that is dead or frozen is sent nothing any more; when it comes back it writes all of its interest.
    private func queueSweep() throws(StoreFailure) {
      try connection.queue(Self.forgetInterest, [.int(NodeRegistry.deadAfter)])
      try connection.queue(Self.forgetNodes, [.int(NodeRegistry.forgottenAfter)])
      try connection.queue(Self.forgetTokens, [])
    }

    /// Milliseconds since 1970, by the database's clock.
    private static let now = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

    private static let time = PostgresStatement("SELECT \(now)")
    private static let write = PostgresStatement(
      """
      INSERT INTO node (id, name, address, version, started_at, seen_at, facts)
      VALUES ($1::text, $1, $2::text, $3::text, $4::bigint, \(now), $5::text::jsonb)
      ON CONFLICT (id) DO UPDATE SET address = excluded.address, version = excluded.version,
        started_at = excluded.started_at, seen_at = excluded.seen_at, facts = excluded.facts
      """)
    private static let read = PostgresStatement(
      "SELECT id, address, version, started_at, seen_at, facts::text, \(now) FROM node ORDER BY id")
    private static let insert = PostgresStatement(
      """
      INSERT INTO interest (event_id, node, viewers)
      SELECT event, $1::text, count FROM unnest($2::bigint[], $3::bigint[]) AS change(event, count)
      ON CONFLICT (event_id, node) DO UPDATE SET viewers = excluded.viewers
      WHERE interest.viewers <> excluded.viewers
      """)
    private static let viewersElsewhere = PostgresStatement(
      """
      SELECT event_id, sum(viewers)::bigint FROM interest AS theirs
      WHERE node <> $1::text AND viewers > 0
        AND EXISTS (SELECT 1 FROM interest WHERE event_id = theirs.event_id AND node = $1)
      GROUP BY event_id
      """)
    private static let remove = PostgresStatement(
      "DELETE FROM interest WHERE node = $1::text AND event_id = ANY ($2::bigint[])")
    private static let keepOnly = PostgresStatement(
      "DELETE FROM interest WHERE node = $1::text AND event_id <> ALL ($2::bigint[])")
    private static let forgetInterest = PostgresStatement(
      """
      DELETE FROM interest WHERE node NOT IN (SELECT id FROM node WHERE seen_at >= \(now) - $1::bigint)
      """)
    private static let forgetNodes = PostgresStatement(
      "DELETE FROM node WHERE seen_at < \(now) - $1::bigint")
    private static let forgetTokens = PostgresStatement(
      "DELETE FROM connection_token WHERE ends_at < \(now)")
  }
#endif
