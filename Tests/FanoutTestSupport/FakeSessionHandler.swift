// A session handler with a small language, so that tests can say in a line what they want to happen.
//   paths     /ws  /ws/5  /ws/5?since=7  /ws/5?since=lost  /ws?expires=1700000001000  /ws?client=9  /ws?only=5
//             /ws?by=3
//             /refused  /doomed  /asked
//   messages  ping | sub 5 | sub 5 since 7 | sub 5 since lost | unsub 5 | echo words | bye 1000 words | until 1700000001000
//             until 1700000001000 by 3
import TestSupport

@testable import FanoutCore

struct FakeSessionHandler: SessionHandler {
  /// Requests that are to be judged later.
  let asked = Guarded<[Ticket]>([])
  /// How many of them may wait.
  var room = 1

  func judge(_ request: HTTPRequestHead, from peer: PeerAddress) -> UpgradeVerdict {
    let path = request.path.split(separator: "/")
    switch path.first {
    case "asked":
      return .later { [asked, room] ticket in
        asked.withLock { asked in
          guard asked.count < room else { return false }
          asked.append(ticket)
          return true
        }
      }
    case "refused": return .refuse(HTTPResponse(status: 403, body: Array("no".utf8)))
    case "doomed":
      return .acceptThenClose(
        .policyViolation, reason: "doomed", subprotocol: request.first("Sec-WebSocket-Protocol"))
    default: break
    }
    var admission = Admission(client: ClientTag(id: 7))
    if path.count == 2 { admission.topic = Int64(path[1]).map { TopicID($0) } }
    for pair in (request.query ?? "").split(separator: "&") {
      let sides = pair.split(separator: "=")
      guard sides.count == 2 else { continue }
      if sides[0] == "since" { admission.resume = Self.resume(sides[1]) }
      if sides[0] == "expires" { admission.expiresAt = Int64(sides[1]) }
      if sides[0] == "only" { admission.topics = Int64(sides[1]).map { [TopicID($0)] } }
      if sides[0] == "by" { admission.credential = Credential(UInt32(sides[1]) ?? 0) }
      if sides[0] == "client" { admission.client = ClientTag(id: UInt64(sides[1]) ?? 0) }
    }
    admission.subprotocol = request.first("Sec-WebSocket-Protocol")
    return .accept(admission)
  }

  func interpret(_ message: ClientMessage, from client: ClientTag) -> ClientIntent {
    guard case .text(let bytes) = message else { return .reply(message) }
    let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
    switch words.first {
    case "ping": return .ping
    case "sub":
      guard words.count > 1, let topic = Int64(words[1]) else { break }
      return .subscribe(TopicID(topic), words.count > 3 ? Self.resume(words[3]) : .none)
    case "unsub":
      guard words.count > 1, let topic = Int64(words[1]) else { break }
      return .unsubscribe(TopicID(topic))
    case "pace":
      guard words.count > 1, let pace = Int(words[1]).flatMap({ Pace($0) }) else { break }
      return .pace(pace)
    case "until":
      guard words.count > 1, let end = Int64(words[1]) else { break }
      let credential = words.count > 3 ? UInt32(words[3]) ?? 0 : 0
      return .renew(by: Credential(credential), expiresAt: end, .text(Array("until \(end)".utf8)))
    case "bye":
      guard words.count > 1, let code = UInt16(words[1]) else { break }
      return .close(CloseCode(code), reason: words.dropFirst(2).joined(separator: " "))
    default: break
    }
    return .reply(message)
  }

  func text(for message: ServerMessage) -> [UInt8]? {
    let text =
      switch message {
      case .connected(let topic, let outcome): "connected\(Self.name(topic))\(Self.name(outcome))"
      case .subscribed(let topic, let outcome): "subscribed\(Self.name(topic))\(Self.name(outcome))"
      case .unsubscribed(let topic): "unsubscribed\(Self.name(topic))"
      case .notSubscribed(let topic): "notSubscribed\(Self.name(topic))"
      case .unknownTopic(let topic): "unknownTopic\(Self.name(topic))"
      case .tooManySubscriptions(let topic): "tooMany\(Self.name(topic))"
      case .unavailable(let topic): "unavailable\(Self.name(topic))"
      case .notAllowed(let topic): "notAllowed\(Self.name(topic))"
      case .pong(let positions):
        positions.reduce("pong") { $0 + " \($1.topic.rawValue):\($1.seq)" }
      case .expiring(let end): "expiring \(end)"
      case .draining(let milliseconds): "draining \(milliseconds)"
      }
    return Array(text.utf8)
  }

  func reason(for code: CloseCode) -> String { "reason \(code.rawValue)" }
  func reason(for limit: AdmissionLimit) -> String { "too many: \(limit)" }

  private static func resume(_ word: Substring) -> Resume { UInt64(word).map(Resume.after) ?? .impossible }

  private static func name(_ topic: TopicID?) -> String { topic.map { " \($0.rawValue)" } ?? "" }

  private static func name(_ outcome: ResumeOutcome?) -> String {
    switch outcome {
    case nil: ""
    case .atHead(let snapshot, let recovered):
      " \(String(decoding: snapshot, as: UTF8.self))"
        + (recovered.map { $0 ? " recovered" : " lost" } ?? "")
    case .resumed(let after): " resumed \(after)"
    }
  }
}
