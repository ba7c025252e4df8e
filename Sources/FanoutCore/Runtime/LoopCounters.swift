// Numbers that a loop counts and any thread may read. The loop's parts add to plain integers; a copy of all of them is
// shown to other threads once per tick, so that counting needs neither atomics nor a lock.
import Synchronization

/// What one loop counted since it started; `…Open` and other numbers of what there is are those of this moment.
public struct LoopCounts: Sendable, Equatable {
  public internal(set) var connectionsAccepted = 0
  /// Connections that another process served before (docs/decisions/0039-whoever-holds-the-lock-has-the-connections.md).
  public internal(set) var connectionsAdopted = 0
  public internal(set) var connectionsOpen = 0
  /// Connections closed at accept because the loop or its descriptor table has no room.
  public internal(set) var connectionsRefused = 0
  /// Connections whose socket is full.
  public internal(set) var connectionsBlocked = 0
  /// Idle HTTP connections closed to make room for new ones when descriptors ran short.
  public internal(set) var idleClosed = 0
  /// Searches through all connections for idle ones.
  public internal(set) var idleSearches = 0
  /// Connections accepted on a reserved descriptor, for health checks and administrators.
  public internal(set) var reservedAccepted = 0
  /// Connections closed because the system could not watch their socket.
  public internal(set) var pollFailures = 0
  /// Connections whose token ended.
  public internal(set) var expiredClosed = 0
  /// WebSockets closed because they did not answer a ping.
  public internal(set) var silentClosed = 0
  /// Requests that did not arrive in time.
  public internal(set) var requestTimeouts = 0
  public internal(set) var webSocketsOpen = 0
  public internal(set) var eventStreamsOpen = 0
  /// Of WebSockets and event streams, those that nobody has authenticated.
  public internal(set) var anonymousOpen = 0
  /// Of the WebSockets, those that agreed on compression.
  public internal(set) var compressedOpen = 0
  public internal(set) var subscriptions = 0
  /// Of the subscriptions, those in a cohort: they are sent each notice as it comes. The others wait for a greeting, resume
  /// or are behind.
  public internal(set) var following = 0
  public internal(set) var topics = 0
  /// Bytes of frames that the topics' logs hold.
  public internal(set) var logBytes = 0
  public internal(set) var requests = 0
  public internal(set) var messagesReceived = 0
  public internal(set) var bytesReceived = 0
  public internal(set) var bytesSent = 0
  /// Bytes that wait for sockets in outboxes now.
  public internal(set) var outputBytes = 0
  /// Bytes of ciphertext that wait for sockets behind TLS now.
  public internal(set) var unsentBytes = 0
  /// Sends offered to the kernel.
  public internal(set) var sends = 0
  /// Notices that came from the publisher.
  public internal(set) var notices = 0
  /// Frames that whole cohorts took, each once per subscriber.
  public internal(set) var framesDelivered = 0
  /// Frames that this loop compressed, for itself and for others that hold the same topic.
  public internal(set) var framesDeflated = 0
  /// Bytes that whole cohorts were not sent because their frames are compressed.
  public internal(set) var deflationSavedBytes = 0
  /// Messages that stood for several missed ones.
  public internal(set) var conflations = 0
  /// Subscriptions whose connection asked for a pace, now.
  public internal(set) var pacedSubscriptions = 0
  /// Messages that stood for several which a pace left out; they are no sign of slow readers.
  public internal(set) var pacedConflations = 0
  /// Resumes that had to be read from the notice table.
  public internal(set) var recalls = 0
  /// Resumes dropped before they were read because the same client asked anew.
  public internal(set) var recallsSuperseded = 0
  /// Resumes that were answered with the newest state because the client's budget of them was used up.
  public internal(set) var recallsRefused = 0
  /// Connections closed because they went on to ask for resumes beyond the budget.
  public internal(set) var recallersClosed = 0
  /// Subscribers given up because they took nothing.
  public internal(set) var stalledClosed = 0
  /// Clients given up because they asked without reading.
  public internal(set) var overflowsClosed = 0
  /// Connections closed because the output memory of the loop was used up and they had most of it.
  public internal(set) var memoryClosed = 0
  public internal(set) var protocolErrors = 0
  /// What limits refused or delayed, in the order of `AdmissionLimit.allCases`.
  public internal(set) var limited = [Int](repeating: 0, count: AdmissionLimit.allCases.count)
  /// Times that accepting paused because descriptors ran out.
  public internal(set) var acceptFailures = 0
  public internal(set) var handshakesUnderWay = 0
  /// TLS handshakes refused because too many were under way.
  public internal(set) var handshakesRefused = 0
  /// Ticks of the loop's clock: a loop whose number stands still is stuck in a turn.
  public internal(set) var ticks = 0
  /// Milliseconds in which the loop had nothing to do. How it differs between loops shows their imbalance.
  public internal(set) var idleMilliseconds = 0
}

/// Where the parts of a loop count. `own` is the loop's thread's; `counts` is for any thread.
@safe final class LoopCounters: @unchecked Sendable {
  /// The numbers as they are now. The loop's thread only.
  var own = LoopCounts()
  private let shown = Mutex(LoopCounts())
  private let shownTopics = Mutex<[TopicCount]>([])
  /// From the commit of a notice to its first send by this loop.
  let toWire = HistogramCells(bounds: HistogramCells.deliveryBounds)
  /// From the commit of a notice until every cohort of this loop has been sent it.
  let toLast = HistogramCells(bounds: HistogramCells.deliveryBounds)

  /// How long requests took, a row for each kind and class of status.
  let requestTimes: HistogramCells

  /// Whether somebody takes the numbers of subscribers.
  private let countsSubscribers: Bool
  /// Topics whose number of subscribers has changed since the last tick, and that number. The loop's thread.
  private var changedTopics: [TopicID: SubscriberCount] = [:]
  private let shownSubscribers = Mutex<[TopicID: SubscriberCount]>([:])

  /// - Parameters:
  ///   - requestKinds: that the inbound sink tells apart.
  ///   - countsSubscribers: whether `takeSubscribers` is called.
  init(requestKinds: Int = 1, countsSubscribers: Bool = false) {
    self.countsSubscribers = countsSubscribers
    requestTimes = HistogramCells(bounds: HistogramCells.requestBounds, rows: 5 * max(1, requestKinds))
  }

  /// Shows the numbers to other threads. The loop's thread; holds the lock for one copy.
  func publish() {
    shown.withLock { $0 = own }
    if !changedTopics.isEmpty { publishSubscribers() }
  }

  // MARK: Subscribers of each topic

  /// The topic has so many subscribers now. The loop's thread.
  func note(_ count: SubscriberCount, of topic: TopicID) {
    guard countsSubscribers else { return }
    changedTopics[topic] = changedTopics[topic]?.followed(by: count) ?? count
  }

  /// A topic's newest number replaces one that nobody has taken: there are never more than topics.
  private func publishSubscribers() {
    shownSubscribers.withLock { shown in
      if shown.isEmpty { return swap(&shown, &changedTopics) }
      shown.merge(changedTopics) { $0.followed(by: $1) }
    }
    changedTopics.removeAll(keepingCapacity: changedTopics.count <= 1_024)
  }

  /// The topics whose number of subscribers has changed since the last call, and that number as of the loop's last tick.
  /// Any thread.
  func takeSubscribers() -> [TopicID: SubscriberCount] {
    var taken: [TopicID: SubscriberCount] = [:]
    shownSubscribers.withLock { swap(&$0, &taken) }
    return taken
  }

  // MARK: What is shown

  /// Shows the topics with the most subscribers. The loop's thread.
  func publish(_ topics: [TopicCount]) { shownTopics.withLock { $0 = topics } }

  /// The topics with the most subscribers, largest first, as of a short while ago. Any thread.
  var topics: [TopicCount] { shownTopics.withLock { $0 } }

  /// As of the loop's last tick. Any thread.
  var counts: LoopCounts { shown.withLock { $0 } }
}

/// How long notices took on one loop.
public struct DeliveryTimes: Sendable, Equatable {
  /// From the commit to the first send.
  public let toWire: Histogram
  /// From the commit until every subscriber that takes notices as they come has been sent it.
  public let toLast: Histogram
}
