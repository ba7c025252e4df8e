import Testing

@testable import ControlPlane

@Suite("Router")
struct RouterTests {
  private let incidents = IncidentList()
  private let reads = StubReads()

  init() {
    reads.users = [
      User(
        id: UserID(1), subject: Subject(1), email: "a@b.c", name: "Ada", role: .admin,
        createdAt: Instant(milliseconds: 0)),
      User(
        id: UserID(2), subject: Subject(2), email: "d@e.f", name: "Dan", role: .user,
        createdAt: Instant(milliseconds: 0)),
    ]
  }

  /// Endpoints that tell in the status who answered, and in the body what they were given.
  private var router: Router {
    @Sendable func tell(_ status: Int, _ text: String) -> Reply {
      .common(status: status, .json, body: Array(text.utf8))
    }
    return Router(
      routes: [
        Route("GET", "/open", .anyone { call in tell(200, call.query.value("q") ?? "") }),
        Route(
          "GET", "/things/{id}", .anyone { call in tell(200, String(decoding: call.capture, as: UTF8.self)) }),
        Route("POST", "/things/{id}", .user { _, principal in tell(201, "\(principal.identity.subject)") }),
        Route(
          "DELETE", "/things/{id}", .admin { _, principal in tell(204, "\(principal.identity.subject)") }),
        Route("GET", "/later", .anyone { _ in nil }),
        Route("POST", "/changes/{id}", .userCommand { call, _ throws(Problem) in try Self.command(call) }),
        Route("DELETE", "/changes/{id}", .adminCommand { call, _ throws(Problem) in try Self.command(call) }),
        Route(
          "GET", "/watch",
          .watcher { _, principal in
            var reply = tell(200, "")
            reply.stream = .init(
              event: EventID(1), resume: .none, client: principal?.connectionKey,
              expiresAt: principal?.expiresAt, isStillValid: { true })
            return reply
          }),
        Route(
          "GET", "/fails",
          .anyone { call throws(Problem) in
            _ = try call.read { reads throws(DomainError) in try reads.event(EventID(1)) }
            return tell(200, "")
          }),
      ], tokens: WordTokens(), events: CommittedEvents(), admission: .unlimited, observer: incidents)
  }

  private static func command(_ call: Call) throws(Problem) -> LedgerCommand {
    .deleteEvent(try call.eventID(), ifMatch: nil, .request(call.ticket))
  }

  private func send(
    _ method: String, _ path: String, query: String? = nil, authorization: String...
  ) -> Reply? {
    let fields = authorization.map { Request.Field(name: "authorization", value: $0) }
    let request = Request(
      method: method, path: path, query: query, fields: fields, ticket: ReplyTicket(high: 0, low: 0))
    guard case .reply(let reply) = router.handle(request, reads: reads) else { return nil }
    return reply
  }

  private func text(_ reply: Reply?) -> String? { reply.map { String(decoding: $0.body, as: UTF8.self) } }

  // MARK: Paths

  @Test("Finds the endpoint and hands over the decoded segment and the query")
  func finds() {
    #expect(text(send("GET", "/things/a%20b%2Fc")) == "a b/c")
    #expect(text(send("GET", "/open", query: "q=x%20y")) == "x y")
    #expect(text(send("GET", "/%6Fpen")) == "")
  }

  @Test(
    "Other paths are 404",
    arguments: ["/", "", "//open", "/open/", "/Open", "/things", "/things/", "/things/1/2", "open"])
  func unknown(path: String) {
    let reply = send("GET", path)
    #expect(reply?.status == 404 && reply?.problem == "not-found")
  }

  @Test("Broken escapes are 400, in the path and in the query")
  func escapes() {
    #expect(send("GET", "/things/%zz")?.problem == "malformed-path")
    #expect(send("GET", "/things/%FF")?.problem == "malformed-path")
    #expect(send("GET", "/open", query: "q=%")?.problem == "invalid-parameter")
    #expect(send("GET", "/open", query: "q=1&q=2")?.problem == "invalid-parameter")
  }

  @Test("An endpoint that gave the ticket to a service answers nothing now")
  func later() {
    #expect(send("GET", "/later") == nil)
  }

  @Test("A change becomes the ledger's command, for whoever may ask")
  func commands() {
    func handle(_ method: String, _ token: String) -> Handling {
      router.handle(
        Request(
          method: method, path: "/changes/5",
          fields: [.init(name: "Authorization", value: "Bearer \(token)")],
          ticket: ReplyTicket(high: 3, low: 4)), reads: reads)
    }
    for (method, token) in [("POST", "user-2"), ("POST", "admin-1"), ("DELETE", "admin-1")] {
      guard
        case .command(.deleteEvent(EventID(5), nil, .request(ReplyTicket(high: 3, low: 4)))) = handle(
          method, token)
      else {
        Issue.record("\(method) by \(token) is no command")
        continue
      }
    }
    for (method, token, status) in [("POST", "bad", 401), ("DELETE", "user-2", 403), ("DELETE", "bad", 401)] {
      guard case .reply(let reply) = handle(method, token) else {
        Issue.record("\(method) by \(token) is a command")
        continue
      }
      #expect(reply.status == status)
    }
  }

  // MARK: Methods

  @Test("Other methods are 405 with Allow")
  func methods() {
    let reply = send("PUT", "/things/1")
    #expect(reply?.status == 405 && reply?.problem == "method-not-allowed")
    #expect(reply?.first("allow") == "GET, HEAD, POST, DELETE, OPTIONS")
    #expect(send("get", "/open")?.status == 405)
    #expect(send(String(repeating: "X", count: 5_000), "/open").map { $0.body.count < 1_000 } == true)
  }

  @Test("OPTIONS is answered everywhere, without a token")
  func options() {
    let reply = send("OPTIONS", "/things/1")
    #expect(reply?.status == 204 && reply?.body.isEmpty == true)
    #expect(reply?.first("allow") == "GET, HEAD, POST, DELETE, OPTIONS")
    #expect(send("OPTIONS", "*")?.first("allow") == "GET, HEAD, POST, DELETE, OPTIONS")
    #expect(send("OPTIONS", "/nothing")?.status == 404)
  }

  @Test("HEAD is answered like GET, and never becomes a stream")
  func head() {
    #expect(send("HEAD", "/things/1")?.status == 200)
    let reply = send("HEAD", "/watch", authorization: "Bearer user-2")
    #expect(reply?.status == 200 && reply?.stream == nil)
    #expect(
      send("GET", "/watch", authorization: "Bearer user-2")?.stream?.client == Identity.local(2).connectionKey
    )
  }

  // MARK: Who asks

  @Test("A guarded path without a token is 401 and names the scheme")
  func missingToken() {
    let reply = send("POST", "/things/1")
    #expect(reply?.status == 401 && reply?.problem == "authentication-required")
    #expect(reply?.first("www-authenticate") == "Bearer realm=\"seatcast\"")
  }

  @Test(
    "A bad token is 401 and says so",
    arguments: ["Bearer nonsense", "Bearer", "Bearer ", "user-2", "Basic user-2", "Bearer user-2 x", ""])
  func badToken(value: String) {
    let reply = send("POST", "/things/1", authorization: value)
    #expect(reply?.status == 401 && reply?.problem == "invalid-token")
    #expect(reply?.first("www-authenticate") == "Bearer realm=\"seatcast\", error=\"invalid_token\"")
  }

  @Test("Two Authorization fields are one too many")
  func twoTokens() {
    #expect(send("POST", "/things/1", authorization: "Bearer user-2", "Bearer user-2")?.status == 401)
  }

  @Test("A good token is good in any case of the scheme, also of a user who is not here")
  func goodToken() {
    #expect(text(send("POST", "/things/1", authorization: "Bearer user-2")) == "2")
    #expect(text(send("POST", "/things/1", authorization: "bEARER  user-99")) == "99")
  }

  @Test("A token in the query is good for watching only")
  func queryToken() {
    #expect(send("GET", "/watch", query: "token=user-2")?.status == 200)
    #expect(send("GET", "/watch", query: "token=bad")?.problem == "invalid-token")
    #expect(send("GET", "/watch")?.problem == "authentication-required")
    #expect(
      send("GET", "/watch", query: "token=user-2", authorization: "Bearer bad")?.problem == "invalid-token")
    #expect(send("POST", "/things/1", query: "token=user-2")?.problem == "authentication-required")
  }

  @Test("Admins are those whom both the token and the local account call so")
  func admins() {
    #expect(send("DELETE", "/things/1", authorization: "Bearer admin-1")?.status == 204)
    for token in ["user-1", "admin-2", "user-2", "admin-99"] {
      let reply = send("DELETE", "/things/1", authorization: "Bearer \(token)")
      #expect(reply?.status == 403 && reply?.problem == "forbidden", "\(token)")
    }
    #expect(send("DELETE", "/things/1")?.status == 401)
  }

  // MARK: Failures

  @Test("A failing disk is 503 with Retry-After")
  func storage() {
    reads.failure = .storageUnavailable
    let reply = send("GET", "/fails")
    #expect(reply?.status == 503 && reply?.first("retry-after") == "1")
    #expect(incidents.all.isEmpty)
  }

  @Test("What no rule foresees is 500 for the asker and words for the observer")
  func internalFailure() {
    reads.failure = .internalFailure("row 7 is odd")
    let reply = send("GET", "/fails")
    #expect(reply?.status == 500)
    #expect(text(reply)?.contains("odd") == false)
    #expect(incidents.all == [.internalFailure("row 7 is odd")])
  }
}
