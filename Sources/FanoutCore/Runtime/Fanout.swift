// Subscribing, resuming and the rolling pass: moves cursors to the heads of topics and sends what lies between. Snapshot,
// resume and catching up are the same act; the pass does it for whole cohorts.
//
// Invariant: a connection has at most one recall (a question to the notice table) under way; its other subscriptions
// that need one wait for its answer. One loop's thread.

/// Brings notices to the subscribers of one loop.
final class Fanout<IO: Transport> {
  private let id: LoopID
  let io: IO
  private let limits: Limits
  private let counters: LoopCounters
  let connections: Connections<IO>
  let subscribers: Subscribers
  let output: Output<IO>
  private let source: any TopicSource
  private let limiter: LoopLimiter
  /// The recall of each connection that has one under way, by slot.
  private var recalls: [UInt32: Recall] = [:]
  /// Subscribers whose topics have not come to where they are.
  var ahead = AheadOfHead()
  /// Numbers the recalls.
  private var lastRecall: UInt32 = 0
  /// When the last piece of a pass ended that is not over, by `Transport.nanoseconds`; nil: there is none.
  private var pausedAt: UInt64?
  /// Topics whose logs wait for what those missed who come from another process, by the number of the recall.
  private var fillings: [UInt32: (topic: TopicID, waiting: [SubscriptionIndex])] = [:]
  /// Subscriptions from another process whose topics could not be asked for yet.
  private var unasked = Queue<(slot: UInt32, generation: UInt32, interest: ConnectionRecord.Interest)>()

  private struct Recall {
    let ticket: Ticket
    let after: UInt64
  }

  init(
    id: LoopID, io: IO, limits: Limits, counters: LoopCounters, connections: Connections<IO>,
    subscribers: Subscribers, output: Output<IO>, source: any TopicSource, limiter: LoopLimiter
  ) {
    self.id = id
    self.io = io
    self.limits = limits
    self.counters = counters
    self.connections = connections
    self.subscribers = subscribers
    self.output = output
    self.source = source
    self.limiter = limiter
  }

  // MARK: Subscribing

  /// Subscribes a connection. It is greeted at once when the loop holds the topic, else when the grant comes. A second
  /// subscription of the same topic replaces the first.
  func subscribe(_ slot: UInt32, to id: TopicID, resume: Resume, greeting: Subscription.Greeting) {
    if let old = subscribers.find(id, of: slot) { replace(old) }
    guard subscribers.count(of: slot) < subscriptionLimit(slot) else {
      return output.say(slot, .tooManySubscriptions(id))
    }
    guard let topic = subscribers.topics.index(of: id) ?? open(id) else {
      return refuse(slot, greeting, with: .tryAgainLater, .unavailable(id))
    }
    guard !subscribers.topics[topic].isWithdrawn else {
      return refuse(slot, greeting, with: .topicNotFound, .unknownTopic(id))
    }
    leaveWindow(slot)
    let index = subscribers.add(
      slot, to: topic, connections[slot].dialect, .waiting(resume, greeting),
      keepsWindow: connections[slot].keepsWindow)
    if subscribers.topics[topic].isLive { admit(index, resume, greeting) }
  }

  private func subscriptionLimit(_ slot: UInt32) -> Int {
    let limit = limits.subscriptionsPerConnection
    return connections[slot].isAnonymous ? min(limit, limits.anonymousSubscriptions) : limit
  }

  private func replace(_ old: SubscriptionIndex) {
    if case .replaying(_, _, .some) = subscribers[old].place { counters.own.recallsSuperseded += 1 }
    subscribers.remove(old, at: io.now)
  }

  /// Compressed notices of two topics would come between each other: a connection that subscribes to a second one leaves the
  /// shared window of the first.
  private func leaveWindow(_ slot: UInt32) {
    guard subscribers.leaveWindow(of: slot), !connections[slot].isBlocked else { return }
    if output.catchUp(slot), !connections[slot].isBlocked {
      rejoin(slot)
    }
  }

  func unsubscribe(_ slot: UInt32, from id: TopicID) {
    guard let index = subscribers.find(id, of: slot) else { return output.say(slot, .notSubscribed(id)) }
    subscribers.remove(index, at: io.now)
    output.say(slot, .unsubscribed(id))
  }

  func join(_ index: SubscriptionIndex) {
    let slot = subscribers[index].slot
    subscribers.join(index, descriptor: connections[slot].descriptor, at: io.now)
  }

  func rejoin(_ slot: UInt32) {
    subscribers.rejoin(slot, descriptor: connections[slot].descriptor, at: io.now)
  }

  /// How far the connection was sent each of its topics.
  func positions(of slot: UInt32) -> [TopicPosition] { subscribers.positions(of: slot) }

  /// The grant came: admits every subscription that waited for it. Nil: there is no such topic.
  func granted(_ id: TopicID, _ summary: TopicSummary?) {
    guard let topic = subscribers.topics.index(of: id), !subscribers.topics[topic].isLive else { return }
    let waiting = subscribers.grant(topic, summary)
    guard let summary else {
      for index in waiting where isWaiting(index, for: topic) { refuse(index, of: id) }
      return subscribers.close(topic)
    }
    if !fill(topic, id, summary, waiting) { admit(waiting, to: topic) }
    subscribers.noteIfEmpty(topic, at: io.now)
  }

  private func admit(_ waiting: [SubscriptionIndex], to topic: UInt32) {
    for index in waiting where isWaiting(index, for: topic) {
      if case .waiting(let resume, let greeting) = subscribers[index].place { admit(index, resume, greeting) }
    }
  }

  /// The subscription may have ended, and its index may be another's.
  private func isWaiting(_ index: SubscriptionIndex, for topic: UInt32) -> Bool {
    guard let subscription = subscribers.at(index), subscription.topic == topic else { return false }
    if case .waiting = subscription.place { return true }
    return false
  }

  private func refuse(_ index: SubscriptionIndex, of id: TopicID) {
    let subscription = subscribers[index]
    guard case .waiting(_, let greeting) = subscription.place else { return }
    subscribers.remove(index, at: io.now)
    refuse(subscription.slot, greeting, with: .topicNotFound, .unknownTopic(id))
  }

  private func open(_ id: TopicID) -> UInt32? {
    guard subscribers.topics.count < limits.topicsPerLoop, source.open(id, for: self.id) else { return nil }
    return subscribers.open(id)
  }

  private func refuse(
    _ slot: UInt32, _ greeting: Subscription.Greeting, with code: CloseCode, _ message: ServerMessage
  ) {
    if greeting == .subscribed { return output.say(slot, message) }
    // It has lost one topic; it goes on when it has others.
    if greeting == .given, subscribers.count(of: slot) > 0 { return }
    // A stream that could not be opened now may come back after its retry time.
    if code == .tryAgainLater, connections[slot].dialect == .eventStream { return output.finish(slot) }
    output.end(slot, code)
  }

  // MARK: The greeting

  /// A new subscriber of a live topic begins, or waits until the topic has come to where it is.
  private func admit(_ index: SubscriptionIndex, _ resume: Resume, _ greeting: Subscription.Greeting) {
    subscribers.beginReading(index)
    if greeting != .given, case .after(let seq) = resume, seq > subscribers.summary(of: index).seq,
      awaitHead(index)
    {
      return
    }
    begin(index, resume, greeting)
  }

  /// Decides where a new subscriber of a live topic begins.
  func begin(_ index: SubscriptionIndex, _ resume: Resume, _ greeting: Subscription.Greeting) {
    let head = subscribers.summary(of: index).seq
    if greeting == .given { return goOn(index, resume, head) }
    switch resume {
    case .none: greetAtHead(index, greeting, recovered: nil)
    case .after(let seq) where seq <= head && isPaced(index): resumePaced(index, after: seq, greeting)
    case .after(let seq) where seq <= head: beginReplay(index, after: seq, head, greeting)
    case .after, .impossible: greetAtHead(index, greeting, recovered: false)
    }
  }

  /// What was missed is sent one by one when the log has it, or the notice table and the client's budget allow it.
  private func beginReplay(
    _ index: SubscriptionIndex, after seq: UInt64, _ head: UInt64, _ greeting: Subscription.Greeting
  ) {
    let slot = subscribers[index].slot
    if subscribers.log(of: index).range(after: seq) == nil {
      guard head - seq <= UInt64(limits.historyNotices) else {
        return greetAtHead(index, greeting, recovered: false)
      }
      switch limiter.judge(recallAt: slot, from: connections[slot].peer, now: io.now) {
      case .admitted: break
      case .refused: return greetAtHead(index, greeting, recovered: false)
      case .closing: return output.end(slot, limit: .recallsPerClient)
      }
    }
    subscribers.move(index, to: .replaying(cursor: seq, through: head, greeting))
    replay(index)
  }

  private func greetAtHead(_ index: SubscriptionIndex, _ greeting: Subscription.Greeting, recovered: Bool?) {
    let summary = subscribers.summary(of: index)
    let slot = subscribers[index].slot
    subscribers.move(index, to: .lagging(cursor: summary.seq))
    greet(index, greeting, .atHead(snapshot: summary.snapshot, recovered: recovered), seq: summary.seq)
    if !connections[slot].isBlocked { join(index) }
    output.tellText(of: index)
  }

  func greet(
    _ index: SubscriptionIndex, _ greeting: Subscription.Greeting, _ outcome: ResumeOutcome, seq: UInt64
  ) {
    let subscription = subscribers[index]
    let id = subscribers.topics[subscription.topic].id
    let message: ServerMessage =
      switch greeting {
      case .connected: .connected(topic: id, outcome)
      case .subscribed, .given: .subscribed(id, outcome)
      }
    output.say(subscription.slot, message, seq: seq)
  }

  // MARK: Resuming

  /// Sends a resuming subscriber what its topic's log holds of what it missed, or asks for what is older. Nothing is
  /// sent while the connection is blocked: `advance` goes on when it is clear.
  private func replay(_ index: SubscriptionIndex) {
    guard case .replaying(let cursor, let through, let greeting) = subscribers[index].place else { return }
    let slot = subscribers[index].slot
    guard let delivery = Delivery(framesOf: subscribers.log(of: index), after: cursor) else {
      return recall(index, after: cursor, through: max(through, newTarget(index, cursor)))
    }
    if let greeting {
      subscribers.move(index, to: .replaying(cursor: cursor, through: through, nil))
      greet(index, greeting, .resumed(after: cursor), seq: cursor)
    }
    guard !connections[slot].isBlocked, let reached = output.deliver(delivery, to: slot) else { return }
    if reached < delivery.head {
      subscribers.move(index, to: .replaying(cursor: reached, through: through, nil))
    } else {
      subscribers.move(index, to: .lagging(cursor: reached))
      if !connections[slot].isBlocked { join(index) }
      output.tellText(of: index)
    }
  }

  /// What was published while it resumed may have left the log already: one more recall closes the gap when that is
  /// enough. A reader slower than the topic is not chased with recalls.
  private func newTarget(_ index: SubscriptionIndex, _ cursor: UInt64) -> UInt64 {
    let head = subscribers.summary(of: index).seq
    return head - cursor <= UInt64(limits.recallNotices) ? head : cursor
  }

  /// The connection is clear: its resuming subscriptions go on.
  func advance(_ slot: UInt32) {
    subscribers.forEach(of: slot) { index in
      if !connections[slot].isBlocked { replay(index) }
    }
  }

  /// Asks the notice table for the next of what was missed.
  private func recall(_ index: SubscriptionIndex, after cursor: UInt64, through: UInt64) {
    let slot = subscribers[index].slot
    guard !connections[slot].isBlocked, !isRecalling(slot) else { return }
    guard through > cursor else { return giveUp(index) }
    lastRecall &+= 1
    let ticket = Ticket(
      loop: id, slot: slot, generation: connections[slot].generation, request: lastRecall)
    let topic = subscribers.topics[subscribers[index].topic].id
    let end = min(through, cursor + UInt64(limits.recallNotices))
    guard source.history(of: topic, after: cursor, through: end, ticket: ticket) else { return giveUp(index) }
    recalls[slot] = Recall(ticket: ticket, after: cursor)
    counters.own.recalls += 1
  }

  private func isRecalling(_ slot: UInt32) -> Bool {
    // The recall of an earlier connection at this slot does not count.
    recalls[slot]?.ticket.generation == connections[slot].generation
  }

  /// What a subscriber missed came from the notice table, or a part of it.
  func recalled(_ history: History, _ ticket: Ticket) {
    if ticket.slot == .max { return filled(history, ticket.request) }
    guard let recall = recalls[ticket.slot], recall.ticket == ticket else { return }
    recalls[ticket.slot] = nil
    guard let slot = connections.slot(of: ticket) else { return }
    // The subscription may have ended, or another of the same topic may have taken its place.
    if let index = subscribers.find(history.topic, of: slot),
      case .replaying(recall.after, let through, let greeting) = subscribers[index].place
    {
      take(history.notices, index, after: recall.after, through: through, greeting)
    }
    advance(slot)
  }

  private func take(
    _ notices: [Notice], _ index: SubscriptionIndex, after cursor: UInt64, through: UInt64,
    _ greeting: Subscription.Greeting?
  ) {
    guard let last = notices.last?.seq, notices.first?.seq == cursor + 1, last > cursor,
      notices.count == Int(exactly: last - cursor)
    else { return giveUp(index) }
    subscribers.move(index, to: .replaying(cursor: cursor, through: through, nil))
    if let greeting { greet(index, greeting, .resumed(after: cursor), seq: cursor) }
    let subscription = subscribers[index]
    let frames = EncodedFrames(notices, as: subscription.dialect, idPrefix: subscribers.idPrefix)
    // At least one, so that a resume always goes on; the rest is recalled again when the client has taken these.
    let room = output.roomForMissed(subscription.slot)
    let fitting = max(frames.ends.prefix { $0 <= room }.count, 1)
    output.send(subscription.slot, frames.bytes.span.extracting(0..<frames.ends[fitting - 1]))
    assert(notices[fitting - 1].seq <= last, "a part of a recall ends within it")
    subscribers.move(index, to: .replaying(cursor: notices[fitting - 1].seq, through: through, nil))
  }

  /// What was missed cannot be had. A subscriber that was not greeted yet is told so; for another one message stands for
  /// the rest, as for a slow reader.
  private func giveUp(_ index: SubscriptionIndex) {
    guard case .replaying(let cursor, _, let greeting) = subscribers[index].place else { return }
    if let greeting { return greetAtHead(index, greeting, recovered: false) }
    catchUp(index, from: cursor)
  }

  /// Brings a subscription to the head as one of a slow reader: by what it missed, or by one message for it.
  private func catchUp(_ index: SubscriptionIndex, from cursor: UInt64) {
    let slot = subscribers[index].slot
    subscribers.move(index, to: .lagging(cursor: cursor))
    if !connections[slot].isBlocked, output.catchUp(slot), !connections[slot].isBlocked {
      rejoin(slot)
    }
    output.tellText(of: index)
  }

  // MARK: Subscriptions from another process

  /// Goes on with the subscriptions of a connection that another process served.
  func adopt(_ slot: UInt32, _ interests: [ConnectionRecord.Interest]) {
    for interest in interests where !adopt(slot, interest) {
      unasked.append((slot, connections[slot].generation, interest))
    }
  }

  /// False: the topic source is busy, or the loop holds as many topics as it may; `adoptUnasked` tries again.
  private func adopt(_ slot: UInt32, _ interest: ConnectionRecord.Interest) -> Bool {
    if subscribers.find(interest.topic, of: slot) != nil { return true }
    guard let topic = subscribers.topics.index(of: interest.topic) ?? open(interest.topic) else {
      return false
    }
    let (resume, greeting) = (interest.resume, interest.greeting)
    guard !subscribers.topics[topic].isWithdrawn else {
      refuse(slot, greeting, with: .topicNotFound, .unknownTopic(interest.topic))
      return true
    }
    // One that is adopted at a later tick finds its connection's others where they have come to stand meanwhile.
    leaveWindow(slot)
    let index = subscribers.add(
      slot, to: topic, connections[slot].dialect, .waiting(resume, greeting),
      keepsWindow: connections[slot].keepsWindow)
    if subscribers.topics[topic].isLive { admit(index, resume, greeting) }
    return true
  }

  /// Asks for the topics that could not be asked for before. Once per tick.
  func adoptUnasked() {
    while let (slot, generation, interest) = unasked.first {
      if connections.at(slot)?.generation == generation, !adopt(slot, interest) { return }
      unasked.removeFirst()
    }
  }

  /// What those missed who come from another process is asked for once, and kept in the topic's logs; they are admitted
  /// when it has come. False: they missed nothing, or more than logs hold, or it cannot be asked for.
  private func fill(
    _ topic: UInt32, _ id: TopicID, _ summary: TopicSummary, _ waiting: [SubscriptionIndex]
  ) -> Bool {
    let oldest = waiting.lazy.compactMap { self.cursor(ofGiven: $0) }
      .filter { summary.seq - min($0, summary.seq) <= UInt64(self.limits.logFrames) }.min()
    guard let oldest, oldest < summary.seq else { return false }
    lastRecall &+= 1
    let ticket = Ticket(loop: self.id, slot: .max, generation: 0, request: lastRecall)
    guard source.history(of: id, after: oldest, through: summary.seq, ticket: ticket) else { return false }
    fillings[lastRecall] = (id, waiting)
    counters.own.recalls += 1
    // What is published before the answer comes is kept, so that the answer fits in front of it.
    for index in waiting where isWaiting(index, for: topic) { subscribers.beginReading(index) }
    return true
  }

  private func cursor(ofGiven index: SubscriptionIndex) -> UInt64? {
    guard case .waiting(.after(let cursor), .given) = subscribers.at(index)?.place, !isPaced(index) else {
      return nil
    }
    return cursor
  }

  private func filled(_ history: History, _ number: UInt32) {
    guard let (id, waiting) = fillings.removeValue(forKey: number),
      let topic = subscribers.topics.index(of: id), subscribers.topics[topic].isLive
    else { return }
    let first = history.notices.first?.seq ?? 1
    if zip(history.notices, first...).allSatisfy({ $0.seq == $1 }) {
      subscribers.prepend(history.notices, to: topic)
    }
    admit(waiting, to: topic)
  }

  /// A subscription that was greeted by another process goes on behind its cursor. The `seq` on a connection never goes
  /// back: with a cursor ahead of a topic that was restored it ends.
  private func goOn(_ index: SubscriptionIndex, _ resume: Resume, _ head: UInt64) {
    guard case .after(let cursor) = resume, cursor <= head else {
      return output.end(subscribers[index].slot, .serviceRestart)
    }
    catchUp(index, from: cursor)
  }

  // MARK: The rolling pass

  /// Whether every cohort has been brought to the head of its topic.
  var passIsOver: Bool { subscribers.passIsOver }

  /// A piece of the pass; the rest follows in later turns, when mailbox and sockets have been looked at. When those took long,
  /// as in a storm of new connections, more pieces follow at once until the pass has had as much time as they: who comes
  /// may take half of the loop from who is there, and not more.
  func rollPass() {
    guard let pausedAt else {
      rollPiece()
      return notePause()
    }
    let start = io.nanoseconds
    let share = min(start &- pausedAt, Limits.longestShare)
    repeat { rollPiece() } while !passIsOver && io.nanoseconds &- start < share
    notePause()
  }

  /// A pass that is over in one piece needs no clock.
  private func notePause() { pausedAt = passIsOver ? nil : io.nanoseconds }

  /// Makes about a cohort's worth of sends, topic by topic, so that a small topic never waits for a large one.
  private func rollPiece() {
    var sends = 0
    while sends < limits.cohortSubscribers, let topic = subscribers.dequeue() {
      sends += serve(topic, .webSocket) + serve(topic, .eventStream)
      if subscribers.isPaced(topic) { sends += servePaced(topic) }
      if subscribers.isDeflated(topic) { sends += serve(topic, .standalone) + serve(topic, .shared) }
      subscribers.enqueue(topic)
    }
  }

  /// Brings the topic's next cohort of this dialect to the head; returns the number of sends.
  private func serve(_ topic: UInt32, _ dialect: Dialect) -> Int {
    guard let visit = subscribers.visit(topic, dialect) else {
      measureEnd(topic, dialect)
      return 0
    }
    if subscribers.hasUnsent(topic, dialect) { subscribers.noteSend(topic, dialect, at: io.nanoseconds) }
    output.send(visit)
    subscribers.settle(visit, at: io.now)
    measureEnd(topic, dialect)
    return visit.cohort.count
  }

  /// Counts the notices that have reached every cohort. The clock is read only when there are some.
  private func measureEnd(_ topic: UInt32, _ dialect: Dialect) {
    guard subscribers.hasFinished(topic, dialect) else { return }
    subscribers.noteFinished(topic, dialect, at: io.nanoseconds)
  }

  // MARK: Withdrawn topics

  /// Whether subscriptions of withdrawn topics can be ended now.
  var isEndingWithdrawn: Bool { subscribers.hasWithdrawnAtHead }

  /// Ends some of the subscriptions of withdrawn topics that have been sent everything, at most a cohort's worth, and
  /// the withdrawn topics that have none left.
  func endWithdrawn() {
    for index in subscribers.withdrawnAtHead(atMost: limits.cohortSubscribers) {
      // The connection of an earlier one may have ended, and this subscription of it, too.
      guard let slot = subscribers.at(index)?.slot else { continue }
      subscribers.remove(index, at: io.now)
      if subscribers.count(of: slot) == 0 { output.end(slot, .topicNotFound) }
    }
    subscribers.closeWithdrawn()
  }

  // MARK: Topics without subscribers

  /// Gives back topics that nobody has subscribed to for a while; when the source is busy, at a later tick.
  func closeEmptyTopics() {
    guard io.now >= limits.topicLinger else { return }
    while let topic = subscribers.emptyTopic(since: io.now - limits.topicLinger) {
      guard source.close(subscribers.topics[topic].id, for: id) else { return }
      subscribers.close(topic)
    }
  }
}
