// What a request passes on a worker, and what the ledger makes of a booking in memory: everything around the disk.
@testable import ControlPlane
@testable import FanoutCore

enum BookingPieces {
  static var all: [Piece] {
    [
      json, body, route("router_booking", "POST /api/bookings to the ledger's queue", booking),
      route("router_event", "GET /api/events/3, whole answer", read), reply, noticeText, summary,
      clientMessage, greeting,
    ]
  }

  static let outcome = BookingOutcome(
    booking: Booking(
      id: BookingID(7), publicID: publicID, event: Samples.state.event, user: Samples.user.id,
      subject: Samples.user.subject, quantity: 2,
      status: .confirmed, createdAt: Samples.moment, createdSeq: Samples.state.seq),
    availableSeats: Samples.state.availableSeats, seq: Samples.state.seq, replayed: false)

  private static var publicID: PublicBookingID {
    guard let id = PublicBookingID(code: 0x5A_F03C_9B71) else { fail("The sample booking has no number.") }
    return id
  }

  // MARK: Reading

  private static var json: Piece {
    let text = Samples.bookingBody
    return Piece("json_decode_booking", "the body of a booking", bytes: text.count, checksum: 2) {
      UInt64((try? StrictJSON.parse(text))?.members?.count ?? 0)
    }
  }

  /// Media type, JSON, and the two members within their bounds.
  private static var body: Piece {
    let request = booking
    return Piece("body_read_booking", "the same with all checks", bytes: request.body.count, checksum: 3) {
      guard var body = try? BodyReader(request) else { return 0 }
      let event = body.requiredInteger("eventId", in: 1...Int.max)
      let quantity = body.integer("quantity", in: 1...1_000_000) ?? 0
      return (try? body.finish()) == nil ? 0 : UInt64(event + quantity)
    }
  }

  // MARK: Routing

  private static let booking = request(
    "POST", "/api/bookings",
    fields: [
      (name: "host", value: "tickets.example.org"),
      (
        name: "user-agent", value: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
      ),
      (name: "accept", value: "*/*"), (name: "accept-language", value: "en-GB,en;q=0.5"),
      (name: "accept-encoding", value: "gzip, deflate, br, zstd"),
      (name: "authorization", value: "Bearer \(TokenPieces.token())"),
      (name: "content-type", value: "application/json"),
      (name: "content-length", value: "\(Samples.bookingBody.count)"),
      (name: "origin", value: "https://tickets.example.org"),
      (name: "connection", value: "keep-alive"),
    ], body: Samples.bookingBody)

  private static let read = request("GET", "/api/events/3", fields: [])

  /// As the data plane's parser would hand it over.
  private static func request(
    _ method: String, _ path: String, fields: [(name: String, value: String)], body: [UInt8] = []
  ) -> Request {
    var bytes = Array("\(method) \(path) HTTP/1.1\r\n".utf8)
    var ranges: [Range<Int>] = []
    for field in fields {
      let name = bytes.count..<bytes.count + field.name.utf8.count
      let value = name.upperBound + 2..<name.upperBound + 2 + field.value.utf8.count
      bytes += "\(field.name): \(field.value)\r\n".utf8
      ranges += [name, value]
    }
    let start = method.utf8.count + 1
    return Request(
      bytes: bytes, method: 0..<method.utf8.count, path: start..<start + path.utf8.count, query: nil,
      fields: ranges, body: body, client: ClientAddress(upper: 0, lower: 0),
      ticket: ReplyTicket(high: 1, low: 2))
  }

  /// From the request as a value to the reply, or to a ledger that only takes the command; the token is a known one.
  private static func route(_ name: String, _ operation: String, _ request: Request) -> Piece {
    let ledger = TakingLedger()
    let deaf = IgnoringReplies()
    let accounts = AccountService(
      ledger: ledger, replies: deaf, hashing: ClosedJobs(), registering: ClosedJobs(),
      hasher: ScryptHasher(cost: .insecureTest), revocations: Revocations(), notices: DeafNotices())
    let admission = AdmissionControl(AdmissionLimits(), observer: IgnoringObserver(), clock: SystemClock())
    let router = Router(
      routes: Routes.all(
        accounts: accounts, tokens: TokenPieces.issuer,
        policy: AccountPolicy(accounts: .local, registration: true), admission: admission,
        connections: ConnectionTokenEndpoints(tokens: ConnectionTokens(), clock: SystemClock()),
        feed: FeedEndpoints(
          waiters: FeedWaiters(replies: deaf, clock: SystemClock()), epoch: "0123456789abcdef",
          clock: SystemClock(), revocations: Revocations(), services: ServiceTokens()),
        serviceTokens: ServiceTokenEndpoints(
          authority: ServiceTokenAuthority(TokenPieces.keys(), ServiceTokens(), clock: SystemClock()),
          ledger: accounts.ledger, replies: deaf, clock: SystemClock(), identifiers: SystemRandom()),
        audit: AuditLog(ledger: accounts.ledger, clock: SystemClock()),
        server: ServerEndpoints(status: ServerStatus(insight: nil, clock: SystemClock())),
        record: RecordEndpoints { nil }, epoch: "0123456789abcdef"),
      tokens: TokenPieces.knowing(), events: OneEvent.committed(), admission: admission,
      observer: IgnoringObserver())
    let reads = OneEvent()
    let expected = check(router.handle(request, reads: reads))
    guard expected == 1 || expected == 200 else { fail("The router answered \(expected) to \(name).") }
    return Piece(name, operation, checksum: expected) { check(router.handle(request, reads: reads)) }
  }

  /// The status, or 1 for a request that was handed on.
  private static func check(_ handling: Handling) -> UInt64 {
    if case .reply(let reply) = handling { UInt64(reply.status) } else { 1 }
  }

  // MARK: Answers and texts

  private static var reply: Piece {
    let size = UInt64(Reply.json(outcome, status: 201).body.count)
    return Piece("json_encode_reply", "the answer to a booking", checksum: size) {
      UInt64(Reply.json(outcome, status: 201).body.count)
    }
  }

  private static var noticeText: Piece {
    let notice = Samples.bookingNotice
    let size = UInt64(Samples.noticeText.count)
    return Piece("notice_text", "a booking's notice", bytes: Int(size), checksum: size) {
      UInt64(Samples.encoder.text(of: notice).count)
    }
  }

  private static var summary: Piece {
    let size = UInt64(
      Samples.encoder.summary(of: Samples.state, details: Samples.details, at: Samples.moment).snapshot.count)
    return Piece("notice_headline", "the state after a batch", checksum: size) {
      UInt64(
        Samples.encoder.summary(of: Samples.state, details: Samples.details, at: Samples.moment).snapshot
          .count)
    }
  }

  // MARK: A session's messages

  private static var messages: SessionMessages {
    SessionMessages(epoch: "0123456789abcdef", clock: SystemClock(), identifiers: SystemRandom())
  }

  private static var clientMessage: Piece {
    let messages = messages
    let text = Array(#"{"type":"subscribe_event","eventId":3}"#.utf8)
    return Piece("session_decode", "subscribe_event", bytes: text.count, checksum: 3) {
      guard case .subscribe(let event, _, _) = messages.decode(text) else { return 0 }
      return UInt64(event.rawValue)
    }
  }

  /// The first message of each connection, with the machine's clock and random bytes.
  private static var greeting: Piece {
    let messages = messages
    let snapshot = Samples.summary.snapshot
    let event = Samples.state.event
    let size = UInt64(messages.connected(event: event, snapshot: snapshot, recovered: nil).count)
    return Piece("session_welcome", "connection_established", checksum: size) {
      UInt64(messages.connected(event: event, snapshot: snapshot, recovered: nil).count)
    }
  }
}
