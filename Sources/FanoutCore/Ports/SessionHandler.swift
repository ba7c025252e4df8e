/// Judges upgrades and gives meaning to what WebSocket clients say. Supplied by the executable; the core
/// knows neither tokens nor JSON. All calls come from loop threads, several at once; none may block.
public protocol SessionHandler: Sendable {
  /// Judges a request that asks for an upgrade to WebSocket and is well-formed (RFC 6455, section 4.2.1).
  func judge(_ request: HTTPRequestHead, from peer: PeerAddress) -> UpgradeVerdict
  /// What one whole message of a client asks for.
  func interpret(_ message: ClientMessage, from client: ClientTag) -> ClientIntent
  /// The same for a client whose admission was privileged, or not. By default that makes no difference.
  func interpret(_ message: ClientMessage, from client: ClientTag, isPrivileged: Bool) -> ClientIntent
  /// The text to send to a client about its session; nil: nothing is sent.
  /// For an event stream the text becomes one `data:` line.
  func text(for message: ServerMessage) -> [UInt8]?
  /// The reason that stands in a close frame with this code when the core closes by itself.
  func reason(for code: CloseCode) -> String
  /// The reason in a close frame (1008), or of the end of an event stream, when this limit ends it.
  func reason(for limit: AdmissionLimit) -> String
}

extension SessionHandler {
  public func interpret(
    _ message: ClientMessage, from client: ClientTag, isPrivileged: Bool
  ) -> ClientIntent {
    interpret(message, from: client)
  }
}

public enum UpgradeVerdict: Sendable {
  /// Answer with HTTP and do not upgrade.
  case refuse(HTTPResponse)
  /// Upgrade (101), then close at once with this code and reason. The subprotocol is answered as for an admission:
  /// a browser that offered some and is answered none breaks off before it reads the reason.
  case acceptThenClose(CloseCode, reason: String, subprotocol: String?)
  case accept(Admission)
  /// Judged by somebody who may have to wait: is called once with the way back, to which `HTTPResponse.judgement` is the answer.
  /// False: too much waits, and `InboundSink.overloaded` is answered.
  case later(@Sendable (Ticket) -> Bool)
}

/// What an accepted client may do and what it asked for in its URL.
public struct Admission: Sendable {
  public var client: ClientTag
  /// By what it was admitted.
  public var credential: Credential
  /// The `Sec-WebSocket-Protocol` to answer with, when one was offered and chosen.
  public var subprotocol: String?
  /// Subscribed at once when present. Refused by the topic source: close 4404.
  public var topic: TopicID?
  public var resume: Resume
  /// Wall clock, milliseconds since 1970, at which the admission ends (close 4001); nil: never.
  public var expiresAt: Int64?
  /// The only topics that the client may subscribe to; nil: all.
  public var topics: Set<TopicID>?
  /// Handed back with each message of the client; the core gives it no meaning.
  public var isPrivileged = false
  public init(
    client: ClientTag, credential: Credential = .none, subprotocol: String? = nil, topic: TopicID? = nil,
    resume: Resume = .none,
    expiresAt: Int64? = nil, topics: Set<TopicID>? = nil
  ) {
    self.client = client
    self.credential = credential
    self.subprotocol = subprotocol
    self.topic = topic
    self.resume = resume
    self.expiresAt = expiresAt
    self.topics = topics
  }
}

/// Where a subscriber wants to go on from.
public enum Resume: Sendable, Equatable {
  /// Nothing asked: start at the newest state.
  case none
  /// Everything after this `seq`.
  case after(UInt64)
  /// Asked, but of another epoch: start at the newest state and say that it was not recovered.
  case impossible
}

public enum ClientMessage: Sendable, Equatable {
  case text([UInt8])
  case binary([UInt8])
}

public enum ClientIntent: Sendable, Equatable {
  /// Send this back as it is.
  case reply(ClientMessage)
  case subscribe(TopicID, Resume)
  case unsubscribe(TopicID)
  /// From now on at most so many messages per topic and second. Nothing is answered.
  case pace(Pace)
  /// Answer with `ServerMessage.pong`.
  case ping
  /// The admission is by this credential and ends at this moment instead (`Admission.expiresAt`); then send this back.
  case renew(by: Credential, expiresAt: Int64, ClientMessage)
  case close(CloseCode, reason: String)
}

/// The moments at which the core needs words from the executable.
public enum ServerMessage: Sendable, Equatable {
  /// The first message of a connection. Both are nil when no topic was asked for.
  case connected(topic: TopicID?, ResumeOutcome?)
  case subscribed(TopicID, ResumeOutcome)
  case unsubscribed(TopicID)
  case notSubscribed(TopicID)
  case unknownTopic(TopicID)
  case tooManySubscriptions(TopicID)
  /// The topic could not be opened now.
  case unavailable(TopicID)
  /// The topic is not one of those of the admission.
  case notAllowed(TopicID)
  /// The answer to a ping: what the connection was sent of each of its topics before it, in the order in which they were
  /// subscribed.
  case pong([TopicPosition])
  /// The admission ends soon, at this wall-clock time in milliseconds since 1970.
  case expiring(at: Int64)
  /// The server is about to close the connection for a restart.
  case draining(reconnectAfterMilliseconds: Int)
}

/// How far a connection has been sent a topic.
public struct TopicPosition: Sendable, Equatable {
  public let topic: TopicID
  /// The last `seq`, that of the greeting included.
  public let seq: UInt64
  public init(topic: TopicID, seq: UInt64) { (self.topic, self.seq) = (topic, seq) }
}

/// Where a new subscriber stands in its topic.
public enum ResumeOutcome: Sendable, Equatable {
  /// At the head, whose state is `TopicSummary.snapshot`. `recovered` is false when a resume was asked but what
  /// was missed is not to be had, nil when none was asked.
  case atHead(snapshot: [UInt8], recovered: Bool?)
  /// Behind the given `seq`: exactly the notices after it follow, in order.
  case resumed(after: UInt64)
}
