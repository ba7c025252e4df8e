/// Books seats and gives them back. Each function answers `ticket` exactly once, after the commit, through
/// `answer`; any thread.
struct BookingService: Sendable {
  let ledger: any CommandSink
  let replies: any ReplySink

  /// Fails with `unknownEvent`, `eventCancelled`, `closed`, `notOpenYet`, `quantityLimit`, `perUserLimit`,
  /// `soldOut`, `idempotencyMismatch`, `storageUnavailable` or `overloaded`.
  func create(
    _ command: CreateBooking, ticket: ReplyTicket, answer: @escaping Answer<BookingOutcome>
  ) {
    ledger.submit(ticket, answer, replies: replies) { .createBooking(command, $0) }
  }

  /// A second cancellation tells the first one's outcome again (`replayed`) and announces nothing. Fails with
  /// `unknownBooking` (also when it is somebody else's), `storageUnavailable` or `overloaded`.
  func cancel(
    _ command: CancelBooking, ticket: ReplyTicket, answer: @escaping Answer<BookingOutcome>
  ) {
    ledger.submit(ticket, answer, replies: replies) { .cancelBooking(command, $0) }
  }
}
