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
  /// Of these, those of the two compressed dialects.
  var standaloneSubscribers: UInt32 = 0
  var sharedSubscribers: UInt32 = 0
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
    /// Nil until a connection that agreed on compression reads the topic.
    var deflated: DeflatedFeeds?
    /// Nil until a connection that asked for a pace reads the topic.
    var paced: PacedFeed?

    init(_ summary: TopicSummary, limits: Limits) {
      self.summary = summary
      webSocket = Feed(dialect: .webSocket, head: summary.seq, limits: limits)
      eventStream = Feed(dialect: .eventStream, head: summary.seq, limits: limits)
    }

    var head: UInt64 { summary.seq }
    var isBehind: Bool {
      webSocket.isBehind || eventStream.isBehind || deflated?.isBehind ?? false || paced?.isBehind ?? false
    }

    /// The feed of a dialect that is not paced. Those of compressed ones are there once `beginReading` was called for one of them. A
    /// getter, because a coroutine's copy ends too early (see `TopicTable`) and a value that is only read has no address.
    subscript(dialect: Dialect) -> Feed {
      get {
        switch dialect {
        case .webSocket: webSocket
        case .eventStream: eventStream
        case .standalone: compressed.standalone
        case .shared: compressed.shared
        case .paced: preconditionFailure("paced cohorts are in a feed of another kind")
        }
      }
      _modify {
        switch dialect {
        case .webSocket: yield &webSocket
        case .eventStream: yield &eventStream
        case .standalone: yield &compressed.standalone
        case .shared: yield &compressed.shared
        case .paced: preconditionFailure("paced cohorts are in a feed of another kind")
        }
      }
    }

    private var compressed: DeflatedFeeds {
      guard let deflated else { preconditionFailure("a compressed feed has been read before it is used") }
      return deflated
    }

    /// The paced cohorts, which somebody has begun to read.
    var pacing: PacedFeed {
      guard let paced else { preconditionFailure("a paced feed has been read before it is used") }
      return paced
    }

    /// A cohort of this dialect.
    func cohort(_ number: UInt32, _ dialect: Dialect) -> Cohort {
      dialect == .paced ? pacing.standings[Int(number)].cohort : self[dialect].cohorts[Int(number)]
    }

    /// Somebody reads the topic in this dialect: from now on its log keeps frames. Who reads compressed frames is sent
    /// plain ones when it has missed some, and paced ones are plain.
    mutating func beginReading(_ dialect: Dialect, limits: Limits) {
      switch dialect {
      case .webSocket, .eventStream: return self[dialect].beginReading()
      case .standalone, .shared:
        if deflated == nil { deflated = DeflatedFeeds(head: head, limits: limits) }
      case .paced: if paced == nil { paced = PacedFeed(head: head, limits: limits) }
      }
      webSocket.beginReading()
    }

    /// Bytes that its logs hold.
    var logBytes: Int {
      webSocket.log.bytes.count + eventStream.log.bytes.count + (deflated?.logBytes ?? 0)
    }

    /// Puts older notices in front of what the plain logs hold, where somebody reads them and they end just before it.
    mutating func prepend(_ notices: [Notice], idPrefix: [UInt8], room: LogRoom) {
      guard let last = notices.last?.seq else { return }
      for dialect in [Dialect.webSocket, .eventStream] where self[dialect].takes(olderThrough: last) {
        self[dialect].prepend(EncodedFrames(notices, as: dialect, idPrefix: idPrefix), room: room)
      }
    }

    /// Takes in what one batch added. `room`: of each log; the compressed ones have half of its bytes.
    /// - Parameter deflate: adds the run to the compressed feeds, of which it is told whether the run follows on them.
    mutating func append(
      _ run: FrameRun, room: LogRoom,
      deflate: (DeflatedFeeds, _ follows: Bool, LogRoom) -> Void = { _, _, _ in }
    ) {
      if let deflated {
        deflate(deflated, run.first == head + 1, LogRoom(frames: room.frames, bytes: room.bytes / 2))
      }
      webSocket.append(run.webSocket, first: run.first, room: room, committedAt: run.committedAt)
      eventStream.append(run.eventStream, first: run.first, room: room, committedAt: run.committedAt)
      summary = run.summary
      paced?.append(through: run.summary.seq)
    }
  }
}
