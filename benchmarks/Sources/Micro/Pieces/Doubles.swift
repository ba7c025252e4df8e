// What the routed requests meet instead of a disk: everything is taken, nothing is done.
@testable import ControlPlane

/// Takes each command and forgets it.
struct TakingLedger: CommandSink {
  func submit(_ command: LedgerCommand) -> Bool { true }
  func submit(contentsOf commands: [LedgerCommand]) -> Int { commands.count }
}

struct IgnoringReplies: ReplySink {
  func deliver(_ replies: [(ticket: ReplyTicket, reply: Reply)]) {}
}

struct IgnoringObserver: ControlObserver {
  func observe(_ incident: ControlIncident) {}
}

/// Nobody hashes passwords while pieces are timed.
struct ClosedJobs: JobQueue {
  func offer(_ job: @escaping @Sendable () -> Void) -> Bool { false }
}

/// Announces to nobody.
struct DeafNotices: NoticeSink {
  func isWatched(_ event: EventID, by audience: Audience) -> Bool { false }
  func announce(_ batch: [EventUpdate], committedAt: UInt64) {}
  func grant(_ event: EventID, to watcher: Watcher, at summary: EventSummary?) {}
  func released(_ event: EventID, by watcher: Watcher) {}
  func withdraw(_ event: EventID) {}
  func withdraw(client: UInt64) {}
  func end(key: UInt32, at moment: Instant) {}
  func tell(client: UInt64, _ text: [UInt8]) {}
  func history(_ notices: [EncodedNotice], of event: EventID, for audience: Audience, ticket: ReplyTicket) {}
}

/// A catalogue of one event, and nothing else.
final class OneEvent: ReadStore {
  private let only = Event(
    id: Samples.state.event, name: "Concert", seatCapacity: 1_000_000, createdAt: Samples.moment,
    updatedAt: Samples.moment)

  static func committed() -> CommittedEvents {
    let events = CommittedEvents()
    let only = OneEvent().only
    events.apply([(only.id, only)])
    return events
  }

  func events(after: EventID?, _ filter: EventFilter, limit: Int) throws(DomainError) -> [Event] { [only] }
  func stakes(of event: EventID) throws(DomainError) -> EventStakes? { nil }
  func booking(_ id: PublicBookingID) throws(DomainError) -> BookingOutcome? { nil }
  func bookings(of user: UserID?, event: EventID?, before: PublicBookingID?, limit: Int) throws(DomainError)
    -> [BookingOutcome]
  { [] }
  func waitingPlace(of user: UserID, _ identity: Identity, in event: EventID) throws(DomainError)
    -> WaitingPlace?
  { nil }
  func userID(of identity: Identity) throws(DomainError) -> UserID? { nil }
  func user(_ identity: Identity) throws(DomainError) -> User? { nil }
  func account(_ email: EmailKey) throws(DomainError) -> Account? { nil }
  func account(_ identity: Identity) throws(DomainError) -> Account? { nil }
  func people(after: UserID?, email: EmailKey?, limit: Int) throws(DomainError) -> [Person] { [] }
  func audit(before: Int64?, limit: Int) throws(DomainError) -> [AuditRecord] { [] }
  func feedStart() throws(DomainError) -> Int64 { 0 }
  func feed(after: Int64, limit: Int) throws(DomainError) -> FeedAnswer { .items([]) }
  func notices(of event: EventID, after: UInt64, through: UInt64, limit: Int) throws(DomainError) -> [Notice]
  {
    []
  }
}
