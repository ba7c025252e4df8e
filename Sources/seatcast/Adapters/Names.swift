// Identifiers of one plane as those of the other. Every conversion can be undone without loss.
// An event is two topics, one for each audience, because the audiences read different texts: event 7 is topic 7 for
// authenticated viewers and topic -7 for anonymous ones (docs/decisions/0022-two-topics-per-event.md).
import ControlPlane
import FanoutCore

extension TopicID {
  /// - Parameter event: its number is positive.
  init(_ event: EventID, for audience: Audience) {
    self.init(audience == .authenticated ? event.rawValue : -event.rawValue)
  }
}

extension EventID {
  init(_ topic: TopicID) { self.init(Int64(clamping: topic.rawValue.magnitude)) }
}

extension Audience {
  init(_ topic: TopicID) { self = topic.rawValue < 0 ? .anonymous : .authenticated }
  init(_ client: ClientTag) { self = client.isAnonymous ? .anonymous : .authenticated }
}

extension Watcher {
  init(_ loop: LoopID, of topic: TopicID) { self.init(UInt32(loop.rawValue), Audience(topic)) }
}

extension LoopID {
  /// Watchers are made of loops only, so nothing is cut off.
  init(_ watcher: Watcher) { self.init(UInt16(truncatingIfNeeded: watcher.rawValue)) }
}

extension ReplyTicket {
  init(_ ticket: Ticket) {
    self.init(
      high: UInt64(ticket.loop.rawValue) << 32 | UInt64(ticket.slot),
      low: UInt64(ticket.generation) << 32 | UInt64(ticket.request))
  }
}

extension Ticket {
  init(_ ticket: ReplyTicket) {
    self.init(
      loop: LoopID(UInt16(truncatingIfNeeded: ticket.high >> 32)),
      slot: UInt32(truncatingIfNeeded: ticket.high),
      generation: UInt32(truncatingIfNeeded: ticket.low >> 32),
      request: UInt32(truncatingIfNeeded: ticket.low))
  }
}

extension ClientTag {
  init(_ principal: Principal) { self.init(id: principal.connectionKey) }

  /// - Parameter key: `Principal.connectionKey`.
  init(key: UInt64) { self.init(id: key) }
}

extension Credential {
  /// - Parameter key: `Principal.key`.
  init(key: UInt32) { self.init(key) }
}

extension ClientAddress {
  init(_ peer: PeerAddress) { self.init(upper: peer.upper, lower: peer.lower) }
}

extension PeerAddress {
  init(_ client: ClientAddress) { self.init(upper: client.upper, lower: client.lower) }
}
