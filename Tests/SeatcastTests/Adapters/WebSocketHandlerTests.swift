import ControlPlane
import FanoutCore
import TestSupport
import Testing

@testable import seatcast

@Suite("Upgrade session handler")
struct WebSocketHandlerTests {
  private struct StoppedClock: ControlPlane.Clock {
    var now: Instant { Instant(milliseconds: 0) }
  }

  private struct Zeros: IdentifierSource {
    func randomBytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
  }

  private static let user = Principal(
    identity: .seven, role: .user, expiresAt: Instant(milliseconds: 99_000))

  private let backend = FakeBackend(
    principals: [
      "good": user,
      "boss": Principal(identity: .eight, role: .admin, expiresAt: Instant(milliseconds: 99_000)),
    ],
    grants: [
      "free": ConnectionGrant(principal: user, events: nil),
      "bound": ConnectionGrant(principal: user, events: [EventID(1), EventID(2)]),
    ])

  private static func tag(_ identity: Identity, _ role: Role) -> ClientTag {
    ClientTag(Principal(identity: identity, role: role, expiresAt: Instant(milliseconds: 0)))
  }

  private var sessions: WebSocketHandler {
    WebSocketHandler(
      backend: backend, messages: SessionMessages(epoch: "e1", clock: StoppedClock(), identifiers: Zeros()),
      origins: OriginPolicy(listed: Set([WebOrigin("https://friend.example")].compactMap(\.self))))
  }

  private func judge(_ target: String, _ fields: [(String, String)] = []) -> UpgradeVerdict {
    sessions.judge(
      .make("GET", target, [("Host", "seats.example:3000")] + fields), from: PeerAddress(ipv4: 0x7F00_0001))
  }

  private func refusal(_ verdict: UpgradeVerdict) -> HTTPResponse? {
    if case .refuse(let response) = verdict { response } else { nil }
  }

  private func closed(_ verdict: UpgradeVerdict) -> (code: CloseCode, reason: String)? {
    if case .acceptThenClose(let code, let reason, _) = verdict { (code, reason) } else { nil }
  }

  private func admitted(_ verdict: UpgradeVerdict) -> Admission? {
    if case .accept(let admission) = verdict { admission } else { nil }
  }

  // MARK: Verdicts

  @Test("A good token opens a session without a topic")
  func session() throws {
    let admission = try #require(admitted(judge("/ws?token=good")))
    #expect(admission.topic == nil)
    #expect(admission.subprotocol == nil)
    #expect(admission.resume == .none)
    #expect(admission.client == Self.tag(.seven, .user))
    #expect(admission.expiresAt == 99_000)
  }

  @Test("A refusal chooses the offered subprotocol too, or a browser would never read its reason")
  func refusalWithSubprotocol() {
    let verdict = judge("/ws", [("Sec-WebSocket-Protocol", "seatcast.v1, bearer.wrong")])
    guard case .acceptThenClose(_, _, let subprotocol) = verdict else {
      Issue.record("\(verdict)")
      return
    }
    #expect(subprotocol == "seatcast.v1")
  }

  @Test("A good token and an id open a subscription, admins are known as such")
  func event() throws {
    let admission = try #require(admitted(judge("/ws/events/12?token=boss")))
    #expect(admission.topic == TopicID(12))
    #expect(admission.client == Self.tag(.eight, .admin))
  }

  @Test("Another path is a 404", arguments: ["/", "/ws/event/1", "/api/events"])
  func elsewhere(path: String) throws {
    let answer = try #require(refusal(judge(path + "?token=good")))
    #expect(answer.status == 404)
    #expect(answer.value("Content-Type") == "application/problem+json")
  }

  @Test(
    "A malformed id is closed with 1008 and its reason, whatever the token", arguments: ["", "?token=good"])
  func malformedID(query: String) throws {
    let close = try #require(closed(judge("/ws/events/abc" + query)))
    #expect(close.code == .policyViolation)
    #expect(close.reason == "Invalid event id")
  }

  @Test(
    "A missing token is closed with 1008 and its reason", arguments: ["/ws", "/ws/events/1", "/ws?token="])
  func missingToken(target: String) throws {
    let close = try #require(closed(judge(target)))
    #expect(close.code == .policyViolation)
    #expect(close.reason == "Authentication token required")
    #expect(backend.tokens.isEmpty)
  }

  @Test(
    "A bad token is closed with 1008 and its reason", arguments: ["/ws?token=bad", "/ws/events/1?token=bad"])
  func badToken(target: String) throws {
    let close = try #require(closed(judge(target)))
    #expect(close.code == .policyViolation)
    #expect(close.reason == "Invalid authentication token")
    #expect(!close.reason.contains("bad"))
  }

  @Test("The subprotocol is answered without the token in it, and only when it was offered")
  func subprotocol() throws {
    let offered = judge("/ws", [("Sec-WebSocket-Protocol", "seatcast.v1, bearer.good")])
    #expect(try #require(admitted(offered)).subprotocol == "seatcast.v1")
    let tokenOnly = judge("/ws", [("Sec-WebSocket-Protocol", "bearer.good")])
    #expect(try #require(admitted(tokenOnly)).subprotocol == nil)
  }

  @Test(
    "Our own origin and a listed one are let in, and so is a client that names none",
    arguments: ["http://seats.example:3000", "https://SEATS.example:3000", "https://friend.example"])
  func goodOrigins(origin: String) {
    #expect(admitted(judge("/ws?token=good", [("Origin", origin)])) != nil)
    #expect(admitted(judge("/ws?token=good")) != nil)
  }

  @Test(
    "A foreign origin is a 403 before the upgrade, and its token is not even looked at",
    arguments: [
      "http://seats.example", "http://seats.example:3001", "http://friend.example", "https://evil.example",
      "null", "",
    ])
  func foreignOrigins(origin: String) throws {
    for target in ["/ws?token=good", "/ws/events/abc", "/ws"] {
      let answer = try #require(refusal(judge(target, [("Origin", origin)])))
      #expect(answer.status == 403)
      #expect(answer.value("Content-Type") == "application/problem+json")
      #expect(answer.text.contains("--origins"))
    }
    #expect(backend.tokens.isEmpty)
  }

  @Test("One good origin does not speak for a second one")
  func twoOrigins() {
    let fields = [("Origin", "http://seats.example:3000"), ("Origin", "https://evil.example")]
    #expect(refusal(judge("/ws?token=good", fields))?.status == 403)
  }

  @Test(
    "A malformed since is closed with 1008 and a reason that names it, as a message with one is refused",
    arguments: ["abc", "", "-1", "05", "1.0", "9223372036854775808"])
  func malformedSince(since: String) throws {
    let close = try #require(closed(judge("/ws/events/1?token=good&since=\(since)&epoch=e1")))
    #expect(close.code == .policyViolation)
    #expect(close.reason == "Invalid since")
  }

  @Test("A repeated parameter is closed with 1008 and a reason that names it, before any token is judged")
  func repeatedParameter() throws {
    for target in ["/ws?token=good&token=good", "/ws/events/1?token=good&token=x"] {
      let close = try #require(closed(judge(target)))
      #expect(close.code == .policyViolation)
      #expect(close.reason == "Repeated query parameter token")
    }
    #expect(backend.tokens.isEmpty)
  }

  @Test(
    "A resume is asked by a number and our epoch, and anything else cannot be recovered",
    arguments: [
      ("", Resume.none), ("&epoch=e1", .none), ("&since=5&epoch=e1", .after(5)),
      ("&since=0&epoch=e1", .after(0)),
      ("&since=5&epoch=e2", .impossible), ("&since=5", .impossible),
    ])
  func resume(query: String, expected: Resume) throws {
    #expect(try #require(admitted(judge("/ws/events/1?token=good" + query))).resume == expected)
  }

  @Test("With a public watch no token makes an anonymous viewer, and a bad one is still refused")
  func anonymous() throws {
    var open = sessions
    open.watch = .public
    func verdict(_ target: String) -> UpgradeVerdict {
      open.judge(.make("GET", target, [("Host", "h")]), from: PeerAddress(ipv4: 0x7F00_0001))
    }
    for target in ["/ws/events/3?since=5&epoch=e1", "/ws/events/3?token=&since=5&epoch=e1"] {
      let admission = try #require(admitted(verdict(target)))
      #expect(admission.client == .anonymous && admission.expiresAt == nil)
      #expect(admission.topic == TopicID(-3) && admission.resume == .after(5))
    }
    #expect(admitted(verdict("/ws"))?.topic == nil)
    #expect(admitted(verdict("/ws/events/3?token=good"))?.topic == TopicID(3))
    #expect(closed(verdict("/ws?token=bad"))?.reason == "Invalid authentication token")
    #expect(closed(verdict("/ws/events/3?since=x"))?.reason == "Invalid since")
    func asked(_ text: String) -> ClientIntent {
      open.interpret(.text(Array(text.utf8)), from: .anonymous)
    }
    #expect(asked(#"{"type":"subscribe_event","eventId":3}"#) == .subscribe(TopicID(-3), .none))
    #expect(asked(#"{"type":"unsubscribe_event","eventId":3}"#) == .unsubscribe(TopicID(-3)))
    #expect(
      open.text(for: .unsubscribed(TopicID(-3))).map { String(decoding: $0, as: UTF8.self) }?
        .hasPrefix(#"{"type":"unsubscribed","eventId":3"#) == true)
  }

  @Test("A connection token opens a session as its user, for its events only")
  func connectionTokens() throws {
    let free = try #require(admitted(judge("/ws?connect=free")))
    #expect(free.client == Self.tag(.seven, .user) && free.expiresAt == 99_000 && free.topics == nil)
    let bound = try #require(admitted(judge("/ws/events/1?connect=bound")))
    #expect(bound.topic == TopicID(1) && bound.topics == [TopicID(1), TopicID(2)])
    #expect(
      try #require(closed(judge("/ws/events/3?connect=bound"))) == (.policyViolation, "Event not allowed"))
    for target in ["/ws?connect=x", "/ws?connect=", "/ws?connect=x&token=good"] {
      #expect(
        try #require(closed(judge(target))) == (.policyViolation, "Invalid authentication token"), "\(target)"
      )
    }
    #expect(backend.tokens.isEmpty)
  }

  @Test(
    "A connection token that nodes share is judged when the store has told, and again when the connection begins"
  )
  func sharedConnectionTokens() throws {
    let backend = FakeBackend(redeemsLater: true)
    let answers = Guarded<[(Ticket, HTTPResponse)]>([])
    var sessions = sessions
    sessions = WebSocketHandler(
      backend: backend, messages: sessions.messages, origins: sessions.origins,
      answer: { ticket, response in answers.withLock { $0.append((ticket, response)) } })
    func verdict(_ redemption: Redemption) throws -> UpgradeVerdict {
      let verdict = sessions.judge(
        .make("GET", "/ws/events/1?connect=x", [("Host", "seats.example:3000")]),
        from: PeerAddress(ipv4: 0x7F00_0001))
      guard case .later(let ask) = verdict else { return verdict }
      let ticket = Ticket(loop: LoopID(0), slot: 3, generation: 4, request: 5)
      #expect(ask(ticket))
      guard let tell = backend.waiting?.withLock({ $0.popLast() }) else {
        throw TestFailure("the store was not asked")
      }
      tell(redemption)
      guard let answer = answers.withLock({ $0.popLast() }), let judge = answer.1.judgement else {
        throw TestFailure("there is no answer that judges")
      }
      #expect(answer.0 == ticket)
      return judge()
    }
    let grant = ConnectionGrant(principal: Self.user, events: [EventID(1)])
    let good = try verdict(.good(grant) { true })
    let admitted = admitted(good)
    #expect(
      admitted?.topic == TopicID(1) && admitted?.topics == [TopicID(1)] && admitted?.expiresAt == 99_000)
    for bad in [Redemption.bad, .good(grant) { false }] {
      let refused = try closed(verdict(bad))
      #expect(refused?.0 == .policyViolation && refused?.1 == "Invalid authentication token")
    }
    let unknown = try closed(verdict(.unknown))
    #expect(unknown?.0 == .tryAgainLater)
  }

  // MARK: Messages

  @Test("A new token of the same user renews the connection; any other leaves it as it is")
  func refresh() throws {
    let own = Self.tag(.seven, .user)
    func answer(_ text: String) -> ClientIntent { sessions.interpret(.text(Array(text.utf8)), from: own) }
    guard
      case .renew(Credential(0), 99_000, .text(let text)) = answer(
        #"{"type":"refresh_token","token":"good"}"#)
    else {
      Issue.record("a good token renews")
      return
    }
    #expect(
      String(decoding: text, as: UTF8.self)
        == #"{"type":"token_refreshed","expiresAt":"1970-01-01T00:01:39.000Z","timestamp":"1970-01-01T00:00:00.000Z"}"#
    )
    for (message, code) in [
      (#"{"type":"refresh_token","token":"boss"}"#, "token_mismatch"),
      (#"{"type":"refresh_token","token":"bad"}"#, "invalid_token"),
      (#"{"type":"refresh_token","token":"free"}"#, "invalid_token"),
      (#"{"type":"refresh_token","token":7}"#, "invalid_token"),
      (#"{"type":"refresh_token"}"#, "invalid_token"),
    ] {
      #expect(replied(answer(message))?.contains(#""code":"\#(code)""#) == true, "\(message)")
    }
  }

  private func interpret(_ text: String) -> ClientIntent {
    sessions.interpret(.text(Array(text.utf8)), from: ClientTag(id: 7))
  }

  private func replied(_ intent: ClientIntent) -> String? {
    if case .reply(.text(let bytes)) = intent { String(decoding: bytes, as: UTF8.self) } else { nil }
  }

  @Test("Everybody may ask for a pace, and both planes have the same highest one")
  func pace() throws {
    #expect(Pace.highest == SessionMessages.highestPace)
    #expect(interpret(#"{"type":"set_pace","maxPerSecond":60}"#) == .pace(try #require(Pace(60))))
    let open = sessions.interpret(
      .text(Array(#"{"type":"set_pace","maxPerSecond":1}"#.utf8)), from: .anonymous)
    #expect(open == .pace(try #require(Pace(1))))
    let bad = replied(interpret(#"{"type":"set_pace","maxPerSecond":61}"#))
    #expect(bad?.contains(#""code":"invalid_pace""#) == true)
  }

  @Test("A client's messages become intents")
  func intents() {
    #expect(interpret(#"{"type":"subscribe_event","eventId":3}"#) == .subscribe(TopicID(3), .none))
    #expect(
      interpret(#"{"type":"subscribe_event","eventId":3,"since":4,"epoch":"e1"}"#)
        == .subscribe(TopicID(3), .after(4)))
    #expect(
      interpret(#"{"type":"subscribe_event","eventId":3,"since":4,"epoch":"e0"}"#)
        == .subscribe(TopicID(3), .impossible))
    #expect(
      interpret(#"{"type":"subscribe_event","eventId":3,"since":4}"#) == .subscribe(TopicID(3), .impossible))
    #expect(interpret(#"{"type":"unsubscribe_event","eventId":3}"#) == .unsubscribe(TopicID(3)))
    #expect(interpret(#"{"type":"ping"}"#) == .ping)
  }

  @Test(
    "What is not understood is answered with an error, never with a close",
    arguments: [
      ("", "Invalid message format"), ("{", "Invalid message format"), ("[]", "Invalid message format"),
      (#"{"type":"dance"}"#, "Unknown message type"),
    ])
  func errors(text: String, message: String) {
    let answer = replied(interpret(text))
    #expect(answer?.hasPrefix(#"{"type":"error""#) == true)
    #expect(answer?.contains(#""message":"\#(message)""#) == true)
  }

  @Test("Binary data is refused")
  func binary() {
    #expect(
      sessions.interpret(.binary([1]), from: ClientTag(id: 7))
        == .close(.unsupportedData, reason: "Text messages only"))
  }

  // MARK: Words

  private func words(_ message: ServerMessage) -> String {
    String(decoding: sessions.text(for: message) ?? [], as: UTF8.self)
  }

  @Test("A greeting carries the snapshot it stands at, or the place it resumes behind")
  func greetings() {
    let snapshot = Array(#""eventId":3,"seq":9"#.utf8)
    let fresh = words(.connected(topic: TopicID(3), .atHead(snapshot: snapshot, recovered: nil)))
    #expect(fresh.hasPrefix(#"{"type":"connection_established","clientId":"ws_0_"#))
    #expect(fresh.contains(#""eventId":3,"seq":9"#))
    #expect(!fresh.contains("recovered"))
    #expect(
      words(.subscribed(TopicID(3), .atHead(snapshot: snapshot, recovered: false)))
        == #"{"type":"subscribed","eventId":3,"seq":9,"recovered":false}"#)
    #expect(
      words(.subscribed(TopicID(3), .resumed(after: 5)))
        == #"{"type":"subscribed","eventId":3,"seq":5,"epoch":"e1","timestamp":"1970-01-01T00:00:00.000Z","#
        + #""recovered":true}"#)
    let resumed = words(.connected(topic: TopicID(3), .resumed(after: 5)))
    #expect(resumed.contains(#""eventId":3,"seq":5,"epoch":"e1""#))
    #expect(resumed.contains(#""recovered":true"#))
    let bare = words(.connected(topic: nil, nil))
    #expect(bare.contains("connection_established"))
    #expect(!bare.contains("eventId"))
  }

  @Test(
    "Every refusal of a subscription names its event and a code of its own",
    arguments: [
      (ServerMessage.notSubscribed(TopicID(3)), "not_subscribed"),
      (.unknownTopic(TopicID(3)), "event_not_found"),
      (.tooManySubscriptions(TopicID(3)), "too_many_subscriptions"),
      (.unavailable(TopicID(3)), "unavailable"),
    ])
  func refusals(message: ServerMessage, code: String) {
    let text = words(message)
    #expect(text.hasPrefix(#"{"type":"error""#))
    #expect(text.contains(#""code":"\#(code)""#))
    #expect(text.contains(#""eventId":3"#))
  }

  @Test("Leaving and draining are told")
  func others() {
    #expect(words(.unsubscribed(TopicID(3))).hasPrefix(#"{"type":"unsubscribed","eventId":3"#))
    #expect(words(.draining(reconnectAfterMilliseconds: 250)).contains(#""reconnectAfterMs":250"#))
  }

  @Test("Close frames of the core carry short reasons")
  func reasons() {
    #expect(sessions.reason(for: .topicNotFound) == "event not found")
    #expect(sessions.reason(for: .tokenExpired) == "token expired")
    #expect(sessions.reason(for: .connectionsPerClient) == "Too many connections")
    #expect(sessions.reason(for: .recallsPerClient) == "Too many resumes")
    for limit in AdmissionLimit.allCases { #expect(sessions.reason(for: limit).utf8.count <= 123) }
    for code in UInt16(1000)...5000 { #expect(sessions.reason(for: CloseCode(code)).utf8.count <= 123) }
  }
}
