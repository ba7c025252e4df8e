// An inbound sink whose answer is written in the path.
//   /small  /size/70000  /later  /stream/5  /stream/5/since/7  /stream/5/expires/1700000001000  /health

import TestSupport

@testable import FanoutCore

final class FakeInbound: InboundSink {
  struct Asked: Sendable {
    let method: String
    let target: String
    let body: [UInt8]
    let peer: PeerAddress
    let ticket: Ticket
  }

  private let received = Guarded<[Asked]>([])
  private let left = Guarded<[Ticket]>([])
  private let handedOver = Guarded<[[Ticket]]>([])
  /// Requests of one turn that are taken; the others are refused.
  private let room: Int
  /// Whether requests have names and their answers are told.
  private let names: Bool
  private let told = Guarded<[AnsweredRequest]>([])

  init(room: Int = .max, names: Bool = false) { (self.room, self.names) = (room, names) }

  /// The requests that were answered.
  var answers: [AnsweredRequest] { told.withLock { $0 } }
  var namesRequests: Bool { names }
  var wantsAnswers: Bool { names }
  func answered(_ request: AnsweredRequest) { told.withLock { $0.append(request) } }

  func named(_ response: HTTPResponse, _ id: RequestID) -> HTTPResponse {
    var response = response
    response.body += Array(" for \(id.text)".utf8)
    return response
  }

  /// Everything below `/later` is one kind, everything else another.
  func kind(of request: HTTPRequestHead) -> Int { request.hasPath(prefix: "/later") ? 1 : 0 }

  /// Every request so far.
  var asked: [Asked] { received.withLock { $0 } }
  /// What was handed over at the end of each turn.
  var turns: [[Ticket]] { handedOver.withLock { $0 } }

  /// Requests whose clients may be gone.
  var abandoned: [Ticket] { left.withLock { $0 } }
  func abandoned(_ ticket: Ticket) { left.withLock { $0.append(ticket) } }

  func take(_ requests: [InboundRequest]) -> Int {
    handedOver.withLock { $0.append(requests.map(\.ticket)) }
    return min(room, requests.count)
  }

  var overloaded: HTTPResponse { HTTPResponse(status: 503, body: Array("overloaded".utf8)) }

  func receive(_ request: HTTPRequest, from peer: PeerAddress, ticket: Ticket) -> InboundDisposition {
    received.withLock {
      $0.append(
        Asked(
          method: request.head.method, target: request.head.target, body: request.body, peer: peer,
          ticket: ticket))
    }
    let words = request.head.path.split(separator: "/")
    switch words.first {
    case "later": return .later
    case "size": return .answer(HTTPResponse(status: 200, body: Self.body(Int(words[1]) ?? 0)))
    case "stream":
      var answer = Self.stream(TopicID(Int64(words[1]) ?? 0), .none)
      if words.count > 3, words[2] == "since" {
        answer.stream?.resume = UInt64(words[3]).map(Resume.after) ?? .impossible
      }
      if words.count > 3, words[2] == "by" {
        answer.stream?.credential = Credential(UInt32(words[3]) ?? 0)
      }
      if words.count > 3, words[2] == "expires" { answer.stream?.expiresAt = Int64(words[3]) }
      return .answer(answer)
    default: return .answer(HTTPResponse(status: 200, body: Array(request.head.target.utf8)))
    }
  }

  func answer(to refusal: RateRefusal) -> HTTPResponse {
    HTTPResponse(status: 429, fields: [("Retry-After", String(refusal.retryAfter))])
  }

  var commonLines: [UInt8] { Array("Common: yes\r\n".utf8) }

  func originLines(for request: HTTPRequestHead) -> [UInt8] {
    Array("For: \(request.first("Origin") ?? "")\r\n".utf8)
  }

  func isPrivileged(_ request: HTTPRequestHead) -> Bool { request.path == "/health" }

  static func body(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(ascii: "a") + UInt8($0 % 23) } }

  static func stream(_ topic: TopicID, _ resume: Resume) -> HTTPResponse {
    HTTPResponse(
      status: 200, fields: [("Content-Type", "text/event-stream")],
      stream: StreamStart(topic: topic, resume: resume, client: ClientTag(id: 1)))
  }
}

/// Keeps what it was told.
final class RecordingObserver: LoopObserver {
  private let told = Guarded<[LoopIncident]>([])
  var incidents: [LoopIncident] { told.withLock { $0 } }
  func observe(_ incident: LoopIncident) { told.withLock { $0.append(incident) } }
}
