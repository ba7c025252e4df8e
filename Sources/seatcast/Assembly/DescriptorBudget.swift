/// How many descriptors this process may open; each connection takes one.
struct DescriptorBudget: Equatable, Sendable {
  /// The limit of one descriptor table.
  var limit: Int
  /// Descriptor tables that hold connections: one, or one per loop.
  var tables: Int

  /// Below this many connections the operator is warned.
  private static let expected = 65_536

  /// For the log: `20000` or `60 x 20000`.
  var text: String { tables == 1 ? "\(limit)" : "\(tables) x \(limit)" }

  /// A warning when the limit is low for a broadcasting server, else nil.
  var warning: String? {
    guard limit * tables < Self.expected else { return nil }
    let advice =
      tables == 1
      ? "Raise the hard limit (ulimit -Hn), or start with more loops and --descriptor-tables private."
      : "Raise the hard limit (ulimit -Hn), or start with more loops."
    return "The system allows \(text) descriptors, so at most about that many connections. \(advice)"
  }
}
