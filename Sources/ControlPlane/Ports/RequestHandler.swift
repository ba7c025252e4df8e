// What the workers and the ledger ask of API/.

/// What the workers ask about each request: API/ supplies it, the backend's workers call it.
protocol RequestHandler: Sendable {
  /// Never throws: whatever goes wrong is a reply too.
  /// - Parameter reads: this worker's own view of the database; not to be kept.
  func handle(_ request: Request, reads: any ReadStore) -> Handling
}

/// What becomes of a request.
enum Handling: Sendable {
  case reply(Reply)
  /// The ledger decides; its outcome is answered to the request's ticket.
  case command(LedgerCommand)
  /// A service has the request's ticket and answers it exactly once.
  case later
}

/// Turns outcomes into the replies that requests wait for. Any thread.
protocol OutcomeEncoder: Sendable {
  /// Tells each settlement to whoever waits for it, in order: appends the reply when that is a request.
  func append(_ settlements: [Settlement], to replies: inout [TicketedReply])
}

/// Turns an outcome into the reply that its asker waits for. Called once: on a hashing thread, on the ledger's thread
/// after the commit, or on a worker when a queue is full. Must be quick and must not block.
typealias Answer<Outcome> = @Sendable (Result<Outcome, DomainError>) -> Reply
