// A client of a seatcast server: REST calls and live feeds. Any thread may use it. All its connections are served by one
// thread of its own, which ends with the last of client, handles and iterators.
import Synchronization

/// A client of one server: it logs in, books, and gives live counts of events. Any thread may use it.
public final class SeatcastClient: Sendable {
  /// Waits, attempts and buffers; the defaults suit most programs.
  public struct Options: Sendable {
    /// How long the server may take to accept a connection and to answer a request.
    public var timeout = Duration.seconds(15)
    /// PEM file of the authorities to trust instead of the system's.
    public var authorities: String?
    /// Notices that wait for a slow reader; more are conflated.
    public var noticeBuffer = 256
    /// Notices that the server sends to a live sequence in a second at most, 1 to 60; what it leaves out in between is one
    /// notice. 0: all.
    public var maxPerSecond = 0
    /// How often a booking is tried in all when the connection breaks or the server is busy (429, 503).
    public var attempts = 5

    public init() {}
  }

  /// Where the server is.
  public let server: ServerAddress
  private let options: Options
  private let provider: TokenProvider
  /// Of the last log-in.
  private let session = Mutex<String?>(nil)
  private let network: Network
  private let tls: TLSContext?
  private let pool: HTTPPool

  /// - Parameters:
  ///   - url: like `https://tickets.example`.
  ///   - token: where tokens come from; `logIn` gives one, too.
  ///   - options: waits, attempts and buffers.
  public convenience init(
    _ url: String, token: TokenProvider = .none, options: Options = Options()
  ) throws(ClientError) {
    try self.init(ServerAddress(url), token: token, options: options, network: Network())
  }

  /// - Parameter network: may serve several clients.
  package init(
    _ server: ServerAddress, token: TokenProvider, options: Options, network: Network
  ) throws(ClientError) {
    (self.server, self.options, self.network, provider) = (server, options, network, token)
    tls = server.isSecure ? try TLSContext(authorities: options.authorities) : nil
    pool = HTTPPool(server, network: network, tls: tls, patience: options.timeout)
  }

  /// A client of the same server with another token; the two share thread and trust, and no connection.
  public convenience init(_ other: SeatcastClient, token: TokenProvider) {
    self.init(sharing: other, token: token)
  }

  private init(sharing other: SeatcastClient, token: TokenProvider) {
    (server, options, network, tls) = (other.server, other.options, other.network, other.tls)
    provider = token
    pool = HTTPPool(server, network: network, tls: tls, patience: options.timeout)
  }

  /// What can be done with an event; nothing is asked of the server yet.
  public func event(_ id: Int) -> EventHandle { EventHandle(id: id, client: self) }

  /// Logs in; from now on the client uses the token that it got.
  @discardableResult
  public func logIn(email: String, password: String) async throws -> Session {
    let body = JSONWriter.object { writer in
      writer.member("email", email)
      writer.member("password", password)
    }
    let answer = try await pool.perform(HTTPCall("POST", "/api/auth/login", body: body))
    guard answer.status == 200 else { throw ClientError.refused(Problem(answer)) }
    let session = try Session(answer.body)
    self.session.withLock { $0 = session.token }
    return session
  }

  // MARK: Requests

  private func token(_ need: TokenProvider.Need) async throws -> String? {
    if need == .usual, let token = session.withLock({ $0 }) { return token }
    return try await provider.token(need)
  }

  var access: ServerAccess {
    ServerAccess(
      server: server, network: network, tls: tls, patience: options.timeout,
      maxPerSecond: options.maxPerSecond,
      token: { try await self.token($0) })
  }

  /// Sends a request once, and once more with another token when the first was refused (401).
  package func perform(_ call: HTTPCall) async throws -> HTTPResponseMessage {
    let token = try await token(.usual)
    let answer = try await pool.perform(call.authorized(token))
    guard answer.status == 401, let token,
      let another = try await self.token(.another), another != token
    else { return answer }
    return try await pool.perform(call.authorized(another))
  }

  /// Sends a request that does no harm twice until it is answered otherwise than "later", with growing pauses, and gives
  /// the answer when it is one of success.
  func performPatiently(_ call: HTTPCall) async throws -> HTTPResponseMessage {
    var backoff = Backoff()
    var attempt = 1
    while true {
      var error: ClientError
      do {
        let answer = try await perform(call)
        if answer.status < 300 { return answer }
        error = .refused(Problem(answer))
      } catch let failure as ClientError {
        error = failure
      }
      guard attempt < options.attempts, backoff.allowsAnother(after: error) else { throw error }
      attempt += 1
      try await Task.sleep(for: backoff.next())
    }
  }

  // MARK: Live

  /// Runs the unfiltered feed of an event in the caller's task.
  /// - Parameter tap: gets every message as it came.
  package func runFeed(
    of event: Int, tap: @escaping @Sendable ([UInt8]) -> Void = { _ in },
    _ tell: @escaping @Sendable (FeedEvent) -> Void
  ) async throws {
    var feed = LiveFeed(event: event, access: access, tap: tap, tell: tell)
    try await feed.run()
  }

  func notices(of event: Int) -> LiveSequence<Notice> {
    LiveSequence {
      let buffer = ConflatingBuffer(capacity: self.options.noticeBuffer) { Notice.conflating($0) }
      let filter = Mutex(NoticeFilter())
      return Subscription(buffer) {
        try await self.runFeed(of: event) { told in
          if let notice = filter.withLock({ $0.pass(told, of: event) }) { buffer.write(notice) }
        }
      }
    }
  }

  func snapshots(of event: Int) -> LiveSequence<Snapshot> {
    LiveSequence {
      let buffer = ConflatingBuffer<Snapshot>(capacity: 1) { $0[$0.count - 1] }
      let builder = Mutex(SnapshotBuilder())
      return Subscription(buffer) {
        try await self.runFeed(of: event) { told in
          if let snapshot = builder.withLock({ $0.apply(told, of: event) }) { buffer.write(snapshot) }
        }
      }
    }
  }
}

extension HTTPCall {
  fileprivate func authorized(_ token: String?) -> HTTPCall {
    guard let token else { return self }
    var call = self
    call.fields.append(("Authorization", "Bearer \(token)"))
    return call
  }
}

extension Backoff {
  /// Whether trying again may help; takes over when the server says when.
  mutating func allowsAnother(after error: ClientError) -> Bool {
    switch error {
    case .connection: return true
    case .refused(let problem) where problem.status == 429 || problem.status == 503:
      if let seconds = problem.retryAfter { obey(slot: .seconds(seconds)) }
      return true
    default: return false
    }
  }
}
