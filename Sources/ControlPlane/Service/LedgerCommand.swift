// What the ledger's queue carries. Commands are decided in the order in which they arrive, watches among
// them: so a watcher hears of everything that was decided after it was granted.

/// What is asked of a booking's command besides the seats.
struct CreateBooking: Sendable {
  var event: EventID
  var user: Identity
  var quantity: Int
  /// The `Idempotency-Key`, unquoted. The first booking that succeeds with it is told again for 24 hours;
  /// the same key with another event or quantity is refused.
  var idempotencyKey: String?
}

struct CancelBooking: Sendable {
  var booking: PublicBookingID
  /// Owners cancel their own, admins anybody's.
  var by: Actor

  struct Actor: Sendable {
    var user: Identity
    var role: Role
  }
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
  case createEvent(EventDraft, Answering<Event>)
  case patchEvent(PatchEvent, Answering<Event>)
  case deleteEvent(EventID, ifMatch: [EventTag]?, Answering<EventID>)
  /// Fails with `emailTaken` when there is such an account.
  case registerUser(NewUser, Answering<User>)
  /// Makes the account, or gives an existing one of this address this role and password.
  case putUser(NewUser, Answering<User>)
  case setPasswordHash(UserID, String, Answering<UserID>)
  /// The outcome is the moment before which issued tokens are refused.
  case logOut(Identity, Answering<Instant>)
  case watch(EventID, Watcher)
  case unwatch(EventID, Watcher)
}

/// Who waits for a command's outcome.
enum Answering<Outcome: Sendable>: Sendable {
  /// A request: the reply goes out with all others of the batch.
  case reply(ReplyTicket, Answer<Outcome>)
  /// Somebody inside the server.
  case call(@Sendable (Result<Outcome, DomainError>) -> Void)

  /// Tells the outcome; the reply that is to be delivered, if a request waits.
  func settle(_ result: Result<Outcome, DomainError>) -> TicketedReply? {
    switch self {
    case .reply(let ticket, let answer): return (ticket, answer(result))
    case .call(let body):
      body(result)
      return nil
    }
  }
}

typealias TicketedReply = (ticket: ReplyTicket, reply: Reply)

/// The ledger as others see it. Any thread; never blocks on disk.
protocol CommandSink: Sendable {
  /// False: the queue is full and the command was not taken.
  func submit(_ command: LedgerCommand) -> Bool
}

extension CommandSink {
  /// Submits a request's command, or answers it `overloaded` at once.
  func submit<Outcome>(
    _ ticket: ReplyTicket, _ answer: @escaping Answer<Outcome>, replies: any ReplySink,
    _ command: (Answering<Outcome>) -> LedgerCommand
  ) {
    if !submit(command(.reply(ticket, answer))) {
      replies.deliver([(ticket, answer(.failure(.overloaded)))])
    }
  }
}
