// Who stands where: subscribing, the welcome at the head or behind what was missed, and leaving. Resume and
// snapshot are the same act as catching up: a cursor is moved to the head.

extension Loop {
  /// Subscribes a connection; the answer is its welcome, at once when the loop holds the topic, else when the
  /// grant comes. A second subscription of the same topic starts anew.
  func subscribe(_ slot: UInt32, to id: TopicID, resume: Resume, greeting: Subscription.Greeting) {
    if let old = subscription(of: slot, to: id) { leave(old) }
    guard connections[slot].subscriptionCount < limits.subscriptionsPerConnection else {
      return say(slot, .tooManySubscriptions(id))
    }
    guard let topic = topics.index(of: id) ?? open(id) else {
      return refuse(slot, greeting, with: .tryAgainLater, .unavailable(id))
    }
    let index = enter(slot, topic, .waiting(resume, greeting))
    if topics[topic].isLive { admit(index, resume, greeting) } else { topics[topic].wait(index) }
  }

  func unsubscribe(_ slot: UInt32, from id: TopicID) {
    guard let index = subscription(of: slot, to: id) else { return say(slot, .notSubscribed(id)) }
    leave(index)
    say(slot, .unsubscribed(id))
  }

  /// The grant came: welcomes everybody who waited for it.
  func granted(_ id: TopicID, _ summary: TopicSummary?) {
    guard let topic = topics.index(of: id), !topics[topic].isLive else { return }
    if let summary { topics[topic].grant(summary, limits: limits) }
    for index in topics[topic].takeWaiting() {
      // Those who left meanwhile are gone from the slab, or their place is another's.
      guard let subscription = subscriptions.at(index.rawValue), subscription.topic == topic,
        case .waiting(let resume, let greeting) = subscription.place
      else { continue }
      if summary != nil {
        admit(index, resume, greeting)
      } else {
        leave(index)
        refuse(subscription.slot, greeting, with: .topicNotFound, .unknownTopic(id))
      }
    }
    if summary == nil { closeTopic(topic) } else { noteIfEmpty(topic) }
  }

  /// What a subscriber missed came from the notice table.
  func recalled(_ history: History, _ ticket: Ticket) {
    guard let connection = connections.at(ticket.slot), connection.generation == ticket.generation,
      let index = subscription(of: ticket.slot, to: history.topic),
      case .recalling(ticket.request, let after, let greeting) = subscriptions[index.rawValue].place
    else { return }
    let dialect = subscriptions[index.rawValue].dialect
    let live = topics[subscriptions[index.rawValue].topic].live
    let reached = history.notices.last?.seq ?? after
    guard reached > after, history.notices.first?.seq == after + 1,
      history.notices.count == Int(exactly: reached - after),
      let frames = Delivery(framesOf: live[dialect].log, after: min(reached, live.head))
    else { return place(index, greeting, .atHead(snapshot: live.summary.snapshot, recovered: false)) }
    let recalled = EncodedFrames(history.notices, as: dialect)
    place(index, greeting, .resumed(after: after), missed: recalled.bytes + frames.bytes)
  }

  // MARK: The welcome

  /// Decides where a subscriber of a live topic stands.
  private func admit(_ index: SubscriptionIndex, _ resume: Resume, _ greeting: Subscription.Greeting) {
    let subscription = subscriptions[index.rawValue]
    topics[subscription.topic].live[subscription.dialect].beginReading()
    // The summary alone is copied, not the topic: a welcome must stay cheap.
    let summary = topics[subscription.topic].live.summary
    switch resume {
    case .none: place(index, greeting, .atHead(snapshot: summary.snapshot, recovered: nil))
    case .after(let seq) where seq <= summary.seq:
      let log = topics[subscription.topic].live[subscription.dialect].log
      if let missed = Delivery(framesOf: log, after: seq) {
        place(index, greeting, .resumed(after: seq), missed: Array(missed.bytes))
      } else if !recall(index, after: seq, through: summary.seq, greeting) {
        place(index, greeting, .atHead(snapshot: summary.snapshot, recovered: false))
      }
    case .after, .impossible:
      place(index, greeting, .atHead(snapshot: summary.snapshot, recovered: false))
    }
  }

  /// Asks for what is older than the log. False: it is too much, or nobody has time.
  private func recall(
    _ index: SubscriptionIndex, after seq: UInt64, through head: UInt64, _ greeting: Subscription.Greeting
  ) -> Bool {
    let subscription = subscriptions[index.rawValue]
    guard head - seq <= UInt64(limits.historyNotices) else { return false }
    connections[subscription.slot].requests &+= 1
    let request = connections[subscription.slot].requests
    let ticket = Ticket(
      loop: id, slot: subscription.slot, generation: connections[subscription.slot].generation,
      request: request)
    let topic = topics[subscription.topic].id
    guard source.history(of: topic, after: seq, through: head, ticket: ticket) else { return false }
    subscriptions[index.rawValue].place = .recalling(request: request, after: seq, greeting)
    counts.recalls += 1
    return true
  }

  /// Welcomes a subscriber, sends what it missed, and puts it at the head. One that has not taken yet what it
  /// missed elsewhere is not given more to take, but the newest state.
  private func place(
    _ index: SubscriptionIndex, _ greeting: Subscription.Greeting, _ wanted: ResumeOutcome,
    missed: [UInt8] = []
  ) {
    let subscription = subscriptions[index.rawValue]
    let (id, summary) = (topics[subscription.topic].id, topics[subscription.topic].live.summary)
    let isFarBehind = connections[subscription.slot].waiting > limits.outboxBytes && !missed.isEmpty
    let outcome = isFarBehind ? .atHead(snapshot: summary.snapshot, recovered: false) : wanted
    subscriptions[index.rawValue].place = .lagging(cursor: summary.seq)
    let message: ServerMessage =
      switch greeting {
      case .connected: .connected(topic: id, outcome)
      case .subscribed: .subscribed(id, outcome)
      }
    let seq: UInt64 = if case .resumed(let after) = outcome { after } else { summary.seq }
    say(subscription.slot, message, seq: seq)
    if !missed.isEmpty && !isFarBehind { sendMissed(subscription.slot, missed.span) }
    if !connections[subscription.slot].isBlocked { joinCohort(index) }
  }

  private func refuse(
    _ slot: UInt32, _ greeting: Subscription.Greeting, with code: CloseCode, _ message: ServerMessage
  ) {
    if greeting == .subscribed { return say(slot, message) }
    if case .webSocket = connections[slot].role { closeWebSocket(slot, code) } else { end(slot) }
  }

  // MARK: Coming and going

  private func open(_ id: TopicID) -> UInt32? {
    guard topics.count < limits.topicsPerLoop, source.open(id, for: self.id) else { return nil }
    counts.topics += 1
    return topics.open(id, limits: limits)
  }

  private func enter(_ slot: UInt32, _ topic: UInt32, _ place: Subscription.Place) -> SubscriptionIndex {
    let index = SubscriptionIndex(
      subscriptions.insert(
        Subscription(
          place: place, dialect: connections[slot].dialect, slot: slot, topic: topic,
          next: connections[slot].subscriptions)))
    connections[slot].subscriptions = index
    connections[slot].subscriptionCount += 1
    topics[topic].subscribers += 1
    counts.subscriptions += 1
    return index
  }

  /// Ends a subscription.
  private func leave(_ index: SubscriptionIndex) {
    guard let subscription = subscriptions.at(index.rawValue) else { return }
    if case .cohort(let cohort, let position) = subscription.place { leaveCohort(index, cohort, position) }
    unlink(index, from: subscription.slot)
    subscriptions.remove(index.rawValue)
    topics[subscription.topic].subscribers -= 1
    counts.subscriptions -= 1
    noteIfEmpty(subscription.topic)
  }

  func leaveAllTopics(_ slot: UInt32) {
    while connections[slot].subscriptions != .none { leave(connections[slot].subscriptions) }
  }

  private func unlink(_ index: SubscriptionIndex, from slot: UInt32) {
    let next = subscriptions[index.rawValue].next
    connections[slot].subscriptionCount -= 1
    guard connections[slot].subscriptions != index else { return connections[slot].subscriptions = next }
    forEachSubscription(of: slot) { other in
      if subscriptions[other.rawValue].next == index { subscriptions[other.rawValue].next = next }
    }
  }

  /// Takes a subscription out of its cohort; it stays behind at the cohort's cursor.
  func leaveCohort(_ index: SubscriptionIndex, _ cohort: UInt32, _ position: UInt32) {
    let subscription = subscriptions[index.rawValue]
    let cursor = topics[subscription.topic].live[subscription.dialect]
      .leave(cohort, position: position, in: &subscriptions)
    subscriptions[index.rawValue].place = .lagging(cursor: cursor)
  }

  /// Puts a subscription that stands at the head of its topic into a cohort there.
  func joinCohort(_ index: SubscriptionIndex) {
    let subscription = subscriptions[index.rawValue]
    topics[subscription.topic].live[subscription.dialect]
      .join(index, descriptor: connections[subscription.slot].descriptor, in: &subscriptions)
  }

  func forEachSubscription(of slot: UInt32, _ body: (SubscriptionIndex) -> Void) {
    var index = connections[slot].subscriptions
    while index != .none {
      let next = subscriptions[index.rawValue].next
      body(index)
      index = next
    }
  }

  private func subscription(of slot: UInt32, to id: TopicID) -> SubscriptionIndex? {
    guard let topic = topics.index(of: id) else { return nil }
    var index = connections[slot].subscriptions
    while index != .none && subscriptions[index.rawValue].topic != topic {
      index = subscriptions[index.rawValue].next
    }
    return index == .none ? nil : index
  }

  // MARK: Topics without subscribers

  private func closeTopic(_ topic: UInt32) {
    counts.logBytes -= topics[topic].live.logBytes
    topics.close(topic)
    counts.topics -= 1
  }

  private func noteIfEmpty(_ topic: UInt32) {
    guard topics[topic].subscribers == 0, topics[topic].isLive else { return }
    topics[topic].emptySince = io.now
    emptyTopics.append((topic, since: io.now))
  }

  /// Gives back topics that nobody has wanted for a while, the longest empty first; when the source is busy, at a
  /// later tick.
  func closeLingeringTopics() {
    while let (topic, since) = emptyTopics.first, io.now >= since + limits.topicLinger {
      // Wanted again meanwhile, or gone and its index another's: then it stands further back, or not at all.
      if topics.contains(topic), topics[topic].subscribers == 0, topics[topic].isLive,
        topics[topic].emptySince == since
      {
        guard !topics[topic].isQueued, source.close(topics[topic].id, for: id) else { return }
        closeTopic(topic)
      }
      emptyTopics.removeFirst()
    }
  }
}
