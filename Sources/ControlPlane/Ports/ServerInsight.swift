// What administrators see of the server while it works: the numbers of the data plane come in here as plain values,
// supplied by the executable, because this plane has never seen a connection.

/// Tells the state of the data plane. Any thread.
public protocol ServerInsight: Sendable {
  /// The numbers of this moment, or of a moment ago.
  func numbers() -> PlaneNumbers
  /// How loops broadcast an event. Asks them and waits for half a second at most.
  /// - Returns: nil: somebody else is asking.
  func fanout(of event: EventID) -> [PartFanout]?
}

/// Numbers of the data plane, all loops together.
public struct PlaneNumbers: Sendable {
  /// Of the program.
  public var version = ""
  public var startedAt = Instant(milliseconds: 0)
  public var connectionsOpen: UInt64 = 0
  /// WebSockets.
  public var liveConnections: UInt64 = 0
  public var eventStreamsOpen: UInt64 = 0
  /// Of the WebSockets and event streams, those without a token.
  public var anonymousOpen: UInt64 = 0
  /// Connections whose socket is full.
  public var connectionsBlocked: UInt64 = 0
  public var subscriptions: UInt64 = 0
  /// Subscriptions that are not sent each notice as it comes.
  public var lagging: UInt64 = 0
  /// Topics that loops hold, each once per loop and audience.
  public var heldEvents: UInt64 = 0
  public var connectionsAccepted: UInt64 = 0
  public var deliveries: UInt64 = 0
  public var conflations: UInt64 = 0
  /// What limits of the data plane refused, by the limit's name.
  public var refusedByLimit: [(name: String, count: UInt64)] = []
  public var commitToWire = NumberHistogram()
  public var commitToLastSubscriber = NumberHistogram()
  public var residentBytes: UInt64 = 0
  public var anonymousBytes: UInt64 = 0
  /// The events with the most subscribers, largest first.
  public var events: [EventAudience] = []

  public init() {}
}

/// What one loop has of an event.
public struct PartFanout: Sendable, Equatable {
  /// The loop's number.
  public var part: Int
  /// False: it did not answer in time.
  public var hasAnswered: Bool
  public var audiences: [AudienceFanout]
  public init(part: Int, hasAnswered: Bool, audiences: [AudienceFanout]) {
    (self.part, self.hasAnswered, self.audiences) = (part, hasAnswered, audiences)
  }
}

/// What one loop has of an event for one audience.
public struct AudienceFanout: Sendable, Equatable {
  public var audience: Audience
  public var subscribers = 0
  public var lagging = 0
  public var cohorts = 0
  /// The newest `seq` that the loop has, and what the cohorts furthest behind and furthest ahead were sent last.
  public var head: UInt64 = 0
  public var oldest: UInt64?
  public var newest: UInt64?
  public var logLength = 0
  public var logBytes = 0
  public var conflations = 0
  public init(_ audience: Audience) { self.audience = audience }
}

/// How many watch an event.
public struct EventAudience: Sendable, Equatable {
  public var event: EventID
  public var subscribers: Int
  public var lagging: Int
  public init(event: EventID, subscribers: Int, lagging: Int) {
    (self.event, self.subscribers, self.lagging) = (event, subscribers, lagging)
  }
}

/// A histogram with fixed buckets. Times are in nanoseconds.
public struct NumberHistogram: Sendable, Equatable {
  /// Upper bounds, included in their buckets, ascending.
  public var bounds: [UInt64]
  /// Observations by bucket, not added up; one more than `bounds`, for what is above all of them.
  public var counts: [UInt64]
  public var sum: UInt64

  public init(bounds: [UInt64] = [], counts: [UInt64]? = nil, sum: UInt64 = 0) {
    (self.bounds, self.sum) = (bounds, sum)
    self.counts = counts ?? (bounds.isEmpty ? [] : [UInt64](repeating: 0, count: bounds.count + 1))
  }

  public var count: UInt64 { counts.reduce(0, &+) }

  mutating func record(_ value: UInt64) {
    counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
    sum &+= value
  }

  /// From 0.1 ms to 10 s: a transaction with its sync.
  static let commitBounds: [UInt64] = [
    100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000,
    100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
  ]
  /// Commands of a batch, up to `LedgerQueue.batchLimit`.
  static let batchBounds: [UInt64] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
}
