/// Reads, each a consistent view of the last commit. One worker's own: not to be shared between threads.
/// - Throws: `DomainError.storageUnavailable` when the disk or the file fails.
protocol ReadStore: AnyObject {
  /// In order of their numbers, those after `after`.
  func events(after: EventID?, _ filter: EventFilter, limit: Int) throws(DomainError) -> [Event]

  /// How much depends on an event; nil: there is no such event. Work grows with the event's bookings.
  func stakes(of event: EventID) throws(DomainError) -> EventStakes?

  /// With the counts of the commit that last changed it.
  func booking(_ id: PublicBookingID) throws(DomainError) -> BookingOutcome?
  /// Newest first, those before `before`.
  /// - Parameters:
  ///   - user: only this user's; nil: everybody's.
  ///   - event: only this event's; nil: all.
  func bookings(of user: UserID?, event: EventID?, before: PublicBookingID?, limit: Int) throws(DomainError)
    -> [BookingOutcome]

  /// nil: the user does not wait.
  func waitingPlace(of user: UserID, _ identity: Identity, in event: EventID) throws(DomainError)
    -> WaitingPlace?

  /// The identity's row; nil: it never booked and has no local account.
  func userID(of identity: Identity) throws(DomainError) -> UserID?
  /// The local account of an identity.
  func user(_ identity: Identity) throws(DomainError) -> User?
  func account(_ email: EmailKey) throws(DomainError) -> Account?
  /// The local account of an identity, with its password.
  func account(_ identity: Identity) throws(DomainError) -> Account?
  /// In order of their rows, those after `after`.
  /// - Parameter email: only whose address this is; nil: everybody.
  func people(after: UserID?, email: EmailKey?, limit: Int) throws(DomainError) -> [Person]

  /// Newest first, those before the one with the number `before`; nil: from the newest on.
  func audit(before: Int64?, limit: Int) throws(DomainError) -> [AuditRecord]

  /// The position of the feed before the oldest entry that is kept.
  func feedStart() throws(DomainError) -> Int64
  func feed(after: Int64, limit: Int) throws(DomainError) -> FeedAnswer

  /// In order, with `after < seq <= through`.
  func notices(of event: EventID, after: UInt64, through: UInt64, limit: Int) throws(DomainError) -> [Notice]
}

extension ReadStore {
  /// nil: there is no such event.
  func event(_ id: EventID) throws(DomainError) -> Event? {
    try events(after: EventID(id.rawValue &- 1), .all, limit: 1).first { $0.id == id }
  }
}

/// What a change of an event, or its cancellation, touches: all of one commit.
struct EventStakes: Equatable {
  /// Seats.
  var sold, held: Int
  /// Confirmed bookings, holds that have not ended, and entries of the waiting list.
  var bookings, holds, waiting: Int
}

/// Which events a list has.
enum EventFilter: Equatable {
  case all
  /// All but drafts.
  case published
  /// Those that are shown with this status.
  case status(PublicStatus)
}
