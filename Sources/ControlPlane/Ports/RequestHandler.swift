/// What the workers ask about each request: API/ supplies it, the backend's workers call it.
protocol RequestHandler: Sendable {
  /// Answers at once, or returns nil after it gave the request's ticket to a service, which then answers it
  /// exactly once. Never throws: whatever goes wrong is a reply too.
  /// - Parameter reads: this worker's own view of the database; not to be kept.
  func handle(_ request: Request, reads: any ReadStore) -> Reply?
}

/// Turns a command's outcome into the reply that its asker waits for. Called once, on the ledger or a hashing
/// thread, after the commit; must be quick and must not block.
typealias Answer<Outcome> = @Sendable (Result<Outcome, DomainError>) -> Reply

/// What the endpoints call.
struct Services: Sendable {
  let bookings: BookingService
  let catalogue: CatalogueService
  let accounts: AccountService
}
