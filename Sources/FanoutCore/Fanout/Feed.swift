// A topic in one dialect on one loop: its log and its cohorts, and the pass that rolls over them. The slab of
// subscriptions is lent by `Subscribers`, because the place of a member that moves must be changed. One loop's thread.

typealias Subscriptions = Slab<Subscription>

/// The log, the cohorts and the rolling pass of one dialect.
struct Feed {
  let dialect: Dialect
  private(set) var log: TopicLog
  private(set) var cohorts: [Cohort] = []
  private let cohortLimit: Int
  /// Whether there ever was a subscription in this dialect: until then the log keeps nothing.
  private var isRead = false
  /// The cohort that the pass visits next.
  private var next = 0
  /// Cohorts that were found or brought to the head, one after the other; all of them: the pass is over.
  private var settled = 0
  /// A cohort that had room lately.
  private var roomy = 0
  /// Batches that have not reached every cohort.
  private(set) var marks = PassMarks()

  init(dialect: Dialect, head: UInt64, limits: Limits) {
    self.dialect = dialect
    log = TopicLog(head: head)
    cohortLimit = limits.cohortSubscribers
  }

  /// Whether some cohort may stand behind the head.
  var isBehind: Bool { settled < cohorts.count }
  /// Members of all cohorts.
  var count: Int { cohorts.reduce(0) { $0 + $1.count } }

  /// Whether some cohort at the head has members.
  var hasMemberAtHead: Bool { cohorts.contains { $0.count > 0 && $0.cursor == log.head } }

  /// Appends members of cohorts at the head until `found` has `limit`.
  func appendMembersAtHead(to found: inout [SubscriptionIndex], atMost limit: Int) {
    for cohort in cohorts where cohort.cursor == log.head && found.count < limit {
      // The last ones first: when they leave, nobody has to move into their places.
      found += cohort.members.suffix(limit - found.count).reversed()
    }
  }

  /// Appends everybody who is sent notices as they come, in the groups in which they are kept.
  func appendMembers(to groups: inout [[SubscriptionIndex]]) {
    for cohort in cohorts where cohort.count > 0 { groups.append(cohort.members) }
  }

  /// There is a subscription: from here on the log keeps frames.
  mutating func beginReading() { isRead = true }

  /// - Parameter committedAt: nanoseconds of the monotonic clock; 0: not known.
  mutating func append(_ frames: EncodedFrames, first: UInt64, room: LogRoom, committedAt: UInt64 = 0) {
    guard isRead else { return log.skip(to: first + UInt64(frames.ends.count) - 1) }
    log.append(frames, first: first, room: room)
    marks.append(notices: frames.ends.count, committedAt: committedAt, cohorts: cohorts.count)
    settled = 0
  }

  /// Whether the log keeps frames, and notices that end with `last` stand just before them.
  func takes(olderThrough last: UInt64) -> Bool { isRead && log.first == last + 1 }

  /// Puts older frames that it takes in front: for those who come from another process behind the head.
  mutating func prepend(_ frames: EncodedFrames, room: LogRoom) {
    assert(isRead, "a log keeps older frames for somebody who reads")
    log.prepend(frames, room: room)
  }

  /// Moves on without frames, because nobody reads them now.
  mutating func skip(to head: UInt64) { log.skip(to: head) }

  // MARK: How long notices take

  /// Something is sent to the next cohort now.
  mutating func noteSend(at now: UInt64, _ toWire: HistogramCells) { marks.begin(at: now, toWire) }

  /// Whether notices have reached every cohort that have not been counted.
  var hasFinished: Bool { marks.hasFinished(isOver: !isBehind) }

  mutating func noteFinished(at now: UInt64, _ toLast: HistogramCells) {
    marks.finish(isOver: !isBehind, at: now, toLast)
  }

  // MARK: Members

  /// Puts a subscriber that stands at the head into a cohort at the head.
  /// - Parameter sentAt: when it was sent a notice last, if that is known; a cohort that is used anew begins with it.
  mutating func join(
    _ index: SubscriptionIndex, descriptor: Int32, in subscriptions: inout Subscriptions, sentAt: UInt64 = 0
  ) {
    let cohort = roomyCohort()
    if dialect.isDeflated { noteJoin(of: subscriptions[index.rawValue], to: cohort, sentAt) }
    let position = cohorts[cohort].add(index, descriptor: descriptor)
    subscriptions[index.rawValue].place = .cohort(UInt32(cohort), position: position)
  }

  private mutating func noteJoin(of subscription: Subscription, to cohort: Int, _ sentAt: UInt64) {
    if cohorts[cohort].count == 0 {
      (cohorts[cohort].sentAt, cohorts[cohort].hasCandidates) = (sentAt, false)
    }
    if dialect == .standalone && subscription.keepsWindow { cohorts[cohort].hasCandidates = true }
  }

  /// Notes whether some member of a cohort may be one that can go on in the shared window.
  mutating func noteCandidates(_ hasCandidates: Bool, in cohort: Int) {
    cohorts[cohort].hasCandidates = hasCandidates
  }

  /// Takes a subscriber out of its cohort and returns its cursor.
  mutating func leave(_ cohort: UInt32, position: UInt32, in subscriptions: inout Subscriptions) -> UInt64 {
    if let moved = cohorts[Int(cohort)].remove(at: position) {
      subscriptions[moved.rawValue].place = .cohort(cohort, position: position)
    }
    if cohorts[Int(cohort)].cursor == log.head { roomy = Int(cohort) }
    return cohorts[Int(cohort)].cursor
  }

  /// The next cohort of the pass that has members behind the head; nil when the pass is over.
  mutating func nextBehind() -> Int? {
    while isBehind {
      if next >= cohorts.count { next = 0 }
      if cohorts[next].cursor < log.head && cohorts[next].count > 0 { return next }
      cohorts[next].cursor = log.head
      advance()
    }
    return nil
  }

  /// The cohort that `nextBehind` returned has been sent everything.
  mutating func settle(_ cohort: Int, at now: UInt64) {
    cohorts[cohort].cursor = log.head
    cohorts[cohort].sentAt = now
    advance()
  }

  /// Moves the members of a sparse cohort at the head into another one there, so that leaves do not cause
  /// many small sends. Returns whether a member moved.
  @discardableResult
  mutating func merge(_ cohort: Int, in subscriptions: inout Subscriptions) -> Bool {
    guard roomy != cohort, roomy < cohorts.count, cohorts[cohort].count * 2 <= cohortLimit,
      cohorts[roomy].cursor == cohorts[cohort].cursor,
      cohorts[roomy].count + cohorts[cohort].count <= cohortLimit
    else {
      if cohorts[cohort].count < cohortLimit { roomy = cohort }
      return false
    }
    cohorts[roomy].sentAt = min(cohorts[roomy].sentAt, cohorts[cohort].sentAt)
    if cohorts[cohort].hasCandidates { cohorts[roomy].hasCandidates = true }
    while cohorts[cohort].count > 0 {
      let last = cohorts[cohort].count - 1
      let member = cohorts[cohort].members[last]
      let descriptor = cohorts[cohort].descriptors[last]
      _ = cohorts[cohort].remove(at: UInt32(last))
      let position = cohorts[roomy].add(member, descriptor: descriptor)
      subscriptions[member.rawValue].place = .cohort(UInt32(roomy), position: position)
    }
    return true
  }

  private mutating func advance() {
    settled += 1
    next += 1
    marks.visited()
  }

  /// A cohort at the head with room: the last one known, an empty one, or a new one.
  private mutating func roomyCohort() -> Int {
    if roomy < cohorts.count && cohorts[roomy].count < cohortLimit {
      if cohorts[roomy].count == 0 { cohorts[roomy].cursor = log.head }
      if cohorts[roomy].cursor == log.head { return roomy }
    }
    if let empty = cohorts.firstIndex(where: { $0.count == 0 }) {
      cohorts[empty].cursor = log.head
      roomy = empty
      return empty
    }
    cohorts.append(Cohort(cursor: log.head))
    marks.cohortAdded()
    if settled == cohorts.count - 1 { settled += 1 }
    roomy = cohorts.count - 1
    return roomy
  }
}
