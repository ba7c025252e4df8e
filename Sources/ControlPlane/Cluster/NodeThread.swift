// The thread that keeps this node in the table of nodes.

final class NodeThread: Sendable {
  private let registry: NodeRegistry
  private let thread: NamedThread

  /// Blocks until the node's name is its own.
  init(_ registry: NodeRegistry, _ board: any NodeBoard) throws(StartFailure) {
    try registry.start(board)
    self.registry = registry
    let own = Handover(board)
    thread = try NamedThread("nodes") { registry.run(own.value) }
  }

  /// The node's rows are gone afterwards, unless the store does not answer.
  func close() {
    registry.stop()
    thread.join()
  }
}
