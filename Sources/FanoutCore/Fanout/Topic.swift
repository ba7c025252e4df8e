// A topic on one loop: its feeds, its newest state and how many subscribe. One loop's thread.

/// One topic as one loop holds it: asked for at first, then live. A struct in place and not an enumeration with its
/// parts inside, because those would be copied, reference by reference, by each look at them.
struct Topic {
  let id: TopicID
  /// Whether the grant has come.
  private(set) var isLive = false
  /// Whether it was withdrawn: no subscription is admitted, and the existing ones end at the head.
  var isWithdrawn = false
  /// Its content. Nothing has been put there before it is live.
  var live: Live
  /// Subscriptions that wait for the grant, in order of arrival; some may have ended.
  private(set) var waiting: [SubscriptionIndex] = []
  /// Subscriptions of every place, waiting and recalling ones included.
  var subscribers = 0
  /// Messages that stood for several missed ones.
  var conflations = 0
  /// Whether it stands in the queue of the rolling pass.
  var isQueued = false
  /// When it lost its last subscriber, in the loop's milliseconds.
  var emptySince: UInt64 = 0
  /// The moment with which it stands in the queue of empty topics; nil: it does not.
  var queuedSince: UInt64?
  /// The newest text for all subscribers that has no `seq`.
  var text: StandingText?

  init(opening id: TopicID, limits: Limits) {
    self.id = id
    live = Live(TopicSummary(seq: 0, snapshot: [], before: [], after: []), limits: limits)
  }

  /// A subscription that is to be greeted when the grant comes.
  mutating func wait(_ index: SubscriptionIndex) { waiting.append(index) }

  /// Keeps of those that wait only the ones that `isWaiting` confirms.
  mutating func compactWaiting(_ isWaiting: (SubscriptionIndex) -> Bool) {
    waiting.removeAll { !isWaiting($0) }
  }

  /// The answer has come: returns the subscriptions that waited for it.
  mutating func takeWaiting() -> [SubscriptionIndex] {
    defer { waiting = [] }
    return waiting
  }

  /// The topic is granted with this state.
  mutating func grant(_ summary: TopicSummary, limits: Limits) {
    live = Live(summary, limits: limits)
    isLive = true
  }

  /// What a granted topic consists of.
  struct Live {
    var summary: TopicSummary
    var webSocket: Feed
    var eventStream: Feed

    init(_ summary: TopicSummary, limits: Limits) {
      self.summary = summary
      webSocket = Feed(dialect: .webSocket, head: summary.seq, limits: limits)
      eventStream = Feed(dialect: .eventStream, head: summary.seq, limits: limits)
    }

    var head: UInt64 { summary.seq }
    var isBehind: Bool { webSocket.isBehind || eventStream.isBehind }

    subscript(dialect: Dialect) -> Feed {
      _read {
        switch dialect {
        case .webSocket: yield webSocket
        case .eventStream: yield eventStream
        }
      }
      _modify {
        switch dialect {
        case .webSocket: yield &webSocket
        case .eventStream: yield &eventStream
        }
      }
    }

    /// Bytes that its logs hold.
    var logBytes: Int { webSocket.log.bytes.count + eventStream.log.bytes.count }

    /// Puts older notices in front of what the logs hold, if they end just before it.
    mutating func prepend(_ notices: [Notice], idPrefix: [UInt8], room: LogRoom) {
      for dialect in [Dialect.webSocket, .eventStream]
      where self[dialect].log.first == (notices.last?.seq ?? 0) + 1 {
        self[dialect].prepend(EncodedFrames(notices, as: dialect, idPrefix: idPrefix), room: room)
      }
    }

    /// Takes in what one batch added. `room`: of each log.
    mutating func append(_ run: FrameRun, room: LogRoom) {
      webSocket.append(run.webSocket, first: run.first, room: room, committedAt: run.committedAt)
      eventStream.append(run.eventStream, first: run.first, room: room, committedAt: run.committedAt)
      summary = run.summary
    }
  }
}
