// The limits that this plane holds, as numbers; nil switches one off. The executable fills them in.

public struct AdmissionLimits: Sendable, Equatable {
  /// HTTP requests, upgrades among them, from one address.
  public var requestsPerAddress: RateLimit?
  /// Open connections of one address that are not counted for a client.
  public var connectionsPerAddress: Int?
  /// Connections of one address from accept to the end of their first head, TLS handshakes included. Keeps connections
  /// that never ask for anything few.
  public var newConnectionsPerAddress: Int?
  /// The same, of all addresses on one loop.
  public var newConnectionsPerLoop: Int?
  /// WebSockets and event streams of one client.
  public var connectionsPerClient: Int?
  /// Messages and pings of one WebSocket.
  public var messagesPerConnection: RateLimit?
  /// Resumes of one client that are read from the notice table. One more gets the newest state; a connection that was
  /// refused `Limits.resumesRefused` times more than it was admitted is closed with 1008.
  public var recallsPerClient: RateLimit?
  /// Proxies whose forwarding fields are believed; their own connections are not limited.
  public var trustedProxies = TrustedProxies()

  /// Without limits.
  public init() {}
}

/// Names a limit that refused something.
public enum AdmissionLimit: Int, Sendable, CaseIterable {
  case requestsPerAddress
  case connectionsPerAddress
  case newConnectionsPerAddress
  case newConnectionsPerLoop
  case connectionsPerClient
  case messagesPerConnection
  case recallsPerClient
}

/// A request that a rate refused, for the words of its answer.
public struct RateRefusal: Sendable, Equatable {
  public let limit: AdmissionLimit
  /// Nil: a number of connections is bounded, not a rate.
  public let rate: RateLimit?
  /// In seconds, rounded up.
  public let retryAfter: UInt64
  /// In milliseconds, until there is room again; reading pauses until then.
  let milliseconds: UInt64

  init(limit: AdmissionLimit, rate: RateLimit?, retryAfter: UInt64, milliseconds: UInt64) {
    (self.limit, self.rate, self.retryAfter, self.milliseconds) = (limit, rate, retryAfter, milliseconds)
  }

  public init(limit: AdmissionLimit, rate: RateLimit?, retryAfter: UInt64) {
    self.init(limit: limit, rate: rate, retryAfter: retryAfter, milliseconds: retryAfter * 1_000)
  }
}
