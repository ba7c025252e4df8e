#if Cluster
  // Where a PostgreSQL server is and how to log in there, from a URL (docs/guides/CLUSTER.md). The password is in `parameters` and
  // in no text.

  struct PostgresAddress: Sendable {
    /// libpq's connection parameters that the URL has.
    let parameters: [(name: String, value: String)]
    /// For people: user, host, port and database.
    let description: String

    /// - Throws: a sentence that has nothing of the URL in it, because a password may stand anywhere in one that is wrong.
    init(_ url: String) throws(StartFailure) {
      guard Self.isAddress(url), let parameters = PostgresConnection.parameters(of: url) else {
        throw StartFailure(
          "the store's URL cannot be read; it looks like postgres://user:password@host:5432/database?sslmode=verify-full,"
            + " and a character that is part of its syntax is written as % and two digits")
      }
      self.parameters = parameters
      let values = Dictionary(parameters.map { ($0.name, $0.value) }) { $1 }
      let host = values["host"] ?? values["hostaddr"] ?? "the local host"
      description =
        (values["user"].map { "\($0)@" } ?? "") + host + (values["port"].map { ":\($0)" } ?? "")
        + (values["dbname"].map { "/\($0)" } ?? "")
    }

    /// Whether a `--store` names a PostgreSQL database.
    static func isAddress(_ text: String) -> Bool {
      text.hasPrefix("postgres://") || text.hasPrefix("postgresql://")
    }
  }

  /// What a connection is for, which decides what the server does about it when it falls silent.
  struct PostgresSession: Sendable {
    /// Shown by `pg_stat_activity`.
    var name: String
    /// Seconds after which the server ends a session that does nothing; nil: never.
    var idleSeconds: Int?
    var isReadOnly = false
    /// Milliseconds without any byte from the server after which a statement's answer is given up.
    var patience = 10_000

    /// Seconds that a statement waits for a lock of somebody else.
    static let lockSeconds = 3
    /// Seconds after which the server ends a transaction whose client is silent.
    static let transactionSeconds = 5

    /// The ledger's, which holds locks of events and the lease of the leader: it loses both soon after it stops.
    static func writer(_ node: String) -> Self { Self(name: "seatcast \(node)", idleSeconds: 10) }
    static func reader(_ node: String) -> Self { Self(name: "seatcast \(node)", isReadOnly: true) }
    /// For what reads and waits, and writes now and then.
    static func follower(_ node: String) -> Self { Self(name: "seatcast \(node)") }

    /// What is set when it begins.
    var settings: [(name: String, value: String)] {
      [
        ("lock_timeout", "\(Self.lockSeconds)s"),
        ("idle_in_transaction_session_timeout", "\(Self.transactionSeconds)s"),
        ("idle_session_timeout", "\(idleSeconds ?? 0)s"),
        ("default_transaction_isolation", "read committed"),
        ("default_transaction_read_only", isReadOnly ? "on" : "off"),
      ]
    }
  }
#endif
