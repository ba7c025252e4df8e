// What the adapters need of the two planes, as narrow as possible, so that each can be tested with a plane of its
// own making. The real planes are these already; see the conformances below.
import ControlPlane
import FanoutCore

/// The control plane's door, as adapters see it. Any thread; never blocks.
protocol BackendPort: Sendable {
  /// Changes only when the database is made anew.
  var epoch: String { get }
  /// False while commits fail or the plane is closing.
  var isReady: Bool { get }
  /// How many were taken, from the front; fewer when the queue is full.
  func offer(_ requests: [Request]) -> Int
  func watch(_ event: EventID, by watcher: Watcher) -> Bool
  func unwatch(_ event: EventID, by watcher: Watcher) -> Bool
  func history(of event: EventID, after: UInt64, through: UInt64, ticket: ReplyTicket) -> Bool
  func verify(_ token: [UInt8]) -> TokenVerdict
}

/// The data plane's door for answers. Any thread.
protocol ReplyPort: Sendable {
  func reply(_ replies: [(ticket: Ticket, response: HTTPResponse)])
  func deliver(_ history: History, to ticket: Ticket)
  func withdraw(client id: UInt64, code: CloseCode, reason: String)
}

/// The data plane's door for notices. The ledger's thread only.
protocol PublisherPort: Sendable {
  func isWatched(_ topic: TopicID) -> Bool
  func publish(_ updates: [TopicUpdate])
  func grant(_ topic: TopicID, to loop: LoopID, at summary: TopicSummary?)
  func released(_ topic: TopicID, by loop: LoopID)
  func withdraw(_ topic: TopicID)
}

extension Publisher: PublisherPort {}
