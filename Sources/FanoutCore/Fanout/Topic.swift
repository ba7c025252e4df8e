// A topic on one loop: its lanes, its newest state and how many care. One loop's thread.

/// One topic as one loop holds it.
struct Topic {
  let id: TopicID
  var state: State
  /// Subscriptions of every place, waiting and recalling ones included.
  var subscribers = 0
  /// Whether it stands in the queue of the rolling pass.
  var isQueued = false
  /// When it lost its last subscriber, in the loop's milliseconds.
  var emptySince: UInt64 = 0

  enum State {
    /// Asked for; the waiting subscribers, in order of arrival.
    case opening([SubscriptionIndex])
    case live(Live)
  }

  /// What a granted topic consists of.
  struct Live {
    var headline: Headline
    var webSocket: Lane
    var eventStream: Lane

    init(_ headline: Headline, limits: Limits) {
      self.headline = headline
      webSocket = Lane(dialect: .webSocket, head: headline.seq, limits: limits)
      eventStream = Lane(dialect: .eventStream, head: headline.seq, limits: limits)
    }

    var head: UInt64 { headline.seq }
    var isBehind: Bool { webSocket.isBehind || eventStream.isBehind }

    subscript(dialect: Dialect) -> Lane {
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

    /// What brings a whole cohort to the head: all that the log has, else one message.
    func delivery(_ dialect: Dialect, after cursor: UInt64) -> Delivery {
      Delivery(framesOf: self[dialect].log, after: cursor)
        ?? Delivery(conflating: headline, after: cursor, as: dialect)
    }

    /// Bytes that its logs hold.
    var logBytes: Int { webSocket.log.bytes.count + eventStream.log.bytes.count }

    /// Takes in what one batch added. `room`: of each log.
    mutating func append(_ run: FrameRun, room: LogRoom) {
      webSocket.append(run.webSocket, first: run.first, room: room)
      eventStream.append(run.eventStream, first: run.first, room: room)
      headline = run.headline
    }
  }

  init(opening id: TopicID) {
    self.id = id
    state = .opening([])
  }

  /// The live part; must only be asked of a live topic.
  var live: Live {
    _read {
      guard case .live(let live) = state else { preconditionFailure("the topic is not live") }
      yield live
    }
    _modify {
      guard case .live(var live) = state else { preconditionFailure("the topic is not live") }
      // Leave nothing behind, so that the arrays inside are not shared while they change.
      state = .opening([])
      defer { state = .live(live) }
      yield &live
    }
  }

  var isLive: Bool { if case .live = state { true } else { false } }
}
