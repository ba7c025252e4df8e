#if Cluster
  // A statement that is used often: a connection prepares it when it first meets it, and again after it was connected anew.
  import Synchronization

  /// Made once per process (a `static let`): a connection remembers every one that it has prepared.
  struct PostgresStatement: Sendable {
    let sql: String
    /// Unlike every other one's.
    let number: Int
    /// What the server calls it.
    let name: String

    init(_ sql: String) {
      self.sql = sql
      number = Self.made.add(1, ordering: .relaxed).oldValue
      name = "s\(number)"
    }

    private static let made = Atomic<Int>(0)
  }
#endif
