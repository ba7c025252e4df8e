/// What admins do with events; reads go straight to the `ReadStore`. Each function answers `ticket` exactly
/// once, after the commit, through `answer`; any thread.
struct CatalogueService: Sendable {
  let ledger: any CommandSink
  let replies: any ReplySink

  /// Fails with `salesWindowInverted`, `storageUnavailable` or `overloaded`.
  func create(_ draft: EventDraft, ticket: ReplyTicket, answer: @escaping Answer<Event>) {
    ledger.submit(ticket, answer, replies: replies) { .createEvent(draft, $0) }
  }

  /// What changes is announced; a patch that changes nothing is not. Fails with `unknownEvent`, `versionMismatch`, `capacityBelowSold`,
  /// `eventCancelled` (nothing leaves that status), `salesWindowInverted`, `storageUnavailable` or
  /// `overloaded`.
  func patch(_ command: PatchEvent, ticket: ReplyTicket, answer: @escaping Answer<Event>) {
    ledger.submit(ticket, answer, replies: replies) { .patchEvent(command, $0) }
  }

  /// Only events that were never booked can be deleted. The deletion is announced, then the watchers lose the event.
  /// Fails with `unknownEvent`, `versionMismatch`,
  /// `eventHasBookings`, `storageUnavailable` or `overloaded`.
  func delete(
    _ event: EventID, ifMatch: [EventTag]?, ticket: ReplyTicket, answer: @escaping Answer<EventID>
  ) {
    ledger.submit(ticket, answer, replies: replies) { .deleteEvent(event, ifMatch: ifMatch, $0) }
  }
}
