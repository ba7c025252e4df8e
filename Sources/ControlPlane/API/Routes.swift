// The API's index: every path of docs/API.md that this plane answers, who may ask, and where to read on.

/// What answers, and who may ask. Returns nil after it gave the request's ticket to a service.
enum Endpoint: Sendable {
  typealias Open = @Sendable (Call) throws(Problem) -> Reply?
  /// Nil: whoever asks shows no token.
  typealias OptionallyGuarded = @Sendable (Call, Principal?) throws(Problem) -> Reply?
  typealias Guarded = @Sendable (Call, Principal) throws(Problem) -> Reply?
  /// Makes a command that the ledger decides and answers.
  typealias Commanding = @Sendable (Call, Principal) throws(Problem) -> LedgerCommand

  case anyone(Open)
  /// Anybody, who may have a token: one that is not valid counts as none. What is public is answered without a look at
  /// tokens, because reads of events are the most frequent requests.
  case optionalUser(OptionallyGuarded, isPublic: @Sendable (Call) -> Bool = { _ in false })
  /// Whoever has a valid token, also one of another service.
  case user(Guarded)
  /// The same, and the token may stand in the query (`?token=`). With `--watch public` also whoever shows none.
  case watcher(OptionallyGuarded)
  /// An administrator with an account here.
  case admin(Guarded)
  /// Like `user` and `admin`, for changes.
  case userCommand(Commanding)
  /// An administrator, or a service token with this scope.
  case adminOrService(ServiceScope, @Sendable (Call, Caller) throws(Problem) -> Reply?)
  /// Anybody with a token: a user, or a service token with this scope.
  case callerCommand(ServiceScope, @Sendable (Call, Caller) throws(Problem) -> LedgerCommand)
  case adminCommand(Commanding)
}

extension Endpoint {
  /// Whether a service token may be shown.
  var takesServices: Bool {
    switch self {
    case .adminOrService, .callerCommand: true
    default: false
    }
  }
}

struct Route: Sendable {
  var method: String
  var path: PathPattern
  var endpoint: Endpoint

  init(_ method: String, _ path: String, _ endpoint: Endpoint) {
    (self.method, self.path, self.endpoint) = (method, PathPattern(path), endpoint)
  }
}

enum Routes {
  /// `HEAD` follows from `GET` and `OPTIONS` from the table itself.
  static func all(
    accounts: AccountService, tokens: any TokenIssuing, policy: AccountPolicy, admission: AdmissionControl,
    connections: ConnectionTokenEndpoints, feed: FeedEndpoints,
    serviceTokens: ServiceTokenEndpoints, audit: AuditLog, server: ServerEndpoints, record: RecordEndpoints,
    epoch: String
  ) -> [Route] {
    let auth = AuthEndpoints(
      accounts: accounts, tokens: tokens, policy: policy, admission: admission,
      audit: audit)
    let records = AuditEndpoints(log: audit)
    let users = UserEndpoints(accounts: accounts, policy: policy)
    let events = EventEndpoints()
    let bookings = BookingEndpoints(admission: admission)
    let waitlist = WaitlistEndpoints(admission: admission)
    let notices = NoticeEndpoints(
      encoder: NoticeEncoder(identity: .full, epoch: epoch), epoch: epoch, revocations: accounts.revocations,
      clock: feed.clock)
    return [
      Route("POST", "/api/auth/register", .anyone(auth.register)),
      Route("POST", "/api/auth/login", .anyone(auth.login)),
      Route("GET", "/api/auth/me", .user(auth.me)),
      Route("POST", "/api/auth/password", .user(auth.changePassword)),
      Route("POST", "/api/connection-tokens", .user(connections.create)),
      Route("GET", "/api/users", .admin(users.list)),
      Route("PATCH", "/api/users/{id}", .admin(users.patch)),
      Route("DELETE", "/api/users/{id}", .admin(users.erase)),
      Route("POST", "/api/users/{id}/password", .admin(users.resetPassword)),
      Route("POST", "/api/users/{id}/logout", .admin(users.logOut)),

      Route("GET", "/api/events", .optionalUser(events.list)),
      Route("POST", "/api/events", .adminCommand(events.create)),
      Route("GET", "/api/events/{id}", .optionalUser(events.get, isPublic: events.isPublished)),
      Route("PATCH", "/api/events/{id}", .adminCommand(events.patch)),
      Route("DELETE", "/api/events/{id}", .adminCommand(events.delete)),
      Route("GET", "/api/events/{id}/stakes", .admin(events.stakes)),
      Route("GET", "/api/events/{id}/stream", .watcher(notices.stream)),
      Route("GET", "/api/events/{id}/notices", .admin(notices.list)),
      Route("POST", "/api/events/{id}/waitlist", .userCommand(waitlist.join)),
      Route("GET", "/api/events/{id}/waitlist", .user(waitlist.place)),
      Route("DELETE", "/api/events/{id}/waitlist", .userCommand(waitlist.leave)),

      Route("GET", "/api/notices", .adminOrService(.feedRead, feed.list)),
      Route("GET", "/api/service-tokens", .admin(serviceTokens.list)),
      Route("POST", "/api/service-tokens", .admin(serviceTokens.create)),
      Route("DELETE", "/api/service-tokens/{id}", .admin(serviceTokens.delete)),
      Route("GET", "/api/audit", .admin(records.list)),
      Route("GET", "/api/audit/export", .admin(records.export)),
      Route("GET", "/api/server/stats", .admin(server.stats)),
      Route("GET", "/api/cluster", .admin(server.cluster)),
      Route("GET", "/debug/fanout/{id}", .admin(server.fanout)),
      Route("GET", "/api/record/head", .anyone(record.head)),
      Route("GET", "/api/record/key", .anyone(record.key)),

      Route("POST", "/api/bookings", .userCommand(bookings.create)),
      Route("GET", "/api/bookings", .user(bookings.list)),
      Route("GET", "/api/bookings/{id}", .user(bookings.get)),
      Route("DELETE", "/api/bookings/{id}", .callerCommand(.bookingsConfirm, bookings.cancel)),
      Route("POST", "/api/bookings/{id}/cancel", .callerCommand(.bookingsConfirm, bookings.cancel)),
      Route("POST", "/api/bookings/{id}/confirm", .callerCommand(.bookingsConfirm, bookings.confirm)),
      Route("POST", "/api/bookings/{id}/extend", .userCommand(bookings.extend)),
    ]
  }
}
