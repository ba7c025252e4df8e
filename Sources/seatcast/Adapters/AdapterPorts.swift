// What the adapters need of the two planes and nothing more, so that tests can put doubles in their place. The planes
// conform as they are.
import ControlPlane
import FanoutCore

/// What adapters ask of the control plane. Any thread; never blocks.
protocol BackendPort: Sendable {
  /// Changes only when the database is made anew.
  var epoch: String { get }
  /// How many were taken, from the front; fewer when the queue is full.
  func offer(_ requests: [Request]) -> Int
  /// The asker may be gone: its request need not wait for anything.
  func abandon(_ ticket: ReplyTicket)
  func watch(_ event: EventID, by watcher: Watcher) -> Bool
  func unwatch(_ event: EventID, by watcher: Watcher) -> Bool
  func history(
    of event: EventID, for audience: Audience, after: UInt64, through: UInt64, ticket: ReplyTicket
  ) -> Bool
  func verify(_ token: [UInt8]) -> TokenVerdict
  /// What a one-use token for a connection stands for; asking uses it up.
  func redeem(_ connectionToken: [UInt8]) -> ConnectionGrant?
  /// Whether that must be asked of the store, with `redeem(_:then:)`.
  var redeemsLater: Bool { get }
  /// The same for nodes that share their tokens: calls back on another thread.
  /// - Returns: false: too much waits, and nothing is called.
  func redeem(_ connectionToken: [UInt8], then: @escaping @Sendable (Redemption) -> Void) -> Bool
}

/// Where answers go in the data plane. Any thread.
protocol ReplyPort: Sendable {
  func reply(_ replies: [(ticket: Ticket, response: HTTPResponse)])
  func deliver(_ history: History, to ticket: Ticket)
  func withdraw(client id: UInt64, code: CloseCode, reason: String)
  func end(_ credential: Credential, at moment: Int64)
  func tell(client id: UInt64, _ text: [UInt8])
}

/// Where notices go in the data plane. The ledger's thread only.
protocol PublisherPort: Sendable {
  func isWatched(_ topic: TopicID) -> Bool
  func publish(_ updates: [TopicUpdate], committedAt: UInt64)
  func grant(_ topic: TopicID, to loop: LoopID, at summary: TopicSummary?)
  func released(_ topic: TopicID, by loop: LoopID)
  func withdraw(_ topic: TopicID)
}

extension Publisher: PublisherPort {}
