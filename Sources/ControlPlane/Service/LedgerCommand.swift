// What the ledger's queue carries, and what comes of it. Commands are decided in the order in which they arrive, watches
// among them: so a watcher hears of everything that was decided after it was granted. A booking's command and its
// settlement are plain data: they cost no allocation of their own. What is large and rare is boxed (`indirect`).

/// A request to book seats of one event.
struct CreateBooking: Sendable {
  var event: EventID
  var user: Identity
  var quantity: Int
  /// The `Idempotency-Key`, unquoted. The first booking that succeeds with it is told again for 24 hours;
  /// the same key with another event or quantity is refused.
  var idempotencyKey: String?
  /// Whether the seats are only held, for the event's `holdSeconds`.
  var hold = false
  /// The ticket type; nil: where the event has types, the first that takes the booking.
  var type: Int?
}

struct CancelBooking: Sendable {
  var booking: PublicBookingID
  /// Owners cancel their own, admins anybody's.
  var by: BookingActor
}

struct ChangeHold: Sendable {
  enum Kind: Sendable {
    case confirm
    case extend
  }

  var booking: PublicBookingID
  /// As for cancelling.
  var by: BookingActor
  var kind: Kind
}

struct JoinWaitlist: Sendable {
  var event: EventID
  var user: Identity
  var quantity: Int
  var type: Int?
}

/// Who wants something of a booking.
struct BookingActor: Sendable {
  var user: Identity
  var role: Role
  /// A service token: any hold may be confirmed or let go, and nothing else.
  var isService = false
}

struct PatchEvent: Sendable {
  var event: EventID
  var patch: EventPatch
  /// `If-Match`: one of these must be the event's tag; nil: no condition (also for `*`).
  var ifMatch: [EventTag]?
}

struct NewUser: Sendable {
  var email: String
  var name: String
  var role: Role
  var passwordHash: String
}

enum LedgerCommand: Sendable {
  case createBooking(CreateBooking, Answering<BookingOutcome>)
  case cancelBooking(CancelBooking, Answering<BookingOutcome>)
  case changeHold(ChangeHold, Answering<BookingOutcome>)
  indirect case joinWaitlist(JoinWaitlist, Answering<WaitingPlace>)
  indirect case leaveWaitlist(EventID, Identity, Answering<EventID>)
  indirect case createEvent(EventDraft, Answering<Event>)
  indirect case patchEvent(PatchEvent, Answering<Event>)
  case deleteEvent(EventID, ifMatch: [EventTag]?, Answering<EventID>)
  /// Fails with `emailTaken` when there is such an account.
  indirect case registerUser(NewUser, Answering<User>)
  /// Makes the account, or gives an existing one of this address this role and password.
  indirect case putUser(NewUser, Answering<User>)
  /// Stores a new hash of the same password, unless the stored one is not `replacing` any more.
  case setPasswordHash(UserID, String, replacing: String, Answering<UserID>)
  indirect case changePassword(PasswordChange, Answering<Instant>)
  indirect case changePerson(PersonChange, Answering<ChangedPerson>)
  /// The outcome is the moment before which issued tokens are refused.
  case logOut(Identity, Answering<Instant>)
  /// The outcome is the moment before which issued tokens are refused.
  indirect case erasePerson(Erasure, Answering<Instant>)
  indirect case mintServiceToken(ServiceToken, Answering<ServiceToken>)
  /// The outcome is the token that was.
  case revokeServiceToken(Int64, Answering<ServiceToken>)
  /// The command and, when it was done, an entry of the audit log in the same transaction.
  indirect case audited(AuditEntry, LedgerCommand)
  /// Only the entry; nobody waits for it.
  indirect case note(AuditEntry)
  /// Keeps the next seal of the record; the outcome is its number.
  indirect case seal(RecordSeal, Answering<Int64>)
  case watch(EventID, Watcher)
  case unwatch(EventID, Watcher)
  /// What other nodes have committed, as the store tells it. Ledger+Following.swift
  indirect case followed(ForeignNews)
  /// The same, as the bus tells it.
  indirect case heard(Heard)
  /// Copies the database, beginning with the state after this command's batch.
  case backUp(BackupOrder)
}

/// Who waits for a command's outcome.
enum Answering<Outcome: Sendable>: Sendable {
  /// A request, whose reply is the usual one for the outcome (`OutcomeEncoder`) and goes out with all others of the
  /// batch.
  case request(ReplyTicket)
  /// The same; these lines are added to the reply.
  case limited(ReplyTicket, FieldLines)
  /// A request with a reply of its own.
  case reply(ReplyTicket, Answer<Outcome>)
  /// Somebody inside the server.
  case call(@Sendable (Result<Outcome, DomainError>) -> Void)
}

/// A decided command: its outcome, and who waits for it.
enum Settlement: Sendable {
  case bookingCreated(Settled<BookingOutcome>)
  /// Cancelled, confirmed or extended.
  case bookingChanged(Settled<BookingOutcome>)
  indirect case waiting(Settled<WaitingPlace>)
  case leftWaitlist(Settled<EventID>)
  indirect case eventCreated(Settled<Event>)
  indirect case eventPatched(Settled<Event>)
  case eventDeleted(Settled<EventID>)
  indirect case user(Settled<User>)
  case passwordHash(Settled<UserID>)
  case loggedOut(Settled<Instant>)
  indirect case personChanged(Settled<ChangedPerson>)
  indirect case serviceToken(Settled<ServiceToken>)
  case sealed(Settled<Int64>)
}

struct Settled<Outcome: Sendable>: Sendable {
  let asker: Answering<Outcome>
  let result: Result<Outcome, DomainError>

  init(_ asker: Answering<Outcome>, _ result: Result<Outcome, DomainError>) {
    (self.asker, self.result) = (asker, result)
  }
}

extension LedgerCommand {
  /// The command's settlement when nothing of it was done; nil: nobody waits for it.
  func settlement(failing error: DomainError) -> Settlement? {
    switch self {
    case .createBooking(_, let asker): .bookingCreated(Settled(asker, .failure(error)))
    case .cancelBooking(_, let asker), .changeHold(_, let asker):
      .bookingChanged(Settled(asker, .failure(error)))
    case .joinWaitlist(_, let asker): .waiting(Settled(asker, .failure(error)))
    case .leaveWaitlist(_, _, let asker): .leftWaitlist(Settled(asker, .failure(error)))
    case .createEvent(_, let asker): .eventCreated(Settled(asker, .failure(error)))
    case .patchEvent(_, let asker): .eventPatched(Settled(asker, .failure(error)))
    case .deleteEvent(_, _, let asker): .eventDeleted(Settled(asker, .failure(error)))
    case .registerUser(_, let asker), .putUser(_, let asker): .user(Settled(asker, .failure(error)))
    case .setPasswordHash(_, _, _, let asker): .passwordHash(Settled(asker, .failure(error)))
    case .changePassword(_, let asker): .loggedOut(Settled(asker, .failure(error)))
    case .changePerson(_, let asker): .personChanged(Settled(asker, .failure(error)))
    case .logOut(_, let asker), .erasePerson(_, let asker): .loggedOut(Settled(asker, .failure(error)))
    case .mintServiceToken(_, let asker), .revokeServiceToken(_, let asker):
      .serviceToken(Settled(asker, .failure(error)))
    case .seal(_, let asker): .sealed(Settled(asker, .failure(error)))
    case .audited(_, let command): command.settlement(failing: error)
    case .watch, .unwatch, .note, .backUp, .followed, .heard: nil
    }
  }

  /// What a command that needs no store asks for.
  var watch: Batch.Watch? {
    switch self {
    case .watch(let event, let watcher): .begin(event, watcher)
    case .unwatch(let event, let watcher): .end(event, watcher)
    default: nil
    }
  }

  var backup: BackupOrder? {
    if case .backUp(let order) = self { order } else { nil }
  }
}

typealias TicketedReply = (ticket: ReplyTicket, reply: Reply)

/// The ledger as others see it. Any thread; never blocks on disk.
protocol CommandSink: Sendable {
  /// False: the queue is full and the command was not taken.
  func submit(_ command: LedgerCommand) -> Bool
  /// - Returns: how many were taken, from the front.
  func submit(contentsOf commands: [LedgerCommand]) -> Int
}

extension CommandSink {
  /// Submits a request's command with a reply of its own, or answers it `overloaded` at once.
  func submit<Outcome>(
    _ ticket: ReplyTicket, _ answer: @escaping Answer<Outcome>, replies: any ReplySink,
    _ command: (Answering<Outcome>) -> LedgerCommand
  ) {
    if !submit(command(.reply(ticket, answer))) {
      replies.deliver([(ticket, answer(.failure(.overloaded)))])
    }
  }
}
