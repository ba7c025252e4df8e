#if Cluster
  // What PostgreSQL reports as failures of a store (PostgreSQL's documentation, appendix A).

  extension StoreFailure {
    /// - Parameters:
    ///   - state: SQLSTATE, five characters; nil: libpq found out by itself that the connection does not work.
    ///   - message: without a password.
    init(state: String?, message: String, address: PostgresAddress) {
      let text = message.split { $0.isWhitespace }.joined(separator: " ")
      guard let state, !Self.endsSession(state) else {
        self.init(
          code: Self.unreachable, message: "the database \(address.description) does not answer: \(text)",
          state: state)
        return
      }
      let code =
        switch state {
        case "53100": Self.full
        case "XX001", "XX002": Self.corrupt
        default: Self.refused
        }
      self.init(code: code, message: "\(text) (SQLSTATE \(state))", state: state)
      isContention = Self.contentions.contains(state)
    }

    /// Deadlock, serialization failure, and a lock that was not to be had in time.
    private static let contentions: Set<String> = ["40P01", "40001", "55P03"]

    /// Connection exceptions, shutdown, a session that was idle for too long.
    static func endsSession(_ state: String) -> Bool {
      state.hasPrefix("08") || ["57P01", "57P02", "57P03", "57P05", "25P03"].contains(state)
    }
  }
#endif
