// The limits that this plane holds, as numbers; nil switches one off. The executable fills them in.

public struct AdmissionLimits: Sendable, Equatable {
  /// HTTP requests, upgrades among them, from one address.
  public var requestsPerAddress: RateLimit?
  /// Open connections of one address that are not counted for a client.
  public var connectionsPerAddress: Int?
  /// Connections of one address whose first request has not come yet: TLS handshakes and heads under way.
  public var handshakesPerAddress: Int?
  /// The same, of all addresses on one loop.
  public var handshakesPerLoop: Int?
  /// WebSockets and event streams of one client.
  public var connectionsPerClient: Int?
  /// Messages and pings of one WebSocket.
  public var messagesPerConnection: RateLimit?
  /// Questions to the notice table for the resumes of one client.
  public var recallsPerClient: RateLimit?
  /// Whose word about their clients counts, and whose own connections are not limited.
  public var trustedProxies = TrustedProxies()

  /// Without limits.
  public init() {}
}

/// Names a limit that refused something.
public enum AdmissionLimit: Int, Sendable, CaseIterable {
  case requestsPerAddress
  case connectionsPerAddress
  case handshakesPerAddress
  case handshakesPerLoop
  case connectionsPerClient
  case messagesPerConnection
  case recallsPerClient
}

/// A request that a rate refused, for the words of its answer.
public struct RateRefusal: Sendable, Equatable {
  public let limit: AdmissionLimit
  /// Nil: a number of connections is bounded, not a rate.
  public let rate: RateLimit?
  /// Seconds.
  public let retryAfter: UInt64
  /// The same, not rounded: so long the loop does not read the connection.
  let milliseconds: UInt64

  init(limit: AdmissionLimit, rate: RateLimit?, retryAfter: UInt64, milliseconds: UInt64) {
    (self.limit, self.rate, self.retryAfter, self.milliseconds) = (limit, rate, retryAfter, milliseconds)
  }

  public init(limit: AdmissionLimit, rate: RateLimit?, retryAfter: UInt64) {
    self.init(limit: limit, rate: rate, retryAfter: retryAfter, milliseconds: retryAfter * 1_000)
  }
}
