// The tables by which nodes know of each other: who there is, how they are, and who watches what through which.

/// One thread's own connection to them.
protocol NodeBoard: AnyObject {
  /// Takes the node's name for this process until its session ends.
  /// - Returns: false: another process has it.
  func take(_ name: String) throws(StoreFailure) -> Bool
  /// Writes this node's row and what has changed of its interest, forgets nodes that are gone, and tells what there is. One
  /// transaction.
  func beat(_ node: NodeReport, _ interest: InterestChange) throws(StoreFailure) -> NodeTable
  /// The node stops: its row and its interest go.
  func leave(_ name: String) throws(StoreFailure)
}

/// What is to be written of the events that somebody watches here.
struct InterestChange: Sendable, Equatable {
  /// Whether `watched` is all there is; otherwise it is what came.
  var isWhole = false
  var watched: [EventID] = []
  var unwatched: [EventID] = []
  /// How many watch those of `watched` where it is known that somebody does.
  var viewers: [EventID: Int] = [:]
  /// Whether to tell how many watch through other nodes.
  var asksOthers = false
}

struct NodeTable: Sendable, Equatable {
  /// By the database's clock.
  var now: Instant
  /// In order of their names.
  var nodes: [NodeReport]
  /// How many watch through other nodes, of events that somebody watches through this one.
  var viewersElsewhere: [EventID: Int] = [:]
}

/// A node, as it describes itself.
struct NodeReport: Sendable, Equatable {
  var name: String
  /// Where it serves; empty: that is not known yet.
  var address = ""
  var version = ""
  var startedAt = Instant(milliseconds: 0)
  /// By the database's clock, which sets it.
  var seenAt = Instant(milliseconds: 0)
  var facts = NodeFacts()
}

/// How a node is.
struct NodeFacts: Sendable, Equatable {
  /// WebSockets and event streams.
  var connections: UInt64 = 0
  var subscriptions: UInt64 = 0
  /// Bookings since it started, and in the last second.
  var bookings: UInt64 = 0
  var bookingsPerSecond: UInt64 = 0
  /// Milliseconds from others' last commit to its announcement here.
  var lag: Int64 = 0
  /// Whether messages of other nodes come by the bus; nil: there is none.
  var busIsConnected: Bool?
  /// Whether it does for all what is done by the clock.
  var leads = false
  /// By how many milliseconds its own clock is behind the database's.
  var clockOffset: Int64 = 0
  /// What signs its tokens (`kid`).
  var key = ""
}
