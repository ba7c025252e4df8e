// Every topic and every subscription of one loop, and which cohort is to be sent something next. Pure state: it does
// no I/O and knows a connection only by its slot and its descriptor.
//
// Invariant: a subscription of a live topic is in a cohort exactly when its connection is clear (`Connection`); then
// the cohort's cursor is the last `seq` that it was sent. One loop's thread.

/// The subscriptions of one loop, by connection and by topic.
final class Subscribers {
  let limits: Limits
  let counters: LoopCounters
  /// These two are changed by this class and its extensions alone.
  var subscriptions = Subscriptions()
  var topics = TopicTable()
  /// The subscriptions of each connection, by slot.
  private var lists: [List] = []
  /// Topics with cohorts behind the head, each once, in turn.
  private var queue = Queue<UInt32>()
  /// Topics that lost their last subscriber, each once, and when they did. One that lost it again meanwhile moves to the
  /// end when it is looked at.
  private var empty = Queue<(topic: UInt32, since: UInt64)>()
  /// Topics that were withdrawn and are still held, because some subscription has not reached the head.
  private var withdrawn: [UInt32] = []
  private var survey = TopicSurvey()
  /// Feeds of which some paced cohort waits for its time, each once. A topic may be gone meanwhile.
  var awaited: [(topic: UInt32, feed: PacedFeed)] = []
  private let compressor: Compressor
  /// Stands before `seq` in the ids of event streams.
  let idPrefix: [UInt8]

  /// The first subscription of a connection, how many follow it in its chain, and the pace of all. 8 bytes per slot.
  private struct List {
    var first = SubscriptionIndex.none
    var count: UInt16 = 0
    var pace = Pace.all
  }

  init(
    limits: Limits, counters: LoopCounters, idPrefix: [UInt8] = [], compressor: Compressor = Compressor()
  ) {
    (self.limits, self.counters, self.idPrefix) = (limits, counters, idPrefix)
    self.compressor = compressor
  }

  // MARK: Subscriptions of a connection

  /// How many subscriptions the connection has.
  func count(of slot: UInt32) -> Int { Int(slot) < lists.count ? Int(lists[Int(slot)].count) : 0 }

  /// The pace of the connection's subscriptions, those to come included.
  func pace(of slot: UInt32) -> Pace { Int(slot) < lists.count ? lists[Int(slot)].pace : .all }

  /// Notes the pace; `setPace` moves the subscriptions.
  func notePace(_ pace: Pace, of slot: UInt32) {
    while lists.count <= Int(slot) { lists.append(List()) }
    lists[Int(slot)].pace = pace
  }

  subscript(index: SubscriptionIndex) -> Subscription { subscriptions[index.rawValue] }

  /// The subscription at this index; nil: it has ended.
  func at(_ index: SubscriptionIndex) -> Subscription? { subscriptions.at(index.rawValue) }

  /// The connection's subscription of this topic; nil: none.
  func find(_ id: TopicID, of slot: UInt32) -> SubscriptionIndex? {
    guard let topic = topics.index(of: id) else { return nil }
    var index = first(of: slot)
    while index != .none && subscriptions[index.rawValue].topic != topic {
      index = subscriptions[index.rawValue].next
    }
    return index == .none ? nil : index
  }

  /// Calls `body` for each subscription of the connection; `body` may remove the one that it is given.
  func forEach(of slot: UInt32, _ body: (SubscriptionIndex) -> Void) {
    var index = first(of: slot)
    while index != .none {
      let next = subscriptions[index.rawValue].next
      body(index)
      index = next
    }
  }

  /// Adds a subscription of a topic that the loop holds. It waits for the topic's grant when that has not come. Where
  /// notices are compressed, another subscription of the connection has left the shared window before.
  /// - Parameter keepsWindow: whether a compressed notice may refer to the one before it.
  func add(
    _ slot: UInt32, to topic: UInt32, _ dialect: Dialect, _ place: Subscription.Place,
    keepsWindow: Bool = false
  ) -> SubscriptionIndex {
    while lists.count <= Int(slot) { lists.append(List()) }
    let dialect = lists[Int(slot)].pace == .all ? dialect : .paced
    let index = SubscriptionIndex(
      subscriptions.insert(
        Subscription(
          place: place, dialect: dialect, keepsWindow: keepsWindow, slot: slot, topic: topic,
          next: lists[Int(slot)].first)))
    lists[Int(slot)].first = index
    lists[Int(slot)].count += 1
    topics[topic].subscribers += 1
    if dialect == .standalone { topics[topic].standaloneSubscribers += 1 }
    if dialect == .paced { counters.own.pacedSubscriptions += 1 }
    assert(dialect != .shared, "who subscribes has no window of the topic")
    counters.own.subscriptions += 1
    noteCount(topic)
    if !topics[topic].isLive { wait(index, for: topic) }
    return index
  }

  private func noteCount(_ topic: UInt32) {
    counters.note(
      SubscriberCount(topics[topic].subscribers, isUntold: topics[topic].text == nil), of: topics[topic].id)
  }

  /// The subscription is greeted when its topic's grant comes. Those that came and left meanwhile are dropped from the
  /// list once they are most of it, so that it stays in proportion to the subscriptions.
  private func wait(_ index: SubscriptionIndex, for topic: UInt32) {
    topics[topic].wait(index)
    guard topics[topic].waiting.count > 2 * topics[topic].subscribers + Limits.waitersBeforeCompaction else {
      return
    }
    var seen: Set<SubscriptionIndex> = []
    topics[topic].compactWaiting { index in
      subscriptions.at(index.rawValue)?.topic == topic && seen.insert(index).inserted
    }
  }

  /// Ends a subscription.
  func remove(_ index: SubscriptionIndex, at now: UInt64) {
    guard let subscription = subscriptions.at(index.rawValue) else { return }
    if case .cohort(let cohort, let position) = subscription.place { leaveCohort(index, cohort, position) }
    unlink(index, subscription)
    subscriptions.remove(index.rawValue)
    topics[subscription.topic].subscribers -= 1
    if subscription.dialect.isDeflated { leaveDeflated(subscription) }
    if subscription.dialect == .paced { counters.own.pacedSubscriptions -= 1 }
    assert(topics[subscription.topic].subscribers >= 0, "a topic has as many subscribers as subscriptions")
    counters.own.subscriptions -= 1
    noteCount(subscription.topic)
    noteIfEmpty(subscription.topic, at: now)
  }

  /// Ends all subscriptions of a connection, and its pace.
  func removeAll(of slot: UInt32, at now: UInt64) {
    while first(of: slot) != .none { remove(first(of: slot), at: now) }
    if pace(of: slot) != .all { notePace(.all, of: slot) }
    assert(count(of: slot) == 0, "an empty list of subscriptions counts none")
  }

  /// The first subscription of the connection's chain; `.none`: it has none.
  func first(of slot: UInt32) -> SubscriptionIndex {
    Int(slot) < lists.count ? lists[Int(slot)].first : .none
  }

  private func unlink(_ index: SubscriptionIndex, _ subscription: Subscription) {
    let slot = Int(subscription.slot)
    lists[slot].count -= 1
    guard lists[slot].first != index else { return lists[slot].first = subscription.next }
    forEach(of: subscription.slot) { other in
      if subscriptions[other.rawValue].next == index {
        subscriptions[other.rawValue].next = subscription.next
      }
    }
  }

  /// What is left of a connection's subscriptions, if it is one alone, may go on in the shared window.
  private func leaveDeflated(_ subscription: Subscription) {
    if subscription.dialect == .shared {
      topics[subscription.topic].sharedSubscribers -= 1
    } else {
      topics[subscription.topic].standaloneSubscribers -= 1
    }
    guard subscription.keepsWindow, count(of: subscription.slot) == 1 else { return }
    let rest = subscriptions[first(of: subscription.slot).rawValue]
    guard case .cohort(let cohort, _) = rest.place, rest.dialect == .standalone else { return }
    topics[rest.topic].live[.standalone].noteCandidates(true, in: Int(cohort))
  }

  // MARK: Places

  /// Moves a subscription that is in no cohort to another place outside of all cohorts.
  func move(_ index: SubscriptionIndex, to place: Subscription.Place) {
    if case .cohort = subscriptions[index.rawValue].place {
      assertionFailure("a subscription leaves its cohort before it goes elsewhere")
    }
    subscriptions[index.rawValue].place = place
  }

  /// The connection is blocked: its subscriptions stay behind at the cursors of the cohorts that they leave.
  func suspend(_ slot: UInt32) {
    forEach(of: slot) { index in
      if case .cohort(let cohort, let position) = subscriptions[index.rawValue].place {
        leaveCohort(index, cohort, position)
      }
    }
  }

  /// The connection is clear and its subscriptions have caught up: puts them into cohorts at the head.
  func rejoin(_ slot: UInt32, descriptor: Int32, at now: UInt64) {
    forEach(of: slot) { index in
      if case .lagging = subscriptions[index.rawValue].place { join(index, descriptor: descriptor, at: now) }
    }
  }

  /// Puts a subscription that stands at the head of its topic into a cohort there. A paced one may stand behind the head.
  func join(_ index: SubscriptionIndex, descriptor: Int32, at now: UInt64) {
    let subscription = subscriptions[index.rawValue]
    guard subscription.dialect != .paced else { return joinPaced(index, descriptor, at: now) }
    assert(
      subscription.place == .lagging(cursor: topics[subscription.topic].live.head),
      "only a subscription at the head of its topic joins a cohort")
    topics[subscription.topic].live[subscription.dialect]
      .join(index, descriptor: descriptor, in: &subscriptions)
    counters.own.following += 1
  }

  /// The connection was, or is about to be, sent something else than the topic's next compressed notice: from now on those that
  /// it is sent stand alone. Outside of all cohorts.
  func leaveWindow(_ index: SubscriptionIndex) {
    let subscription = subscriptions[index.rawValue]
    guard subscription.dialect == .shared else { return }
    if case .cohort = subscription.place { assertionFailure("a cohort leaves the shared window as a whole") }
    subscriptions[index.rawValue].dialect = .standalone
    topics[subscription.topic].sharedSubscribers -= 1
    topics[subscription.topic].standaloneSubscribers += 1
  }

  /// The connection is about to have another subscription: the one that it has leaves its cohort and the shared window, at the
  /// cursor where it stands.
  /// - Returns: whether it stood there; then it must catch up and join a cohort again.
  func leaveWindow(of slot: UInt32) -> Bool {
    let index = first(of: slot)
    guard index != .none, subscriptions[index.rawValue].dialect == .shared else { return false }
    assert(count(of: slot) == 1, "in a shared window a connection has one subscription")
    if case .cohort(let cohort, let position) = subscriptions[index.rawValue].place {
      leaveCohort(index, cohort, position)
    }
    leaveWindow(index)
    return true
  }

  func leaveCohort(_ index: SubscriptionIndex, _ cohort: UInt32, _ position: UInt32) {
    let subscription = subscriptions[index.rawValue]
    let cursor =
      subscription.dialect == .paced
      ? topics[subscription.topic].live.pacing.leave(cohort, position: position, in: &subscriptions)
      : topics[subscription.topic].live[subscription.dialect]
        .leave(cohort, position: position, in: &subscriptions)
    subscriptions[index.rawValue].place = .lagging(cursor: cursor)
    counters.own.following -= 1
    assert(counters.own.following >= 0, "no more subscriptions leave cohorts than join them")
  }

  // MARK: Topics

  /// Begins to hold a topic whose grant is asked for.
  func open(_ id: TopicID) -> UInt32 {
    counters.own.topics += 1
    return topics.open(id, limits: limits)
  }

  /// The grant came; returns who waited for it. Some may have ended since, and an index that was used again while the
  /// topic was asked for may be there twice.
  func grant(_ topic: UInt32, _ summary: TopicSummary?) -> [SubscriptionIndex] {
    assert(!topics[topic].isLive, "a topic is granted once")
    if let summary { topics[topic].grant(summary, limits: limits) }
    return topics[topic].takeWaiting()
  }

  /// Somebody reads the topic in this dialect: from now on its log keeps frames.
  func beginReading(_ index: SubscriptionIndex) {
    let subscription = subscriptions[index.rawValue]
    topics[subscription.topic].live.beginReading(subscription.dialect, limits: limits)
  }

  /// Appends new frames to the logs of their topic, which then waits for its turn in the pass.
  func append(_ run: FrameRun) {
    // A topic that was given back, or is asked for anew, hears nothing before its next grant.
    guard let topic = topics.index(of: run.topic), topics[topic].isLive else { return }
    let room = LogRoom(limits, held: counters.own.logBytes, topics: topics.count)
    counters.own.logBytes -= topics[topic].live.logBytes
    let readers = DeflatedFeeds.Readers(
      standalone: topics[topic].standaloneSubscribers > 0, shared: topics[topic].sharedSubscribers > 0)
    topics[topic].live.append(run, room: room) { feeds, follows, room in
      feeds.append(run, follows: follows, for: readers, room: room, by: compressor, counters)
    }
    counters.own.logBytes += topics[topic].live.logBytes
    counters.own.notices += run.webSocket.ends.count
    enqueue(topic)
  }

  /// Puts older notices in front of a topic's logs.
  func prepend(_ notices: [Notice], to topic: UInt32) {
    let room = LogRoom(limits, held: counters.own.logBytes, topics: topics.count)
    counters.own.logBytes -= topics[topic].live.logBytes
    topics[topic].live.prepend(notices, idPrefix: idPrefix, room: room)
    counters.own.logBytes += topics[topic].live.logBytes
  }

  /// Stops holding a topic without subscriptions.
  func close(_ topic: UInt32) {
    assert(topics[topic].subscribers == 0, "a topic is closed when it has no subscription")
    assert(!topics[topic].isQueued, "a topic that waits for the pass is not closed")
    counters.own.logBytes -= topics[topic].live.logBytes
    topics.close(topic)
    counters.own.topics -= 1
  }

  /// Notes when a topic is without subscribers.
  func noteIfEmpty(_ topic: UInt32, at now: UInt64) {
    guard topics[topic].subscribers == 0, topics[topic].isLive, !topics[topic].isWithdrawn else { return }
    topics[topic].emptySince = now
    if topics[topic].queuedSince == nil { enqueueEmpty(topic) }
  }

  private func enqueueEmpty(_ topic: UInt32) {
    topics[topic].queuedSince = topics[topic].emptySince
    empty.append((topic, since: topics[topic].emptySince))
  }

  /// Entries of the queue of empty topics.
  var emptyCount: Int { empty.count }

  /// A topic that has been without subscriptions since `moment`. The same is returned again until it is closed.
  func emptyTopic(since moment: UInt64) -> UInt32? {
    while let (topic, since) = empty.first, since <= moment {
      // The entry's topic may be gone and its index another's.
      let isOwn = topics.contains(topic) && topics[topic].queuedSince == since
      let isEmpty = isOwn && topics[topic].subscribers == 0 && !topics[topic].isWithdrawn
      if isEmpty && topics[topic].emptySince == since { return topics[topic].isQueued ? nil : topic }
      empty.removeFirst()
      guard isOwn else { continue }
      topics[topic].queuedSince = nil
      if isEmpty { enqueueEmpty(topic) }
    }
    return nil
  }

  // MARK: Texts for everybody

  /// The newest text for the subscribers of a topic, which may wait for its grant. Nil: the loop does not hold the topic.
  func setText(_ text: TopicText) -> UInt32? {
    guard let topic = topics.index(of: text.topic) else { return nil }
    topics[topic].text = StandingText(text)
    return topic
  }

  /// Everybody had their turn.
  func textIsSent(_ topic: UInt32, at now: UInt64) {
    if topics.contains(topic) { topics[topic].text?.sentAt = now }
  }

  // MARK: Withdrawn topics

  /// The topic is no more: its subscriptions end once they stand at the head.
  func withdraw(_ id: TopicID) {
    guard let topic = topics.index(of: id), topics[topic].isLive, !topics[topic].isWithdrawn else { return }
    topics[topic].isWithdrawn = true
    withdrawn.append(topic)
  }

  /// Whether some subscription of a withdrawn topic has been sent everything.
  var hasWithdrawnAtHead: Bool {
    withdrawn.contains { topic in
      dialects(of: topic).contains { topics[topic].live[$0].hasMemberAtHead }
        || topics[topic].live.paced?.hasMemberAtHead ?? false
    }
  }

  /// Subscriptions of withdrawn topics that have been sent everything.
  func withdrawnAtHead(atMost limit: Int) -> [SubscriptionIndex] {
    var found: [SubscriptionIndex] = []
    for topic in withdrawn {
      for dialect in dialects(of: topic) where found.count < limit {
        topics[topic].live[dialect].appendMembersAtHead(to: &found, atMost: limit)
      }
      topics[topic].live.paced?.appendMembersAtHead(to: &found, atMost: limit)
    }
    return found
  }

  /// Closes the withdrawn topics that have lost their last subscription.
  func closeWithdrawn() {
    withdrawn.removeAll { topic in
      guard topics[topic].subscribers == 0, !topics[topic].isQueued else { return false }
      close(topic)
      return true
    }
  }

  // MARK: The pass

  /// Whether no topic has cohorts behind its head.
  var passIsOver: Bool { queue.isEmpty }

  /// Takes the topic whose turn it is out of the queue. `enqueue` follows once it has been served.
  func dequeue() -> UInt32? {
    guard let topic = queue.popFirst() else { return nil }
    topics[topic].isQueued = false
    return topic
  }

  /// Puts a topic with cohorts behind the head at the end of the queue.
  func enqueue(_ topic: UInt32) {
    guard !topics[topic].isQueued, topics[topic].live.isBehind else { return }
    topics[topic].isQueued = true
    queue.append(topic)
  }

  /// Whether the topic has compressed feeds.
  func isDeflated(_ topic: UInt32) -> Bool { topics[topic].live.deflated != nil }

  /// What one visit of the pass sends, and to whom. Copies of references: the cohort may change during the visit.
  struct Visit {
    let topic: UInt32
    let number: Int
    let cohort: Cohort
    let delivery: Delivery
    let dialect: Dialect
  }

  /// The next cohort of the topic that is behind the head; nil: none in this dialect.
  func visit(_ topic: UInt32, _ dialect: Dialect) -> Visit? {
    guard let number = topics[topic].live[dialect].nextBehind() else { return nil }
    let cohort = topics[topic].live[dialect].cohorts[number]
    let delivery = Delivery(
      from: topics[topic].live[dialect].log, or: topics[topic].live.summary, after: cohort.cursor,
      as: dialect,
      idPrefix: idPrefix)
    return Visit(topic: topic, number: number, cohort: cohort, delivery: delivery, dialect: dialect)
  }

  /// The cohort has been sent everything, except to members that have left it.
  func settle(_ visit: Visit, at now: UInt64) {
    assert(visit.delivery.head == topics[visit.topic].live.head, "a visit brings its cohort to the head")
    topics[visit.topic].live[visit.dialect].settle(visit.number, at: now)
    if visit.dialect.isDeflated { changeFeed(visit) }
    topics[visit.topic].live[visit.dialect].merge(visit.number, in: &subscriptions)
  }

  /// Who has been sent a notice that stands alone goes on in the shared window; who has been sent a plain one leaves it.
  private func changeFeed(_ visit: Visit) {
    guard let feeds = topics[visit.topic].live.deflated else { return }
    var (promoted, demoted) = (0, 0)
    if visit.delivery.isDeflated && visit.dialect == .standalone {
      promoted = feeds.promote(visit.number, in: &subscriptions) { lists[Int($0)].count == 1 }
    } else if !visit.delivery.isDeflated && visit.dialect == .shared {
      demoted = feeds.demote(visit.number, in: &subscriptions)
    }
    topics[visit.topic].sharedSubscribers += UInt32(promoted)
    topics[visit.topic].sharedSubscribers -= UInt32(demoted)
    topics[visit.topic].standaloneSubscribers += UInt32(demoted)
    topics[visit.topic].standaloneSubscribers -= UInt32(promoted)
  }

  // MARK: Measuring

  /// Whether a visit of the topic sends notices that nobody has been sent.
  func hasUnsent(_ topic: UInt32, _ dialect: Dialect) -> Bool { topics[topic].live[dialect].marks.hasUnbegun }

  /// They are sent now, by the monotonic clock.
  func noteSend(_ topic: UInt32, _ dialect: Dialect, at now: UInt64) {
    topics[topic].live[dialect].noteSend(at: now, counters.toWire)
  }

  /// Whether notices of the topic have reached every cohort and are not counted yet.
  func hasFinished(_ topic: UInt32, _ dialect: Dialect) -> Bool { topics[topic].live[dialect].hasFinished }

  func noteFinished(_ topic: UInt32, _ dialect: Dialect, at now: UInt64) {
    topics[topic].live[dialect].noteFinished(at: now, counters.toLast)
  }

  /// So many messages stood for several missed ones.
  func noteConflations(_ topic: UInt32, _ count: Int) {
    topics[topic].conflations += count
    counters.own.conflations += count
  }

  /// Goes on looking for the topics with the most subscribers. Once per tick.
  func surveyTopics() {
    if let found = survey.advance(topics) { counters.publish(found) }
  }
}
