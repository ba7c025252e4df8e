// A text for all subscribers of a topic that stands outside of the topic's order: it has no `seq`, the newest replaces
// those before it, and nothing waits for a subscriber that is blocked. Encoded once; immutable.

/// One text for the subscribers of one topic.
public struct TopicText: Sendable {
  public let topic: TopicID
  private let webSocket: [UInt8]
  private let eventStream: [UInt8]

  /// - Parameter text: UTF-8, without line breaks.
  public init(topic: TopicID, text: [UInt8]) {
    self.topic = topic
    var (frame, event): ([UInt8], [UInt8]) = ([], [])
    Dialect.webSocket.append(text, seq: nil, to: &frame)
    Dialect.eventStream.append(text, seq: nil, to: &event)
    (webSocket, eventStream) = (frame, event)
  }

  /// The text as it is put on the wire of a subscriber.
  func bytes(for dialect: Dialect) -> [UInt8] { dialect == .eventStream ? eventStream : webSocket }
}

/// The newest text of a topic, as its loop keeps it. A box, because most topics have none. One loop's thread.
final class StandingText {
  let text: TopicText
  /// When everybody had their turn, in the loop's milliseconds; nil: that is to come.
  var sentAt: UInt64?

  init(_ text: TopicText) { self.text = text }
}

/// How many subscribe to a topic on one loop.
public struct SubscriberCount: Sendable, Equatable {
  public var subscribers: Int
  /// Whether the loop has no text of the topic that it could tell a new subscriber.
  public var isUntold: Bool

  public init(_ subscribers: Int, isUntold: Bool = false) {
    (self.subscribers, self.isUntold) = (subscribers, isUntold)
  }

  /// What became of it since.
  func followed(by later: SubscriberCount) -> SubscriberCount {
    SubscriberCount(later.subscribers, isUntold: isUntold || later.isUntold)
  }
}
