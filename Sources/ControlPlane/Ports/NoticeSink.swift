/// For whom the text of a notice is made.
public enum Audience: Hashable, Sendable, CaseIterable {
  /// Who has shown a valid token.
  case authenticated
  /// Anybody: their texts never tell which booking and whose.
  case anonymous
}

/// Takes what the ledger announces. `isWatched`, `announce`, `grant`, `released` and `withdraw` are called on the
/// ledger's thread only, and after the commit of what they speak of; so a watcher that is granted at `seq`
/// s hears of s+1, s+2, … and nothing else. Must not block on the control plane.
public protocol NoticeSink: Sendable {
  /// Whether anybody of this audience watches the event: texts that nobody reads are never made.
  func isWatched(_ event: EventID, by audience: Audience) -> Bool
  /// The notices of one committed batch, per event and audience, each event's contiguous and in order.
  /// - Parameter committedAt: by `Clock.nanoseconds`.
  func announce(_ batch: [EventUpdate], committedAt: UInt64)
  /// The answer to `Backend.watch`; nil: there is no such event.
  func grant(_ event: EventID, to watcher: Watcher, at summary: EventSummary?)
  /// The answer to `Backend.unwatch`.
  func released(_ event: EventID, by watcher: Watcher)
  /// The event was deleted; its last notice was announced before. Its watchers lose it, and nobody is granted it again.
  func withdraw(_ event: EventID)
  /// The client was logged out: its connections are to be closed. The ledger's thread.
  /// - Parameter client: `Principal.connectionKey`.
  func withdraw(client: UInt64)
  /// What this key signed ends at this moment: the connections that were opened with it are closed then, if they do not
  /// end earlier. Any thread.
  /// - Parameter key: `Principal.key`.
  func end(key: UInt32, at moment: Instant)
  /// Sends a text to the client's own WebSockets, and to nobody else. The ledger's thread.
  /// - Parameter client: `Principal.connectionKey`.
  func tell(client: UInt64, _ text: [UInt8])
  /// The answer to `Backend.history`; on the recall thread. Empty when they are not to be had.
  func history(
    _ notices: [EncodedNotice], of event: EventID, for audience: Audience, ticket: ReplyTicket)
}

extension NoticeSink {
  /// Whether anybody at all watches the event.
  func isWatched(_ event: EventID) -> Bool {
    isWatched(event, by: .authenticated) || isWatched(event, by: .anonymous)
  }
}

/// Somebody who wants an event's notices in the texts of one audience: a number that only the executable understands.
public struct Watcher: Hashable, Sendable {
  public let rawValue: UInt32
  public let audience: Audience
  public init(_ rawValue: UInt32, _ audience: Audience = .authenticated) {
    (self.rawValue, self.audience) = (rawValue, audience)
  }
}

/// A notice with its finished JSON text (docs/WIRE_PROTOCOL.md), UTF-8 without line breaks.
public struct EncodedNotice: Sendable, Equatable {
  public let seq: UInt64
  public let text: [UInt8]
  public init(seq: UInt64, text: [UInt8]) { (self.seq, self.text) = (seq, text) }
}

/// The state of an event after `seq`, as text.
public struct EventSummary: Sendable, Equatable {
  public let seq: UInt64
  /// The members that greetings carry, without braces:
  /// `"eventId":1,"seq":7,"epoch":"…","status":"on_sale","name":"…",…,"availableSeats":44,"seatCapacity":50,"timestamp":"…"`.
  public let snapshot: [UInt8]
  /// A `seat_update` that stands for missed notices is `before` + decimal `fromSeq` + `after`;
  /// its `toSeq` is `seq`.
  public let before: [UInt8]
  public let after: [UInt8]
  public init(seq: UInt64, snapshot: [UInt8], before: [UInt8], after: [UInt8]) {
    (self.seq, self.snapshot, self.before, self.after) = (seq, snapshot, before, after)
  }
}

public struct EventUpdate: Sendable, Equatable {
  public let event: EventID
  public let audience: Audience
  public let notices: [EncodedNotice]
  public let summary: EventSummary
  public init(
    event: EventID, for audience: Audience = .authenticated, notices: [EncodedNotice], summary: EventSummary
  ) {
    (self.event, self.audience, self.notices, self.summary) = (event, audience, notices, summary)
  }
}
