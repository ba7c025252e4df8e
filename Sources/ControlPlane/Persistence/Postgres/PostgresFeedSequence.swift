#if Cluster
  // Gives the feed and the changes of waiting lists their positions, after their commits: transactions write both into
  // `feed_pending`, and the session that holds an advisory lock moves what is committed, in the order of the rows' numbers. Rows of one
  // event got theirs under the event's lock, so they stay in order; those of different events have no order to keep. What is not
  // committed yet is not seen and is moved later. docs/decisions/0044.
  //
  // The thread of its connection. Grows `feed` and `waiting_log`, which retention and the record bound.

  import Glibc

  final class PostgresFeedSequence {
    /// Rows that one step moves.
    static let rowsPerStep = 1_000
    /// Rows that one tidying deletes, and seconds from one to the next.
    static let tidyStep = 1_000
    static let tidySeconds = 30
    /// Milliseconds of silence after which nobody is told for whom a node has watchers.
    static let nodesKept: Int64 = 60_000

    private let connection: PostgresConnection
    private let node: String
    /// The session that has the lock.
    private var holder = 0
    private var tidied: Int?

    init(_ connection: PostgresConnection, node: String) {
      (self.connection, self.node) = (connection, node)
    }

    /// Whether this node gives the positions, as far as it knows.
    var leads: Bool { holder == connection.generation && connection.isConnected }

    /// - Returns: whether there was something to move.
    func step() throws(StoreFailure) -> Bool {
      try connection.connect()
      if !leads {
        let isTaken = try connection.run(SequenceStatements.take).first { $0.bool(0) }
        guard isTaken == true else { return false }
        holder = connection.generation
      }
      let values: [Statement.Value] = [.int(Self.rowsPerStep), .text(node)]
      return try connection.run(SequenceStatements.move, values).first { $0.int(0) > 0 } ?? false
    }

    /// Forgets, now and then, for whom nodes have watchers that are gone.
    func tidy() throws(StoreFailure) {
      var time = timespec()
      unsafe clock_gettime(CLOCK_MONOTONIC, &time)
      if let tidied, time.tv_sec < tidied + Self.tidySeconds { return }
      tidied = time.tv_sec
      try forget()
    }

    func forget() throws(StoreFailure) {
      _ = try connection.run(SequenceStatements.forgetInterest, [.int(Self.nodesKept), .int(Self.tidyStep)])
    }
  }

  private enum SequenceStatements {
    /// A setting of the session stands for its lock: a session that comes after it has neither.
    static let take = PostgresStatement(
      """
      SELECT CASE WHEN pg_try_advisory_lock(hashtextextended('seatcast feed ' || current_schema(), 0))
        THEN set_config('seatcast.sequences_feed', 'yes', false) = 'yes' ELSE false END
      """)

    static let move = PostgresStatement(
      """
      WITH taken AS (
        DELETE FROM feed_pending WHERE id IN (
          SELECT id FROM feed_pending WHERE current_setting('seatcast.sequences_feed', true) = 'yes'
          ORDER BY id LIMIT $1)
        RETURNING *),
      placed AS (
        SELECT *,
          (SELECT coalesce(max(position), 0) FROM feed)
            + coalesce(sum(count) FILTER (WHERE kind < 100) OVER (ORDER BY id), 0)::bigint AS feed_end,
          (SELECT coalesce(max(position), 0) FROM waiting_log)
            + count(*) FILTER (WHERE kind >= 100) OVER (ORDER BY id) AS waiting_end
        FROM taken),
      fed AS (
        INSERT INTO feed (position, kind, subject, number, count)
        SELECT feed_end, kind, subject, number, count FROM placed WHERE kind < 100),
      waited AS (
        INSERT INTO waiting_log
          (position, after_feed, kind, event_id, place, user_id, quantity, type_id, at)
        SELECT waiting_end, feed_end, kind - 100, subject, place, user_id, quantity, type_id, at
        FROM placed WHERE kind >= 100)
      SELECT count(*), CASE WHEN count(*) > 0 THEN pg_notify('\(PostgresSchema.channel)', $2) END
      FROM taken
      """)

    static let forgetInterest = PostgresStatement(
      """
      DELETE FROM interest WHERE (event_id, node) IN (
        SELECT event_id, node FROM interest
        WHERE node NOT IN (SELECT id FROM node WHERE seen_at > (extract(epoch FROM clock_timestamp()) * 1000)::bigint - $1) LIMIT $2)
      """)
  }
#endif
