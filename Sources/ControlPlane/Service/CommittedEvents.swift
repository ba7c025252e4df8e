// The events as the last commit left them, for whoever reads: a read of one event touches neither disk nor ledger, and one
// that has not changed since the last read is not encoded again.
// Invariant: an event is here before anybody hears of the commit that changed it. Any thread; the lock is held for a
// look-up, or for the writing of one batch.
//
// With a store that other nodes write there is nothing here: what this node knows may be old, and reads go to the store.
import Synchronization

final class CommittedEvents: Sendable {
  private struct Entry {
    let event: Event
    /// What a read of it answers; nil until somebody reads it as it is.
    var reply: Reply?
  }

  private let entries = Monitor<[EventID: Entry]>([:])
  private let hasPeers = Atomic(false)

  /// Whether other nodes write the store: then events are to be read there. Set before anybody reads.
  var isShared: Bool { hasPeers.load(ordering: .relaxed) }
  func setShared() { hasPeers.store(true, ordering: .relaxed) }

  func event(_ id: EventID) -> Event? { entries.withLock { $0[id]?.event } }

  /// Whether everybody may read it.
  func isPublished(_ id: EventID) -> Bool { entries.withLock { $0[id].map { !$0.event.isDraft } ?? false } }

  /// What `encode` makes of the event, once for all reads until it changes. Nil: there is no such event, or `encode` says
  /// so.
  func reply(_ id: EventID, _ encode: (Event) -> Reply?) -> Reply? {
    if let known = entries.withLock({ $0[id]?.reply }) { return known }
    guard let event = event(id), let reply = encode(event) else { return nil }
    entries.withLock { entries in
      // A tag names one content.
      if entries[id]?.event.tag == event.tag { entries[id]?.reply = reply }
    }
    return reply
  }

  /// Takes over what a commit changed; nil: the event is deleted. The ledger's thread.
  func apply(_ changes: [(id: EventID, event: Event?)]) {
    guard !changes.isEmpty, !isShared else { return }
    entries.withLock { entries in
      for (id, event) in changes { entries[id] = event.map { Entry(event: $0) } }
    }
  }
}
