// What the adapters need of the two halls, as narrow as possible, so that each can be tested with a hall of its
// own making. The real halls are these already; see the conformances below.
import ControlPlane
import FanoutCore

/// The control hall's door, as adapters see it. Any thread; never blocks.
protocol ControlDoor: Sendable {
  /// Changes only when the database is made anew.
  var epoch: String { get }
  /// False while commits fail or the hall is closing.
  var isReady: Bool { get }
  /// False: the queue is full.
  func offer(_ request: Request) -> Bool
  func watch(_ event: EventID, by watcher: Watcher) -> Bool
  func unwatch(_ event: EventID, by watcher: Watcher) -> Bool
  func history(of event: EventID, after: UInt64, through: UInt64, ticket: ReplyTicket) -> Bool
  func verify(_ token: String) -> TokenVerdict
}

/// The data hall's door for answers. Any thread.
protocol ReplyDoor: Sendable {
  func reply(_ replies: [(ticket: Ticket, response: HTTPResponse)])
  func deliver(_ history: History, to ticket: Ticket)
}

/// The data hall's door for notices. The ledger's thread only.
protocol BroadcastDoor: Sendable {
  func isWatched(_ topic: TopicID) -> Bool
  func publish(_ news: [TopicNews])
  func grant(_ topic: TopicID, to loop: LoopID, at headline: Headline?)
  func released(_ topic: TopicID, by loop: LoopID)
}

extension Broadcaster: BroadcastDoor {}
