import Testing

@testable import ControlPlane

@Suite("Routes")
struct RoutesTests {
  private struct NoLedger: CommandSink {
    func submit(_ command: LedgerCommand) -> Bool { false }
    func submit(contentsOf commands: [LedgerCommand]) -> Int { 0 }
  }
  private struct NoJobs: JobQueue {
    func offer(_ job: @escaping @Sendable () -> Void) -> Bool { false }
  }
  private struct NoReplies: ReplySink {
    func deliver(_ replies: [(ticket: ReplyTicket, reply: Reply)]) {}
  }

  var routes: [Route] {
    let (ledger, replies) = (NoLedger(), NoReplies())
    let accounts = AccountService(
      ledger: ledger, replies: replies, hashing: NoJobs(), registering: NoJobs(),
      hasher: ScryptHasher(cost: .insecureTest), revocations: Revocations(), notices: Stage())
    let tokens = TokenIssuer(
      TrustedKeys(TokenForge.secret), Revocations(), clock: StillClock(milliseconds: 0))
    return Routes.all(
      accounts: accounts, tokens: tokens, policy: AccountPolicy(accounts: .local, registration: true),
      admission: .unlimited,
      connections: ConnectionTokenEndpoints(
        tokens: ConnectionTokens(), clock: StillClock(milliseconds: 0)),
      feed: FeedEndpoints(
        waiters: FeedWaiters(replies: replies, clock: StillClock(milliseconds: 0)), epoch: "e",
        clock: StillClock(milliseconds: 0), revocations: Revocations(), services: ServiceTokens()),
      serviceTokens: ServiceTokenEndpoints(
        authority: ServiceTokenAuthority(
          TrustedKeys(TokenForge.secret), ServiceTokens(), clock: StillClock(milliseconds: 0)),
        ledger: ledger, replies: replies, clock: StillClock(milliseconds: 0),
        identifiers: CountingIdentifiers()),
      audit: AuditLog(ledger: ledger, clock: StillClock(milliseconds: 0)),
      server: ServerEndpoints(status: ServerStatus(insight: nil, clock: StillClock(milliseconds: 0))),
      record: RecordEndpoints { nil },
      epoch: "e")
  }

  @Test("The table is the contract's: each path, its methods, and who may ask")
  func contract() {
    let table = routes.map { route in
      let who =
        switch route.endpoint {
        case .anyone: "anyone"
        case .optionalUser: "optionalUser"
        case .user: "user"
        case .watcher: "watcher"
        case .admin: "admin"
        case .userCommand: "user"
        case .adminOrService(let scope, _): "admin or \(scope.rawValue)"
        case .callerCommand(let scope, _): "user or \(scope.rawValue)"
        case .adminCommand: "admin"
        }
      return "\(route.method) \(route.path.text) \(who)"
    }
    #expect(
      Set(table) == [
        "POST /api/auth/register anyone", "POST /api/auth/login anyone", "GET /api/auth/me user",
        "POST /api/connection-tokens user", "POST /api/auth/password user", "GET /api/users admin",
        "PATCH /api/users/{id} admin",
        "POST /api/users/{id}/password admin", "POST /api/users/{id}/logout admin",
        "GET /api/events optionalUser", "POST /api/events admin", "GET /api/events/{id} optionalUser",
        "PATCH /api/events/{id} admin", "DELETE /api/events/{id} admin",
        "GET /api/events/{id}/stream watcher", "GET /api/events/{id}/stakes admin",
        "GET /api/events/{id}/notices admin", "GET /api/notices admin or feed:read",
        "GET /api/service-tokens admin", "POST /api/events/{id}/waitlist user",
        "GET /api/events/{id}/waitlist user", "DELETE /api/events/{id}/waitlist user",
        "POST /api/service-tokens admin", "DELETE /api/service-tokens/{id} admin", "GET /api/audit admin",
        "GET /api/audit/export admin", "GET /api/server/stats admin", "GET /api/cluster admin",
        "GET /debug/fanout/{id} admin",
        "DELETE /api/users/{id} admin", "GET /api/record/head anyone", "GET /api/record/key anyone",
        "POST /api/bookings user",
        "GET /api/bookings user",
        "GET /api/bookings/{id} user", "DELETE /api/bookings/{id} user or bookings:confirm",
        "POST /api/bookings/{id}/cancel user or bookings:confirm",
        "POST /api/bookings/{id}/confirm user or bookings:confirm",
        "POST /api/bookings/{id}/extend user", "POST /api/users/{id}/logout admin",
      ])
  }

  @Test("No two routes answer the same method and path")
  func unambiguous() {
    let keys = routes.map { "\($0.method) \($0.path.text)" }
    #expect(Set(keys).count == keys.count)
    for route in routes {
      let sample = Array(route.path.text.replacing("{id}", with: "1").utf8)
      let answering = routes.filter {
        $0.path.match(sample, 0..<sample.count) != nil
          && ($0.method == route.method || $0.path.text != route.path.text)
      }
      #expect(answering.count == 1, "\(route.method) \(route.path.text)")
    }
  }

  @Test("Every guarded route refuses whoever has no token, and every path answers OPTIONS")
  func guarded() {
    let router = Router(
      routes: routes, tokens: WordTokens(), events: CommittedEvents(), admission: .unlimited,
      observer: IncidentList())
    for route in routes {
      func status(_ method: String) -> Int? {
        let path = route.path.text.split(separator: "/").map { $0 == "{id}" ? "1" : String($0) }
        let request = Request(
          method: method, path: "/" + path.joined(separator: "/"), ticket: ReplyTicket(high: 0, low: 0))
        guard case .reply(let reply) = router.handle(request, reads: StubReads()) else { return nil }
        return reply.status
      }
      #expect(status("OPTIONS") == 204)
      switch route.endpoint {
      case .anyone, .optionalUser: break
      default: #expect(status(route.method) == 401)
      }
    }
  }
}
