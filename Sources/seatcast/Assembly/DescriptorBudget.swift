/// How many descriptors, and so about how many connections, the system lets this process have.
struct DescriptorBudget: Equatable, Sendable {
  /// Of one descriptor table.
  var limit: Int
  /// Tables that take connections: one, or one for each loop.
  var tables: Int

  /// Connections that are worth a word to the operator when they cannot be had.
  private static let expected = 65_536

  /// For the log: `20000` or `60 x 20000`.
  var text: String { tables == 1 ? "\(limit)" : "\(tables) x \(limit)" }

  /// A sentence when the number is small for a server that broadcasts; nil when it is not.
  var warning: String? {
    guard limit * tables < Self.expected else { return nil }
    let advice =
      tables == 1
      ? "Raise the hard limit (ulimit -Hn), or start with more loops and --descriptor-tables private."
      : "Raise the hard limit (ulimit -Hn), or start with more loops."
    return "The system allows \(text) descriptors, so at most about that many connections. \(advice)"
  }
}
