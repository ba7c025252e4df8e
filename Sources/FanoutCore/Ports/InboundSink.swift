/// Takes complete HTTP requests that are not upgrades. Supplied by the executable. Called on loop threads, several at
/// once; must not block.
public protocol InboundSink: Sendable {
  /// - Returns: `.answer` to answer at once from the loop; `.later` to be handed the request with the others of the turn.
  func receive(_ request: HTTPRequest, from peer: PeerAddress, ticket: Ticket) -> InboundDisposition
  /// The words of a 429 for a request that a limit refused. Called on a loop's thread; must not block.
  func answer(to refusal: RateRefusal) -> HTTPResponse
  /// Whether this request is answered even when descriptors have run short: a health check, or an administrator's.
  /// Called on a loop's thread; must not block.
  func isPrivileged(_ request: HTTPRequestHead) -> Bool
  /// Which kind of request this is, from 0 to `DataPlane.Configuration.requestKinds` - 1: what it is counted as. Called once
  /// per request, on a loop's thread.
  func kind(of request: HTTPRequestHead) -> Int
  /// Whether requests have names: each answer then has `X-Request-Id`. Read once, at start.
  var namesRequests: Bool { get }
  /// The refusal (4xx or 5xx) with the name of its request. Called on a loop's thread.
  func named(_ response: HTTPResponse, _ id: RequestID) -> HTTPResponse
  /// Whether `answered` is to be called. Read once, at start.
  var wantsAnswers: Bool { get }
  /// A request was answered. Called on a loop's thread; must not block.
  func answered(_ request: AnsweredRequest)
  /// The requests of one turn of a loop that `receive` left for later, in order of arrival.
  /// - Returns: how many were taken, from the front. Each of these is answered through `DataPlane.reply` with its
  ///   ticket, exactly once.
  func take(_ requests: [InboundRequest]) -> Int
  /// The client of a request that is not answered yet has ended its direction of the connection, or the connection
  /// broke: whatever only waits need not wait on. It is answered all the same. Called on a loop's thread; must not block.
  func abandoned(_ ticket: Ticket)
  /// The answer to a request that was not taken.
  var overloaded: HTTPResponse { get }
  /// Finished field lines of every answer, also of those that the core gives by itself. Read once, at start.
  var commonLines: [UInt8] { get }
  /// Finished field lines of the answer to this request, whoever gives it. Asked only when the request has an `Origin`
  /// field. Called on a loop's thread, before `receive`; must not block. Of a request that is refused before it is whole,
  /// the fields that had come are there.
  func originLines(for request: HTTPRequestHead) -> [UInt8]
}

extension InboundSink {
  public var commonLines: [UInt8] { [] }
  public func abandoned(_ ticket: Ticket) {}
  public func originLines(for request: HTTPRequestHead) -> [UInt8] { [] }
  public func kind(of request: HTTPRequestHead) -> Int { 0 }
  public var namesRequests: Bool { false }
  public func named(_ response: HTTPResponse, _ id: RequestID) -> HTTPResponse { response }
  public var wantsAnswers: Bool { false }
  public func answered(_ request: AnsweredRequest) {}
}

public enum InboundDisposition: Sendable {
  case later
  case answer(HTTPResponse)
}

/// A request on its way out of a loop.
public struct InboundRequest: Sendable {
  public let request: HTTPRequest
  public let peer: PeerAddress
  public let ticket: Ticket
  public init(request: HTTPRequest, peer: PeerAddress, ticket: Ticket) {
    (self.request, self.peer, self.ticket) = (request, peer, ticket)
  }
}

/// An answer of the executable or of the core itself. The loop adds `Date`, `Content-Length` and `Connection`.
public struct HTTPResponse: Sendable {
  public var status: Int
  /// Finished field lines, each `Name: value` and CRLF; sent as they are. None of them is one that the loop adds.
  public var fieldLines: [UInt8]
  public var body: [UInt8]
  /// Finished lines in place of those that every answer has and of those for the request's origin; nil: these are sent.
  public var commonLines: [UInt8]?
  /// When set, the connection stays open after the head and receives this topic's notices as
  /// `text/event-stream`; `body` must be empty and the fields must not name a length.
  public var stream: StreamStart?
  /// When set, and the request asked for an upgrade that was to be judged later, this is the verdict, and the rest of the answer
  /// counts for nothing. Asked on the loop's thread when the upgrade is made; must not block, and not be `later`.
  public var judgement: (@Sendable () -> UpgradeVerdict)?
  /// Whether one of the fields is `Upgrade`, which `Connection` must then name.
  public var offersUpgrade = false

  /// - Parameter fieldLines: valid lines; nothing in them is checked.
  public init(status: Int, fieldLines: [UInt8], body: [UInt8] = [], stream: StreamStart? = nil) {
    (self.status, self.fieldLines, self.body, self.stream) = (status, fieldLines, body, stream)
  }

  /// To a request for an upgrade.
  public init(judging judgement: @escaping @Sendable () -> UpgradeVerdict) {
    self.init(status: 503, fieldLines: [])
    self.judgement = judgement
  }

  /// - Parameter fields: one that could split the answer, or that is the loop's own, is left out.
  public init(
    status: Int, fields: [(name: String, value: String)] = [], body: [UInt8] = [], stream: StreamStart? = nil
  ) {
    self.init(status: status, fieldLines: [], body: body, stream: stream)
    for field in fields where HTTPFieldLine.append(field.name, field.value, to: &fieldLines) {
      offersUpgrade = offersUpgrade || field.name.lowercased() == "upgrade"
    }
  }
}

/// What a connection that turns into an event stream is subscribed to.
public struct StreamStart: Sendable {
  public var topic: TopicID
  public var resume: Resume
  public var client: ClientTag
  /// By what it was admitted.
  public var credential: Credential
  /// Wall clock, milliseconds since 1970, at which the stream ends; nil: never.
  public var expiresAt: Int64?
  /// Why the stream must end at once, with 4001; nil: it goes on. Asked on the loop's thread when the stream starts,
  /// because `DataPlane.withdraw(client:)` does not find a stream that has not started; must not block.
  public var refusal: @Sendable () -> String?
  public init(
    topic: TopicID, resume: Resume, client: ClientTag, credential: Credential = .none,
    expiresAt: Int64? = nil, refusal: @escaping @Sendable () -> String? = { nil }
  ) {
    (self.topic, self.resume, self.client) = (topic, resume, client)
    (self.credential, self.expiresAt, self.refusal) = (credential, expiresAt, refusal)
  }
}
