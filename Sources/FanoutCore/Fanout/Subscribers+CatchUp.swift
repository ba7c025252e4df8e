// What a connection behind the head is sent, and what else is asked of its subscriptions. Nothing here changes state. One
// loop's thread.

extension Subscribers {
  /// What a subscription behind the head is sent: what it missed when that is short, else one message for it.
  func pull(_ index: SubscriptionIndex, after cursor: UInt64) -> Delivery {
    let subscription = subscriptions[index.rawValue]
    let summary = topics[subscription.topic].live.summary
    assert(cursor < summary.seq, "only a subscription behind the head of its topic has missed something")
    if summary.seq - cursor <= UInt64(limits.pullFrames) {
      if let frames = missed(subscription, in: subscription.dialect, after: cursor) { return frames }
      // The log of a compressed dialect may begin later than the plain one.
      if subscription.dialect.isDeflated, let frames = missed(subscription, in: .webSocket, after: cursor) {
        return frames
      }
    }
    return Delivery(conflating: summary, after: cursor, as: subscription.dialect, idPrefix: idPrefix)
  }

  private func missed(_ subscription: Subscription, in dialect: Dialect, after cursor: UInt64) -> Delivery? {
    let log = topics[subscription.topic].live[dialect].log
    guard let frames = Delivery(framesOf: log, after: cursor, as: dialect),
      frames.range.count <= limits.pullBytes
    else { return nil }
    return frames
  }

  /// The newest state of the topic that a subscription is of.
  func summary(of index: SubscriptionIndex) -> TopicSummary {
    topics[subscriptions[index.rawValue].topic].live.summary
  }

  /// The log from which a subscription resumes: that of its topic in its dialect, or the plain one.
  func log(of index: SubscriptionIndex) -> TopicLog {
    let subscription = subscriptions[index.rawValue]
    let dialect: Dialect = subscription.dialect == .eventStream ? .eventStream : .webSocket
    return topics[subscription.topic].live[dialect].log
  }

  /// The last `seq` on the wire of a subscription, or where it is to begin; for another process to go on.
  func interests(of slot: UInt32) -> [ConnectionRecord.Interest] {
    var interests: [ConnectionRecord.Interest] = []
    forEach(of: slot) { index in
      let subscription = subscriptions[index.rawValue]
      let topic = topics[subscription.topic]
      let (resume, greeting): (Resume, Subscription.Greeting) =
        switch subscription.place {
        case .waiting(let resume, let greeting): (resume, greeting)
        case .replaying(let cursor, _, let greeting): (.after(cursor), greeting ?? .given)
        case .lagging(let cursor): (.after(cursor), .given)
        case .cohort(let cohort, _): (.after(topic.live.cohort(cohort, subscription.dialect).cursor), .given)
        }
      interests.append(ConnectionRecord.Interest(topic: topic.id, resume: resume, greeting: greeting))
    }
    return interests.reversed()
  }

  /// The dialects in which the topic has a feed whose cohorts are not paced.
  func dialects(of topic: UInt32) -> [Dialect] {
    isDeflated(topic) ? [.webSocket, .eventStream, .standalone, .shared] : [.webSocket, .eventStream]
  }

  /// What there is to tell of a topic; nil: the loop does not hold it.
  func report(_ id: TopicID) -> TopicReport? { topics.index(of: id).map { topics[$0].report } }

  /// Whether the connection was sent its first message.
  func isGreeted(_ slot: UInt32) -> Bool {
    var isGreeted = true
    forEach(of: slot) { index in
      switch subscriptions[index.rawValue].place {
      case .waiting(_, .connected), .replaying(_, _, .some(.connected)): isGreeted = false
      case .waiting, .replaying, .cohort, .lagging: break
      }
    }
    return isGreeted
  }

  /// The connection's first subscription behind the head that is to be there, and its cursor. A paced one has time.
  func firstLagging(of slot: UInt32) -> (index: SubscriptionIndex, cursor: UInt64)? {
    var index = first(of: slot)
    while index != .none {
      let subscription = subscriptions[index.rawValue]
      if case .lagging(let cursor) = subscription.place, subscription.dialect != .paced,
        cursor < topics[subscription.topic].live.head
      {
        return (index, cursor)
      }
      index = subscription.next
    }
    return nil
  }

  /// When a notice was sent to this connection last, as far as its cohorts know.
  func lastSent(to slot: UInt32) -> UInt64 {
    var last: UInt64 = 0
    forEach(of: slot) { index in
      let subscription = subscriptions[index.rawValue]
      guard case .cohort(let cohort, _) = subscription.place else { return }
      last = max(last, topics[subscription.topic].live.cohort(cohort, subscription.dialect).sentAt)
    }
    return last
  }

  /// Bytes by which what a visit sends to each member is shorter than the same notices are without compression.
  func saving(_ visit: Visit) -> Int {
    guard visit.delivery.isDeflated,
      let plain = topics[visit.topic].live.webSocket.log.range(after: visit.cohort.cursor)
    else { return 0 }
    return max(0, plain.count - visit.delivery.range.count)
  }

  /// How far the connection was sent each of its topics, the oldest subscription first. What is sent next follows behind
  /// exactly these. A subscription that was not greeted has no position.
  func positions(of slot: UInt32) -> [TopicPosition] {
    var positions: [TopicPosition] = []
    forEach(of: slot) { index in
      let subscription = subscriptions[index.rawValue]
      guard let seq = position(of: subscription) else { return }
      positions.append(TopicPosition(topic: topics[subscription.topic].id, seq: seq))
    }
    return positions.reversed()
  }

  private func position(of subscription: Subscription) -> UInt64? {
    switch subscription.place {
    case .waiting, .replaying(_, _, .some): nil
    case .replaying(let cursor, _, nil), .lagging(let cursor): cursor
    case .cohort(let cohort, _): topics[subscription.topic].live.cohort(cohort, subscription.dialect).cursor
    }
  }

  // MARK: Texts for everybody

  /// Who takes a text for everybody: those that are sent notices as they come.
  func members(of topic: UInt32) -> [[SubscriptionIndex]] {
    var groups: [[SubscriptionIndex]] = []
    for dialect in dialects(of: topic) { topics[topic].live[dialect].appendMembers(to: &groups) }
    if let paced = topics[topic].live.paced {
      groups += paced.cohorts.map(\.members).filter { !$0.isEmpty }
    }
    return groups
  }

  /// The newest text about a subscription's topic; nil: there is none.
  func text(of index: SubscriptionIndex) -> StandingText? {
    topics[subscriptions[index.rawValue].topic].text
  }
}
