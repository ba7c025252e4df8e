// The bounds of the data plane with their units, but for the limits of addresses and clients (`AdmissionLimits`).
// The relations between them are checked once, when a plane is built (`Limits.checked`).

/// The bounds of one data plane. Immutable after start; shared by all loops.
public struct Limits: Sendable, Equatable {
  // MARK: HTTP (docs/API.md, "Limits")

  /// Bytes of the request line, without CRLF. More: 414.
  public var requestLineBytes = 8 * 1024
  /// Bytes of the whole head. More: 431.
  public var headBytes = 16 * 1024
  /// Header fields of one request. More: 431.
  public var headFields = 100
  /// Bytes of a request body after decoding. More: 413.
  public var bodyBytes = 64 * 1024
  /// Bytes read ahead while a request is being answered (pipelining); then reading pauses.
  public var readAheadBytes = 32 * 1024

  // MARK: WebSocket

  /// Bytes of one message from a client, over all its fragments. More: close 1009.
  public var messageBytes = 4 * 1024
  /// Whether binary messages are taken. Not taken: close 1003.
  public var acceptsBinary = false
  /// Whether clients that offer it get compressed notices, and may compress what they send (RFC 7692).
  public var compresses = true
  /// Whether answers to a client's messages are compressed, too: for a server that sends nothing else.
  public var compressesAnswers = false
  /// Subscriptions of one connection. More: an error message.
  public var subscriptionsPerConnection = 64
  /// The same of a connection that nobody has authenticated: with the bound on connections of one address, it bounds
  /// the subscriptions of an address.
  public var anonymousSubscriptions = 8
  /// Bytes of control output (pongs, replies, closes) that may wait on a connection. More: it is closed.
  public var outboxBytes = 64 * 1024

  // MARK: Memory and descriptors

  /// Bytes that wait for all sockets of a loop. More: the connections that have most of them are closed.
  public var outputBytesPerLoop = 256 * 1024 * 1024
  /// Descriptors kept for health checks and administrators. When only they are left, the oldest idle HTTP connection is
  /// closed for a new one; when none is idle, a new one may use them for a short request.
  public var reservedDescriptors = 32
  /// Descriptors that a table holds besides connections: the database, listeners, standard streams and the like.
  public var otherDescriptors = 96

  // MARK: Turns

  /// Requests of one connection that are taken in one turn of its loop; then it is other connections' turn.
  public var requestsPerTurn = 8
  /// Messages of one WebSocket that are taken in one turn of its loop.
  public var messagesPerTurn = 64

  // MARK: Fan-out

  /// Frames that a topic log keeps.
  public var logFrames = 256
  /// Bytes that a topic log keeps.
  public var logBytes = 64 * 1024
  /// Bytes of all topic logs of a loop. Above it, a log that is appended to is cut to half of this divided by the number
  /// of topics, so that the sum stays below twice this.
  public var logBytesPerLoop = 256 * 1024 * 1024
  /// Missed frames that a slow subscriber still gets one by one; more are conflated.
  public var pullFrames = 64
  /// Bytes of missed frames that a slow subscriber still gets one by one; more are conflated.
  public var pullBytes = 16 * 1024
  /// Missed notices that are fetched from the notice table for one resume; more: a snapshot.
  public var historyNotices = 1_000
  /// Missed notices that one recall, that is, one question to the notice table, fetches. A resume of more takes several,
  /// each when the client has taken the one before. Bounds what waits for a client that does not read.
  public var recallNotices = 128
  /// Subscribers of one cohort, that is, sends made between two looks at mailbox and sockets.
  public var cohortSubscribers = 256
  /// Topics that one loop holds.
  public var topicsPerLoop = 200_000
  /// Parcels that wait in a loop's mailbox; a power of two. A full mailbox makes its producers wait.
  public var mailboxParcels = 4_096
  /// Connections of one loop; more are closed at accept.
  public var connectionsPerLoop = 1_000_000
  /// TLS handshakes under way on one loop; one more is refused. Bounds their memory, some 45 KB each, also when no
  /// limits are on. (`AdmissionLimits.newConnectionsPerLoop` bounds connections, with or without TLS, until the end of
  /// their first head.)
  public var handshakesPerLoop = 2_048
  /// Sockets accepted in one turn of a loop.
  public var acceptsPerTurn = 64
  /// Bytes that the kernel takes for a connection beyond what is on its way to the peer. It is what a slow reader
  /// still gets of the past; newer notices are conflated. It also bounds the kernel's memory for a reader that stops.
  public var unsentBytes = 16 * 1024

  // MARK: Time, in milliseconds

  /// From accept to the end of the first head, and from a head's first byte to its last.
  public var headTimeout: UInt64 = 10_000
  /// From accept to the end of the one request of a connection on a reserved descriptor, from our end of the connection
  /// to the peer's, and how long it may take nothing of its answer.
  public var reservedRequestTimeout: UInt64 = 2_000
  /// From a head's end to the end of its body.
  public var bodyTimeout: UInt64 = 30_000
  /// An idle keep-alive connection between two requests.
  public var keepAliveTimeout: UInt64 = 75_000
  /// Silence after which a WebSocket gets a ping; after a second such period it is closed.
  public var pingInterval: UInt64 = 45_000
  /// A connection that takes nothing for this long is reset, without a close frame.
  public var stallTimeout: UInt64 = 30_000
  /// From our close frame to the peer's.
  public var closeTimeout: UInt64 = 5_000
  /// When the server stops: from our end of a connection to its close, if the peer does not end its own.
  public var lastLinger: UInt64 = 300
  /// How long before the end of its admission a WebSocket client is told so.
  public var expiryWarning: UInt64 = 60_000
  /// After a restart was announced, clients are told to come back within this time, spread evenly.
  public var reconnectSpread: UInt64 = 5_000
  /// An event stream that breaks off without a word is told at its start to come back after this time.
  public var streamRetry: UInt64 = 2_000
  /// A topic without subscribers stays on its loop for this long.
  public var topicLinger: UInt64 = 30_000
  /// What the timer wheel can tell apart.
  public var tick: UInt64 = 100

  // MARK: Fixed

  /// Resumes that a connection may be refused (`AdmissionLimits.recallsPerClient`) beyond those that it was admitted;
  /// one more, and it is closed with 1008.
  static let resumesRefused: UInt8 = 64
  /// Empty lines tolerated before a request line (RFC 9112, section 2.2, asks for one).
  static let emptyLinesBeforeRequest: UInt8 = 4
  /// Bytes that one look at one socket takes in; more of it waits for the loop's next turn.
  static let receiveBytes = 64 * 1024
  /// Buffers that are read at most from a connection whose deadline has come, before it is judged: more than the largest
  /// request takes.
  static let looksBeforeJudging = 3
  /// Reading pauses for at most this long, in milliseconds; a client still over its rate then gets another 429.
  static let longestPause: UInt64 = 1_000
  /// `Retry-After`, in seconds, when a number of connections is used up: no time is known.
  static let retryConnecting: UInt64 = 5
  static let comeBack = [(name: "Retry-After", value: String(retryConnecting))]
  /// Addresses whose rate of requests is told apart.
  static let requestKeys = 65_536
  /// Clients whose rate of resumes is told apart.
  static let recallKeys = 16_384
  /// Entries that are read of the forwarding fields of one request; a longer chain of trusted proxies names nobody.
  static let forwardedEntries = 32
  /// Idle connections that one search for them remembers.
  static let idleCandidates = 256
  /// When a search found an idle connection among no more than this many, the next one may follow within the tick.
  static let connectionsPerIdleFound = 16
  /// A topic's list of waiting subscriptions is cleared of those that have ended when it exceeds twice the waiting ones
  /// by this many.
  static let waitersBeforeCompaction = 64
  /// Connections that the kernel keeps for a listener until the loop accepts them.
  static let listenBacklog: Int32 = 4096
  /// Nanoseconds that the rolling pass may take at once for having waited.
  static let longestShare: UInt64 = 10_000_000

  /// Bytes of answers gathered for one send. Half of what may wait, so that one turn's answers never exceed that.
  var corkBytes: Int { outboxBytes / 2 }

  public init() {}

  /// The same limits when their relations hold; otherwise a sentence that names the first broken one.
  public func checked() throws(LimitError) -> Limits {
    func require(_ condition: Bool, _ sentence: String) throws(LimitError) {
      if !condition { throw LimitError(description: sentence) }
    }
    try require(
      requestLineBytes < headBytes, "requestLineBytes must be below headBytes: a line is part of a head")
    try require(readAheadBytes >= headBytes, "readAheadBytes must hold one whole head")
    try require(
      pullFrames <= logFrames, "pullFrames must not exceed logFrames: only the log can be pulled from")
    try require(pullBytes <= logBytes, "pullBytes must not exceed logBytes: only the log can be pulled from")
    try require(logBytesPerLoop >= logBytes, "logBytesPerLoop must hold one topic's log")
    try require(cohortSubscribers > 0 && cohortSubscribers <= 65_536, "cohortSubscribers must be 1 to 65,536")
    try require(
      mailboxParcels > 1 && mailboxParcels & (mailboxParcels - 1) == 0,
      "mailboxParcels must be a power of two")
    try require(
      connectionsPerLoop > 0 && connectionsPerLoop < Int(UInt32.max), "connectionsPerLoop must fit 32 bits")
    try require(
      handshakesPerLoop > 0 && handshakesPerLoop < Int(UInt32.max), "handshakesPerLoop must fit 32 bits")
    try require(acceptsPerTurn > 0 && acceptsPerTurn <= 65_536, "acceptsPerTurn must be 1 to 65,536")
    try require(unsentBytes > 0 && unsentBytes <= Int(Int32.max), "unsentBytes must fit 31 bits")
    try require(
      subscriptionsPerConnection > 0 && subscriptionsPerConnection <= Int(UInt16.max),
      "subscriptionsPerConnection must be 1 to 65,535")
    try require(
      anonymousSubscriptions > 0 && anonymousSubscriptions <= Int(UInt16.max),
      "anonymousSubscriptions must be 1 to 65,535")
    try require(outboxBytes >= 4 * 1024, "outboxBytes must hold a few control frames")
    try require(
      outputBytesPerLoop >= 4 * outboxBytes, "outputBytesPerLoop must hold the outboxes of a few connections")
    try require(
      reservedDescriptors >= 0 && otherDescriptors >= 0, "numbers of descriptors must not be negative")
    try require(recallNotices > 0, "recallNotices must be at least 1: a resume goes on by recalls")
    try require(
      requestsPerTurn > 0 && messagesPerTurn > 0, "requestsPerTurn and messagesPerTurn must be at least 1")
    try require(tick > 0 && tick <= headTimeout / 10, "tick must be at most a tenth of headTimeout")
    try require(reservedRequestTimeout >= tick, "reservedRequestTimeout must not be below one tick")
    try require(stallTimeout >= tick && closeTimeout >= tick, "timeouts must not be below one tick")
    try require(lastLinger <= closeTimeout, "lastLinger must not be above closeTimeout")
    return self
  }
}

/// A relation between limits that does not hold.
public struct LimitError: Error, CustomStringConvertible, Equatable {
  public let description: String
}
