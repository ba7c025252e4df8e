// A question to all loops about some topics, for whoever looks into a running server. Loops answer it between two turns, each
// for itself; the asker waits for a bounded time and takes what is there. Any thread.
import Synchronization

/// What one loop tells of a topic.
public struct TopicReport: Sendable, Equatable {
  public var topic: TopicID
  public var subscribers = 0
  /// Of the subscribers, those that are not at the head.
  public var behind = 0
  /// Groups of subscribers that have a member, in both dialects.
  public var cohorts = 0
  /// The newest `seq` that the loop has.
  public var head: UInt64 = 0
  /// Of all cohorts with members, what the one furthest behind was sent last, and the one furthest ahead; nil: none has.
  public var oldest: UInt64?
  public var newest: UInt64?
  public var logFrames = 0
  public var logBytes = 0
  /// Messages that stood for several missed ones, since the loop holds the topic.
  public var conflations = 0
}

/// The answer of one loop.
public struct LoopReport: Sendable, Equatable {
  public let loop: Int
  /// The topics that it holds, of those that were asked about; nil: it did not answer in time.
  public let topics: [TopicReport]?
}

/// A question under way.
final class Inspection: Sendable {
  let topics: [TopicID]
  private let answers: Mutex<[[TopicReport]?]>

  init(_ topics: [TopicID], loops: Int) {
    self.topics = topics
    answers = Mutex(Array(repeating: nil, count: loops))
  }

  /// Once per loop.
  func answer(_ loop: LoopID, _ reports: [TopicReport]) {
    answers.withLock { $0[Int(loop.rawValue)] = reports }
  }

  var isAnswered: Bool { answers.withLock { $0.allSatisfy { $0 != nil } } }

  var reports: [LoopReport] {
    answers.withLock { $0.enumerated().map { LoopReport(loop: $0.offset, topics: $0.element) } }
  }
}
