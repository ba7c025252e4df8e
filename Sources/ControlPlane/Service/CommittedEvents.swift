// The events as the last commit left them, for whoever reads: a read of one event touches neither disk nor ledger.
// Invariant: an event is here before anybody hears of the commit that changed it. Any thread; the lock is held for a
// look-up, or for the writing of one batch.

final class CommittedEvents: Sendable {
  private let events = Monitor<[EventID: Event]>([:])

  func event(_ id: EventID) -> Event? { events.withLock { $0[id] } }

  /// Takes over what a commit changed; nil: the event is deleted. The ledger's thread.
  func apply(_ changes: [(id: EventID, event: Event?)]) {
    guard !changes.isEmpty else { return }
    events.withLock { events in
      for (id, event) in changes { events[id] = event }
    }
  }
}
