// A whole control plane on the test's own thread, and a client that talks to it as the executable does.
import FoundationEssentials
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

final class APIFixture {
  let backend: Backend
  let clock = StillClock(milliseconds: 1_731_321_000_000)
  let incidents = IncidentList()
  private let replies = CollectedReplies()
  private let folder: String
  private var nextTicket: UInt64 = 0
  /// Who sends the next requests.
  var client = ClientAddress.unspecified

  /// A fresh plane with the admin `admin@example.org`, password `admin password`.
  init(
    limits: AdmissionLimits = AdmissionLimits(), insight: (any ServerInsight)? = nil,
    _ change: (inout Backend.Configuration) -> Void = { _ in }
  ) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "seatcast-\(UUID().uuidString)").path
    var configuration = Backend.Configuration(dataFolder: folder)
    configuration.secret = TokenForge.secretBytes
    configuration.passwordCost = .insecureTest
    configuration.limits = limits
    change(&configuration)
    backend = try Backend.open(
      configuration, notices: IgnoringSink(), replies: replies, observer: incidents, clock: clock,
      insight: insight, threads: .inline)
    _ = try backend.ensureAdmin(email: "admin@example.org", password: "admin password")
  }

  deinit {
    backend.close()
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Sends a request, lets the plane work until it is idle, and gives the one answer.
  func send(
    _ method: String, _ target: String, _ body: String? = nil, token: String? = nil,
    fields: [Request.Field] = []
  ) throws -> Reply {
    let ticket = try offer(method, target, body, token: token, fields: fields)
    while backend.pump() {}
    let answers = replies.take(ticket)
    #expect(answers.count == 1, "\(method) \(target) is answered once")
    let answer = try #require(answers.first)
    for fault in Self.contract.faults(method, target, HTTPAnswer(answer)) {
      Issue.record(Comment(rawValue: fault))
    }
    return answer
  }

  /// Sends a request and lets the plane work until it is idle; the answer may come later.
  func ask(_ method: String, _ target: String, token: String? = nil) throws -> ReplyTicket {
    let ticket = try offer(method, target, nil, token: token, fields: [])
    while backend.pump() {}
    return ticket
  }

  /// The answer to `ask`, once; nil: there is none yet.
  func answer(_ ticket: ReplyTicket) throws -> Reply? {
    while backend.pump() {}
    let answers = replies.take(ticket)
    #expect(answers.count <= 1)
    return answers.first
  }

  /// What is said of each answer in `/openapi.json`.
  private static let contract: APIContract = {
    guard let document = try? JSON(parsing: OpenAPI(version: "test").document) else {
      preconditionFailure("the description of the API is JSON")
    }
    return APIContract(document)
  }()

  /// Only queues the request.
  private func offer(
    _ method: String, _ target: String, _ body: String?, token: String?, fields: [Request.Field]
  ) throws -> ReplyTicket {
    nextTicket += 1
    let parts = target.split(separator: "?", maxSplits: 1)
    var fields = fields
    if let token { fields.append(.init(name: "authorization", value: "Bearer \(token)")) }
    if body != nil, !fields.contains(where: { $0.name == "content-type" }) {
      fields.append(.init(name: "content-type", value: "application/json"))
    }
    let ticket = ReplyTicket(high: nextTicket, low: 7)
    let request = Request(
      method: method, path: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : nil,
      fields: fields, body: Array((body ?? "").utf8), client: client, ticket: ticket)
    try #require(backend.offer(request))
    return ticket
  }

  // MARK: People and things that tests need

  func token(_ email: String, _ password: String) throws -> String {
    let reply = try send(
      "POST", "/api/auth/login", #"{"email":"\#(email)","password":"\#(password)"}"#)
    return try reply.text("token")
  }

  func adminToken() throws -> String { try token("admin@example.org", "admin password") }

  /// A token of a local account that nobody logs in for. The fixture's admin is user 1.
  func mint(role: String, user: UInt64) throws -> String {
    let exp = clock.now.milliseconds / 1_000 + 86_400
    return TokenForge.sign(
      payload: #"{"iss":"seatcast","sub":"\#(user)","role":"\#(role)","iat":\#(exp - 86_400),"exp":\#(exp)}"#)
  }

  /// A new user's token.
  func userToken(_ name: String = "ann") throws -> String {
    let reply = try send(
      "POST", "/api/auth/register",
      #"{"email":"\#(name)@example.org","password":"password of \#(name)","name":"\#(name)"}"#)
    return try reply.text("token")
  }

  /// A new event's number.
  func event(_ members: String = #""seatCapacity":50"#) throws -> Int64 {
    let reply = try send(
      "POST", "/api/events", #"{"name":"Concert",\#(members)}"#, token: adminToken())
    return try reply.number("id")
  }

  func book(
    _ event: Int64, quantity: Int = 1, token: String, key: String? = nil
  ) throws -> Reply {
    let fields = key.map { [Request.Field(name: "idempotency-key", value: $0)] } ?? []
    return try send(
      "POST", "/api/bookings", #"{"eventId":\#(event),"quantity":\#(quantity)}"#, token: token,
      fields: fields)
  }
}

extension HTTPAnswer {
  init(_ reply: Reply) {
    self.init(
      status: reply.status, reason: "", fields: reply.fields.map { ($0.name, $0.value) }, body: reply.body)
  }
}

extension Reply {
  var json: JSONValue {
    get throws { try StrictJSON.parse(body) }
  }

  func member(_ name: String) throws -> JSONValue { try #require(try json.members?[name]) }
  func text(_ name: String) throws -> String { try #require(try member(name).text) }
  func number(_ name: String) throws -> Int64 { try #require(try member(name).whole) }

  /// The items of a page.
  var items: [JSONValue] {
    get throws {
      guard case .array(let items) = try member("items") else { return [] }
      return items
    }
  }
}

private final class CollectedReplies: ReplySink {
  private let replies = Mutex<[ReplyTicket: [Reply]]>([:])

  func deliver(_ replies: [(ticket: ReplyTicket, reply: Reply)]) {
    self.replies.withLock { basket in
      for (ticket, reply) in replies { basket[ticket, default: []].append(reply) }
    }
  }

  func take(_ ticket: ReplyTicket) -> [Reply] { replies.withLock { $0.removeValue(forKey: ticket) ?? [] } }
}

/// Nobody watches.
private struct IgnoringSink: NoticeSink {
  func withdraw(_ event: EventID) {}
  func withdraw(client: UInt64) {}
  func end(key: UInt32, at moment: Instant) {}
  func tell(client: UInt64, _ text: [UInt8]) {}
  func isWatched(_ event: EventID, by audience: Audience) -> Bool { false }
  func announce(_ batch: [EventUpdate], committedAt: UInt64) {}
  func grant(_ event: EventID, to watcher: Watcher, at summary: EventSummary?) {}
  func released(_ event: EventID, by watcher: Watcher) {}
  func history(_ notices: [EncodedNotice], of event: EventID, for audience: Audience, ticket: ReplyTicket) {}
}
