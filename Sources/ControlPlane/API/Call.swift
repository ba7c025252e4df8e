// One request on its way through an endpoint: what was asked, by whom, and the view of the database in which
// it is answered. Lives on one worker for the length of one call.

struct Call {
  let request: Request
  /// What stands at `{id}` in the path, decoded.
  let capture: ArraySlice<UInt8>
  let query: Query
  let reads: any ReadStore
  let events: CommittedEvents
  let observer: any ControlObserver
  /// The only events that a connection token lets its bearer watch; nil: all.
  var watchable: Set<EventID>?
  /// The service token that the request has; nil: it has none, or of a user.
  var service: ServiceToken?

  /// What is left of the limits that this request counted for, and what writes it down.
  var standings = UserStandings()
  var rateFields: UserRateFields?

  var ticket: ReplyTicket { request.ticket }

  // MARK: Identifiers in the path. What cannot be an identifier names nothing: 404.

  func eventID() throws(Problem) -> EventID {
    guard let id = Decimal.identifier(capture) else { throw Problem(DomainError.unknownEvent) }
    return EventID(id)
  }

  func bookingID() throws(Problem) -> PublicBookingID {
    guard let id = PublicBookingID(capture) else { throw Problem(DomainError.unknownBooking) }
    return id
  }

  // MARK: Reading

  /// What `body` reads from the database. Fails as the domain error's problem.
  func read<Value>(_ body: (any ReadStore) throws(DomainError) -> Value) throws(Problem) -> Value {
    do throws(DomainError) {
      return try body(reads)
    } catch {
      throw problem(of: error)
    }
  }

  func event(_ id: EventID) throws(Problem) -> Event {
    guard let event = try knownEvent(id) else { throw Problem(DomainError.unknownEvent) }
    return event
  }

  /// As the last commit left it, of whichever node; nil: there is none.
  func knownEvent(_ id: EventID) throws(Problem) -> Event? {
    guard events.isShared else { return events.event(id) }
    return try read { reads throws(DomainError) in try reads.event(id) }
  }

  /// Whether this principal may do what only admins may. A local account must be an admin's still; of another
  /// system's users its token alone tells.
  func isAdmin(_ principal: Principal) throws(Problem) -> Bool {
    guard principal.role == .admin, principal.identity.isLocal else { return principal.role == .admin }
    return try read { reads throws(DomainError) in try reads.user(principal.identity) }?.role == .admin
  }

  // MARK: Answering

  private var rateLines: FieldLines { rateFields?.lines(standings) ?? [] }

  /// This request as the one that waits for a command's outcome.
  /// - Parameter changes: what is left of its user's changes.
  func asker<Outcome>(changes: RateDecision? = nil) -> Answering<Outcome> {
    var standings = standings
    standings.changes = changes
    let lines = rateFields?.lines(standings) ?? []
    return lines.isEmpty ? .request(ticket) : .limited(ticket, lines)
  }

  /// The answer with the fields of the limits.
  func telling(_ reply: Reply) -> Reply {
    var reply = reply
    reply.fieldLines.append(rateLines)
    return reply
  }

  /// The refusal with the fields of the limits, unless a limit is what refuses.
  func telling(_ problem: Problem) -> Problem {
    guard problem.type != .rateLimited else { return problem }
    var problem = problem
    problem.fields.append(rateLines)
    return problem
  }

  /// How a service's outcome becomes the reply: `success` on success, else the error's problem.
  func answer<Outcome>(_ success: @escaping @Sendable (Outcome) -> Reply) -> Answer<Outcome> {
    let (observer, lines) = (observer, rateLines)
    return { result in
      var reply =
        switch result {
        case .success(let outcome): success(outcome)
        case .failure(let error): Problem.reporting(error, to: observer).reply
        }
      reply.fieldLines.append(lines)
      return reply
    }
  }

  private func problem(of error: DomainError) -> Problem { Problem.reporting(error, to: observer) }
}

extension Problem {
  /// The problem of `error`. What no rule foresees is told to the observer, not to the asker.
  static func reporting(_ error: DomainError, to observer: any ControlObserver) -> Problem {
    report(error, to: observer)
    return Problem(error)
  }

  static func report(_ error: DomainError, to observer: any ControlObserver) {
    if case .internalFailure(let what) = error { observer.observe(.internalFailure(what)) }
  }
}
