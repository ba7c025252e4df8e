// Judges WebSocket upgrades, reads clients' messages and writes the texts that the core sends, as docs/WIRE_PROTOCOL.md
// defines them. Loop threads, several at once; never blocks. Tokens are judged here and stay here: no log line ever has one.
import ControlPlane
import FanoutCore

struct WebSocketHandler: SessionHandler {
  let backend: any BackendPort
  let messages: SessionMessages
  let origins: OriginPolicy
  /// Who may watch events.
  var watch = Watch.authenticated
  /// The numbers for administrators; nil: they are not to be had here.
  var stats: (@Sendable () -> [UInt8]?)?
  /// Answers an upgrade that was judged later.
  var answer: @Sendable (Ticket, HTTPResponse) -> Void = { _, _ in }

  // MARK: Upgrades

  func judge(_ head: HTTPRequestHead, from peer: PeerAddress) -> UpgradeVerdict {
    let request = UpgradeRequest(head)
    let event: EventID?
    if request.target == .elsewhere { return .refuse(Self.nothingHere) }
    // Browsers send `Origin` and let no page lie about it; other clients need none.
    if case .foreign(let origin) = origins.standing(of: head) { return .refuse(OriginPolicy.refusal(origin)) }
    switch request.target {
    case .elsewhere: return .refuse(Self.nothingHere)
    case .malformedEvent: return refuse(request, "Invalid event id")
    case .session: event = nil
    case .event(let id): event = id
    }
    if let fault = request.queryFault { return refuse(request, fault) }
    guard request.token != nil || request.connectionToken != nil else {
      guard watch == .public else { return refuse(request, "Authentication token required") }
      return admission(of: nil, to: event, request)
    }
    if let token = request.connectionToken, backend.redeemsLater { return later(token, event, request) }
    guard let grant = grant(request) else { return refuse(request, Self.invalidToken) }
    return admission(of: grant, to: event, request)
  }

  private static let invalidToken = "Invalid authentication token"

  /// The store knows whether the token is good. Between its answer and the upgrade the user may be logged out.
  private func later(_ token: [UInt8], _ event: EventID?, _ request: UpgradeRequest) -> UpgradeVerdict {
    .later { ticket in
      backend.redeem(token) { redemption in
        answer(
          ticket,
          HTTPResponse(judging: {
            switch redemption {
            case .good(let grant, let isStillGood) where isStillGood():
              admission(of: grant, to: event, request)
            case .good, .bad: refuse(request, Self.invalidToken)
            case .unknown:
              .acceptThenClose(
                .tryAgainLater, reason: "Tokens cannot be looked up now",
                subprotocol: request.chosenSubprotocol)
            }
          }))
      }
    }
  }

  /// Nil: the token is not good. A connection token is used up.
  private func grant(_ request: UpgradeRequest) -> ConnectionGrant? {
    if let token = request.connectionToken { return backend.redeem(token) }
    guard let token = request.token, case .valid(let principal) = backend.verify(token) else { return nil }
    return ConnectionGrant(principal: principal, events: nil)
  }

  /// - Parameter grant: nil: an anonymous viewer.
  private func admission(
    of grant: ConnectionGrant?, to event: EventID?, _ request: UpgradeRequest
  ) -> UpgradeVerdict {
    // As in a message (docs/WIRE_PROTOCOL.md, "Connecting").
    if request.since == .malformed { return refuse(request, "Invalid since") }
    if let event, let events = grant?.events, !events.contains(event) {
      return refuse(request, "Event not allowed")
    }
    let client = grant.map { ClientTag($0.principal) } ?? .anonymous
    let audience = Audience(client)
    var admission = Admission(
      client: client, credential: Credential(key: grant?.principal.key ?? 0),
      subprotocol: request.chosenSubprotocol,
      topic: event.map { TopicID($0, for: audience) }, resume: resume(request),
      expiresAt: grant?.principal.expiresAt.milliseconds,
      topics: (grant?.events).map { events in Set(events.map { TopicID($0, for: audience) }) })
    admission.isPrivileged = grant?.principal.role == .admin
    return .accept(admission)
  }

  private func refuse(_ request: UpgradeRequest, _ reason: String) -> UpgradeVerdict {
    .acceptThenClose(.policyViolation, reason: reason, subprotocol: request.chosenSubprotocol)
  }

  static let nothingHere = Answers.problem(404, "not-found", title: "Not found")

  private func resume(_ request: UpgradeRequest) -> Resume {
    switch request.since {
    case .absent: .none
    case .seq(let seq): resume(since: seq, epoch: request.epoch)
    case .malformed: .impossible
    }
  }

  /// Numbers of another epoch, or of none, say nothing about this one's.
  private func resume(since: UInt64?, epoch: String?) -> Resume {
    guard let since, epoch == backend.epoch else { return .impossible }
    return .after(since)
  }

  // MARK: Messages

  func interpret(_ message: ClientMessage, from client: ClientTag, isPrivileged: Bool) -> ClientIntent {
    guard isPrivileged, let stats, case .text(let text) = message, messages.decode(text) == .stats,
      let numbers = stats()
    else { return interpret(message, from: client) }
    return .reply(.text(messages.stats(numbers)))
  }

  func interpret(_ message: ClientMessage, from client: ClientTag) -> ClientIntent {
    guard case .text(let text) = message else {
      return .close(.unsupportedData, reason: "Text messages only")
    }
    switch messages.decode(text) {
    case .ping: return .ping
    case .stats: return .reply(.text(messages.error(code: "forbidden", message: "Not for this connection")))
    case .refresh(let token): return refresh(token, client)
    case .pace(let perSecond):
      guard let pace = Pace(perSecond) else { preconditionFailure("both planes have the same highest pace") }
      return .pace(pace)
    case .unsubscribe(let event): return .unsubscribe(TopicID(event, for: Audience(client)))
    case .subscribe(let event, nil, _): return .subscribe(TopicID(event, for: Audience(client)), .none)
    case .subscribe(let event, let since, let epoch):
      return .subscribe(TopicID(event, for: Audience(client)), resume(since: since, epoch: epoch))
    case .refused(let code, let message, let event):
      return .reply(.text(messages.error(code: code, message: message, event: event)))
    }
  }

  /// A token that is not good, or somebody else's, leaves the connection as it is.
  private func refresh(_ token: [UInt8], _ client: ClientTag) -> ClientIntent {
    guard case .valid(let principal) = backend.verify(token) else {
      return .reply(.text(messages.error(code: "invalid_token", message: "Invalid authentication token")))
    }
    guard ClientTag(principal) == client else {
      return .reply(.text(messages.error(code: "token_mismatch", message: "Token of another user")))
    }
    let end = principal.expiresAt
    return .renew(
      by: Credential(key: principal.key), expiresAt: end.milliseconds, .text(messages.refreshed(until: end)))
  }

  func text(for message: ServerMessage) -> [UInt8]? {
    switch message {
    case .connected(let topic, let outcome):
      guard let topic, let outcome else {
        return messages.connected(event: nil, snapshot: nil, recovered: nil)
      }
      let (snapshot, recovered) = members(outcome, of: topic)
      return messages.connected(event: EventID(topic), snapshot: snapshot, recovered: recovered)
    case .subscribed(let topic, let outcome):
      let (snapshot, recovered) = members(outcome, of: topic)
      return messages.subscribed(snapshot, recovered: recovered)
    case .unsubscribed(let topic): return messages.unsubscribed(EventID(topic))
    case .notSubscribed(let topic): return error("not_subscribed", "Not subscribed to this event", topic)
    case .unknownTopic(let topic): return error("event_not_found", "Event not found", topic)
    case .tooManySubscriptions(let topic):
      return error("too_many_subscriptions", "Too many subscriptions", topic)
    case .unavailable(let topic): return error("unavailable", "Event not available now, try again", topic)
    case .notAllowed(let topic): return error("not_allowed", "Event not allowed", topic)
    case .pong(let positions): return messages.pong(positions.map { (EventID($0.topic), $0.seq) })
    case .expiring(let end): return messages.expiring(at: Instant(milliseconds: end))
    case .draining(let milliseconds): return messages.draining(reconnectAfterMilliseconds: milliseconds)
    }
  }

  private func error(_ code: String, _ message: String, _ topic: TopicID) -> [UInt8] {
    messages.error(code: code, message: message, event: EventID(topic))
  }

  /// The members of a greeting and whether what was missed follows.
  private func members(_ outcome: ResumeOutcome, of topic: TopicID) -> (snapshot: [UInt8], recovered: Bool?) {
    switch outcome {
    case .atHead(let snapshot, let recovered): (snapshot, recovered)
    case .resumed(let after): (messages.place(behind: after, of: EventID(topic)), true)
    }
  }

  func reason(for code: CloseCode) -> String {
    switch code {
    case .topicNotFound: "event not found"
    case .tokenExpired: "token expired"
    case .serviceRestart: "server restart"
    case .tryAgainLater: "event not available now"
    case .messageTooBig: "message too big"
    case .unsupportedData: "text messages only"
    case .invalidPayload: "invalid UTF-8"
    case .policyViolation: "policy violation"
    case .internalError: "internal error"
    case .protocolError: "protocol error"
    default: ""
    }
  }

  func reason(for limit: AdmissionLimit) -> String {
    switch limit {
    case .connectionsPerClient, .connectionsPerAddress: "Too many connections"
    case .recallsPerClient: "Too many resumes"
    case .requestsPerAddress, .newConnectionsPerAddress, .newConnectionsPerLoop, .messagesPerConnection:
      reason(for: .policyViolation)
    }
  }
}
