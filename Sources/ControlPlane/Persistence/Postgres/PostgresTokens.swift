#if Cluster
  // The table `connection_token` of PostgreSQL: one-use tokens that every node may redeem. `DELETE … RETURNING` gives each to one
  // asker. Any thread; one statement at a time.

  final class PostgresTokens: SharedTokens {
    private let connection: Monitor<Handover<PostgresConnection>>

    init(_ address: PostgresAddress, node: String) {
      connection = Monitor(Handover(PostgresConnection(address, .follower(node))))
    }

    func keep(
      _ token: ConnectionTokens.Kept, until end: Instant, dropping dropped: [[UInt8]]
    ) throws(StoreFailure) {
      let body = JSONWriter.object { token.write(to: &$0) }
      var row = PostgresParameters()
      row.add(token.digest)
      row.add(String(decoding: body, as: UTF8.self))
      row.add(end.milliseconds)
      try run { [row] connection throws(StoreFailure) in
        // Whoever asked for a token that a crash has taken asks for another.
        try connection.queue("SELECT set_config('synchronous_commit', 'off', true)")
        for digest in dropped {
          var parameters = PostgresParameters()
          parameters.add(digest)
          try connection.queue(Self.take, parameters)
        }
        try connection.queue(Self.insert, row)
        _ = try connection.flush()
      }
    }

    func take(_ digest: [UInt8], at now: Instant) throws(StoreFailure) -> ConnectionGrant? {
      var parameters = PostgresParameters()
      parameters.add(digest)
      return try run { [parameters] connection throws(StoreFailure) in
        let found = try connection.run(Self.take, parameters).first { ($0.instant(0), $0.text(1)) }
        guard let (end, body) = found, now < end else { return nil }
        return (try? StrictJSON.parse(Array(body.utf8)))?.members.flatMap(ConnectionTokens.Kept.init)?.grant
      }
    }

    private func run<Result: Sendable>(
      _ body: @Sendable (PostgresConnection) throws(StoreFailure) -> Result
    ) throws(StoreFailure) -> Result {
      let outcome = connection.withLock { held in
        Swift.Result { () throws(StoreFailure) in try body(held.value) }
      }
      return try outcome.get()
    }

    private static let insert = PostgresStatement(
      "INSERT INTO connection_token (digest, body, ends_at) VALUES ($1::bytea, $2::text::jsonb, $3::bigint)")
    private static let take = PostgresStatement(
      "DELETE FROM connection_token WHERE digest = $1::bytea RETURNING ends_at, body::text")
  }
#endif
