/// One notice as the control plane hands it over: its place in the topic and its finished text.
public struct Notice: Sendable, Equatable {
  /// Counts from 1 per topic, without gaps.
  public let seq: UInt64
  /// UTF-8, without line breaks (it must fit one `data:` line of an event stream).
  public let text: [UInt8]
  public init(seq: UInt64, text: [UInt8]) { (self.seq, self.text) = (seq, text) }
}

/// The newest state of a topic, as opaque text.
public struct TopicSummary: Sendable, Equatable {
  /// The `seq` whose state this is.
  public let seq: UInt64
  /// Handed back to the session handler in `ServerMessage.subscribed` and `.connected`.
  public let snapshot: [UInt8]
  /// One message that stands for all missed notices is `before` + the first missed `seq` in decimal + `after`.
  public let before: [UInt8]
  public let after: [UInt8]
  public init(seq: UInt64, snapshot: [UInt8], before: [UInt8], after: [UInt8]) {
    (self.seq, self.snapshot, self.before, self.after) = (seq, snapshot, before, after)
  }
}

/// What happened to one topic in one batch: its notices, contiguous and in order, and the state after the last.
public struct TopicUpdate: Sendable, Equatable {
  public let topic: TopicID
  public let notices: [Notice]
  public let summary: TopicSummary
  public init(topic: TopicID, notices: [Notice], summary: TopicSummary) {
    (self.topic, self.notices, self.summary) = (topic, notices, summary)
  }
}

/// The answer to `TopicSource.history`. Empty when the notices are not to be had.
public struct History: Sendable, Equatable {
  public let topic: TopicID
  public let notices: [Notice]
  public init(topic: TopicID, notices: [Notice]) { (self.topic, self.notices) = (topic, notices) }
}
