/// Makes the texts that watchers receive (docs/WIRE_PROTOCOL.md). Called on the ledger's thread and on the recall thread.
protocol NoticeTexts: Sendable {
  /// Each notice as one JSON object, UTF-8 without line breaks: those of one event and batch, in order.
  func encode(_ notices: [Notice], for audience: Audience) -> [EncodedNotice]
  /// What only one user is told, as one JSON object.
  /// - Parameter at: the stamp of the commit.
  func text(of notice: PrivateNotice, at: Instant) -> [UInt8]
  /// The members that tell an event's details. They change rarely and are part of every summary: the ledger keeps them.
  func members(of details: EventDetails) -> [UInt8]
  /// - Parameters:
  ///   - details: from `members(of:)`.
  ///   - at: the stamp of the commit that `state` is true after.
  func summary(of state: EventState, details: [UInt8], at: Instant) -> EventSummary
}

/// Whether other people's booking and user numbers are broadcast.
public enum BroadcastIdentity: String, Sendable, CaseIterable {
  case full
  case none
}
