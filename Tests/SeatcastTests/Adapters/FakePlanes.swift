// Planes for adapter tests: they record what they are told and answer as they were set up.
import ControlPlane
import FanoutCore
import Synchronization
import TestSupport

@testable import seatcast

/// A control plane that takes everything unless it is full.
final class FakeBackend: BackendPort {
  enum Asked: Equatable {
    case watch(EventID, Watcher)
    case unwatch(EventID, Watcher)
    case history(EventID, Audience, after: UInt64, through: UInt64, ReplyTicket)
  }

  private struct State {
    var requests: [Request] = []
    var asked: [Asked] = []
    var tokens: [String] = []
    var abandoned: [ReplyTicket] = []
  }

  let epoch = "e1"
  private let isFull: Bool
  private let principals: [String: Principal]
  /// By connection token.
  private let grants: [String: ConnectionGrant]
  private let state = Mutex(State())

  init(
    isFull: Bool = false, principals: [String: Principal] = [:], grants: [String: ConnectionGrant] = [:],
    redeemsLater: Bool = false
  ) {
    waiting = redeemsLater ? Guarded([]) : nil
    (self.isFull, self.principals, self.grants) = (isFull, principals, grants)
  }

  func redeem(_ connectionToken: [UInt8]) -> ConnectionGrant? {
    grants[String(decoding: connectionToken, as: UTF8.self)]
  }

  /// Nil: tokens are looked up at once. Otherwise those who ask are told when the test says so.
  let waiting: Guarded<[@Sendable (Redemption) -> Void]>?
  var redeemsLater: Bool { waiting != nil }

  func redeem(_ connectionToken: [UInt8], then: @escaping @Sendable (Redemption) -> Void) -> Bool {
    waiting?.withLock { $0.append(then) }
    return !isFull
  }

  var requests: [Request] { state.withLock { $0.requests } }
  var asked: [Asked] { state.withLock { $0.asked } }
  /// Tokens that were to be verified.
  var tokens: [String] { state.withLock { $0.tokens } }

  func offer(_ requests: [Request]) -> Int {
    if isFull { return 0 }
    state.withLock { $0.requests += requests }
    return requests.count
  }

  /// Whose askers may be gone.
  var abandoned: [ReplyTicket] { state.withLock { $0.abandoned } }
  func abandon(_ ticket: ReplyTicket) { state.withLock { $0.abandoned.append(ticket) } }

  func watch(_ event: EventID, by watcher: Watcher) -> Bool { take(.watch(event, watcher)) }
  func unwatch(_ event: EventID, by watcher: Watcher) -> Bool { take(.unwatch(event, watcher)) }
  func history(
    of event: EventID, for audience: Audience, after: UInt64, through: UInt64, ticket: ReplyTicket
  ) -> Bool {
    take(.history(event, audience, after: after, through: through, ticket))
  }

  private func take(_ asked: Asked) -> Bool {
    if isFull { return false }
    state.withLock { $0.asked.append(asked) }
    return true
  }

  func verify(_ bytes: [UInt8]) -> TokenVerdict {
    let token = String(decoding: bytes, as: UTF8.self)
    state.withLock { $0.tokens.append(token) }
    return principals[token].map(TokenVerdict.valid) ?? .invalid
  }
}

/// A data plane that keeps what it is handed.
final class FakeDataPlane: ReplyPort, PublisherPort {
  struct Heard {
    var replies: [(ticket: Ticket, response: HTTPResponse)] = []
    var histories: [(history: History, ticket: Ticket)] = []
    var updates: [[TopicUpdate]] = []
    var grants: [(topic: TopicID, loop: LoopID, summary: TopicSummary?)] = []
    var releases: [(topic: TopicID, loop: LoopID)] = []
    var withdrawals: [TopicID] = []
    var withdrawnClients: [UInt64] = []
    var endedCredentials: [(credential: Credential, moment: Int64)] = []
    var told: [(client: UInt64, text: [UInt8])] = []
  }

  let watched: Set<TopicID>
  private let state = Mutex(Heard())

  init(watched: Set<TopicID> = []) { self.watched = watched }

  var heard: Heard { state.withLock { $0 } }

  func reply(_ replies: [(ticket: Ticket, response: HTTPResponse)]) {
    state.withLock { $0.replies += replies }
  }
  func deliver(_ history: History, to ticket: Ticket) {
    state.withLock { $0.histories.append((history, ticket)) }
  }
  func isWatched(_ topic: TopicID) -> Bool { watched.contains(topic) }
  func publish(_ updates: [TopicUpdate], committedAt: UInt64) {
    state.withLock { $0.updates.append(updates) }
  }
  func grant(_ topic: TopicID, to loop: LoopID, at summary: TopicSummary?) {
    state.withLock { $0.grants.append((topic, loop, summary)) }
  }
  func withdraw(client id: UInt64, code: CloseCode, reason: String) {
    state.withLock { $0.withdrawnClients.append(id) }
  }
  func end(_ credential: Credential, at moment: Int64) {
    state.withLock { $0.endedCredentials.append((credential, moment)) }
  }
  func tell(client id: UInt64, _ text: [UInt8]) { state.withLock { $0.told.append((id, text)) } }
  func withdraw(_ topic: TopicID) { state.withLock { $0.withdrawals.append(topic) } }
  func released(_ topic: TopicID, by loop: LoopID) { state.withLock { $0.releases.append((topic, loop)) } }
}

extension Identity {
  static let seven = Identity(issuer: "seatcast", subject: Subject(7))
  static let eight = Identity(issuer: "seatcast", subject: Subject(8))
}
