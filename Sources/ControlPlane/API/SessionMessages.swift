// What is said on a WebSocket besides notices, as docs/WIRE_PROTOCOL.md has it: clients' messages read, and the
// answers written. Pure but for the clock; on the caller's thread, never blocks.

/// What a client's message asks for.
public enum ClientRequest: Sendable, Equatable {
  /// `since`: the last `seq` that the client has, of `epoch`, when it wants to resume.
  case subscribe(EventID, since: UInt64?, epoch: String?)
  case unsubscribe(EventID)
  case ping
  /// The numbers of the server.
  case stats
  /// The connection is to live as long as this token does.
  case refresh(token: [UInt8])
  /// At most so many messages with a `seq` per event and second; 0: all.
  case pace(maxPerSecond: Int)
  /// Not to be acted upon; to be answered with `SessionMessages.error`.
  case refused(code: String, message: String, event: EventID?)
}

public struct SessionMessages: Sendable {
  private let epoch: String
  private let clock: any Clock
  private let identifiers: any IdentifierSource

  /// `epoch`: the control plane's (`Backend.epoch`), named in greetings that carry no snapshot.
  public init(epoch: String, clock: any Clock, identifiers: any IdentifierSource) {
    (self.epoch, self.clock, self.identifiers) = (epoch, clock, identifiers)
  }

  // MARK: Reading

  /// Never fails: what cannot be understood is `refused`, with the words for the client.
  public func decode(_ text: [UInt8]) -> ClientRequest {
    guard let members = try? StrictJSON.parse(text).members else {
      return .refused(code: "invalid_format", message: "Invalid message format", event: nil)
    }
    switch members["type"]?.text {
    case "ping": return .ping
    case "get_stats": return .stats
    case "refresh_token":
      guard let token = members["token"]?.text else { return Self.invalidToken }
      return .refresh(token: Array(token.utf8))
    case "set_pace":
      guard let number = members["maxPerSecond"]?.whole, let pace = Int(exactly: number),
        (0...Self.highestPace).contains(pace)
      else { return Self.invalidPace }
      return .pace(maxPerSecond: pace)
    case "subscribe_event": return withEvent(members) { subscription(to: $0, members) }
    case "unsubscribe_event": return withEvent(members) { .unsubscribe($0) }
    default: return .refused(code: "unknown_type", message: "Unknown message type", event: nil)
    }
  }

  private static let invalidToken = ClientRequest.refused(
    code: "invalid_token", message: "Invalid authentication token", event: nil)

  /// The highest `maxPerSecond` of a `set_pace`.
  public static let highestPace = 60
  public static let invalidPace = ClientRequest.refused(
    code: "invalid_pace", message: "Invalid maxPerSecond", event: nil)

  private func withEvent(
    _ members: [String: JSONValue], _ request: (EventID) -> ClientRequest
  ) -> ClientRequest {
    guard let id = members["eventId"]?.whole, id > 0 else {
      return .refused(code: "invalid_event_id", message: "Invalid event id", event: nil)
    }
    return request(EventID(id))
  }

  private func subscription(to event: EventID, _ members: [String: JSONValue]) -> ClientRequest {
    var since: UInt64?
    if let value = members["since"], value != .null {
      guard let number = value.whole, let seq = UInt64(exactly: number) else {
        return .refused(code: "invalid_since", message: "Invalid since", event: event)
      }
      since = seq
    }
    var epoch: String?
    if let value = members["epoch"], value != .null {
      guard let text = value.text else {
        return .refused(code: "invalid_epoch", message: "Invalid epoch", event: event)
      }
      epoch = text
    }
    return .subscribe(event, since: since, epoch: epoch)
  }

  // MARK: Writing

  /// The first message of a connection. `snapshot` is `EventSummary.snapshot` and brings `eventId` and its
  /// `timestamp`; `recovered` is nil when no resume was asked.
  public func connected(event: EventID?, snapshot: [UInt8]?, recovered: Bool?) -> [UInt8] {
    JSONWriter.object { writer in
      writer.member("type", "connection_established")
      writer.member("clientId", clientID())
      if let snapshot {
        writer.members(verbatim: snapshot)
      } else {
        if let event { writer.member("eventId", event.rawValue) }
        writer.member("epoch", epoch)
        writer.member("timestamp", clock.now)
      }
      if let recovered { writer.member("recovered", recovered) }
    }
  }

  public func subscribed(_ snapshot: [UInt8], recovered: Bool?) -> [UInt8] {
    JSONWriter.object { writer in
      writer.member("type", "subscribed")
      writer.members(verbatim: snapshot)
      if let recovered { writer.member("recovered", recovered) }
    }
  }

  /// The members of a greeting, as `EventSummary.snapshot` but for somebody who stands behind `seq`: the notices
  /// that follow bring the counts, so there are none.
  public func place(behind seq: UInt64, of event: EventID) -> [UInt8] {
    let object = JSONWriter.object { writer in
      writer.member("eventId", event.rawValue)
      writer.member("seq", seq)
      writer.member("epoch", epoch)
      writer.member("timestamp", clock.now)
    }
    return Array(object.dropFirst().dropLast())
  }

  public func unsubscribed(_ event: EventID) -> [UInt8] {
    message("unsubscribed") { $0.member("eventId", event.rawValue) }
  }

  /// - Parameter stats: from `Backend.stats`.
  public func stats(_ stats: [UInt8]) -> [UInt8] {
    message("stats") { $0.members(verbatim: Array(stats.dropFirst().dropLast())) }
  }

  /// - Parameter positions: the last `seq` that the connection was sent of each event it is subscribed to.
  public func pong(_ positions: [(event: EventID, seq: UInt64)]) -> [UInt8] {
    message("pong") { writer in
      writer.name("positions")
      writer.array { writer in
        for position in positions {
          writer.object { writer in
            writer.member("eventId", position.event.rawValue)
            writer.member("seq", position.seq)
          }
        }
      }
    }
  }

  /// How many watch an event. It has no `timestamp`: the newest that arrives counts.
  public func viewers(_ viewers: Int, of event: EventID) -> [UInt8] {
    JSONWriter.object { writer in
      writer.member("type", "viewers")
      writer.member("eventId", event.rawValue)
      writer.member("viewers", viewers)
    }
  }

  /// `code` is for programs and stable; `message` is for people.
  public func error(code: String, message text: String, event: EventID? = nil) -> [UInt8] {
    message("error") { writer in
      writer.member("message", text)
      writer.member("code", code)
      if let event { writer.member("eventId", event.rawValue) }
    }
  }

  /// The token of the connection, and the connection with it, end at this moment unless it is refreshed.
  public func expiring(at end: Instant) -> [UInt8] {
    message("token_expiring") { $0.member("expiresAt", end) }
  }

  /// The connection ends at this moment now.
  public func refreshed(until end: Instant) -> [UInt8] {
    message("token_refreshed") { $0.member("expiresAt", end) }
  }

  public func draining(reconnectAfterMilliseconds: Int) -> [UInt8] {
    message("server_draining") { $0.member("reconnectAfterMs", reconnectAfterMilliseconds) }
  }

  private func message(_ type: String, _ members: (inout JSONWriter) -> Void) -> [UInt8] {
    JSONWriter.object { writer in
      writer.member("type", type)
      members(&writer)
      writer.member("timestamp", clock.now)
    }
  }

  /// `ws_<milliseconds>_<random>`: tells connections apart in logs and on the page; grants nothing.
  private func clientID() -> String {
    "ws_\(clock.now.milliseconds)_\(identifiers.randomHex(bytes: 6))"
  }
}
